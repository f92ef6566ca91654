#include "base/heap.h"

#include <stdbool.h>
#include <stdlib.h>

/* Four children a node: half the levels of a binary heap, and siblings share cache lines. */
enum { ARITY = 4, FIRST_CAP = 16 };

static bool
before(const struct tp_heap_entry *a, const struct tp_heap_entry *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static int
make_room(struct tp_heap *heap)
{
    size_t cap = heap->cap ? heap->cap * 2 : FIRST_CAP;
    struct tp_heap_entry *entry;

    if (heap->count < heap->cap)
        return 0;
    if (cap > SIZE_MAX / 2 / sizeof *entry)
        return -1;
    entry = realloc(heap->entry, cap * sizeof *entry);
    if (!entry)
        return -1;
    heap->entry = entry;
    heap->cap = cap;
    return 0;
}

/* Moves the hole at I up until ENTRY may stand in it. */
static void
sift_up(struct tp_heap *heap, size_t i, struct tp_heap_entry entry)
{
    while (i > 0) {
        size_t parent = (i - 1) / ARITY;

        if (!before(&entry, &heap->entry[parent]))
            break;
        heap->entry[i] = heap->entry[parent];
        i = parent;
    }
    heap->entry[i] = entry;
}

static size_t
earliest_child(const struct tp_heap *heap, size_t i)
{
    size_t child = i * ARITY + 1;
    size_t end = child + ARITY < heap->count ? child + ARITY : heap->count;
    size_t best = child;

    for (size_t c = child + 1; c < end; c++)
        if (before(&heap->entry[c], &heap->entry[best]))
            best = c;
    return best;
}

/* Moves the hole at the root down until ENTRY may stand in it. */
static void
sift_down(struct tp_heap *heap, struct tp_heap_entry entry)
{
    size_t i = 0;

    while (i * ARITY + 1 < heap->count) {
        size_t child = earliest_child(heap, i);

        if (!before(&heap->entry[child], &entry))
            break;
        heap->entry[i] = heap->entry[child];
        i = child;
    }
    heap->entry[i] = entry;
}

int
tp_heap_push(struct tp_heap *heap, int64_t at, void *data)
{
    if (make_room(heap))
        return -1;
    sift_up(heap, heap->count++, (struct tp_heap_entry){at, heap->pushed++, data});
    return 0;
}

const struct tp_heap_entry *
tp_heap_peek(const struct tp_heap *heap)
{
    return heap->count ? heap->entry : NULL;
}

struct tp_heap_entry
tp_heap_pop(struct tp_heap *heap)
{
    struct tp_heap_entry first = heap->entry[0];
    struct tp_heap_entry last = heap->entry[--heap->count];

    if (heap->count)
        sift_down(heap, last);
    return first;
}

static int
compare(const void *a, const void *b)
{
    return before(a, b) ? -1 : before(b, a);
}

void
tp_heap_sort(struct tp_heap *heap)
{
    if (heap->count > 1) /* what is sorted is a heap */
        qsort(heap->entry, heap->count, sizeof *heap->entry, compare);
}

void
tp_heap_clear(struct tp_heap *heap)
{
    heap->count = 0;
}

void
tp_heap_release(struct tp_heap *heap)
{
    free(heap->entry);
    *heap = (struct tp_heap){0};
}
