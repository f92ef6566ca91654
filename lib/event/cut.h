/*
 * cut: sessions that also end by what a record says, or when they have lasted long enough.
 *
 * Here the order of records decides, so they are taken in the order of event time (among equal
 * times, of arrival), each when the watermark has reached it. A record begins a new session when
 * the gap has passed (exactly met it has not, as in event/session), when it STARTS one, when the
 * last one ENDED, or when the session has lasted `max`. A session's end is its last time plus the
 * gap, or earlier: where the next one begins, a millisecond behind the record that ended it, or
 * `max` behind its start. A record is late when its time < watermark, as for all that keeps order
 * (DESIGN section 3). State: an accumulator for each record ahead of the watermark, and for each
 * session that is open.
 */
#ifndef TP_EVENT_CUT_H
#define TP_EVENT_CUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "event/row.h"
#include "event/saving.h"
#include "query/agg.h"
#include "value/time.h"

struct tp_cuts; /* opaque */

/* AGGS is borrowed for life. GAP > 0; MAX 0: none. NULL when memory ran out. */
struct tp_cuts *tp_cuts_new(tp_duration gap, tp_duration max, const struct tp_aggs *aggs,
                            struct tp_row_to to);
void tp_cuts_free(struct tp_cuts *cuts);

/* Adds a record that begins or ends a session, or neither. 1: added. 0: too late. -1: the record is
 * bad, or memory ran out. */
int tp_cuts_add(struct tp_cuts *cuts, const struct tp_arrival *arrival, bool starts, bool ends,
                struct tp_err *err);

/* The watermark has come so far: says the sessions that are over, in the order of (end, first). */
int tp_cuts_watermark(struct tp_cuts *cuts, tp_time watermark, struct tp_err *err);

size_t
tp_cuts_open(const struct tp_cuts *cuts); /* sessions, and records that wait for their turn */

/* Saved state: lines whose first member is `cut`, one a record that waits or a session. */
int tp_cuts_save(const struct tp_cuts *cuts, const struct tp_saving *saving, struct tp_save *save,
                 struct tp_err *err);
int tp_cuts_load(struct tp_cuts *cuts, struct tp_saving *saving, struct tp_str line,
                 struct tp_err *err);

#endif
