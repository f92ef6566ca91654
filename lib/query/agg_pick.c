/*
 * Functions whose result is one of their arguments: min and max; first and last by event time.
 */
#include "query/agg_pick.h"

#include <stdlib.h>

#include "value/num.h"

/* first and last also remember when. */
struct edge {
    struct tp_agg_pick pick;
    tp_time time;
    uint64_t sequence;
};

static bool
has_text(struct tp_value value)
{
    return value.kind == TP_TEXT || value.kind == TP_JSON;
}

int
tp_agg_pick_reserve(struct tp_agg_pick *pick, struct tp_value value)
{
    char *memory;

    if (!has_text(value) || value.text.len <= pick->cap)
        return 0;
    memory = realloc(pick->memory, value.text.len);
    if (!memory)
        return -1;
    if (has_text(pick->value) && pick->value.text.len)
        pick->value.text.ptr = memory;
    pick->memory = memory;
    pick->cap = value.text.len;
    return 0;
}

int
tp_agg_pick_set(struct tp_agg_pick *pick, struct tp_value value)
{
    if (tp_agg_pick_reserve(pick, value) < 0)
        return -1;
    if (has_text(value)) {
        if (value.text.len)
            memcpy(pick->memory, value.text.ptr, value.text.len);
        value.text.ptr = value.text.len ? pick->memory : "";
    }
    pick->value = value;
    return 0;
}

void
tp_agg_pick_save(const struct tp_agg_pick *pick, struct tp_buf *to)
{
    if (pick->mixed)
        TP_BUF_PUT(to, "\"mixed\",");
    else
        TP_BUF_PUT(to, "\"\",");
    tp_agg_put_value(to, pick->value);
}

bool
tp_agg_pick_load(struct tp_agg_pick *pick, struct tp_agg_reader *from)
{
    struct tp_value value;
    struct tp_str mixed;

    if (!tp_agg_read_string(from, &mixed))
        return false;
    pick->mixed = mixed.len > 0;
    if (!tp_agg_read_char(from, ',') || !tp_agg_read_value(from, &value))
        return false;
    if (tp_agg_pick_set(pick, value) == 0)
        return true;
    from->memory = true;
    return false;
}

static size_t
pick_held(const void *cell)
{
    return ((const struct tp_agg_pick *)cell)->cap;
}

static void
pick_clear(void *cell)
{
    free(((struct tp_agg_pick *)cell)->memory);
}

/* ---- min, max ---- */

/* Integers and other numbers are ordered among each other. */
static enum tp_kind
family(enum tp_kind kind)
{
    return kind == TP_INT ? TP_REAL : kind;
}

static const char *
plural(enum tp_kind kind)
{
    switch (kind) {
    case TP_TEXT:
        return "strings";
    case TP_BOOL:
        return "booleans";
    case TP_TIME:
        return "times";
    case TP_DURATION:
        return "durations";
    default:
        return "numbers";
    }
}

int
tp_agg_pick_check(const struct tp_agg_pick *pick, const struct tp_value *value, struct tp_err *err)
{
    if (pick->value.kind == TP_NULL || family(pick->value.kind) == family(value->kind))
        return 0;
    return tp_err_set(err, TP_FAULT_RECORD, "got %s after %s", tp_kind_name(value->kind),
                      plural(pick->value.kind));
}

static int
extreme_check(const void *cell, const struct tp_value *value, const struct tp_value *second,
              struct tp_err *err)
{
    (void)second;
    return tp_agg_pick_check(cell, value, err);
}

int
tp_agg_compare(struct tp_value a, struct tp_value b)
{
    switch (a.kind) {
    case TP_TEXT:
        return tp_str_compare(a.text, b.text);
    case TP_BOOL:
        return a.boolean - b.boolean;
    case TP_TIME:
    case TP_DURATION:
        return (a.time > b.time) - (a.time < b.time);
    default:
        return tp_num_compare(a, b);
    }
}

static int
min_take(struct tp_agg_pick *pick, struct tp_value value)
{
    if (pick->mixed || (pick->value.kind != TP_NULL && tp_agg_compare(value, pick->value) >= 0))
        return 0;
    return tp_agg_pick_set(pick, value);
}

static int
max_take(struct tp_agg_pick *pick, struct tp_value value)
{
    if (pick->mixed || (pick->value.kind != TP_NULL && tp_agg_compare(value, pick->value) <= 0))
        return 0;
    return tp_agg_pick_set(pick, value);
}

bool
tp_agg_pick_mix(struct tp_agg_pick *into, const struct tp_agg_pick *from)
{
    if (into->value.kind != TP_NULL && from->value.kind != TP_NULL)
        into->mixed |= family(into->value.kind) != family(from->value.kind);
    into->mixed |= from->mixed;
    if (into->mixed)
        into->value = tp_null();
    return into->mixed;
}

static int
min_add(void *cell, const struct tp_value *value, const struct tp_agg_input *input)
{
    (void)input;
    return min_take(cell, *value);
}

static int
max_add(void *cell, const struct tp_value *value, const struct tp_agg_input *input)
{
    (void)input;
    return max_take(cell, *value);
}

static int
min_merge(void *into, const void *from, uint64_t seed)
{
    const struct tp_agg_pick *other = from;

    (void)seed;
    if (tp_agg_pick_mix(into, other) || other->value.kind == TP_NULL)
        return 0;
    return min_take(into, other->value);
}

static int
max_merge(void *into, const void *from, uint64_t seed)
{
    const struct tp_agg_pick *other = from;

    (void)seed;
    if (tp_agg_pick_mix(into, other) || other->value.kind == TP_NULL)
        return 0;
    return max_take(into, other->value);
}

static void
extreme_save(const void *cell, struct tp_buf *to)
{
    tp_buf_put_char(to, '[');
    tp_agg_pick_save(cell, to);
    tp_buf_put_char(to, ']');
}

static bool
extreme_load(void *cell, struct tp_agg_reader *from, uint64_t seed)
{
    struct tp_agg_pick *pick = cell;

    (void)seed;
    return tp_agg_read_char(from, '[') && tp_agg_pick_load(pick, from) &&
           (pick->value.kind == TP_NULL || TP_AGG_ORDERED >> pick->value.kind & 1) &&
           tp_agg_read_char(from, ']');
}

/* They differ in the direction only. */
#define EXTREME_STORE(adding, merging)                                                             \
    {                                                                                              \
        .size = sizeof(struct tp_agg_pick), .align = _Alignof(struct tp_agg_pick),                 \
        .accepts = TP_AGG_ORDERED, .wants = "something that has an order", .check = extreme_check, \
        .add = (adding), .merge = (merging), .held = pick_held, .clear = pick_clear,               \
        .save = extreme_save, .load = extreme_load,                                                \
    }

const struct tp_agg_store tp_agg_min_store = EXTREME_STORE(min_add, min_merge);
const struct tp_agg_store tp_agg_max_store = EXTREME_STORE(max_add, max_merge);

/* Which of 1, 1.0 and 1.00 was kept depends on the order they came in; what is said must not. */
static struct tp_value
simplest_form(struct tp_value value)
{
    if (value.kind != TP_REAL)
        return value;
    if (value.scale == TP_NO_SCALE)
        return value.real == 0 ? tp_int(0) : value;
    while (value.scale > 0 && value.mantissa % 10 == 0) {
        value.mantissa /= 10;
        value.scale--;
    }
    return value.scale == 0 ? tp_int(value.mantissa) : value;
}

TP_AGG_VALUE(tp_agg_extreme_value)
{
    const struct tp_agg_pick *pick = cell;

    (void)quantile;
    *value = simplest_form(pick->value);
    if (pick->mixed)
        return tp_err_set(err, TP_FAULT_RECORD, "values of different types have no order");
    return 0;
}

/* ---- first, last ---- */

static int
edge_set(struct edge *edge, struct tp_value value, tp_time time, uint64_t sequence)
{
    if (tp_agg_pick_set(&edge->pick, value) < 0)
        return -1;
    edge->time = time;
    edge->sequence = sequence;
    return 0;
}

/* Whether (TIME, SEQUENCE) stands before what EDGE keeps. */
static bool
is_before(const struct edge *edge, tp_time time, uint64_t sequence)
{
    return time < edge->time || (time == edge->time && sequence < edge->sequence);
}

static int
first_take(struct edge *edge, struct tp_value value, tp_time time, uint64_t sequence)
{
    if (edge->pick.value.kind != TP_NULL && !is_before(edge, time, sequence))
        return 0;
    return edge_set(edge, value, time, sequence);
}

static int
last_take(struct edge *edge, struct tp_value value, tp_time time, uint64_t sequence)
{
    if (edge->pick.value.kind != TP_NULL && is_before(edge, time, sequence))
        return 0;
    return edge_set(edge, value, time, sequence);
}

static int
first_add(void *cell, const struct tp_value *value, const struct tp_agg_input *input)
{
    return first_take(cell, *value, input->time, input->sequence);
}

static int
last_add(void *cell, const struct tp_value *value, const struct tp_agg_input *input)
{
    return last_take(cell, *value, input->time, input->sequence);
}

static int
first_merge(void *into, const void *from, uint64_t seed)
{
    const struct edge *other = from;

    (void)seed;
    if (other->pick.value.kind == TP_NULL)
        return 0;
    return first_take(into, other->pick.value, other->time, other->sequence);
}

static int
last_merge(void *into, const void *from, uint64_t seed)
{
    const struct edge *other = from;

    (void)seed;
    if (other->pick.value.kind == TP_NULL)
        return 0;
    return last_take(into, other->pick.value, other->time, other->sequence);
}

static void
edge_save(const void *cell, struct tp_buf *to)
{
    const struct edge *edge = cell;

    tp_buf_put_char(to, '[');
    tp_agg_pick_save(&edge->pick, to);
    tp_buf_put_char(to, ',');
    tp_agg_put_whole(to, edge->time);
    tp_buf_put_char(to, ',');
    tp_agg_put_whole(to, edge->sequence);
    tp_buf_put_char(to, ']');
}

static bool
edge_load(void *cell, struct tp_agg_reader *from, uint64_t seed)
{
    struct edge *edge = cell;

    (void)seed;
    return tp_agg_read_char(from, '[') && tp_agg_pick_load(&edge->pick, from) &&
           tp_agg_read_char(from, ',') && tp_agg_read_int(from, &edge->time) &&
           tp_agg_read_char(from, ',') && tp_agg_read_count(from, &edge->sequence) &&
           tp_agg_read_char(from, ']');
}

/* Likewise. */
#define EDGE_STORE(adding, merging)                                                         \
    {                                                                                       \
        .size = sizeof(struct edge), .align = _Alignof(struct edge), .accepts = TP_AGG_ALL, \
        .add = (adding), .merge = (merging), .held = pick_held, .clear = pick_clear,        \
        .save = edge_save, .load = edge_load,                                               \
    }

const struct tp_agg_store tp_agg_first_store = EDGE_STORE(first_add, first_merge);
const struct tp_agg_store tp_agg_last_store = EDGE_STORE(last_add, last_merge);

TP_AGG_VALUE(tp_agg_edge_value)
{
    (void)quantile;
    (void)err;
    *value = ((struct edge *)cell)->pick.value;
    return 0;
}
