#include "event/late.h"

#include <assert.h>
#include <math.h>

/* Buckets are log-linear: below 2 * SUB each value has its own; above, an octave has SUB. */
#define SUB_BITS 4
#define SUB (1 << SUB_BITS)

static_assert(((62 - SUB_BITS + 2) << SUB_BITS) <= TP_LATE_BUCKETS,
              "the largest int64 has a bucket");

static size_t
bucket_of(tp_duration by)
{
    uint64_t value = (uint64_t)by;
    int shift;

    if (value < 2 * SUB)
        return (size_t)value;
    shift = 63 - __builtin_clzll(value) - SUB_BITS;
    return ((size_t)shift << SUB_BITS) + (size_t)(value >> shift);
}

/* The largest value that falls into BUCKET. */
static tp_duration
bucket_top(size_t bucket)
{
    int shift;
    uint64_t leading;

    if (bucket < 2 * SUB)
        return (tp_duration)bucket;
    shift = (int)(bucket >> SUB_BITS) - 1;
    leading = (bucket & (SUB - 1)) + SUB;
    return (tp_duration)(((leading + 1) << shift) - 1);
}

void
tp_lateness_add(struct tp_lateness *lateness, tp_duration by)
{
    if (by < 0)
        by = 0;
    lateness->count++;
    lateness->bucket[bucket_of(by)]++;
    if (by > lateness->most)
        lateness->most = by;
}

/* How many records PERCENT % are, rounded up. */
static uint64_t
share_of(uint64_t count, double percent)
{
    /* A hair less, or 99.9 % of 1000 is 999.0000000000001 and rounds up to all. */
    double share = ceil((double)count * percent / 100 * (1 - 1e-12));

    if (share < 1)
        return 1;
    return percent >= 100 || share >= (double)count ? count : (uint64_t)share;
}

static tp_duration
round_up(tp_duration duration, tp_duration unit)
{
    tp_duration rest = duration % unit;

    if (rest == 0)
        return duration;
    return duration > INT64_MAX - unit ? INT64_MAX : duration - rest + unit;
}

tp_duration
tp_lateness_delay(const struct tp_lateness *lateness, double percent)
{
    uint64_t want = share_of(lateness->count, percent), seen = 0;
    tp_duration by = lateness->most;

    if (lateness->count == 0)
        return 0;
    for (size_t i = 0; i < TP_LATE_BUCKETS; i++) {
        seen += lateness->bucket[i];
        if (seen < want)
            continue;
        if (bucket_top(i) < by)
            by = bucket_top(i);
        break;
    }
    /* Windows have closed already when the watermark equals their end: a delay of exactly BY would
     * still be too little. */
    if (by < TP_SECOND)
        return round_up(by + 1, TP_MILLISECOND);
    return by == INT64_MAX ? by : round_up(by + 1, TP_SECOND);
}
