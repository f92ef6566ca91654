/*
 * rate: how fast a number rises: the difference between its last and its first value over the
 * seconds of event time between them. Equal times are told apart by arrival, as in first and last.
 */
#include "query/agg_function.h"

#include "value/num.h"

struct sample {
    struct tp_value value;
    tp_time time;
    uint64_t sequence;
};

struct rate {
    struct sample first, last; /* TP_NULL: nothing yet */
};

static bool
is_before(const struct sample *a, const struct sample *b)
{
    return a->time < b->time || (a->time == b->time && a->sequence < b->sequence);
}

static void
take(struct rate *rate, struct sample sample)
{
    if (rate->first.value.kind == TP_NULL || is_before(&sample, &rate->first))
        rate->first = sample;
    if (rate->last.value.kind == TP_NULL || !is_before(&sample, &rate->last))
        rate->last = sample;
}

static int
rate_add(void *cell, const struct tp_value *value, const struct tp_agg_input *input)
{
    take(cell, (struct sample){*value, input->time, input->sequence});
    return 0;
}

static int
rate_merge(void *into, const void *from, uint64_t seed)
{
    const struct rate *other = from;

    (void)seed;
    if (other->first.value.kind == TP_NULL)
        return 0;
    take(into, other->first);
    take(into, other->last);
    return 0;
}

static void
save_sample(const struct sample *sample, struct tp_buf *to)
{
    tp_agg_put_value(to, sample->value);
    tp_buf_put_char(to, ',');
    tp_agg_put_whole(to, sample->time);
    tp_buf_put_char(to, ',');
    tp_agg_put_whole(to, sample->sequence);
}

static bool
load_sample(struct sample *sample, struct tp_agg_reader *from)
{
    return tp_agg_read_value(from, &sample->value) &&
           (sample->value.kind == TP_NULL || TP_AGG_NUMBERS >> sample->value.kind & 1) &&
           tp_agg_read_char(from, ',') && tp_agg_read_int(from, &sample->time) &&
           tp_agg_read_char(from, ',') && tp_agg_read_count(from, &sample->sequence);
}

static void
rate_save(const void *cell, struct tp_buf *to)
{
    const struct rate *rate = cell;

    tp_buf_put_char(to, '[');
    save_sample(&rate->first, to);
    tp_buf_put_char(to, ',');
    save_sample(&rate->last, to);
    tp_buf_put_char(to, ']');
}

static bool
rate_load(void *cell, struct tp_agg_reader *from, uint64_t seed)
{
    struct rate *rate = cell;

    (void)seed;
    return tp_agg_read_char(from, '[') && load_sample(&rate->first, from) &&
           tp_agg_read_char(from, ',') && load_sample(&rate->last, from) &&
           tp_agg_read_char(from, ']') &&
           (rate->first.value.kind == TP_NULL) == (rate->last.value.kind == TP_NULL);
}

const struct tp_agg_store tp_agg_rate_store = {
    .size = sizeof(struct rate),
    .align = _Alignof(struct rate),
    .accepts = TP_AGG_NUMBERS,
    .wants = "a number",
    .add = rate_add,
    .merge = rate_merge,
    .save = rate_save,
    .load = rate_load,
};

/* Of a double the negated one is added: tp_sum_subtract takes out what was added before, and with
 * the last double the rounding. */
static void
subtract(struct tp_sum *sum, struct tp_value value)
{
    if (value.kind == TP_REAL && value.scale == TP_NO_SCALE)
        tp_sum_add(sum, tp_real(-value.real));
    else
        tp_sum_subtract(sum, value);
}

/* NULL where no time passed. */
TP_AGG_VALUE(tp_agg_rate_value)
{
    const struct rate *rate = cell;
    struct tp_sum rise = {0};

    (void)quantile;
    (void)err;
    *value = tp_null();
    if (rate->first.value.kind == TP_NULL || rate->first.time == rate->last.time)
        return 0;
    tp_sum_add(&rise, rate->last.value);
    subtract(&rise, rate->first.value);
    *value = tp_real(tp_sum_real(&rise) /
                     ((double)((__int128)rate->last.time - rate->first.time) / 1e9));
    return 0;
}
