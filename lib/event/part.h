/*
 * part: accumulators that stand in rows (--partial), to be read back and merged (--merge).
 *
 *     {"@timestamp","window_start","window_end", keys, "@partial":{"of":"count, sum(x)","acc":[…]}}
 *
 * `of` is the list of aggregates as it was written: accumulators of another would be read as what
 * they are not. Such a row can be merged into any window that covers its own.
 */
#ifndef TP_EVENT_PART_H
#define TP_EVENT_PART_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "event/window.h"
#include "query/agg.h"
#include "record/scan.h"
#include "value/time.h"

struct tp_part; /* opaque */

/* AGGS, which LIST is the text of, is borrowed for life. NULL when memory ran out. */
struct tp_part *tp_part_new(const struct tp_aggs *aggs, struct tp_str list);
void tp_part_free(struct tp_part *part);

/* Appends the member of ACC, a comma before it. -1: memory ran out. */
int tp_part_write(const struct tp_part *part, const void *acc, struct tp_buf *to,
                  struct tp_err *err);

/* Asks SCAN for what read wants. SPEC, borrowed for life: the windows to merge into. */
int tp_part_want(struct tp_part *part, struct tp_scan *scan, const struct tp_window_spec *spec,
                 struct tp_err *err);

/* Reads a row at TIME (HAS_TIME). -1 (TP_FAULT_RECORD): it is none of --partial, was made with
 * other aggregates, or no window of SPEC covers its own. */
int tp_part_read(struct tp_part *part, const struct tp_slot *slot, tp_time time, bool has_time,
                 struct tp_err *err);

/* The row read last: merged into ACC (as tp_aggs_merge), and where its window begins. */
int tp_part_merge(const struct tp_part *part, void *acc, struct tp_err *err);
tp_time tp_part_start(const struct tp_part *part);

#endif
