/*
 * arg_min(x, by), arg_max(x, by): x of the record whose `by` is least, greatest. A record where
 * either is NULL is passed over (as in DuckDB). Of equal ones the earliest by event time, then by
 * arrival, so that the result does not depend on how the work was split.
 */
#include "query/agg_pick.h"

#include <stdlib.h>

struct arg {
    struct tp_agg_pick by, pick; /* by.value TP_NULL: nothing yet; by.mixed: cannot be said */
    tp_time time;
    uint64_t sequence;
};

static int
arg_check(const void *cell, const struct tp_value *value, const struct tp_value *second,
          struct tp_err *err)
{
    (void)value;
    if (second->kind == TP_NULL)
        return 0;
    return tp_agg_pick_check(&((const struct arg *)cell)->by, second, err);
}

/* DIRECTION: 1 for the least, -1 for the greatest. */
static bool
is_better(const struct arg *arg, struct tp_value by, tp_time time, uint64_t sequence, int direction)
{
    int order;

    if (arg->by.value.kind == TP_NULL)
        return true;
    order = tp_agg_compare(by, arg->by.value) * direction;
    if (order != 0)
        return order < 0;
    return time < arg->time || (time == arg->time && sequence < arg->sequence);
}

static int
take(struct arg *arg, struct tp_value value, struct tp_value by, tp_time time, uint64_t sequence,
     int direction)
{
    if (arg->by.mixed || !is_better(arg, by, time, sequence, direction))
        return 0;
    /* Both or neither. */
    if (tp_agg_pick_reserve(&arg->by, by) < 0 || tp_agg_pick_reserve(&arg->pick, value) < 0)
        return -1;
    tp_agg_pick_set(&arg->by, by);
    tp_agg_pick_set(&arg->pick, value);
    arg->time = time;
    arg->sequence = sequence;
    return 0;
}

static int
add(void *cell, const struct tp_value *value, const struct tp_agg_input *input, int direction)
{
    if (input->second->kind == TP_NULL)
        return 0;
    return take(cell, *value, *input->second, input->time, input->sequence, direction);
}

static int
merge(struct arg *into, const struct arg *from, int direction)
{
    if (tp_agg_pick_mix(&into->by, &from->by) || from->by.value.kind == TP_NULL)
        return 0;
    return take(into, from->pick.value, from->by.value, from->time, from->sequence, direction);
}

static int
arg_min_add(void *cell, const struct tp_value *value, const struct tp_agg_input *input)
{
    return add(cell, value, input, 1);
}

static int
arg_max_add(void *cell, const struct tp_value *value, const struct tp_agg_input *input)
{
    return add(cell, value, input, -1);
}

static int
arg_min_merge(void *into, const void *from, uint64_t seed)
{
    (void)seed;
    return merge(into, from, 1);
}

static int
arg_max_merge(void *into, const void *from, uint64_t seed)
{
    (void)seed;
    return merge(into, from, -1);
}

static size_t
arg_held(const void *cell)
{
    const struct arg *arg = cell;

    return arg->by.cap + arg->pick.cap;
}

static void
arg_clear(void *cell)
{
    struct arg *arg = cell;

    free(arg->by.memory);
    free(arg->pick.memory);
}

static void
arg_save(const void *cell, struct tp_buf *to)
{
    const struct arg *arg = cell;

    tp_buf_put_char(to, '[');
    tp_agg_pick_save(&arg->by, to);
    tp_buf_put_char(to, ',');
    tp_agg_pick_save(&arg->pick, to);
    tp_buf_put_char(to, ',');
    tp_agg_put_whole(to, arg->time);
    tp_buf_put_char(to, ',');
    tp_agg_put_whole(to, arg->sequence);
    tp_buf_put_char(to, ']');
}

static bool
arg_load(void *cell, struct tp_agg_reader *from, uint64_t seed)
{
    struct arg *arg = cell;

    (void)seed;
    return tp_agg_read_char(from, '[') && tp_agg_pick_load(&arg->by, from) &&
           (arg->by.value.kind == TP_NULL || TP_AGG_ORDERED >> arg->by.value.kind & 1) &&
           tp_agg_read_char(from, ',') && tp_agg_pick_load(&arg->pick, from) &&
           tp_agg_read_char(from, ',') && tp_agg_read_int(from, &arg->time) &&
           tp_agg_read_char(from, ',') && tp_agg_read_count(from, &arg->sequence) &&
           tp_agg_read_char(from, ']');
}

/* They differ in the direction only. */
#define ARG_STORE(adding, merging)                                                        \
    {                                                                                     \
        .size = sizeof(struct arg), .align = _Alignof(struct arg), .accepts = TP_AGG_ALL, \
        .accepts_second = TP_AGG_ORDERED, .wants_second = "something that has an order",  \
        .check = arg_check, .add = (adding), .merge = (merging), .held = arg_held,        \
        .clear = arg_clear, .save = arg_save, .load = arg_load,                           \
    }

const struct tp_agg_store tp_agg_arg_min_store = ARG_STORE(arg_min_add, arg_min_merge);
const struct tp_agg_store tp_agg_arg_max_store = ARG_STORE(arg_max_add, arg_max_merge);

TP_AGG_VALUE(tp_agg_arg_value)
{
    const struct arg *arg = cell;

    (void)quantile;
    *value = arg->by.value.kind == TP_NULL ? tp_null() : arg->pick.value;
    if (arg->by.mixed)
        return tp_err_set(err, TP_FAULT_RECORD, "values of different types have no order");
    return 0;
}
