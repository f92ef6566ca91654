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

const struct tp_agg_store tp_agg_approx_quantile_store = {
    .size = sizeof(struct tp_sketch_quantile),
    .align = _Alignof(struct tp_sketch_quantile),
    .accepts = TP_AGG_NUMBERS,
    .wants = "a number",
    .add = quantile_add,
    .merge = quantile_merge,
    .held = quantile_held,
    .clear = quantile_clear,
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

const struct tp_agg_store tp_agg_approx_distinct_store = {
    .size = sizeof(struct distinct),
    .align = _Alignof(struct distinct),
    .accepts = TP_AGG_ALL,
    .add = distinct_add,
    .merge = distinct_merge,
    .held = distinct_held,
    .clear = distinct_clear,
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

const struct tp_agg_store tp_agg_approx_top_store = {
    .size = sizeof(struct top),
    .align = _Alignof(struct top),
    .accepts = TP_AGG_ALL,
    .add = top_add,
    .merge = top_merge,
    .held = top_held,
    .clear = top_clear,
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
