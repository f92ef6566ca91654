/*
 * approx_quantile, approx_count_distinct, approx_topk: sketches (query/sketch) as aggregates.
 * Values are told apart as keys are (record/key), and hashed without a seed, so that what several
 * runs counted can be put together.
 */
#include "query/agg_function.h"

#include <math.h>
#include <stdlib.h>

#include "base/hash.h"
#include "query/sketch.h"
#include "record/key.h"

/* ---- approx_quantile ---- */

static int
quantile_add(void *cell, const struct tp_value *value, const struct tp_agg_input *input)
{
    (void)input;
    return tp_sketch_quantile_add(cell,
                                  value->kind == TP_INT ? (double)value->integer : value->real, 1);
}

static int
quantile_merge(void *into, const void *from, uint64_t seed)
{
    (void)seed;
    return tp_sketch_quantile_merge(into, from);
}

static size_t
quantile_held(const void *cell)
{
    return tp_sketch_quantile_held(cell);
}

static void
quantile_clear(void *cell)
{
    tp_sketch_quantile_clear(cell);
}

static void
save_counts(struct tp_buf *to, const struct tp_sketch_buckets *side)
{
    tp_buf_printf(to, ",%d,[", side->first);
    for (uint32_t i = 0; i < side->buckets; i++) {
        if (i)
            tp_buf_put_char(to, ',');
        tp_agg_put_whole(to, side->count[i]);
    }
    tp_buf_put_char(to, ']');
}

/* The greatest size has bucket 35,502, the least -35,357; slack comes on top. */
#define MOST_BUCKETS 100000

static bool
load_count(struct tp_sketch_buckets *side, struct tp_agg_reader *from)
{
    uint64_t *count = NULL;

    if (side->buckets < MOST_BUCKETS)
        count = realloc(side->count, (side->buckets + 1) * sizeof *count);
    if (!count) {
        from->memory = side->buckets < MOST_BUCKETS;
        return false;
    }
    side->count = count;
    return tp_agg_read_count(from, &count[side->buckets++]);
}

static bool
load_counts(struct tp_sketch_buckets *side, struct tp_agg_reader *from)
{
    int64_t bucket;
    bool first = true, broken;

    if (!tp_agg_read_char(from, ',') || !tp_agg_read_int(from, &bucket) || bucket < -MOST_BUCKETS ||
        bucket > MOST_BUCKETS || !tp_agg_read_char(from, ','))
        return false;
    side->first = (int32_t)bucket;
    broken = !tp_agg_read_char(from, '[');
    while (!broken && tp_agg_read_more(from, &first, &broken))
        broken = !load_count(side, from);
    return !broken;
}

static uint64_t
sum_of(const struct tp_sketch_buckets *side)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < side->buckets; i++)
        sum += side->count[i];
    return sum;
}

static void
quantile_save(const void *cell, struct tp_buf *to)
{
    const struct tp_sketch_quantile *sketch = cell;
    const uint64_t counts[] = {sketch->zeros, sketch->above, sketch->below, sketch->nans,
                               sketch->total};

    tp_buf_put_char(to, '[');
    tp_agg_put_real(to, sketch->least);
    tp_buf_put_char(to, ',');
    tp_agg_put_real(to, sketch->greatest);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        tp_buf_put_char(to, ',');
        tp_agg_put_whole(to, counts[i]);
    }
    save_counts(to, &sketch->positive);
    save_counts(to, &sketch->negative);
    tp_buf_put_char(to, ']');
}

static bool
quantile_load(void *cell, struct tp_agg_reader *from, uint64_t seed)
{
    struct tp_sketch_quantile *sketch = cell;
    uint64_t *const counts[] = {&sketch->zeros, &sketch->above, &sketch->below, &sketch->nans,
                                &sketch->total};

    (void)seed;
    if (!tp_agg_read_char(from, '[') || !tp_agg_read_real(from, &sketch->least) ||
        !tp_agg_read_char(from, ',') || !tp_agg_read_real(from, &sketch->greatest))
        return false;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (!tp_agg_read_char(from, ',') || !tp_agg_read_count(from, counts[i]))
            return false;
    return load_counts(&sketch->positive, from) && load_counts(&sketch->negative, from) &&
           tp_agg_read_char(from, ']') &&
           sketch->total == sum_of(&sketch->positive) + sum_of(&sketch->negative) + sketch->zeros +
                                sketch->above + sketch->below + sketch->nans;
}

const struct tp_agg_store tp_agg_approx_quantile_store = {
    .size = sizeof(struct tp_sketch_quantile),
    .align = _Alignof(struct tp_sketch_quantile),
    .accepts = TP_AGG_NUMBERS,
    .wants = "a number",
    .add = quantile_add,
    .merge = quantile_merge,
    .held = quantile_held,
    .clear = quantile_clear,
    .save = quantile_save,
    .load = quantile_load,
};

TP_AGG_VALUE(tp_agg_approx_quantile_value)
{
    const struct tp_sketch_quantile *sketch = cell;
    __int128 scale = 1;

    (void)err;
    *value = tp_null();
    if (sketch->total == 0)
        return 0;
    for (int i = 0; i < quantile.scale; i++)
        scale *= 10;
    *value = tp_real(tp_sketch_quantile_at(
        sketch, (uint64_t)((__int128)(sketch->total - 1) * quantile.numerator / scale)));
    return 0;
}

/* ---- approx_count_distinct ---- */

struct distinct {
    struct tp_sketch_distinct sketch;
    struct tp_buf key;
};

static int
distinct_add(void *cell, const struct tp_value *value, const struct tp_agg_input *input)
{
    struct distinct *distinct = cell;
    struct tp_buf *key = &distinct->key;

    (void)input;
    tp_buf_clear(key);
    tp_key_put_value(key, *value);
    if (tp_buf_failed(key))
        return -1;
    return tp_sketch_distinct_add(&distinct->sketch, tp_hash(0, key->ptr, key->len));
}

static int
distinct_merge(void *into, const void *from, uint64_t seed)
{
    (void)seed;
    return tp_sketch_distinct_merge(&((struct distinct *)into)->sketch,
                                    &((const struct distinct *)from)->sketch);
}

static size_t
distinct_held(const void *cell)
{
    const struct distinct *distinct = cell;

    return tp_sketch_distinct_held(&distinct->sketch) + distinct->key.cap;
}

static void
distinct_clear(void *cell)
{
    struct distinct *distinct = cell;

    tp_sketch_distinct_clear(&distinct->sketch);
    tp_buf_release(&distinct->key);
}

/* Registers are a string, a printable character each: `(` is 0. */
#define RANK_ZERO '('

static void
distinct_save(const void *cell, struct tp_buf *to)
{
    const struct tp_sketch_distinct *sketch = &((const struct distinct *)cell)->sketch;
    bool any = false;

    if (sketch->rank) {
        tp_buf_put_char(to, '"');
        for (size_t i = 0; i < TP_SKETCH_REGISTERS; i++)
            tp_buf_put_char(to, (char)(RANK_ZERO + sketch->rank[i]));
        tp_buf_put_char(to, '"');
        return;
    }
    tp_buf_put_char(to, '[');
    for (uint32_t i = 0; i < sketch->slots; i++) {
        if (sketch->hash[i] == 0)
            continue;
        if (any)
            tp_buf_put_char(to, ',');
        tp_agg_put_whole(to, sketch->hash[i]);
        any = true;
    }
    tp_buf_put_char(to, ']');
}

static bool
load_registers(struct tp_sketch_distinct *sketch, struct tp_agg_reader *from)
{
    struct tp_value value;

    if (!tp_agg_read_value(from, &value) || value.kind != TP_TEXT ||
        value.text.len != TP_SKETCH_REGISTERS)
        return false;
    sketch->rank = calloc(TP_SKETCH_REGISTERS, 1);
    from->memory = !sketch->rank;
    for (size_t i = 0; sketch->rank && i < TP_SKETCH_REGISTERS; i++) {
        sketch->rank[i] = (uint8_t)(value.text.ptr[i] - RANK_ZERO);
        if (sketch->rank[i] > TP_SKETCH_RANK_MAX) {
            sketch->rank[i] = 0;
            return false;
        }
    }
    return sketch->rank != NULL;
}

static bool
distinct_load(void *cell, struct tp_agg_reader *from, uint64_t seed)
{
    struct tp_sketch_distinct *sketch = &((struct distinct *)cell)->sketch;
    bool first = true, broken = false;
    __int128 hash;

    (void)seed;
    if (!tp_agg_read_char(from, '['))
        return load_registers(sketch, from);
    while (!broken && tp_agg_read_more(from, &first, &broken)) {
        broken = !tp_agg_read_whole(from, &hash) || hash < 0 || hash > UINT64_MAX;
        if (!broken)
            from->memory |= tp_sketch_distinct_add(sketch, (uint64_t)hash) < 0;
        broken |= from->memory;
    }
    return !broken;
}

const struct tp_agg_store tp_agg_approx_distinct_store = {
    .size = sizeof(struct distinct),
    .align = _Alignof(struct distinct),
    .accepts = TP_AGG_ALL,
    .add = distinct_add,
    .merge = distinct_merge,
    .held = distinct_held,
    .clear = distinct_clear,
    .save = distinct_save,
    .load = distinct_load,
};

TP_AGG_VALUE(tp_agg_approx_distinct_value)
{
    (void)quantile;
    (void)err;
    *value = tp_int(llround(tp_sketch_distinct_estimate(&((struct distinct *)cell)->sketch)));
    return 0;
}

/* ---- approx_topk ---- */

struct top {
    struct tp_sketch_top sketch;
    struct tp_buf key, said;
};

static int
top_add(void *cell, const struct tp_value *value, const struct tp_agg_input *input)
{
    struct top *top = cell;

    (void)input;
    tp_buf_clear(&top->key);
    tp_key_put_value(&top->key, *value);
    if (tp_buf_failed(&top->key))
        return -1;
    return tp_sketch_top_add(&top->sketch, tp_buf_str(&top->key), 1);
}

static int
top_merge(void *into, const void *from, uint64_t seed)
{
    (void)seed;
    return tp_sketch_top_merge(&((struct top *)into)->sketch, &((const struct top *)from)->sketch);
}

static size_t
top_held(const void *cell)
{
    const struct top *top = cell;

    return tp_sketch_top_held(&top->sketch) + top->key.cap + top->said.cap;
}

static void
top_clear(void *cell)
{
    struct top *top = cell;

    tp_sketch_top_clear(&top->sketch);
    tp_buf_release(&top->key);
    tp_buf_release(&top->said);
}

static void
top_save(const void *cell, struct tp_buf *to)
{
    const struct tp_sketch_top *sketch = &((const struct top *)cell)->sketch;

    tp_buf_put_char(to, '[');
    tp_agg_put_whole(to, sketch->total);
    for (uint32_t i = 0; i < sketch->count; i++) {
        TP_BUF_PUT(to, ",[");
        tp_agg_put_value(to, tp_agg_value_of_key(tp_sketch_top_key(sketch, sketch->heap[i])));
        tp_buf_put_char(to, ',');
        tp_agg_put_whole(to, sketch->heap[i]->count);
        tp_buf_put_char(to, ',');
        tp_agg_put_whole(to, sketch->heap[i]->error);
        tp_buf_put_char(to, ']');
    }
    tp_buf_put_char(to, ']');
}

static bool
load_counter(struct top *top, struct tp_agg_reader *from)
{
    struct tp_value value;
    uint64_t count, error;

    if (!tp_agg_read_char(from, '[') || !tp_agg_read_value(from, &value) ||
        !tp_agg_read_char(from, ','))
        return false;
    tp_buf_clear(&top->key);
    tp_key_put_value(&top->key, value);
    if (!tp_agg_read_count(from, &count) || !tp_agg_read_char(from, ',') ||
        !tp_agg_read_count(from, &error) || !tp_agg_read_char(from, ']') || error > count ||
        top->sketch.count == TP_SKETCH_COUNTERS)
        return false;
    from->memory = tp_buf_failed(&top->key) ||
                   tp_sketch_top_add(&top->sketch, tp_buf_str(&top->key), count) < 0;
    if (from->memory)
        return false;
    tp_sketch_top_find(&top->sketch, tp_buf_str(&top->key))->error += error;
    return true;
}

static bool
top_load(void *cell, struct tp_agg_reader *from, uint64_t seed)
{
    struct top *top = cell;
    bool first = false, broken;
    uint64_t total;

    (void)seed;
    broken = !tp_agg_read_char(from, '[') || !tp_agg_read_count(from, &total);
    while (!broken && tp_agg_read_more(from, &first, &broken))
        broken = !load_counter(top, from);
    if (!broken)
        top->sketch.total = total; /* counters add up to more, by their errors */
    return !broken;
}

const struct tp_agg_store tp_agg_approx_top_store = {
    .size = sizeof(struct top),
    .align = _Alignof(struct top),
    .accepts = TP_AGG_ALL,
    .add = top_add,
    .merge = top_merge,
    .held = top_held,
    .clear = top_clear,
    .save = top_save,
    .load = top_load,
};

static void
put_counter(struct top *top, const struct tp_sketch_counter *counter)
{
    TP_BUF_PUT(&top->said, "{\"value\":");
    tp_key_write(&top->said, tp_sketch_top_key(&top->sketch, counter));
    tp_buf_printf(&top->said, ",\"count\":%llu,\"error\":%llu}", (unsigned long long)counter->count,
                  (unsigned long long)counter->error);
}

TP_AGG_VALUE(tp_agg_approx_top_value)
{
    struct top *top = cell;
    const struct tp_sketch_counter *sorted[TP_SKETCH_COUNTERS];

    *value = tp_null();
    if (top->sketch.count == 0)
        return 0;
    tp_sketch_top_sorted(&top->sketch, sorted);
    tp_buf_clear(&top->said);
    for (uint32_t i = 0; i < top->sketch.count && i < quantile.numerator; i++) {
        tp_buf_put_char(&top->said, i ? ',' : '[');
        put_counter(top, sorted[i]);
    }
    tp_buf_put_char(&top->said, ']');
    if (tp_buf_failed(&top->said))
        return tp_err_memory(err);
    *value = (struct tp_value){.kind = TP_JSON, .text = tp_buf_str(&top->said)};
    return 0;
}
