/*
 * count, sum and avg.
 */
#include <math.h>

#include "query/agg_function.h"

#include "value/num.h"

static int
count_add(void *cell, const struct tp_value *value, const struct tp_agg_input *input)
{
    (void)value;
    (void)input;
    ++*(uint64_t *)cell;
    return 0;
}

static void
count_subtract(void *cell, const struct tp_value *value)
{
    (void)value;
    --*(uint64_t *)cell;
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

/* ---- sum, avg ---- */

static int
sum_add(void *cell, const struct tp_value *value, const struct tp_agg_input *input)
{
    (void)input;
    tp_sum_add(cell, *value);
    return 0;
}

static void
sum_subtract(void *cell, const struct tp_value *value)
{
    tp_sum_subtract(cell, *value);
}

static bool
sum_is_empty(const void *cell)
{
    const struct tp_sum *sum = cell;

    return sum->integers + sum->decimals + sum->reals == 0;
}

static int
sum_merge(void *into, const void *from, uint64_t seed)
{
    (void)seed;
    tp_sum_merge(into, from);
    return 0;
}

/* Each behind a comma. */
static void
put_counts(struct tp_buf *to, const uint64_t *counts, size_t number)
{
    char *at = tp_buf_reserve(to, number * (1 + TP_AGG_WHOLE_MAX));

    if (!at)
        return;
    for (size_t i = 0; i < number; i++) {
        *at++ = ',';
        at = tp_agg_write_whole(at, counts[i]);
    }
    to->len = (size_t)(at - to->ptr);
}

static void
sum_save(const void *cell, struct tp_buf *to)
{
    const struct tp_sum *sum = cell;
    const uint64_t counts[] = {sum->integers, sum->decimals, sum->reals, sum->infinities_up,
                               sum->infinities_down};

    tp_buf_put_char(to, '[');
    tp_agg_put_whole(to, sum->whole);
    tp_buf_put_char(to, ',');
    tp_agg_put_whole(to, sum->fraction);
    tp_buf_put_char(to, ',');
    tp_agg_put_real(to, sum->real);
    tp_buf_put_char(to, ',');
    tp_agg_put_real(to, sum->compensation);
    put_counts(to, counts, sizeof counts / sizeof *counts);
    tp_buf_put_char(to, ']');
}

static bool
sum_load(void *cell, struct tp_agg_reader *from, uint64_t seed)
{
    struct tp_sum *sum = cell;
    uint64_t *const counts[] = {&sum->integers, &sum->decimals, &sum->reals, &sum->infinities_up,
                                &sum->infinities_down};

    (void)seed;
    if (!tp_agg_read_char(from, '[') || !tp_agg_read_whole(from, &sum->whole) ||
        !tp_agg_read_char(from, ',') || !tp_agg_read_whole(from, &sum->fraction) ||
        !tp_agg_read_char(from, ',') || !tp_agg_read_real(from, &sum->real) ||
        !tp_agg_read_char(from, ',') || !tp_agg_read_real(from, &sum->compensation))
        return false;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (!tp_agg_read_char(from, ',') || !tp_agg_read_count(from, counts[i]))
            return false;
    return tp_agg_read_char(from, ']');
}

const struct tp_agg_store tp_agg_sum_store = {
    .size = sizeof(struct tp_sum),
    .align = _Alignof(struct tp_sum),
    .accepts = TP_AGG_NUMBERS,
    .wants = "a number",
    .add = sum_add,
    .merge = sum_merge,
    .subtract = sum_subtract,
    .is_empty = sum_is_empty,
    .save = sum_save,
    .load = sum_load,
};

static uint64_t
terms(const struct tp_sum *sum)
{
    return sum->integers + sum->decimals + sum->reals;
}

int
tp_agg_sum_write(void *cell, struct tp_buf *to, struct tp_err *err)
{
    const struct tp_sum *sum = cell;
    char digits[TP_NUM_WIDE_MAX];

    if (terms(sum) == 0) {
        TP_BUF_PUT(to, "null");
        return 0;
    }
    if (sum->reals && !isfinite(tp_sum_real(sum))) {
        TP_BUF_PUT(to, "null");
        return tp_err_set(err, TP_FAULT_RECORD, "beyond the range of doubles");
    }
    if (tp_sum_write(sum, to) == 0)
        return 0;
    TP_BUF_PUT(to, "null");
    return tp_err_set(err, TP_FAULT_RECORD, "%.*s does not fit int64",
                      (int)tp_num_write_wide(digits, sum->whole), digits);
}

TP_AGG_VALUE(tp_agg_sum_value)
{
    const struct tp_sum *sum = cell;
    struct tp_buf text = TP_BUF_INIT;
    int result;

    (void)quantile;
    *value = tp_null();
    if (terms(sum) == 0)
        return 0;
    if (sum->reals) {
        *value = tp_real(tp_sum_real(sum));
        return 0;
    }
    result = tp_agg_sum_write(cell, &text, err);
    if (tp_buf_failed(&text))
        result = tp_err_memory(err);
    else if (result == 0)
        tp_num_parse(tp_buf_str(&text), value);
    tp_buf_release(&text);
    return result;
}

TP_AGG_VALUE(tp_agg_avg_value)
{
    const struct tp_sum *sum = cell;

    (void)quantile;
    (void)err;
    *value = terms(sum) ? tp_real(tp_sum_real(sum) / (double)terms(sum)) : tp_null();
    return 0;
}
