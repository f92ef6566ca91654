/* Saved state of an interval join: a line for each record that is kept, and the best partner so far
 * of one that chooses. */
#include "event/interval_state.h"

#include <string.h>

#include "event/match_saved.h"

static const char *const side_name[] = {"left", "right"};

static int
save_side(struct interval *i, enum tp_join_side side, size_t parts, struct tp_save *save,
          struct tp_err *err)
{
    struct tp_join_walk walk = {0};
    const struct tp_join_kept *kept;

    while ((kept = tp_join_next(i->join, side, &walk))) {
        struct tp_match_saved saved = {.time = kept->time, .matched = kept->matched};

        saved.key = tp_join_key(i->join, kept);
        if (kept->len > 0)
            saved.line = (struct tp_str){kept->line, kept->len};
        if (kept->best) {
            saved.best_time = tp_best_time(kept->best);
            saved.best = tp_best_line(kept->best);
        }
        if (tp_match_saved_write(&saved, side_name[side], parts, save, err) < 0)
            return -1;
    }
    return 0;
}

int
tp_interval_save(struct tp_match *match, size_t parts, struct tp_save *to, struct tp_err *err)
{
    struct interval *i = (struct interval *)match;

    if (save_side(i, TP_JOIN_LEFT, parts, to, err) < 0)
        return -1;
    return save_side(i, TP_JOIN_RIGHT, parts, to, err);
}

/* Zeros behind LINE, in MEMORY, for what belongs to lines of SIDE, and room to read. */
static int
extend_line(const struct interval *i, enum tp_join_side side, struct tp_str *line,
            struct tp_buf *memory, struct tp_err *err)
{
    if (!line->ptr)
        return 0;
    if (!tp_buf_reserve(memory, i->behind[side] + TP_SCAN_PADDING))
        return tp_err_memory(err);
    memset(memory->ptr + line->len, 0, i->behind[side] + TP_SCAN_PADDING);
    line->ptr = memory->ptr;
    return 0;
}

/* What was chosen for the record of SIDE that is SAVED is chosen again. */
static int
load_best(struct interval *i, enum tp_join_side side, const struct tp_match_saved *saved,
          struct tp_err *err)
{
    struct tp_best_offer offer = {saved->best_time, {NULL, 0}, saved->best};
    bool is_left = side == TP_JOIN_LEFT;
    int ranked;

    if (!saved->best.ptr)
        return 0;
    if (!i->options.chooses || side != i->options.chooser)
        return tp_err_set(err, TP_FAULT_MACHINE, "a saved record has a best partner");
    ranked = tp_match_rank(&i->match, is_left ? saved->line : saved->best,
                           is_left ? saved->best : saved->line, &offer.rank, err);
    if (ranked <= 0)
        return ranked < 0 ? -1 : tp_err_set(err, TP_FAULT_MACHINE, "a saved partner has no rank");
    if (tp_best_take(&i->chosen, &offer, i->behind[!side], &i->bests) < 0)
        return tp_err_memory(err);
    return 0;
}

static int
load_record(struct interval *i, enum tp_join_side side, struct tp_match_saved *saved,
            struct tp_err *err)
{
    bool bare = side == TP_JOIN_RIGHT && i->options.bare_right;
    struct tp_match_record record = {.side = side, .time = saved->time, .key = saved->key};

    if (!saved->key.ptr || (!saved->line.ptr && !bare))
        return tp_err_set(err, TP_FAULT_MACHINE, "a saved record has no %s",
                          saved->key.ptr ? "line" : "key");
    if (extend_line(i, side, &saved->line, &saved->line_memory, err) < 0 ||
        extend_line(i, !side, &saved->best, &saved->best_memory, err) < 0 ||
        load_best(i, side, saved, err) < 0)
        return -1;
    record.line = saved->line;
    return tp_interval_hold(i, &record, tp_join_hash(i->join, saved->key), saved->matched, err);
}

int
tp_interval_load(struct tp_match *match, size_t parts, struct tp_str line, struct tp_err *err)
{
    enum tp_join_side side =
        tp_saved_is(line, side_name[TP_JOIN_RIGHT]) ? TP_JOIN_RIGHT : TP_JOIN_LEFT;
    struct tp_match_saved saved = {0};
    int result = tp_match_saved_read(&saved, side_name[side], parts, line, err);

    if (result == 0)
        result = load_record((struct interval *)match, side, &saved, err);
    tp_match_saved_release(&saved);
    return result;
}
