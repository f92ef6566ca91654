/*
 * late: how late the late records were, in bounded memory.
 *
 * One statistic for every filter: how many, how late at most, and how much more delay would have
 * kept a share of them.
 */
#ifndef TP_EVENT_LATE_H
#define TP_EVENT_LATE_H

#include <stddef.h>
#include <stdint.h>

#include "value/time.h"

#define TP_LATE_BUCKETS 1024

/* All zero is empty. Lateness falls into buckets 1/16 of an octave wide, rounded up, so that an
 * answer is never too small and at most 6.3 % too large. */
struct tp_lateness {
    uint64_t count;
    tp_duration most;
    uint64_t bucket[TP_LATE_BUCKETS];
};

/* BY (>= 0) is how far the watermark had passed the instant up to which the record would have been
 * taken: watermark - (end + allowed lateness), or watermark - time. */
void tp_lateness_add(struct tp_lateness *lateness, tp_duration by);

/* The smallest delay to add, as a round number of its unit (whole ms below 1 s, whole s above),
 * such that PERCENT % of the late records (0 < percent <= 100) would have been in time. 0 when
 * none were late. Where the watermark moves in steps larger than the answer, at least one step is
 * needed: the caller who knows the step takes the larger of the two. */
tp_duration tp_lateness_delay(const struct tp_lateness *lateness, double percent);

#endif
