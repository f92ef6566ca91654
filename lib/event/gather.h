/*
 * gather: the groups of a window that is made of several panes, put together.
 *
 * They come out in the order in which their keys were first seen, whatever pane that was in. State:
 * one accumulator per key of the window at hand, none where a
 * window is a single pane; of cumulating windows they stay from one to the next.
 */
#ifndef TP_EVENT_GATHER_H
#define TP_EVENT_GATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "event/pane.h"
#include "query/agg.h"

struct tp_gather; /* opaque */

/* AGGS is borrowed for life. GROWING: windows begin together, see below. NULL when memory ran out.
 */
struct tp_gather *tp_gather_new(const struct tp_aggs *aggs, bool growing);
void tp_gather_free(struct tp_gather *gather);

struct tp_group_to {
    int (*put)(void *self, const struct tp_window *window, struct tp_str key, void *acc,
               struct tp_err *err);
    void *self;
};

/* Windows that begin together and end one after the other (cumulating ones) grow by the panes
 * behind the last end: the rest is kept, until one of its panes gets a record, which is to be said
 * here. */
void tp_gather_changed(struct tp_gather *gather);

/* Puts the groups of WINDOW, which is made of these panes. -1: that of put, or of tp_aggs_merge. */
int tp_gather_window(struct tp_gather *gather, const struct tp_window *window,
                     struct tp_pane *const *panes, size_t count, const struct tp_group_to *to,
                     struct tp_err *err);

#endif
