#include "query/joined.h"

#include <stdlib.h>
#include <string.h>

#include "query/pair.h"
#include "record/emit.h"
#include "record/member.h"
#include "record/path.h"
#include "record/unite.h"
#include "value/text.h"

struct tp_joined {
    const struct tp_joined_options *options;
    struct tp_pair *on;             /* NULL: no condition */
    struct tp_pair *by;             /* NULL: no order */
    struct tp_buf rank;             /* by it, of the last pair */
    struct tp_pair *select;         /* NULL: no list */
    struct tp_buf head;             /* texts of what a row of the list has of its own */
    const struct tp_narrow *narrow; /* of both sides; NULL: records are whole */
    struct tp_slot read[2][TP_JOINED_READS];
    struct tp_pair_sides sides; /* that were read last */
    struct tp_unite unite;
    struct tp_str *shared;
    struct tp_str *known[2]; /* what the records of a side have */
    struct tp_path time;
    struct tp_str nest[2]; /* names; ptr NULL: rows are merged */
};

static const struct tp_str window_names[] = {{"window_start", 12}, {"window_end", 10}};

/* --- making ------------------------------------------------------------------------------------*/

/* Members that have one name and one value on both sides: written once. */
static int
find_shared(struct tp_joined *j, struct tp_err *err)
{
    const struct tp_joined_options *options = j->options;

    j->shared = calloc(options->left->count + 1, sizeof *j->shared);
    if (!j->shared)
        return tp_err_memory(err);
    j->unite.shares = tp_keys_shared(options->left, options->right, j->shared);
    j->unite.shared = j->shared;
    return 0;
}

static bool
is_shared(const struct tp_joined *j, struct tp_str name)
{
    for (size_t i = 0; i < j->unite.shares; i++)
        if (tp_str_equal(j->shared[i], name))
            return true;
    return false;
}

/* What every record of SIDE has, that is not written once for both. */
static int
find_known(struct tp_joined *j, int side, const struct tp_keys *keys, struct tp_err *err)
{
    struct tp_str *known = calloc(keys->count + 1, sizeof *known);
    size_t found, count = 0;

    j->known[side] = known;
    if (!known)
        return tp_err_memory(err);
    found = tp_keys_members(keys, known);
    for (size_t i = 0; i < found; i++)
        if (!is_shared(j, known[i]))
            known[count++] = known[i];
    if (j->time.count > 0 && !j->time.step[0].is_index)
        known[count++] = j->time.step[0].name;
    j->unite.known[side] = known;
    j->unite.knowns[side] = count;
    return 0;
}

/* Rows of left records alone have their names. */
static int
find_all_known(struct tp_joined *j, struct tp_err *err)
{
    const struct tp_joined_options *options = j->options;

    if (options->left_only)
        return 0;
    if (options->time && tp_path_parse(&j->time, tp_str_of(options->time), err) < 0)
        return -1;
    if (find_known(j, 0, options->left, err) < 0 || find_known(j, 1, options->right, err) < 0)
        return -1;
    if (options->columns > 0) {
        j->unite.known[1] = options->column;
        j->unite.knowns[1] = options->columns;
    }
    return 0;
}

static int
make_merge(struct tp_joined *j, struct tp_err *err)
{
    j->unite.keeps_own = j->options->adds;
    j->unite.left_prefix = tp_str_of(j->options->left_prefix);
    j->unite.right_prefix = tp_str_of(j->options->right_prefix);
    if (tp_str_equal(j->unite.left_prefix, j->unite.right_prefix))
        return tp_err_set(err, TP_FAULT_USAGE, "--lp and --rp are the same: \"%s\"",
                          j->options->left_prefix);
    return find_shared(j, err) < 0 ? -1 : find_all_known(j, err);
}

static int
make_nest(struct tp_joined *j, struct tp_err *err)
{
    const char *text = j->options->nest, *comma = text ? strchr(text, ',') : NULL;

    if (!text)
        return 0;
    if (!comma || comma == text || !comma[1] || strchr(comma + 1, ','))
        return tp_err_set(err, TP_FAULT_USAGE, "--nest: two names: --nest l,r");
    j->nest[0] = (struct tp_str){text, (size_t)(comma - text)};
    j->nest[1] = tp_str_of(comma + 1);
    if (tp_str_equal(j->nest[0], j->nest[1]) || j->nest[0].ptr[0] == '@' ||
        j->nest[1].ptr[0] == '@')
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--nest: two different names that do not begin with @");
    return 0;
}

static int
make_select(struct tp_joined *j, const char **which, struct tp_err *err)
{
    if (!j->options->select)
        return 0;
    if (j->options->nest || j->options->left_only)
        return tp_err_set(err, TP_FAULT_USAGE, "--select: %s",
                          j->options->nest ? "not with --nest"
                                           : "semi and anti joins give left records as they are");
    *which = "--select";
    j->select = tp_pair_select(tp_str_of(j->options->select), err);
    *which = j->select ? NULL : *which;
    return j->select ? 0 : -1;
}

static int
make_condition(struct tp_joined *j, const char **which, struct tp_err *err)
{
    if (!j->options->on)
        return 0;
    *which = "--on";
    j->on = tp_pair_compile(tp_str_of(j->options->on), err);
    return j->on ? 0 : -1;
}

static int
make_order(struct tp_joined *j, const char **which, struct tp_err *err)
{
    if (!j->options->by)
        return 0;
    *which = "--by";
    j->by = tp_pair_order(tp_str_of(j->options->by), err);
    return j->by ? 0 : -1;
}

struct tp_joined *
tp_joined_new(const struct tp_joined_options *options, const char **which, struct tp_err *err)
{
    struct tp_joined *j = calloc(1, sizeof *j);

    *which = NULL;
    if (!j) {
        tp_err_memory(err);
        return NULL;
    }
    j->options = options;
    if (make_merge(j, err) == 0 && make_nest(j, err) == 0 && make_select(j, which, err) == 0 &&
        make_condition(j, which, err) == 0 && make_order(j, which, err) == 0)
        return j;
    tp_joined_free(j);
    return NULL;
}

void
tp_joined_free(struct tp_joined *j)
{
    if (!j)
        return;
    tp_pair_free(j->on);
    tp_pair_free(j->by);
    tp_buf_release(&j->rank);
    tp_pair_free(j->select);
    tp_buf_release(&j->head);
    tp_unite_release(&j->unite);
    free(j->shared);
    free(j->known[0]);
    free(j->known[1]);
    tp_path_release(&j->time);
    free(j);
}

/* Do rows hold members of SIDE that nobody has named? */
static bool
copies(const struct tp_joined *j, int side)
{
    if (j->options->adds)
        return true; /* their own `@timestamp` */
    return j->options->left_only ? side == 0 : !j->select;
}

int
tp_joined_reads(const struct tp_joined *j, int side, struct tp_str names[TP_JOINED_READS])
{
    const struct tp_pair *pairs[] = {j->on, j->by, j->select};
    size_t count = 0;

    if (copies(j, side))
        return -1;
    for (int i = 0; i < 3; i++)
        if (pairs[i] && !tp_pair_reads(pairs[i], "lr"[side], names, TP_JOINED_READS, &count))
            return -1;
    return (int)count;
}

void
tp_joined_narrow(struct tp_joined *j, const struct tp_narrow narrow[2])
{
    struct tp_str names[2][TP_JOINED_READS];
    const struct tp_str *const lists[] = {names[0], names[1]};
    size_t count[2];

    for (int side = 0; side < 2; side++)
        count[side] = (size_t)tp_joined_reads(j, side, names[side]);
    if (j->on)
        tp_pair_expect(j->on, lists, count);
    if (j->by)
        tp_pair_expect(j->by, lists, count);
    if (j->select)
        tp_pair_expect(j->select, lists, count);
    j->narrow = narrow;
}

/* --- pairs and rows ----------------------------------------------------------------------------*/

/* False: it is not narrow. */
static bool
read_side(struct tp_joined *j, int side, struct tp_str text)
{
    struct tp_slot *slots = j->read[side];

    if (text.ptr)
        return tp_narrow_read(&j->narrow[side], text, slots);
    for (size_t i = 0; i < j->narrow[side].count; i++)
        slots[i].kind = TP_SLOT_MISSING;
    return true;
}

static const struct tp_pair_sides *
read_sides(struct tp_joined *j, struct tp_str left, struct tp_str right)
{
    j->sides = (struct tp_pair_sides){.text = {left, right}};
    if (j->narrow && read_side(j, 0, left) && read_side(j, 1, right)) {
        j->sides.slot[0] = j->read[0];
        j->sides.slot[1] = j->read[1];
        j->sides.roomy = j->narrow[0].marked && j->narrow[1].marked;
    }
    return &j->sides;
}

/* Of records that were just asked whether they meet it is known. */
static const struct tp_pair_sides *
sides_of(struct tp_joined *j, struct tp_str left, struct tp_str right)
{
    if (j->on && j->sides.text[0].ptr == left.ptr && j->sides.text[1].ptr == right.ptr)
        return &j->sides;
    return read_sides(j, left, right);
}

int
tp_joined_meets(struct tp_joined *j, struct tp_str left, struct tp_str right, struct tp_err *err)
{
    return j->on ? tp_pair_test(j->on, read_sides(j, left, right), err) : 1;
}

int
tp_joined_rank(struct tp_joined *j, struct tp_str left, struct tp_str right, struct tp_str *rank,
               struct tp_err *err)
{
    tp_buf_clear(&j->rank);
    if (tp_pair_rank(j->by, sides_of(j, left, right), &j->rank, err) < 0)
        return -1;
    *rank = tp_buf_str(&j->rank);
    return 0;
}

struct tp_order *
tp_joined_order(struct tp_joined *j)
{
    return j->by ? tp_pair_terms(j->by) : NULL;
}

/* The last member NAME of OBJECT; false: it has none. */
static bool
find_member(struct tp_str object, struct tp_str name, struct tp_member *member)
{
    struct tp_members walk = tp_members_open(object);
    struct tp_member at;
    bool found = false;

    while (tp_members_next(&walk, &at))
        if (!at.name_escaped && tp_str_equal(at.name, name)) {
            *member = at;
            found = true;
        }
    return found;
}

/* The left record byte for byte, but for an `@op` of the row's own. */
static void
write_line(const struct tp_joined_row *row, struct tp_buf *to)
{
    const char *end = row->left.ptr + row->left.len, *from;
    struct tp_buf op = TP_BUF_INIT;
    struct tp_member member;

    if (!row->op.ptr) {
        tp_buf_put_str(to, row->left);
        tp_buf_put_char(to, '\n');
        return;
    }
    tp_buf_printf(&op, "\"@op\":\"%.*s\"", (int)row->op.len, row->op.ptr);
    if (find_member(row->left, TP_STR("@op"), &member)) {
        from = member.text.ptr + member.text.len;
        tp_buf_put(to, row->left.ptr, (size_t)(member.text.ptr - row->left.ptr));
        tp_buf_put_str(to, tp_buf_str(&op));
        tp_buf_put(to, from, (size_t)(end - from));
        tp_buf_put_char(to, '\n');
    } else {
        tp_emit_last(to, row->left, 1, tp_buf_str(&op)); /* it has a key, so a member */
    }
    to->failed |= tp_buf_failed(&op);
    tp_buf_release(&op);
}

/* The left record as it stands, the right's members behind it; no name is in both. */
static void
write_added(const struct tp_joined_row *row, struct tp_buf *to)
{
    if (row->added.len > 0) {
        tp_emit_last(to, row->left, 1, row->added); /* it has a key, so a member */
        return;
    }
    tp_buf_put_str(to, row->left);
    tp_buf_put_char(to, '\n');
}

/* What the left record says of itself, where a row has nothing of its own. */
static void
put_own(const struct tp_joined *j, const struct tp_joined_row *row, struct tp_str name,
        struct tp_emit *to)
{
    struct tp_member member;

    if (j->options->adds && find_member(row->left, name, &member))
        tp_emit_json(to, name, tp_slot_json(&member.value));
}

static void
put_nested(struct tp_emit *row, struct tp_str name, struct tp_str line)
{
    if (line.ptr)
        tp_emit_json(row, name, line);
    else
        tp_emit_null(row, name);
}

static int
write_members(struct tp_joined *j, const struct tp_joined_row *row, struct tp_emit *to,
              struct tp_err *err)
{
    if (j->nest[0].ptr) {
        put_nested(to, j->nest[0], row->left);
        put_nested(to, j->nest[1], row->right);
        return 0;
    }
    j->unite.taken = window_names;
    j->unite.takes = row->has_window ? 2 : 0;
    return tp_unite_members(&j->unite, row->left, row->right, to, err);
}

static void
put_time(const struct tp_joined *j, const struct tp_joined_row *row, struct tp_emit *to)
{
    if (row->time == TP_TIME_BEFORE_ALL)
        put_own(j, row, TP_STR("@timestamp"), to);
    else
        tp_emit_time(to, TP_STR("@timestamp"), row->time);
    if (!row->has_window)
        return;
    tp_emit_time(to, window_names[0], row->window_start);
    tp_emit_time(to, window_names[1], row->window_end);
}

/* The row as one object: time, both sides or their members, change. */
static int
write_object(struct tp_joined *j, const struct tp_joined_row *row, struct tp_buf *to,
             struct tp_err *err)
{
    struct tp_emit emit = tp_emit_open(to);
    bool merged = !j->nest[0].ptr;

    /* Added to the left record, it has these already. */
    if (!merged || !j->options->adds)
        put_time(j, row, &emit);
    if (write_members(j, row, &emit, err) < 0)
        return -1;
    if (row->op.ptr)
        tp_emit_text(&emit, TP_STR("@op"), row->op);
    else if (!merged)
        put_own(j, row, TP_STR("@op"), &emit);
    tp_emit_close(&emit);
    return tp_buf_failed(to) ? tp_err_memory(err) : 0;
}

/* --- rows of a list ----------------------------------------------------------------------------*/

/* The text, in quotes, as a slot. Room for it was reserved: what is there does not move. */
static struct tp_slot
put_time_slot(struct tp_buf *to, tp_time time)
{
    struct tp_slot slot = {to->ptr + to->len + 1, 0, TP_SLOT_TEXT};

    tp_emit_value(to, (struct tp_value){.kind = TP_TIME, .time = time});
    slot.len = (uint32_t)(to->ptr + to->len - slot.ptr - 1);
    return slot;
}

/* What a left record that is added to says of itself. */
static struct tp_slot
own_slot(const struct tp_joined *j, const struct tp_joined_row *row, struct tp_str name)
{
    struct tp_member member;

    if (j->options->adds && find_member(row->left, name, &member))
        return member.value;
    return (struct tp_slot){.kind = TP_SLOT_MISSING};
}

static int
write_listed(struct tp_joined *j, const struct tp_joined_row *row, struct tp_buf *to,
             struct tp_err *err)
{
    struct tp_slot head[TP_PAIR_HEAD] = {{0}};
    struct tp_buf *text = &j->head;

    tp_buf_clear(text);
    if (!tp_buf_reserve(text, 3 * (TP_TIME_TEXT + 2) + row->op.len + 2 + TP_SCAN_PADDING))
        return tp_err_memory(err);
    head[TP_PAIR_TIME] = row->time == TP_TIME_BEFORE_ALL ? own_slot(j, row, TP_STR("@timestamp"))
                                                         : put_time_slot(text, row->time);
    if (row->has_window) {
        head[TP_PAIR_WINDOW_START] = put_time_slot(text, row->window_start);
        head[TP_PAIR_WINDOW_END] = put_time_slot(text, row->window_end);
    }
    head[TP_PAIR_OP] = own_slot(j, row, TP_STR("@op"));
    if (row->op.ptr) {
        head[TP_PAIR_OP] =
            (struct tp_slot){text->ptr + text->len + 1, (uint32_t)row->op.len, TP_SLOT_TEXT};
        tp_text_quote(row->op, text);
    }
    return tp_pair_write(j->select, head, sides_of(j, row->left, row->right), to, err);
}

/* Is the row the left record, with nothing of the right compared to it? */
static bool
is_line(const struct tp_joined *j, const struct tp_joined_row *row)
{
    if (j->options->left_only)
        return !row->has_window;
    if (!j->options->adds || j->select || j->nest[0].ptr)
        return false;
    /* What is the left's alone stands as it is, but for names that a row of the table has. */
    if (!row->right.ptr)
        return row->op.ptr || j->unite.left_prefix.len == 0;
    return row->added.ptr;
}

int
tp_joined_write(struct tp_joined *j, const struct tp_joined_row *row, struct tp_buf *to,
                struct tp_err *err)
{
    if (is_line(j, row)) {
        if (row->added.ptr)
            write_added(row, to);
        else
            write_line(row, to);
        return tp_buf_failed(to) ? tp_err_memory(err) : 0;
    }
    return j->select ? write_listed(j, row, to, err) : write_object(j, row, to, err);
}
