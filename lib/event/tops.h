/*
 * tops: the open windows of a ranking, each with a top (event/top) for every key.
 *
 * State: the windows that were got and not dropped; of each its keys in the order they were first
 * seen.
 */
#ifndef TP_EVENT_TOPS_H
#define TP_EVENT_TOPS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "event/top.h"
#include "event/window.h"
#include "record/snapshot.h"

struct tp_tops; /* opaque */

struct tp_top_window {
    struct tp_window bounds;
    struct tp_map *groups; /* key -> struct tp_top */
};

/* TIMED: what tops were told of times (tp_top_note) is saved, too. NULL when memory ran out. */
struct tp_tops *tp_tops_new(bool timed);
void tp_tops_free(struct tp_tops *tops);

/* The top of KEY in the window BOUNDS, both made where they were not there; a window waits for the
 * watermark DUE that it was made with. It stays in place until the window is dropped. NULL when
 * memory ran out. */
struct tp_top *tp_tops_get(struct tp_tops *tops, const struct tp_window *bounds, tp_time due,
                           struct tp_str key, struct tp_err *err);

/* The next window that WATERMARK has reached, NULL when there is none: by what it waits for, then
 * in the order they were made. Drop it before the next. */
struct tp_top_window *tp_tops_due(struct tp_tops *tops, tp_time watermark);
void tp_tops_drop(struct tp_tops *tops, struct tp_top_window *window);

/*
 * For saved state, with keys of so many PARTS: a line for each record, `{"record":...`, and for
 * each window and key, `{"window_end":...`; and takes such a line (valid JSON), in that order.
 * loaded comes behind the last: no record is wanted any more but by the tops.
 */
int tp_tops_save(struct tp_tops *tops, const struct tp_top_rule *rule, size_t parts,
                 struct tp_save *save, struct tp_err *err);
int tp_tops_load(struct tp_tops *tops, const struct tp_top_rule *rule, size_t parts,
                 struct tp_str line, struct tp_err *err);
void tp_tops_loaded(struct tp_tops *tops);

size_t tp_tops_count(const struct tp_tops *tops); /* open windows */

/* Bytes held, for --max-memory: but for what the tops hold (tp_top_rule). */
size_t tp_tops_size(const struct tp_tops *tops);

#endif
