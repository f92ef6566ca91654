/*
 * session: windows that last as long as records of a key keep coming.
 *
 * A record at T, floored to its millisecond, spans [T, T + gap); spans of one key that overlap or
 * touch are one session (Flink merges when the gap is exactly met), whatever the order in which
 * they arrive. A session is judged late as a whole: a record that joins a live session is in time.
 * Rows come in the order of (end, first seen). A session that grows has other bounds and so is
 * another: a row that was said of the old one is taken back first. State: one accumulator per live
 * session, kept until its end is `lateness` behind the watermark.
 */
#ifndef TP_EVENT_SESSION_H
#define TP_EVENT_SESSION_H

#include <stddef.h>

#include "base/err.h"
#include "event/row.h"
#include "event/saving.h"
#include "event/trigger.h"
#include "query/agg.h"
#include "value/time.h"

struct tp_sessions; /* opaque */

/* AGGS and TRIGGER are borrowed for life. GAP > 0. NULL when memory ran out. */
struct tp_sessions *tp_sessions_new(tp_duration gap, const struct tp_aggs *aggs,
                                    const struct tp_trigger *trigger, struct tp_row_to to);
void tp_sessions_free(struct tp_sessions *sessions);

/* Adds a record and says what is to be said of it. 1: added. 0: too late, *LATE_END is the end of
 * the session it would have been part of. -1: the record is bad, or the run is over. */
int tp_sessions_add(struct tp_sessions *sessions, const struct tp_arrival *arrival,
                    tp_time *late_end, struct tp_err *err);

/* Adds what was taken and not added yet (event/ahead): before state is saved. */
int tp_sessions_settle(struct tp_sessions *sessions, struct tp_err *err);

/* The watermark has come so far: rows on time, then early ones by time; what is over is dropped. */
int tp_sessions_watermark(struct tp_sessions *sessions, tp_time watermark, struct tp_err *err);

size_t tp_sessions_open(const struct tp_sessions *sessions); /* rows on time are to come */

/* Saved state: lines whose first member is `session`, those of a key one behind the other. */
int tp_sessions_save(const struct tp_sessions *sessions, const struct tp_saving *saving,
                     struct tp_save *save, struct tp_err *err);
int tp_sessions_load(struct tp_sessions *sessions, struct tp_saving *saving, struct tp_str line,
                     struct tp_err *err);

#endif
