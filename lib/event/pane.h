/*
 * pane: the groups of windows with bounds of their own (tumbling, hopping, cumulating, calendar),
 * kept a pane at a time.
 *
 * A record is added once, to its pane; a window is the panes it covers. Windows come out in the
 * order of their ends, each once, when the watermark reaches the end; a pane stays until the last
 * window it belongs to has come out. State: one group per live pane and key.
 */
#ifndef TP_EVENT_PANE_H
#define TP_EVENT_PANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "event/saving.h"
#include "event/window.h"
#include "query/agg.h"
#include "value/time.h"

struct tp_pane {
    tp_time start, end;
    tp_time first_end;     /* of the first window that it belongs to */
    tp_time next_end;      /* of the next one that is to be written */
    tp_time last_end;      /* of the last one */
    struct tp_map *groups; /* key -> accumulator, in first-seen order */
    struct tp_buf seen;    /* see tp_pane_note */
};

struct tp_panes; /* opaque */

/* SPEC and AGGS are borrowed for life. NULL when memory ran out. */
struct tp_panes *tp_panes_new(const struct tp_window_spec *spec, const struct tp_aggs *aggs);
void tp_panes_free(struct tp_panes *panes);

/* The pane that holds TIME, made if it was not there; the watermark is WATERMARK. *IS_LATE (and
 * NULL, no error) when the last of its windows is over; *LAST_END is that window's end. NULL
 * with ERR when its windows leave the range of time or memory ran out. */
struct tp_pane *tp_panes_get(struct tp_panes *panes, tp_time time, tp_time watermark, bool *is_late,
                             tp_time *last_end, struct tp_err *err);

/* Is a window due, or a pane to be dropped? */
bool tp_panes_is_due(const struct tp_panes *panes, tp_time watermark);

/* The next window whose end is at most WATERMARK: fills WINDOW and lends the panes it covers that
 * hold groups, in the order of time, until the next call. 0: there is none. -1: memory ran out. */
int tp_panes_due(struct tp_panes *panes, tp_time watermark, struct tp_window *window,
                 struct tp_pane *const **covered, size_t *count, struct tp_err *err);

/* Drops the panes whose time is over. Call after the due windows are dealt with. */
void tp_panes_expire(struct tp_panes *panes, tp_time watermark);

/* Where windows have several panes, the order of their keys is known only from the SEQUENCE of the
 * record that brought each group: to be noted for every group that was added. -1: no memory. */
int tp_pane_note(const struct tp_panes *panes, struct tp_pane *pane, uint64_t sequence);
uint64_t tp_pane_sequence(const struct tp_pane *pane, size_t group); /* by place; 0 if not noted */

/* How many windows with records are still to come. SIZE_MAX: no memory to count them. */
size_t tp_panes_windows(const struct tp_panes *panes);

/* Saved state: lines whose first member is `pane`, one a group (one of a pane without any). Loaded
 * into panes that never saw a record. */
int tp_panes_save(const struct tp_panes *panes, const struct tp_saving *saving,
                  struct tp_save *save, struct tp_err *err);
int tp_panes_load(struct tp_panes *panes, struct tp_saving *saving, struct tp_str line,
                  struct tp_err *err);

#endif
