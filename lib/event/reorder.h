/*
 * reorder: holds lines until the watermark has passed them, and gives them out by event time.
 *
 * Lines with the same time leave in the order they came. Kept as sorted runs, as in Impatience
 * Sort (Chandramouli, Goldstein, Li: "Impatience is a Virtue", ICDE 2018): a line goes behind the
 * run whose last time is the greatest not after its own, and what is due is merged from the heads
 * of the runs. So a stream in order is one run, an append and a copy for each line; disorder costs
 * the logarithm of the number of runs.
 *
 * Lines are copied into chunks in the order they came; a chunk is given back when the last of its
 * lines has left. Memory: the lines held, 40 bytes for each, and of each chunk (256 KiB) what has
 * left already while one of its lines waits.
 */
#ifndef TP_EVENT_REORDER_H
#define TP_EVENT_REORDER_H

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "value/time.h"

struct tp_reorder; /* opaque */

struct tp_reorder *tp_reorder_new(void); /* NULL when memory ran out */
void tp_reorder_free(struct tp_reorder *reorder);

/* Takes a copy of HEAD and LINE, which leave as one text. -1 when memory ran out. */
int tp_reorder_add(struct tp_reorder *reorder, tp_time time, struct tp_str head, struct tp_str line,
                   struct tp_err *err);

/* Gets a line that leaves; TEXT is borrowed until it returns. It must not add lines. */
typedef int tp_reorder_take(void *context, tp_time time, struct tp_str text, struct tp_err *err);

/* Hands the lines earlier than BEFORE to TAKE, in order (TP_TIME_AFTER_ALL: all of them). -1 when
 * TAKE said so (that line has left) or memory ran out. */
int tp_reorder_drain(struct tp_reorder *reorder, tp_time before, tp_reorder_take *take,
                     void *context, struct tp_err *err);

/* For saved state: hands TAKE all lines, in order, and they stay; added again in that order to a
 * new one, all goes on as before. -1 when TAKE said so or memory ran out. */
int tp_reorder_walk(struct tp_reorder *reorder, tp_reorder_take *take, void *context,
                    struct tp_err *err);

size_t tp_reorder_count(const struct tp_reorder *reorder); /* lines held */
size_t tp_reorder_size(const struct tp_reorder *reorder);  /* bytes held, for --max-memory */

#endif
