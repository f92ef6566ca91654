/*
 * runs: what was sorted in parts that fit into memory, each part a run on disk (stream/spill),
 * given out as one.
 *
 * An item is a key and a text; keys are ordered by their bytes. Of equal keys the one in the older
 * run leaves first, and within a run the one added first: a stable sort, when runs are begun in the
 * order their items came. When 64 runs have gathered they are merged into one, and 64 of these
 * again, and so on: memory is a block for each run, and an item is written once for each power
 * of 64.
 */
#ifndef TP_STREAM_RUNS_H
#define TP_STREAM_RUNS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct tp_runs; /* opaque */

/* MEMORY is what blocks may take in all, about. NULL with the reason. */
struct tp_runs *tp_runs_new(size_t memory, struct tp_err *err);
void tp_runs_free(struct tp_runs *runs); /* NULL is fine */

/* Adds an item to the run that is being written (a new one after tp_runs_end); keys must not
 * descend. */
int tp_runs_add(struct tp_runs *runs, struct tp_str key, struct tp_str text, struct tp_err *err);
int tp_runs_end(struct tp_runs *runs, struct tp_err *err);

/* Gets an item that leaves; both are borrowed until it returns. */
typedef int tp_runs_take(void *context, struct tp_str key, struct tp_str text, struct tp_err *err);

/* Hands out the items whose key is not greater than LAST (NULL: all), in order. -1 when TAKE said
 * so, or reading failed. */
int tp_runs_drain(struct tp_runs *runs, const struct tp_str *last, tp_runs_take *take,
                  void *context, struct tp_err *err);

uint64_t tp_runs_count(const struct tp_runs *runs); /* items not yet given out */
uint64_t tp_runs_made(const struct tp_runs *runs);  /* runs, those by merging not counted */
uint64_t tp_runs_bytes(const struct tp_runs *runs); /* written to disk in all, compressed */

#endif
