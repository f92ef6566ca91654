/*
 * gather: the groups of a window that is made of several panes, put together.
 *
 * They come out in the order in which their keys were first seen, whatever pane that was in. State:
 * one accumulator per key of the window at hand; clear before the next.
 */
#ifndef TP_EVENT_GATHER_H
#define TP_EVENT_GATHER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "event/pane.h"
#include "query/agg.h"

struct tp_gathered {
    uint64_t sequence; /* of the first record */
    _Alignas(16) char acc[];
};

struct tp_gather; /* opaque */

/* AGGS is borrowed for life. NULL when memory ran out. */
struct tp_gather *tp_gather_new(const struct tp_aggs *aggs);
void tp_gather_free(struct tp_gather *gather);

/* Adds all groups of PANE. -1: see tp_aggs_merge. */
int tp_gather_pane(struct tp_gather *gather, const struct tp_pane *pane, struct tp_err *err);

/* What has been gathered, in order; borrowed until the next call. -1: memory ran out. */
int tp_gather_list(struct tp_gather *gather, struct tp_gathered ***list, size_t *count,
                   struct tp_err *err);
struct tp_str tp_gathered_key(const struct tp_gather *gather, const struct tp_gathered *group);

void tp_gather_clear(struct tp_gather *gather);

#endif
