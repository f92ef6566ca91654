/*
 * count.
 */
#include "query/agg_function.h"

static int
count_add(void *cell, const struct tp_value *value, const struct tp_agg_input *input)
{
    (void)value;
    (void)input;
    ++*(uint64_t *)cell;
    return 0;
}

static int
count_subtract(void *cell, const struct tp_value *value)
{
    (void)value;
    --*(uint64_t *)cell;
    return 0;
}

static bool
count_is_empty(const void *cell)
{
    return *(const uint64_t *)cell == 0;
}

static int
count_merge(void *into, const void *from, uint64_t seed)
{
    (void)seed;
    *(uint64_t *)into += *(const uint64_t *)from;
    return 0;
}

static void
count_save(const void *cell, struct tp_buf *to)
{
    tp_agg_put_whole(to, *(const uint64_t *)cell);
}

static bool
count_load(void *cell, struct tp_agg_reader *from, uint64_t seed)
{
    (void)seed;
    return tp_agg_read_count(from, cell);
}

const struct tp_agg_store tp_agg_count_store = {
    .size = sizeof(uint64_t),
    .align = _Alignof(uint64_t),
    .accepts = TP_AGG_ALL,
    .add = count_add,
    .merge = count_merge,
    .subtract = count_subtract,
    .is_empty = count_is_empty,
    .save = count_save,
    .load = count_load,
};

TP_AGG_VALUE(tp_agg_count_value)
{
    (void)quantile;
    (void)err;
    *value = tp_int((int64_t) * (uint64_t *)cell);
    return 0;
}
