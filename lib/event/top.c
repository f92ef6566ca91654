#include "event/top.h"

#include <stdlib.h>
#include <string.h>

/* What tp_ranked_new gives: the record, its values, then the bytes of the line and of texts. */
struct copy {
    struct tp_ranked record;
    size_t shares;
    size_t *held, size; /* the rule's; of all this */
    struct tp_value value[];
};

/* What a place in a top takes, at most: arrays grow by doubling. */
#define PLACE (2 * sizeof(struct tp_ranked *))

static void
count_held(size_t *held, size_t more, size_t less)
{
    if (held)
        *held += more - less;
}

static int
compare(const struct tp_top_rule *rule, const struct tp_ranked *a, const struct tp_ranked *b)
{
    int order = tp_order_compare(rule->order, a->value, b->value);

    if (order == 0)
        order = (a->time > b->time) - (a->time < b->time);
    return order ? order : (a->sequence > b->sequence) - (a->sequence < b->sequence);
}

static bool
ties(const struct tp_top_rule *rule, const struct tp_ranked *a, const struct tp_ranked *b)
{
    return tp_order_compare(rule->order, a->value, b->value) == 0;
}

bool
tp_top_wants(const struct tp_top *top, const struct tp_top_rule *rule,
             const struct tp_ranked *record)
{
    const struct tp_ranked *last;

    if (top->count < rule->limit)
        return true;
    last = top->entry[rule->limit - 1];
    return compare(rule, record, last) < 0 || (rule->keep_ties && ties(rule, record, last));
}

void
tp_top_note(struct tp_top *top, tp_time time)
{
    if (!top->timed || time < top->from)
        top->from = time;
    if (!top->timed || time > top->to)
        top->to = time;
    top->timed = true;
}

static struct tp_str
put(char **to, struct tp_str text)
{
    struct tp_str copied = {*to, text.len};

    if (text.len)
        memcpy(*to, text.ptr, text.len);
    *to += text.len;
    return copied;
}

struct tp_ranked *
tp_ranked_new(const struct tp_top_rule *rule, const struct tp_ranked *record)
{
    size_t values = rule->order->count, bytes = record->line.len;
    struct copy *copy;
    char *to;

    for (size_t i = 0; i < values; i++)
        bytes += record->value[i].kind == TP_TEXT ? record->value[i].text.len : 0;
    bytes += sizeof *copy + values * sizeof *copy->value;
    copy = malloc(bytes);
    if (!copy)
        return NULL;
    copy->held = rule->held;
    copy->size = bytes;
    count_held(copy->held, bytes, 0);
    to = (char *)&copy->value[values];
    copy->record = *record;
    copy->shares = 1;
    copy->record.line = put(&to, record->line);
    for (size_t i = 0; i < values; i++) {
        copy->value[i] = record->value[i];
        if (copy->value[i].kind == TP_TEXT)
            copy->value[i].text = put(&to, record->value[i].text);
    }
    copy->record.value = copy->value;
    return &copy->record;
}

void
tp_ranked_free(struct tp_ranked *record)
{
    struct copy *copy = (struct copy *)record;

    if (!copy || --copy->shares > 0)
        return;
    count_held(copy->held, 0, copy->size);
    free(copy);
}

/* RECORD leaves a top. */
static void
drop(struct tp_ranked *record)
{
    count_held(((struct copy *)record)->held, 0, PLACE);
    tp_ranked_free(record);
}

static int
make_room(struct tp_top *top)
{
    size_t cap = top->cap ? 2 * top->cap : 4;
    struct tp_ranked **grown;

    if (top->count < top->cap)
        return 0;
    grown = realloc(top->entry, cap * sizeof(struct tp_ranked *));
    if (!grown)
        return -1;
    top->entry = grown;
    top->cap = cap;
    return 0;
}

/* How many entries stand before RECORD. */
static size_t
find_place(const struct tp_top *top, const struct tp_top_rule *rule, const struct tp_ranked *record)
{
    size_t low = 0, high = top->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare(rule, top->entry[middle], record) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Drops the entries behind the limit that are not kept for a tie. */
static void
cut(struct tp_top *top, const struct tp_top_rule *rule)
{
    while (top->count > rule->limit) {
        struct tp_ranked *last = top->entry[top->count - 1];

        if (rule->keep_ties && ties(rule, last, top->entry[rule->limit - 1]))
            return;
        drop(last);
        top->count--;
    }
}

int
tp_top_add(struct tp_top *top, const struct tp_top_rule *rule, struct tp_ranked *record)
{
    size_t at;

    if (make_room(top) < 0)
        return -1;
    at = find_place(top, rule, record);
    memmove(top->entry + at + 1, top->entry + at, (top->count - at) * sizeof(struct tp_ranked *));
    top->entry[at] = record;
    top->count++;
    ((struct copy *)record)->shares++;
    count_held(rule->held, PLACE, 0);
    cut(top, rule);
    return 0;
}

void
tp_top_release(struct tp_top *top)
{
    for (size_t i = 0; i < top->count; i++)
        drop(top->entry[i]);
    free(top->entry);
    *top = (struct tp_top){0};
}

int
tp_top_tell(const struct tp_top *top, const struct tp_top_rule *rule, tp_top_take *take,
            void *context, struct tp_err *err)
{
    size_t rank = 1;

    for (size_t i = 0; i < top->count; i++) {
        if (!rule->keep_ties || i == 0 || !ties(rule, top->entry[i - 1], top->entry[i]))
            rank = i + 1;
        if (take(context, TP_TOP_INSERT, top->entry[i], rank, err) < 0)
            return -1;
    }
    return 0;
}

/* --- changes -----------------------------------------------------------------------------------*/

/* Every rank from that of RECORD on has another record: each moves one down. */
static int
change_ranks(const struct tp_top *top, const struct tp_top_rule *rule,
             const struct tp_ranked *record, bool upserts, tp_top_take *take, void *context,
             struct tp_err *err)
{
    for (size_t i = find_place(top, rule, record); i < rule->limit && i <= top->count; i++) {
        const struct tp_ranked *old = i < top->count ? top->entry[i] : NULL;
        enum tp_top_change change = !old ? TP_TOP_INSERT : upserts ? TP_TOP_UPSERT : TP_TOP_UPDATE;

        if (change == TP_TOP_UPDATE && take(context, TP_TOP_RETRACT, old, i + 1, err) < 0)
            return -1;
        if (take(context, change, record, i + 1, err) < 0)
            return -1;
        record = old;
    }
    return 0;
}

/* The row of RECORD moves from RANK to the next, or out. */
static int
move_tied(const struct tp_top_rule *rule, const struct tp_ranked *record, size_t rank,
          tp_top_take *take, void *context, struct tp_err *err)
{
    if (rank >= rule->limit)
        return take(context, TP_TOP_DELETE, record, rank, err);
    if (take(context, TP_TOP_RETRACT, record, rank, err) < 0)
        return -1;
    return take(context, TP_TOP_UPDATE, record, rank + 1, err);
}

/* Ties kept: rows behind those that tie with RECORD move; it comes at the rank of its ties. */
static int
change_tied(const struct tp_top *top, const struct tp_top_rule *rule,
            const struct tp_ranked *record, tp_top_take *take, void *context, struct tp_err *err)
{
    size_t rank = 1, before = 0;

    for (size_t i = 0; i < top->count; i++) {
        int order = tp_order_compare(rule->order, top->entry[i]->value, record->value);

        if (i > 0 && !ties(rule, top->entry[i - 1], top->entry[i]))
            rank = i + 1;
        before += order < 0;
        if (order > 0 && move_tied(rule, top->entry[i], rank, take, context, err) < 0)
            return -1;
    }
    return take(context, TP_TOP_INSERT, record, before + 1, err);
}

int
tp_top_change(struct tp_top *top, const struct tp_top_rule *rule, struct tp_ranked *record,
              bool upserts, tp_top_take *take, void *context, struct tp_err *err)
{
    int result = rule->keep_ties ? change_tied(top, rule, record, take, context, err)
                                 : change_ranks(top, rule, record, upserts, take, context, err);

    if (result < 0)
        return -1;
    return tp_top_add(top, rule, record) < 0 ? tp_err_memory(err) : 0;
}
