/*
 * sorter: sorts any number of items in bounded memory.
 *
 * Items are gathered in memory, sorted there when it is full, and written out as a run
 * (stream/runs); the runs are merged at the end. What fits into memory never sees the disk. Stable:
 * equal keys leave in the order they were added. A merge sort that skips what is in order already:
 * sorted input costs a comparison for each item.
 */
#ifndef TP_STREAM_SORTER_H
#define TP_STREAM_SORTER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "stream/runs.h"

struct tp_sorter; /* opaque */

/* MEMORY: what it may take in all, in bytes. NULL when memory ran out. */
struct tp_sorter *tp_sorter_new(size_t memory, struct tp_err *err);
void tp_sorter_free(struct tp_sorter *sorter); /* NULL is fine */

/* Takes a copy. An item that does not fit into MEMORY alone is an error. */
int tp_sorter_add(struct tp_sorter *sorter, struct tp_str key, struct tp_str text,
                  struct tp_err *err);

/* Hands out all items, in order of their keys' bytes; then the sorter is empty. */
int tp_sorter_finish(struct tp_sorter *sorter, tp_runs_take *take, void *context,
                     struct tp_err *err);

uint64_t tp_sorter_count(const struct tp_sorter *sorter); /* items held */

/* The most memory it held, the runs written, and the bytes these took on disk. */
struct tp_sorter_use {
    size_t memory;
    uint64_t runs, spilled;
};
struct tp_sorter_use tp_sorter_use(const struct tp_sorter *sorter);

#endif
