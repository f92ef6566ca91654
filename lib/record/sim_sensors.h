/*
 * sim_sensors: readings of 40 thermometers that are no better than real ones.
 *
 * Event N is sensor N mod 40 reporting. The day has its course, every sensor its offset and its
 * drift. Now and then one falls silent for a while (its events have no line). Three have a bad
 * clock: one gains a second every hundred reports, one begins at 1970 again when it restarts, and
 * one is now and then 1024 weeks ahead (a week counter of ten bits, as GPS receivers have it).
 */
#ifndef TP_RECORD_SIM_SENSORS_H
#define TP_RECORD_SIM_SENSORS_H

#include "record/sim_write.h"

/* Appends the event's line, with its newline, or nothing. False: its time is out of range. */
bool tp_sim_sensors(const struct tp_sim_event *event, struct tp_buf *to);

#endif
