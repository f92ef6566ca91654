/*
 * watermark: how far event time has come. "W" says: every record earlier than W has arrived.
 *
 * Pure: no clock is read here; what depends on one is handed the wall time. A watermark never goes
 * back and is a whole number of milliseconds, floored towards minus infinity.
 */
#ifndef TP_EVENT_WATERMARK_H
#define TP_EVENT_WATERMARK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "value/time.h"

/*
 * Bounded disorder: W = floor(largest event time - delay) to a multiple of `step` (>= 1 ms).
 * Flink's BoundedOutOfOrdernessWatermarks says max - delay - 1 ms and means "nothing <= W"; ours
 * is the same instant said as "nothing < W".
 */
struct tp_bounded {
    tp_duration delay; /* >= 0 */
    tp_duration step;  /* >= 1 ms */
    tp_time largest;   /* event time so far; TP_TIME_BEFORE_ALL at first */
    tp_time watermark; /* TP_TIME_BEFORE_ALL at first */
};

void tp_bounded_init(struct tp_bounded *bounded, tp_duration delay, tp_duration step);

/* A record at TIME was read: true when the watermark grew. */
bool tp_bounded_observe(struct tp_bounded *bounded, tp_time time);

/*
 * The minimum over several inputs (or partitions). An idle one is left out; it rejoins when its own
 * watermark has reached the minimum. When all are idle: the largest among those that have not
 * ended. One that ended counts as TP_TIME_AFTER_ALL.
 */
struct tp_minimum; /* opaque */

struct tp_minimum *tp_minimum_new(void); /* NULL when memory ran out */
void tp_minimum_free(struct tp_minimum *minimum);

/* A new member, its watermark before all; returns its number (from 0), -1 when memory ran out. */
int tp_minimum_join(struct tp_minimum *minimum);

/* Member WHICH says W (ignored when it goes back). It is no longer idle (see above). */
void tp_minimum_set(struct tp_minimum *minimum, int which, tp_time watermark);
void tp_minimum_set_idle(struct tp_minimum *minimum, int which);
void tp_minimum_set_ended(struct tp_minimum *minimum, int which);

/* The combined watermark: never goes back. */
tp_time tp_minimum_watermark(struct tp_minimum *minimum);

/* Which member holds it back: its number, or -1 (none, or all ended). */
int tp_minimum_held_by(const struct tp_minimum *minimum);

bool tp_minimum_all_idle(const struct tp_minimum *minimum);

#endif
