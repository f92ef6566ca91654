/*
 * density: how often which values came when, in bounded memory: a grid of counts, time by value.
 *
 * As in plot/bins a column is 2^n ns wide and a row 2^m high, at a multiple of that, and both grow
 * by merging pairs: the counts do not depend on the order in which the values came. One column is a
 * histogram.
 */
#ifndef TP_PLOT_DENSITY_H
#define TP_PLOT_DENSITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "value/time.h"

struct tp_density; /* opaque */

/* A grid of COLUMNS by ROWS; SPAN as in plot/bins. NULL when memory ran out. */
struct tp_density *tp_density_new(size_t columns, size_t rows, tp_duration span);
void tp_density_free(struct tp_density *density);

/* VALUE is finite. */
void tp_density_put(struct tp_density *density, tp_time time, double value);

/* What there is to see. False: nothing. */
bool tp_density_range(const struct tp_density *density, tp_time *from, tp_time *to, double *lo,
                      double *hi);

/* Adds the counts up in COUNT, COLUMNS by ROWS, the lowest values first: the whole range of time,
 * values from LO to HI. */
void tp_density_read(const struct tp_density *density, double lo, double hi, uint64_t *count,
                     size_t columns, size_t rows);

#endif
