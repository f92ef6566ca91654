/*
 * session: windows that last as long as records of a key keep coming.
 *
 * A record at T, floored to its millisecond, spans [T, T + gap); spans of one key that overlap or
 * touch are one session (Flink merges when the gap is exactly met), whatever the order in which
 * they arrive. A session is judged late as a whole: a record that joins a live session is in time.
 * Sessions come out in the order of (end, first seen). State: one accumulator per live session,
 * kept until its end is `lateness` behind the watermark.
 */
#ifndef TP_EVENT_SESSION_H
#define TP_EVENT_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "event/window.h"
#include "query/agg.h"
#include "value/time.h"

struct tp_session {
    struct tp_window window;
    uint64_t sequence; /* of the first record */
    bool said;         /* tp_sessions_due gave it */
    struct tp_key_sessions *key;
    struct tp_session *next; /* of the same key */
    _Alignas(16) char acc[];
};

struct tp_sessions; /* opaque */

/* AGGS is borrowed for life. GAP > 0, LATENESS >= 0. NULL when memory ran out. */
struct tp_sessions *tp_sessions_new(tp_duration gap, const struct tp_aggs *aggs,
                                    tp_duration lateness);
void tp_sessions_free(struct tp_sessions *sessions);

/*
 * What a record at TIME of KEY would be part of, with the watermark at WATERMARK: fills *MERGED.
 * 1: in time; 0: too late (nothing is changed); -1: the session would leave the range of time.
 */
int tp_sessions_probe(struct tp_sessions *sessions, struct tp_str key, tp_time time,
                      tp_time watermark, struct tp_window *merged, struct tp_err *err);

/* The sessions of KEY that MERGED swallows: walk with tp_session_swallowed(first, merged). */
struct tp_session *tp_sessions_of(struct tp_sessions *sessions, struct tp_str key);
struct tp_session *tp_session_swallowed(struct tp_session *from, const struct tp_window *merged);

/*
 * Makes MERGED one session of KEY out of those it swallows (accumulators merged); new if there was
 * none. One that was said and keeps its bounds stays as it is: it will not be due again, and who
 * changes it says it again. Any other will be due. NULL with ERR when memory ran out.
 */
struct tp_session *tp_sessions_merge(struct tp_sessions *sessions, struct tp_str key,
                                     const struct tp_window *merged, uint64_t sequence,
                                     struct tp_err *err);

struct tp_str tp_session_key(const struct tp_sessions *sessions, const struct tp_session *session);

/* The sessions whose end is at most WATERMARK and that were not said yet, in order; borrowed until
 * the next call. They count as said from now on. -1: memory ran out. */
int tp_sessions_due(struct tp_sessions *sessions, tp_time watermark, struct tp_session ***due,
                    size_t *count, struct tp_err *err);

/* Drops the sessions whose time is over. */
void tp_sessions_expire(struct tp_sessions *sessions, tp_time watermark);

size_t tp_sessions_open(const struct tp_sessions *sessions); /* not said yet */

#endif
