/*
 * clock: the two clocks of the machine.
 *
 * What follows from records never reads one; these are for waiting, pacing and stamps of now.
 */
#ifndef TP_VALUE_CLOCK_H
#define TP_VALUE_CLOCK_H

#include "value/time.h"

/* Since some moment that stays the same while the machine runs: for spans. It never goes back. */
tp_duration tp_clock_steady(void);

/* The time of day, in UTC. Somebody may set it. */
tp_time tp_clock_wall(void);

#endif
