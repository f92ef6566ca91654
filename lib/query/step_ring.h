/*
 * A queue of values at positions, as frames keep them: in at the end, out at the front (or again at
 * the end). All zero is empty. Gives half of its memory back when it is an eighth full.
 */
#ifndef TP_QUERY_STEP_RING_H
#define TP_QUERY_STEP_RING_H

#include <stddef.h>
#include <stdint.h>

#include "value/value.h"

struct tp_step_entry {
    int64_t at;
    struct tp_value value;
};

struct tp_step_ring {
    struct tp_step_entry *entry;
    size_t first, count, cap; /* cap is 0 or a power of two */
};

static inline struct tp_step_entry *
tp_step_ring_at(const struct tp_step_ring *ring, size_t i)
{
    return &ring->entry[(ring->first + i) & (ring->cap - 1)];
}

int tp_step_ring_push(struct tp_step_ring *ring, int64_t at,
                      struct tp_value value); /* -1: memory */
void tp_step_ring_drop_first(struct tp_step_ring *ring);

static inline void
tp_step_ring_drop_last(struct tp_step_ring *ring)
{
    ring->count--;
}

static inline size_t
tp_step_ring_held(const struct tp_step_ring *ring) /* bytes */
{
    return ring->cap * sizeof *ring->entry;
}

void tp_step_ring_release(struct tp_step_ring *ring);

#endif
