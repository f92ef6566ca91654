/*
 * join: the records of two streams that wait for each other: by key, ordered by time.
 *
 * A left record at L and a right one at R of the same key meet when lo <= R - L <= hi (both
 * inclusive, as BETWEEN in SQL). Each arriving record is shown what is kept of the other side, then
 * kept itself, until the watermark proves that nothing can meet it: a left one until the watermark
 * is beyond L + hi + lateness, a right one until it is beyond R - lo + lateness (Flink's
 * IntervalJoinOperator, with both bounds on the right). That holds as long as no record is taken
 * whose time + lateness is below the watermark.
 *
 * State: the records of both sides within that reach, copied into chunks of 256 KiB, each of which
 * is given back when the last of its records has left. Keys without records are remembered for a
 * while, at most three for one that has some. Probing is a binary search; insertion is at the
 * end, or near it for records out of order.
 */
#ifndef TP_EVENT_JOIN_H
#define TP_EVENT_JOIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "event/match.h"
#include "value/time.h"

struct tp_join_key; /* opaque */

struct tp_join_chunk; /* opaque */

struct tp_join_kept {
    tp_time time;
    struct tp_join_key *key;
    struct tp_join_chunk *chunk; /* where it lies */
    uint32_t len;                /* of line */
    uint8_t side;                /* enum tp_join_side */
    bool matched;                /* the caller's: it was part of a row */
    char line[];
};

struct tp_join_entry {
    tp_time time; /* of `kept`: searching need not look there */
    struct tp_join_kept *kept;
};

/* The records of one side that meet one of the other, in the order of (time, arrival). Borrowed
 * until the next verb that changes the join. */
struct tp_join_matches {
    const struct tp_join_entry *entry;
    size_t count;
};

struct tp_join; /* opaque */

/* LO <= HI, LATENESS >= 0. NULL when memory ran out. */
struct tp_join *tp_join_new(tp_duration lo, tp_duration hi, tp_duration lateness);
void tp_join_free(struct tp_join *join);

/* Keys lie anywhere in memory. The hash of one, whose place is asked for; some time later its entry
 * may be fetched (base/map). */
uint32_t tp_join_hash(const struct tp_join *join, struct tp_str key);
void tp_join_fetch(const struct tp_join *join, uint32_t hash);

/* What a record of SIDE with KEY, of that HASH, at TIME meets on the other side. The place of the
 * key is remembered: keeping that record does not look for it again. */
struct tp_join_matches tp_join_probe(struct tp_join *join, enum tp_join_side side,
                                     struct tp_str key, uint32_t hash, tp_time time);

/* Keeps a record of SIDE; LINE is copied. NULL with ERR when memory ran out. */
struct tp_join_kept *tp_join_keep(struct tp_join *join, enum tp_join_side side, struct tp_str key,
                                  tp_time time, struct tp_str line, struct tp_err *err);

/*
 * Takes out a record of SIDE that nothing can meet any more once the watermark is at WATERMARK
 * (TP_TIME_AFTER_ALL: the other side is complete), earliest first; NULL: there is none. Borrowed
 * until the next verb.
 */
const struct tp_join_kept *tp_join_expire(struct tp_join *join, enum tp_join_side side,
                                          tp_time watermark);

/* For saved state: record I of SIDE in the order in which they are taken out, and its key. */
const struct tp_join_kept *tp_join_at(struct tp_join *join, enum tp_join_side side, size_t i);
struct tp_str tp_join_key(const struct tp_join *join, const struct tp_join_kept *kept);

/* How far a record's meetings, and the row of one that met nothing, may lie behind the watermark:
 * max(0, hi, -lo) + lateness. What is forwarded is the watermark less this; stops at
 * TP_TIME_BEFORE_ALL. */
tp_time tp_join_forward(const struct tp_join *join, tp_time watermark);

size_t tp_join_count(const struct tp_join *join, enum tp_join_side side);
size_t tp_join_size(const struct tp_join *join); /* bytes held, for --max-memory */

#endif
