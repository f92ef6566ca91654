#include "query/step_ring.h"

#include <stdlib.h>

#define LEAST 8

static int
resize(struct tp_step_ring *ring, size_t cap)
{
    struct tp_step_entry *entry;

    if (cap > SIZE_MAX / sizeof *entry)
        return -1;
    entry = malloc(cap * sizeof *entry);
    if (!entry)
        return -1;
    for (size_t i = 0; i < ring->count; i++)
        entry[i] = *tp_step_ring_at(ring, i);
    free(ring->entry);
    ring->entry = entry;
    ring->first = 0;
    ring->cap = cap;
    return 0;
}

int
tp_step_ring_push(struct tp_step_ring *ring, int64_t at, struct tp_value value)
{
    if (ring->count == ring->cap && resize(ring, ring->cap ? 2 * ring->cap : LEAST) < 0)
        return -1;
    ring->count++;
    *tp_step_ring_at(ring, ring->count - 1) = (struct tp_step_entry){at, value};
    return 0;
}

void
tp_step_ring_drop_first(struct tp_step_ring *ring)
{
    ring->first = (ring->first + 1) & (ring->cap - 1);
    ring->count--;
    /* Where there is no memory for the smaller one, the larger one serves. */
    if (ring->cap > LEAST && ring->count <= ring->cap / 8)
        (void)resize(ring, ring->cap / 2);
}

void
tp_step_ring_release(struct tp_step_ring *ring)
{
    free(ring->entry);
    *ring = (struct tp_step_ring){NULL, 0, 0, 0};
}
