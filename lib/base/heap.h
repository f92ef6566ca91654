/*
 * heap: a queue of timers, earliest first; equal times leave in the order they came.
 *
 * All zero is a valid empty heap. An entry is borrowed data: the heap owns only its own array.
 */
#ifndef TP_BASE_HEAP_H
#define TP_BASE_HEAP_H

#include <stddef.h>
#include <stdint.h>

struct tp_heap_entry {
    int64_t at;
    uint64_t order; /* set by push: ties leave first in, first out */
    void *data;
};

struct tp_heap {
    struct tp_heap_entry *entry;
    size_t count, cap;
    uint64_t pushed;
};

/* -1 when memory ran out. */
int tp_heap_push(struct tp_heap *heap, int64_t at, void *data);

/* The earliest, or NULL. Borrowed until the next verb. */
const struct tp_heap_entry *tp_heap_peek(const struct tp_heap *heap);

/* Removes the earliest. The heap must not be empty. */
struct tp_heap_entry tp_heap_pop(struct tp_heap *heap);

/* Puts the entries themselves in the order in which they leave, entry[0] first, for those who walk
 * over them: nothing else changes, and in that order they are pushed again at no cost. */
void tp_heap_sort(struct tp_heap *heap);

void tp_heap_clear(struct tp_heap *heap);
void tp_heap_release(struct tp_heap *heap);

#endif
