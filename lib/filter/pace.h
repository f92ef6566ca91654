/*
 * pace: when a line is due, by a number of lines a second or as fast as events happened.
 */
#ifndef TP_FILTER_PACE_H
#define TP_FILTER_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "value/time.h"

/* All zero: as fast as possible. */
struct tp_pace {
    uint64_t rate; /* lines a second; 0: any */
    double speed;  /* event time per time; 0: any */
    uint64_t passed;
    tp_time began; /* by the steady clock, when the first line was due */
    tp_time first; /* its event time */
    bool has_begun, has_first;
};

/* `10x`, `0.5x`, `10`. */
int tp_pace_parse_speed(struct tp_pace *pace, const char *text, struct tp_err *err);

/* How long the next line has to wait: 0: it goes now, and is counted. TIME is its event time
 * (TP_TIME_BEFORE_ALL: it has none). */
tp_duration tp_pace_wait(struct tp_pace *pace, tp_time time);

#endif
