#include "query/sketch.h"

#include <math.h>
#include <stdlib.h>

/* A little below 1 %, so that rounding of logarithms does not lift the error above it. */
#define ALPHA 0.00999
#define GAMMA ((1 + ALPHA) / (1 - ALPHA))
#define LEAST_SIZE 1e-307 /* below it doubles lose digits */

static int32_t
bucket_of(double size)
{
    return (int32_t)ceil(log(size) / log(GAMMA));
}

/* The value whose distance from both ends of the bucket is ALPHA of them. */
static double
size_of(int32_t bucket)
{
    return exp(bucket * log(GAMMA)) * (2 / (1 + GAMMA));
}

/* Room for all buckets FROM .. TO, and some more in the direction it grew. */
static int
reserve(struct tp_sketch_buckets *side, int32_t from, int32_t to)
{
    int32_t end = side->first + (int32_t)side->buckets - 1, slack = (int32_t)side->buckets / 4 + 4;
    struct tp_sketch_buckets larger;

    if (side->buckets && from >= side->first && to <= end)
        return 0;
    larger.first = side->buckets && side->first <= from ? side->first : from - slack;
    end = side->buckets && end >= to ? end : to + slack;
    larger.buckets = (uint32_t)(end - larger.first + 1);
    larger.count = calloc(larger.buckets, sizeof *larger.count);
    if (!larger.count)
        return -1;
    if (side->buckets)
        memcpy(larger.count + (side->first - larger.first), side->count,
               side->buckets * sizeof *side->count);
    free(side->count);
    *side = larger;
    return 0;
}

static void
widen(struct tp_sketch_quantile *sketch, double least, double greatest)
{
    bool any = sketch->total > sketch->above + sketch->below + sketch->nans;

    if (!any || least < sketch->least)
        sketch->least = least;
    if (!any || greatest > sketch->greatest)
        sketch->greatest = greatest;
}

static int
add_finite(struct tp_sketch_quantile *sketch, double value, uint64_t times)
{
    struct tp_sketch_buckets *side = value < 0 ? &sketch->negative : &sketch->positive;

    if (fabs(value) < LEAST_SIZE) {
        sketch->zeros += times;
        value = 0;
    } else {
        int32_t bucket = bucket_of(fabs(value));

        if (reserve(side, bucket, bucket) < 0)
            return -1;
        side->count[bucket - side->first] += times;
    }
    widen(sketch, value, value);
    return 0;
}

int
tp_sketch_quantile_add(struct tp_sketch_quantile *sketch, double value, uint64_t times)
{
    if (isnan(value))
        sketch->nans += times;
    else if (isinf(value))
        *(value > 0 ? &sketch->above : &sketch->below) += times;
    else if (add_finite(sketch, value, times) < 0)
        return -1;
    sketch->total += times;
    return 0;
}

static int32_t
last_of(const struct tp_sketch_buckets *side)
{
    return side->first + (int32_t)side->buckets - 1;
}

static void
add_side(struct tp_sketch_buckets *into, const struct tp_sketch_buckets *from)
{
    for (uint32_t i = 0; i < from->buckets; i++)
        into->count[from->first - into->first + (int32_t)i] += from->count[i];
}

int
tp_sketch_quantile_merge(struct tp_sketch_quantile *into, const struct tp_sketch_quantile *from)
{
    const struct tp_sketch_buckets *positive = &from->positive, *negative = &from->negative;

    if (positive->buckets && reserve(&into->positive, positive->first, last_of(positive)) < 0)
        return -1;
    if (negative->buckets && reserve(&into->negative, negative->first, last_of(negative)) < 0)
        return -1;
    add_side(&into->positive, positive);
    add_side(&into->negative, negative);
    if (from->total > from->above + from->below + from->nans)
        widen(into, from->least, from->greatest);
    into->zeros += from->zeros;
    into->above += from->above;
    into->below += from->below;
    into->nans += from->nans;
    into->total += from->total;
    return 0;
}

/* Walks past COUNT values; true when RANK is among them. */
static bool
is_among(uint64_t *rank, uint64_t count)
{
    if (*rank < count)
        return true;
    *rank -= count;
    return false;
}

/* What a bucket says is never beyond the extremes, which are known. */
static double
within(const struct tp_sketch_quantile *sketch, double value)
{
    return fmin(fmax(value, sketch->least), sketch->greatest);
}

double
tp_sketch_quantile_at(const struct tp_sketch_quantile *sketch, uint64_t rank)
{
    const struct tp_sketch_buckets *positive = &sketch->positive, *negative = &sketch->negative;

    if (is_among(&rank, sketch->below))
        return -HUGE_VAL;
    for (uint32_t i = negative->buckets; i-- > 0;)
        if (is_among(&rank, negative->count[i]))
            return within(sketch, -size_of(negative->first + (int32_t)i));
    if (is_among(&rank, sketch->zeros))
        return 0;
    for (uint32_t i = 0; i < positive->buckets; i++)
        if (is_among(&rank, positive->count[i]))
            return within(sketch, size_of(positive->first + (int32_t)i));
    return is_among(&rank, sketch->above) ? HUGE_VAL : (double)NAN;
}

size_t
tp_sketch_quantile_held(const struct tp_sketch_quantile *sketch)
{
    return ((size_t)sketch->positive.buckets + sketch->negative.buckets) * sizeof(uint64_t);
}

void
tp_sketch_quantile_clear(struct tp_sketch_quantile *sketch)
{
    free(sketch->positive.count);
    free(sketch->negative.count);
}
