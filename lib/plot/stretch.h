/*
 * stretch: the stretch of time that is to be seen, cut into parts of one width, for those who keep
 * something for each part (plot/bins, plot/density).
 *
 * A part is 2^shift ns wide, and its number is its time >> shift. Less than PARTS of them are in
 * sight at a time, so what is kept of a part has its place for good: its number modulo PARTS. When
 * the stretch goes on, nothing moves; a place is taken over by the first time of its new part. Only
 * when times lie further apart than the parts reach do these become wider, and merge in pairs: at
 * most 63 times, whatever comes. With a span they are as wide as it needs from the beginning.
 *
 * Numbers are those of gcc and clang for negative times, too: >> goes towards minus infinity.
 */
#ifndef TP_PLOT_STRETCH_H
#define TP_PLOT_STRETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "value/time.h"

/* To be read; tp_stretch_take changes it. */
struct tp_stretch {
    tp_duration span; /* 0: all that came */
    size_t parts;
    unsigned shift;
    tp_time from, to; /* of what came: earliest and latest */
    bool any;
};

/* PARTS: a power of two, at least 2. */
void tp_stretch_init(struct tp_stretch *stretch, size_t parts, tp_duration span);

/* TIME comes. False: it is older than the span, seen from the latest. *WIDER: parts are 2^WIDER as
 * wide as before, and what is kept of them must merge (0: nothing to do). */
bool tp_stretch_take(struct tp_stretch *stretch, tp_time time, unsigned *wider);

/* The first time that is to be seen; the last is `to`. */
tp_time tp_stretch_begin(const struct tp_stretch *stretch);

/* The part of TIME. */
static inline int64_t
tp_stretch_part(const struct tp_stretch *stretch, tp_time time)
{
    return time >> stretch->shift;
}

/* Where what is kept of PART stands: 0 .. PARTS - 1. */
static inline size_t
tp_stretch_place(const struct tp_stretch *stretch, int64_t part)
{
    return (size_t)part & (stretch->parts - 1);
}

/* Is PART to be seen, or is it what stood at its place before? */
bool tp_stretch_sees(const struct tp_stretch *stretch, int64_t part);

/* The middle of PART; at the end of time that end. */
tp_time tp_stretch_middle(const struct tp_stretch *stretch, int64_t part);

/* The place of TIME when the stretch is drawn in COLUMNS, 0 .. COLUMNS - 1: the middle when it is
 * but one instant. */
size_t tp_stretch_column(const struct tp_stretch *stretch, tp_time time, size_t columns);

#endif
