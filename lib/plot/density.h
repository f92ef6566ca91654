/*
 * density: how often which values came when, in bounded memory: a grid of counts, time by value.
 *
 * A column is a part of the time in sight (plot/stretch), a row is 2^m high and begins at a
 * multiple of that, and both grow by merging pairs: the counts do not depend on the order in which
 * the values came. The grid is built anew only when columns or rows double, so a value costs the
 * same however many there were, and wherever it lies.
 */
#ifndef TP_PLOT_DENSITY_H
#define TP_PLOT_DENSITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "value/time.h"

struct tp_density; /* opaque */

/* A grid of COLUMNS by ROWS, powers of two; SPAN as in plot/bins. NULL when memory ran out. */
struct tp_density *tp_density_new(size_t columns, size_t rows, tp_duration span);
void tp_density_free(struct tp_density *density);

/* VALUE is finite. */
void tp_density_put(struct tp_density *density, tp_time time, double value);

/* How often the grid was built anew: 63 times for columns and 2,100 for rows at most, whatever
 * came.
 */
uint64_t tp_density_rebuilds(const struct tp_density *density);

/* What there is to see. False: nothing. */
bool tp_density_range(const struct tp_density *density, tp_time *from, tp_time *to, double *lo,
                      double *hi);

/* Adds the counts up in COUNT, COLUMNS by ROWS, the lowest values first: the whole range of time,
 * values from LO to HI. */
void tp_density_read(const struct tp_density *density, double lo, double hi, uint64_t *count,
                     size_t columns, size_t rows);

#endif
