/*
 * ranking: the rows of ranked records: the record with its rank behind it.
 *
 *     {"@timestamp":...,"window_start":...,"window_end":...,  RECORD  ,"rank":1,"@op":"insert"}
 *
 * In front stands the window, unless records name their own (NAMED); behind the rank the change
 * that the row is (CHANGES). What a row has of its own a record loses when it is kept.
 */
#ifndef TP_EVENT_RANKING_H
#define TP_EVENT_RANKING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "event/top.h"
#include "event/window.h"
#include "record/scan.h"
#include "record/wrap.h"

enum tp_ranking_member {
    TP_RANKING_TIMESTAMP,
    TP_RANKING_START,
    TP_RANKING_END,
    TP_RANKING_RANK,
    TP_RANKING_OP,
    TP_RANKING_MEMBERS
};

/* All zero is valid for tp_ranking_release. */
struct tp_ranking {
    struct tp_str rank_name;
    bool named, changes;
    int slot[TP_RANKING_MEMBERS]; /* where a record has such a member */
    int event_time_slot;
    bool written[TP_RANKING_MEMBERS];
    struct tp_wrap wrap;
};

/* RANK_NAME is borrowed for life. TP_FAULT_USAGE when it is that of another member. */
int tp_ranking_open(struct tp_ranking *ranking, struct tp_scan *scan, const char *rank_name,
                    bool named, bool changes, struct tp_err *err);
void tp_ranking_release(struct tp_ranking *ranking);

/* The window that a record names. */
int tp_ranking_bounds(const struct tp_ranking *ranking, const struct tp_slot *slots,
                      struct tp_window *bounds, struct tp_err *err);

/* LINE, of *MEMBERS members, as it is kept: without those that the row has, and with its event time
 * (of TIME_SLOT) where `@timestamp` becomes that of the window. Borrowed until the next verb; ptr
 * NULL when memory ran out. */
struct tp_str tp_ranking_bare(struct tp_ranking *ranking, const struct tp_slot *slots,
                              int time_slot, struct tp_str line, size_t *members);

/* What stands in front of the rows that come, until the next record is laid bare: BOUNDS (NULL:
 * nothing), said at STAMP. */
void tp_ranking_front(struct tp_ranking *ranking, const struct tp_window *bounds, tp_time stamp);

/* Appends the row and its newline. */
int tp_ranking_write(struct tp_ranking *ranking, enum tp_top_change change,
                     const struct tp_ranked *record, size_t rank, struct tp_buf *to,
                     struct tp_err *err);

#endif
