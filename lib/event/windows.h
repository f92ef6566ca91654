/*
 * windows: those with bounds of their own (tumbling, hopping, cumulating, calendar), with all that
 * a plan says of them.
 *
 * Windows whose row is said once share panes; where rows are corrected, a window has groups of its
 * own, from its end on or from its first record on (event/held says which and why). Quiet windows
 * are filled in on the way.
 */
#ifndef TP_EVENT_WINDOWS_H
#define TP_EVENT_WINDOWS_H

#include <stddef.h>

#include "base/err.h"
#include "event/pane.h"
#include "event/plan.h"
#include "event/row.h"
#include "event/saving.h"
#include "query/agg.h"
#include "query/keys.h"
#include "value/time.h"

struct tp_windows; /* opaque */

struct tp_windows_to {
    struct tp_row_to rows;
    void (*skipped)(void *self, const struct tp_err *why); /* a gap was not filled; SELF of rows */
};

/* PLAN, AGGS and KEYS are borrowed for life. NULL when memory ran out. */
struct tp_windows *tp_windows_new(const struct tp_plan *plan, const struct tp_aggs *aggs,
                                  const struct tp_keys *keys, struct tp_windows_to to);
void tp_windows_free(struct tp_windows *windows);

/*
 * Where a record at TIME belongs:
 *   TP_PLACE_PANE  into *PANE, and nowhere else
 *   TP_PLACE_HELD  check, into *PANE where that is not NULL, then add
 *   TP_PLACE_LATE  nowhere: all its windows are over, *LAST_END is the end of the last
 * TP_PLACE_NONE with ERR: its windows would leave the range of time, or memory ran out.
 */
enum tp_place { TP_PLACE_NONE, TP_PLACE_PANE, TP_PLACE_HELD, TP_PLACE_LATE };

enum tp_place tp_windows_place(struct tp_windows *windows, tp_time time, tp_time watermark,
                               struct tp_pane **pane, tp_time *last_end, struct tp_err *err);

/* Would the held windows of the record placed last take it? Then: adds it, and says what is to be
 * said of it. -1 with the reason. */
int tp_windows_check(const struct tp_windows *windows, const struct tp_arrival *arrival,
                     struct tp_err *err);
int tp_windows_add(struct tp_windows *windows, const struct tp_arrival *arrival,
                   struct tp_err *err);

/* Adds a record to the group of its key in PANE, made if it was not there: at once, and then *ACC
 * is that group; or where keys are many soon, and then *ACC is NULL. -1: the record is bad (and the
 * group is gone, if it was new), or memory ran out. */
int tp_windows_add_now(struct tp_windows *windows, struct tp_pane *pane,
                       const struct tp_arrival *arrival, void **acc, struct tp_err *err);
int tp_windows_add_soon(struct tp_windows *windows, struct tp_pane *pane,
                        const struct tp_arrival *arrival, void **acc, struct tp_err *err);

/* Adds what is to be added soon: before state is saved. What is said sees to it by itself. */
int tp_windows_settle(struct tp_windows *windows, struct tp_err *err);

/* Is there something to say or to drop at this watermark? Else panes that were lent stay. */
bool tp_windows_due(const struct tp_windows *windows, tp_time watermark);

/* The watermark has come so far: says what it proves. Panes that were lent may be gone then. */
int tp_windows_watermark(struct tp_windows *windows, tp_time watermark, struct tp_err *err);

size_t tp_windows_open(const struct tp_windows *windows); /* rows on time are to come */

/* Saved state, of all rooms that take part. */
int tp_windows_save(const struct tp_windows *windows, const struct tp_saving *saving,
                    struct tp_save *save, struct tp_err *err);
int tp_windows_load(struct tp_windows *windows, struct tp_saving *saving, struct tp_str line,
                    struct tp_err *err);

#endif
