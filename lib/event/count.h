/*
 * count: windows of so many records of a key, in the order in which they arrive.
 *
 * With size S and slide D window i of a key holds its records iD + 1 .. iD + S, and is said with
 * the record that fills it: Flink's SlideOverRows and TumbleOverRows. One that is not full is never
 * said (there, too). Times of records are welcome, not needed: a row's bounds are the least and
 * the greatest, its own time the later of the greatest and the watermark, so that it is not late
 * for the next stage. State: S/D accumulators (rounded up) for each key, for good; where windows
 * do not overlap, one for each key that waits for its window to fill.
 */
#ifndef TP_EVENT_COUNT_H
#define TP_EVENT_COUNT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "event/row.h"
#include "event/saving.h"
#include "event/window.h"
#include "query/agg.h"

struct tp_counts; /* opaque */

/* SPEC is one of TP_WINDOW_COUNT; it and AGGS are borrowed for life. NULL when memory ran out. */
struct tp_counts *tp_counts_new(const struct tp_window_spec *spec, const struct tp_aggs *aggs,
                                struct tp_row_to to);
void tp_counts_free(struct tp_counts *counts);

/* Adds a record and says the window it fills. HAS_TIME: arrival->time is one. 1: added. -1: the
 * record is bad (and was not added), or the run is over. */
int tp_counts_add(struct tp_counts *counts, const struct tp_arrival *arrival, bool has_time,
                  struct tp_err *err);

/* How many keys have records that no row has counted yet, and how many those records are. */
size_t tp_counts_unsaid(const struct tp_counts *counts, uint64_t *records);

/* Saved state: lines whose first member is `seen`, one a key and open window. */
int tp_counts_save(const struct tp_counts *counts, const struct tp_saving *saving,
                   struct tp_save *save, struct tp_err *err);
int tp_counts_load(struct tp_counts *counts, struct tp_saving *saving, struct tp_str line,
                   struct tp_err *err);

#endif
