/*
 * ticks: where an axis is marked, and what stands there.
 *
 * Numbers: Paul Heckbert, "Nice Numbers for Graph Labels", Graphics Gems (1990), loose labelling:
 * steps are 1, 2 or 5 times a power of ten, and the axis begins and ends on a mark. Times: round
 * ones of the calendar (UTC). Values are shortened for reading (1.2k, 3.4M, 250ms); nothing else
 * takes numbers from here.
 */
#ifndef TP_PLOT_TICKS_H
#define TP_PLOT_TICKS_H

#include <stdbool.h>
#include <stddef.h>

#include "value/time.h"

#define TP_TICKS 64
#define TP_TICK_LABEL 32

struct tp_tick {
    double at; /* 0 at the beginning of the axis, 1 at its end */
    char label[TP_TICK_LABEL];
};

struct tp_ticks {
    double lo, hi;       /* numbers: what the axis spans */
    size_t count, width; /* width: of the longest label */
    struct tp_tick tick[TP_TICKS];
};

/* Marks of an axis that holds LO..HI (finite), about MOST (at least 2) of them, never more than
 * TP_TICKS. DURATION: the values are nanoseconds. */
void tp_ticks_numbers(struct tp_ticks *ticks, double lo, double hi, size_t most, bool duration);

/* The same between LO and HI exactly, so that marks may be missing at the ends. */
void tp_ticks_within(struct tp_ticks *ticks, double lo, double hi, size_t most, bool duration);

/* Marks at round times of FROM..TO whose labels, with GAP between them, fit into ROOM; a character
 * of a label takes EACH. */
void tp_ticks_times(struct tp_ticks *ticks, tp_time from, tp_time to, double room, double each,
                    double gap);

/* Writes VALUE shortened to four digits or so; TO has room for TP_TICK_LABEL. Its length. */
size_t tp_ticks_value(char *to, double value, bool duration);

/* Heckbert's nicenum: the nice number near X (ROUND), or not below it. */
double tp_nice_number(double x, bool round);

#endif
