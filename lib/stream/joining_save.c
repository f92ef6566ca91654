/*
 * Saved state of a join: a line for the join and one for each side, then what its way keeps.
 */
#include "stream/joining.h"

static struct tp_str
flag(bool is_so)
{
    return is_so ? TP_STR("true") : TP_STR("false");
}

/* The sides that are streams. */
static int
sides(const struct tp_joining *j)
{
    return j->lookup ? 1 : 2;
}

/* Sides come first: what is kept hangs on which of them is over. */
int
tp_joining_save(const struct tp_joining *j, struct tp_save *save, struct tp_err *err)
{
    struct tp_emit line = tp_emit_open(tp_save_line(save));
    const struct tp_order *order = tp_joined_order(j->joined);

    tp_emit_int(&line, TP_STR("met"), (int64_t)j->match->met);
    tp_emit_json(&line, TP_STR("failed"), flag(j->failed));
    if (order) {
        tp_emit_name(&line, TP_STR("kinds"));
        tp_order_save(order, line.to);
    }
    tp_emit_close(&line);
    if (tp_save_line_end(save, err) < 0)
        return -1;
    for (int i = 0; i < sides(j); i++)
        if (tp_party_save(&j->side[i], i, save, err) < 0)
            return -1;
    return tp_match_save(j->match, j->side[TP_JOIN_LEFT].keys.count, save, err);
}

static int
load_side(struct tp_joining *j, struct tp_str line, struct tp_err *err)
{
    uint64_t which = 0;
    const struct tp_saved field = {"side", TP_SAVED_COUNT, &which, false};

    if (tp_saved_read(line, &field, 1, err) < 0)
        return -1;
    if (which >= (uint64_t)sides(j))
        return tp_err_set(err, TP_FAULT_MACHINE, "it has other sides");
    if (tp_party_load(&j->side[which], line, err) < 0)
        return -1;
    return j->side[which].over ? tp_match_end(j->match, (enum tp_join_side)which, err) : 0;
}

static int
load_join(struct tp_joining *j, struct tp_str line, struct tp_err *err)
{
    struct tp_order *order = tp_joined_order(j->joined);
    struct tp_str kinds = {NULL, 0};
    const struct tp_saved fields[] = {
        {"met", TP_SAVED_COUNT, &j->match->met, false},
        {"failed", TP_SAVED_FLAG, &j->failed, false},
        {"kinds", TP_SAVED_JSON, &kinds, !order},
    };

    if (tp_saved_read(line, fields, 3, err) < 0)
        return -1;
    return order ? tp_order_load(order, kinds, err) : 0;
}

int
tp_joining_load(struct tp_joining *j, struct tp_str line, struct tp_err *err)
{
    if (tp_saved_is(line, "met"))
        return load_join(j, line, err);
    if (tp_saved_is(line, "side"))
        return load_side(j, line, err);
    return tp_match_load(j->match, j->side[TP_JOIN_LEFT].keys.count, line, err);
}

/* --- what must stay ----------------------------------------------------------------------------*/

static void
say_text(struct tp_emit *to, const char *name, const char *value)
{
    if (value)
        tp_emit_text(to, tp_str_of(name), tp_str_of(value));
}

static void
say_flag(struct tp_emit *to, const char *name, bool is_so)
{
    if (is_so)
        tp_emit_json(to, tp_str_of(name), flag(is_so));
}

/* How rows look may change, where none is taken back as it was said. */
static void
say_rows(const struct tp_joined_options *rows, struct tp_emit *to)
{
    say_text(to, "lp", rows->left_prefix);
    say_text(to, "rp", rows->right_prefix);
    say_text(to, "nest", rows->nest);
}

void
tp_joining_identity(const struct tp_joining *j, struct tp_emit *to)
{
    say_flag(to, "lookup", j->lookup);
    if (j->lookup)
        return; /* nothing is kept that could become a lie */
    say_text(to, "within", j->within);
    say_text(to, "window", j->window);
    say_flag(to, "as-of", j->as_of);
    say_text(to, "key", j->keys);
    say_text(to, "join", j->type);
    say_text(to, "on", j->rows.on);
    say_text(to, "select", j->rows.select); /* what of the records is kept */
    say_text(to, "each", j->each);
    say_text(to, "by", j->rows.by);
    if (j->lateness > 0)
        tp_emit_int(to, TP_STR("lateness"), j->lateness);
    say_flag(to, "updates", j->updates);
    if (j->updates)
        say_rows(&j->rows, to);
}
