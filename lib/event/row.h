/*
 * row: what windows say: the members of a window's row, and how they are written.
 *
 *     {"@timestamp","@op","@pane":{"n","timing","last"},"window_start","window_end", keys,
 * aggregates}
 *
 * Whoever keeps windows (held, session, count) hands its rows to a tp_row_to; what becomes of them
 * there (a line of output) is none of its business.
 */
#ifndef TP_EVENT_ROW_H
#define TP_EVENT_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "base/str.h"
#include "event/part.h"
#include "event/window.h"
#include "query/agg.h"
#include "query/keys.h"
#include "value/time.h"

/* What a row does to those that stand: DESIGN section 2, as in tidepipe(5). */
enum tp_row_op {
    TP_ROW_NEW, /* says no @op: there was none of these bounds and keys */
    TP_ROW_INSERT,
    TP_ROW_UPSERT,
    TP_ROW_RETRACT,
    TP_ROW_UPDATE,
    TP_ROW_DELETE,
};

/* When a row was said: before its window's end, at it, behind it (Beam's PaneInfo). */
enum tp_timing { TP_EARLY, TP_ON_TIME, TP_LATE_ROW };

struct tp_row_head {
    bool timed; /* has @timestamp and bounds */
    bool paned; /* has @pane */
    bool last;  /* no row of these bounds and keys can follow */
    enum tp_row_op op;
    enum tp_timing timing;
    uint64_t n; /* of the rows of these bounds and keys, from 0 */
    tp_time at;
    struct tp_window window;
};

struct tp_row {
    struct tp_row_head head;
    struct tp_str key;
    void *acc;           /* the aggregates; NULL: as TEXT has them */
    struct tp_str text;  /* the aggregates as they were written once, a comma before each */
    struct tp_buf *copy; /* NULL, or gets that text of ACC */
};

/* -1 ends the run. */
struct tp_row_to {
    int (*put)(void *self, struct tp_row *row, struct tp_err *err);
    void *self;
};

/* A record, as windows see it. What it lends is borrowed until it was added. */
struct tp_arrival {
    tp_time time, watermark;
    uint64_t sequence;
    struct tp_str key;
    const struct tp_value *values; /* the arguments of the aggregates */
    bool taken_back;               /* not new: one that was counted is to be so no longer */
    const struct tp_part *part;    /* NULL, or the accumulator that it brings instead of values */
};

/* Would tp_arrival_apply take it: at all, and into ACC? As tp_aggs_check. */
int tp_arrival_check(const struct tp_arrival *arrival, const struct tp_aggs *aggs,
                     struct tp_err *err);
int tp_arrival_check_add(const struct tp_arrival *arrival, const struct tp_aggs *aggs,
                         const void *acc, struct tp_err *err);

/* Adds it to ACC, or takes it out. As tp_aggs_add. */
int tp_arrival_apply(const struct tp_arrival *arrival, const struct tp_aggs *aggs, void *acc,
                     struct tp_err *err);

/* Adds it to the group of its key, of that HASH, in MAP, whose values are accumulators: made if it
 * was not there (*IS_NEW), and gone again if it was new and does not take it. NULL as above. */
void *tp_arrival_add(const struct tp_arrival *arrival, const struct tp_aggs *aggs,
                     struct tp_map *map, uint32_t hash, bool *is_new, struct tp_err *err);

/* The head of a row of WINDOW, on time, nothing said of it before. */
struct tp_row_head tp_row_head_of(const struct tp_window *window);

/* Writes rows of these keys and aggregates. */
struct tp_row_writer {
    const struct tp_keys *keys;
    const struct tp_aggs *aggs;
    const struct tp_part *part; /* NULL, or how accumulators are written in place of results */
    struct tp_buf start; /* the members that rows of one head share, as they were written last */
    struct tp_row_head of;
    struct tp_time_day day; /* of its times */
};

void tp_row_writer_release(struct tp_row_writer *writer);

/* Is any name there twice: bounds, keys, aggregates? -1 with the reason (TP_FAULT_USAGE). */
int tp_row_check_names(const struct tp_keys *keys, const struct tp_aggs *aggs, struct tp_err *err);

/* Appends ROW and a newline to TO. 1: written, but a result could not be said, for WHY. -1: memory
 * ran out. */
int tp_row_write(struct tp_row_writer *writer, struct tp_row *row, struct tp_buf *to,
                 struct tp_err *why);

#endif
