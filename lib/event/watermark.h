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

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "value/time.h"

/*
 * Bounded disorder: W = floor(largest event time - delay) to a multiple of `step`, which is a whole
 * number of milliseconds. Stops at TP_TIME_MIN.
 * Flink's BoundedOutOfOrdernessWatermarks says max - delay - 1 ms and means "nothing <= W"; ours
 * is the same instant said as "nothing < W".
 */
struct tp_bounded {
    tp_duration delay; /* >= 0 */
    tp_duration step;  /* >= 1 ms */
    tp_time largest;   /* event time so far; TP_TIME_BEFORE_ALL at first */
    tp_time watermark; /* TP_TIME_BEFORE_ALL at first */
    tp_time next;      /* the smallest event time that makes the watermark grow */
};

void tp_bounded_init(struct tp_bounded *bounded, tp_duration delay, tp_duration step);

/* Goes on where another left off (a snapshot). The watermark is what was said, even if delay or
 * step were others then: it never goes back. */
void tp_bounded_resume(struct tp_bounded *bounded, tp_time largest, tp_time watermark);

/* The rare part of tp_bounded_observe: recomputes watermark and threshold from `largest`. */
void tp_bounded_advance(struct tp_bounded *bounded);

/* A record at TIME was read: true when the watermark grew. Once per record: two compares and no
 * division until a step is full. */
static inline bool
tp_bounded_observe(struct tp_bounded *bounded, tp_time time)
{
    if (time <= bounded->largest)
        return false;
    bounded->largest = time;
    if (time < bounded->next)
        return false;
    tp_bounded_advance(bounded);
    return true;
}

/*
 * The minimum over several inputs (or partitions). A new member counts from the start, so that
 * nothing moves until each has spoken. An idle one is left out; one that returns rejoins when its
 * own watermark has reached the minimum: until then its records are late and it holds nobody back
 * (Flink's StatusWatermarkValve). While no member counts, the watermark stands; when all that have
 * not ended are idle, it is the largest among them. One that ended counts as TP_TIME_AFTER_ALL, and
 * nothing it is told afterwards matters; so when all have ended, the watermark is that.
 * Every verb costs O(log members) at most.
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

/* Which member holds it back: the first of those that count and are furthest behind; -1 when none
 * counts (idle, ended, or returned and not yet there). */
int tp_minimum_held_by(const struct tp_minimum *minimum);

/* There are members that have not ended, and all of these are idle. */
bool tp_minimum_all_idle(const struct tp_minimum *minimum);

/* What a snapshot keeps of each member, and of the whole. */
enum tp_minimum_state {
    TP_MINIMUM_COUNTS,
    TP_MINIMUM_BEHIND, /* back from idle, not yet there */
    TP_MINIMUM_IDLE,
    TP_MINIMUM_ENDED,
};

int tp_minimum_count(const struct tp_minimum *minimum);
tp_time tp_minimum_member(const struct tp_minimum *minimum, int which,
                          enum tp_minimum_state *state);

/* Restores: the combined watermark is at least W; then a member joins as it was saved. Its number,
 * or -1 when memory ran out. Afterwards all goes on as if it had never stopped. */
void tp_minimum_resume(struct tp_minimum *minimum, tp_time watermark);
int tp_minimum_rejoin(struct tp_minimum *minimum, tp_time watermark, enum tp_minimum_state state);

/* All of it as a JSON array, `[watermark,[member,state],...]`; and a new one made of that (valid
 * JSON), NULL with the reason when it is not such an array. */
void tp_minimum_save(struct tp_minimum *minimum, struct tp_buf *to);
struct tp_minimum *tp_minimum_load(struct tp_str array, struct tp_err *err);

#endif
