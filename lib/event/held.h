/*
 * held: windows with bounds of their own that say their rows more than once, each with groups of
 * its own.
 *
 * Where rows are said once, windows share panes (event/pane). One whose rows are corrected cannot
 * share: what was said, and what is new since, differ from window to window. With lateness alone a
 * window comes here when its time has come (tp_held_say); with early or discarding rows it is here
 * from its first record on. Rows come in the order of window ends, those of one window in that of
 * their keys' first records. State: one accumulator for each live window and key, until the window
 * is over.
 */
#ifndef TP_EVENT_HELD_H
#define TP_EVENT_HELD_H

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "event/quiet.h"
#include "event/row.h"
#include "event/saving.h"
#include "event/trigger.h"
#include "event/window.h"
#include "query/agg.h"
#include "value/time.h"

struct tp_held; /* opaque */

/* SPEC (whose windows are panes or made of them), AGGS and TRIGGER are borrowed for life. NULL when
 * memory ran out. */
struct tp_held *tp_held_new(const struct tp_window_spec *spec, const struct tp_aggs *aggs,
                            const struct tp_trigger *trigger, struct tp_row_to to);
void tp_held_free(struct tp_held *held);

/* Rows of windows without records are to come, too: QUIET, borrowed for life, is told what is said
 * on time. */
void tp_held_fill(struct tp_held *held, struct tp_quiet *quiet);

/* Would the windows that end from FIRST_END to LAST_END, the slide apart, take the record? Those
 * that are over are passed over. -1 with the reason. */
int tp_held_check(const struct tp_held *held, const struct tp_arrival *arrival, tp_time first_end,
                  tp_time last_end, struct tp_err *err);

/* Adds a record, that was checked, to these windows; says what is to be said of it: late rows, and
 * early ones by number. */
int tp_held_add(struct tp_held *held, const struct tp_arrival *arrival, tp_time first_end,
                tp_time last_end, struct tp_err *err);

/* Says the row of ACC, of a window whose time has come, and keeps a copy of ACC for as long as late
 * records can change it. */
int tp_held_say(struct tp_held *held, const struct tp_window *window, struct tp_str key, void *acc,
                tp_time watermark, struct tp_err *err);

/* The watermark has come so far: rows on time, then early ones by time; what is over is dropped. */
int tp_held_watermark(struct tp_held *held, tp_time watermark, struct tp_err *err);

size_t tp_held_open(const struct tp_held *held); /* windows whose rows on time are to come */

/* Saved state: lines whose first member is `held`, one a window and key; loaded when the watermark
 * was WATERMARK. */
int tp_held_save(const struct tp_held *held, const struct tp_saving *saving, struct tp_save *save,
                 struct tp_err *err);
int tp_held_load(struct tp_held *held, struct tp_saving *saving, struct tp_str line,
                 tp_time watermark, struct tp_err *err);

#endif
