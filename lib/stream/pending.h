/*
 * pending: lines that wait until so many of what was asked before them is answered.
 *
 * All zero is a valid empty queue. Lines are copied, and leave in the order they came.
 */
#ifndef TP_STREAM_PENDING_H
#define TP_STREAM_PENDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

struct tp_pending {
    struct tp_buf lines; /* each behind its head */
    size_t passed;       /* bytes of them */
};

/* LINE waits until BEHIND are answered: no fewer than for the line before. -1: memory ran out. */
int tp_pending_put(struct tp_pending *pending, uint64_t behind, struct tp_str line);

/* The first line that ANSWERED lets go, borrowed until the next verb; false: none. */
bool tp_pending_next(struct tp_pending *pending, uint64_t answered, struct tp_str *line);

size_t tp_pending_bytes(const struct tp_pending *pending); /* that wait */
void tp_pending_release(struct tp_pending *pending);

#endif
