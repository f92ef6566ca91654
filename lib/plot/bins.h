/*
 * bins: the values of several series over time, in bounded memory: TP_BINS bins a series, whatever
 * comes.
 *
 * A bin is a part of the time in sight (plot/stretch): when that grows, bins merge in pairs. So
 * what stands in the bins does not depend on the order in which the values came (but for the
 * rounding of sums). With a SPAN only what is not older than that, seen from the latest, is there.
 *
 * A value costs the same however many there were; bins merge at most 63 times in all.
 */
#ifndef TP_PLOT_BINS_H
#define TP_PLOT_BINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "value/time.h"

#define TP_BINS 1024

struct tp_bin {
    uint64_t count, nulls; /* values, and records that had none */
    double sum, min, max, last;
    tp_time last_time;
};

struct tp_bins; /* opaque */

/* SPAN 0: without end. NULL when memory ran out. */
struct tp_bins *tp_bins_new(tp_duration span);
void tp_bins_free(struct tp_bins *bins);

/* One more series; its number, counted from 0. -1 when memory ran out. */
int tp_bins_add(struct tp_bins *bins, struct tp_err *err);

/* A value of SERIES (finite), or that it had none there (VALUE is NULL). Of two values of one time
 * the later to come is the last. */
void tp_bins_put(struct tp_bins *bins, size_t series, tp_time time, const double *value);

/* What there is to see: from the first to the last time, or the span before that. False: nothing
 * came. */
bool tp_bins_range(const struct tp_bins *bins, tp_time *from, tp_time *to);

/* Is there a value to see, and not only records without one? */
bool tp_bins_have_values(const struct tp_bins *bins);

/* SERIES over that range, in COLUMNS. */
void tp_bins_read(const struct tp_bins *bins, size_t series, struct tp_bin *column, size_t columns);

#endif
