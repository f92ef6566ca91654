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
 * State: the records of both sides within that reach, copied one behind the other as they come;
 * they leave by chunks (event/join_log), so that up to 64 KiB of either side, and what came with a
 * record from the future, stay a while in vain: nothing is shown them. Keys without records are
 * remembered for a while, at most three for one that has some. Probing is a binary search;
 * insertion is at the end, or near it for records out of order.
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

struct tp_best;
struct tp_join_key; /* opaque */

struct tp_join_chunk; /* opaque */

/* What comes. */
struct tp_join_record {
    enum tp_join_side side;
    tp_time time;
    struct tp_str key, line;
    uint32_t hash; /* tp_join_hash of key */
};

/* What is kept of it. */
struct tp_join_kept {
    tp_time time;
    struct tp_join_key *key;
    struct tp_best *best; /* the caller's; at first NULL */
    uint32_t len;         /* of line */
    uint8_t side;         /* enum tp_join_side */
    bool matched;         /* the caller's: it was part of a row */
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

/* What is behind the lines of SIDE, so many BYTES, is kept with each that is not empty. Before the
 * first record. */
void tp_join_keep_behind(struct tp_join *join, enum tp_join_side side, size_t bytes);

/* Keys lie anywhere in memory. The hash of one, whose place is asked for; some time later its entry
 * may be fetched (base/map). */
uint32_t tp_join_hash(const struct tp_join *join, struct tp_str key);
void tp_join_fetch(const struct tp_join *join, uint32_t hash);

/* What RECORD meets on the other side. The place of its key is remembered: keeping it does not look
 * for it again. */
struct tp_join_matches tp_join_probe(struct tp_join *join, const struct tp_join_record *record);

/* Keeps RECORD; its line is copied. NULL with ERR when memory ran out. */
struct tp_join_kept *tp_join_keep(struct tp_join *join, const struct tp_join_record *record,
                                  struct tp_err *err);

/* KEPT, which was just kept and met nothing so far, will be told of if nothing ever does. */
int tp_join_await(struct tp_join *join, struct tp_join_kept *kept, struct tp_err *err);

/*
 * Of those the next, the earliest first, that no record of the other side can meet any more once
 * the watermark is at WATERMARK (TP_TIME_AFTER_ALL: the other side is complete); NULL: there is
 * none. Borrowed until tp_join_expire.
 */
struct tp_join_kept *tp_join_alone(struct tp_join *join, enum tp_join_side side, tp_time watermark);

/* Gives up what nothing can meet any more, told of or not. */
void tp_join_expire(struct tp_join *join, enum tp_join_side side, tp_time watermark);

/* For saved state: the records of SIDE that something may still meet, as they came. WALK is all
 * zero at the start; NULL: there are no more. */
struct tp_join_walk {
    struct tp_join_chunk *chunk;
    const struct tp_join_kept *kept;
};

const struct tp_join_kept *tp_join_next(const struct tp_join *join, enum tp_join_side side,
                                        struct tp_join_walk *walk);
struct tp_str tp_join_key(const struct tp_join *join, const struct tp_join_kept *kept);

/* How far a record's meetings, and the row of one that met nothing, may lie behind the watermark:
 * max(0, hi, -lo) + lateness. What is forwarded is the watermark less this; stops at
 * TP_TIME_BEFORE_ALL. */
tp_time tp_join_forward(const struct tp_join *join, tp_time watermark);

/* Records kept, those that stay in vain among them. */
size_t tp_join_count(const struct tp_join *join, enum tp_join_side side);
size_t tp_join_size(const struct tp_join *join); /* bytes held, for --max-memory */

#endif
