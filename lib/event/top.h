/*
 * top: the first N records of a group, by an ORDER BY list.
 *
 * Of records that tie there, the earlier one (by event time, then by arrival) stands first, so that
 * the result does not depend on the order of arrival. Either N records are kept (the ranks are
 * 1..N, ROW_NUMBER() <= N), or also those that tie with the last of them (RANK() <= N: 1, 1, 3).
 * State: the records that are in, as copies; shared where a record is in several tops.
 *
 * They lie in an array in order: to find the place costs the logarithm of N, to make room a move of
 * at most N pointers; a record that is not in costs one comparison.
 */
#ifndef TP_EVENT_TOP_H
#define TP_EVENT_TOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "query/order.h"
#include "value/time.h"

struct tp_top_rule {
    const struct tp_order *order;
    size_t limit; /* N, at least 1 */
    bool keep_ties;
    size_t *held; /* bytes of all records and tops, kept up to date here; NULL: not counted */
};

/* A record with what it is ranked by. */
struct tp_ranked {
    struct tp_str line;
    size_t members; /* of the object that the line is */
    tp_time time;
    uint64_t sequence;
    const struct tp_value *value; /* one for each term of the order, accepted by it */
};

/* All zero is empty. */
struct tp_top {
    struct tp_ranked **entry; /* the first to the last; entry i is borrowed until the next add */
    size_t count, cap;
    bool timed; /* it was told times, from the first to the last: those of all its records */
    tp_time from, to;
};

void tp_top_note(struct tp_top *top, tp_time time);

/* Would tp_top_add keep it? RECORD's line is not looked at. */
bool tp_top_wants(const struct tp_top *top, const struct tp_top_rule *rule,
                  const struct tp_ranked *record);

/* Copies RECORD, line and values. NULL when memory ran out. Give it back with tp_ranked_free; each
 * top that it was added to has a share of its own. */
struct tp_ranked *tp_ranked_new(const struct tp_top_rule *rule, const struct tp_ranked *record);
void tp_ranked_free(struct tp_ranked *record);

/* Puts RECORD (from tp_ranked_new) in its place and drops what is no longer in. -1 when memory ran
 * out. Only if tp_top_wants it. */
int tp_top_add(struct tp_top *top, const struct tp_top_rule *rule, struct tp_ranked *record);

void tp_top_release(struct tp_top *top);

/* What happens to the rows of a ranking. */
enum tp_top_change {
    TP_TOP_INSERT,  /* a row that was not there */
    TP_TOP_UPSERT,  /* the row of this rank is now another */
    TP_TOP_RETRACT, /* ... said in two: the old row, */
    TP_TOP_UPDATE,  /* ... then the new */
    TP_TOP_DELETE,  /* a row that is no longer there */
};

/* Gets a row: RECORD, borrowed, at RANK. */
typedef int tp_top_take(void *context, enum tp_top_change change, const struct tp_ranked *record,
                        size_t rank, struct tp_err *err);

/* Hands TAKE all rows, in order, as inserted. */
int tp_top_tell(const struct tp_top *top, const struct tp_top_rule *rule, tp_top_take *take,
                void *context, struct tp_err *err);

/*
 * tp_top_add, and hands TAKE the rows that change: as Flink's Top-N, each rank from that of RECORD
 * on, in order: retracted and updated, or upserted. With ties kept a rank is not one row, and there
 * is no upserting: rows whose rank moves are retracted and updated (those that fall out deleted),
 * then RECORD is inserted. -1 when TAKE said so or memory ran out. Only if tp_top_wants it.
 */
int tp_top_change(struct tp_top *top, const struct tp_top_rule *rule, struct tp_ranked *record,
                  bool upserts, tp_top_take *take, void *context, struct tp_err *err);

#endif
