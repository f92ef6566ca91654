#include "query/sketch.h"

#include <stdlib.h>

static void
place(struct tp_sketch_top *sketch, uint32_t at, struct tp_sketch_counter *counter)
{
    sketch->heap[at] = counter;
    counter->at = at;
}

static void
sift_up(struct tp_sketch_top *sketch, struct tp_sketch_counter *counter)
{
    uint32_t at = counter->at;

    for (; at > 0 && sketch->heap[(at - 1) / 2]->count > counter->count; at = (at - 1) / 2)
        place(sketch, at, sketch->heap[(at - 1) / 2]);
    place(sketch, at, counter);
}

static void
sift_down(struct tp_sketch_top *sketch, struct tp_sketch_counter *counter)
{
    uint32_t at = counter->at, child;

    while ((child = 2 * at + 1) < sketch->count) {
        if (child + 1 < sketch->count &&
            sketch->heap[child + 1]->count < sketch->heap[child]->count)
            child++;
        if (sketch->heap[child]->count >= counter->count)
            break;
        place(sketch, at, sketch->heap[child]);
        at = child;
    }
    place(sketch, at, counter);
}

static int
open_sketch(struct tp_sketch_top *sketch)
{
    if (!sketch->counters)
        sketch->counters = tp_map_new(sizeof(struct tp_sketch_counter));
    if (!sketch->heap) {
        sketch->heap = malloc(TP_SKETCH_COUNTERS * sizeof(struct tp_sketch_counter *));
        sketch->count = 0;
    }
    return sketch->counters && sketch->heap ? 0 : -1;
}

/* The new COUNTER takes over what the least one had counted, as its error. */
static void
take_least_place(struct tp_sketch_top *sketch, struct tp_sketch_counter *counter)
{
    struct tp_sketch_counter *least = sketch->heap[0];

    counter->count = counter->error = least->count;
    tp_map_remove(sketch->counters, tp_map_key(sketch->counters, least));
    place(sketch, 0, counter);
}

int
tp_sketch_top_add(struct tp_sketch_top *sketch, struct tp_str key, uint64_t times)
{
    struct tp_sketch_counter *counter;
    bool is_new;

    if (open_sketch(sketch) < 0)
        return -1;
    counter = tp_map_add(sketch->counters, key, &is_new);
    if (!counter)
        return -1;
    sketch->total += times;
    if (is_new && sketch->count < TP_SKETCH_COUNTERS) {
        counter->count = times;
        counter->at = sketch->count++;
        sift_up(sketch, counter);
        return 0;
    }
    if (is_new)
        take_least_place(sketch, counter);
    counter->count += times;
    sift_down(sketch, counter);
    return 0;
}

/* How often at most a value without a counter occurred. */
static uint64_t
unseen(const struct tp_sketch_top *sketch)
{
    return sketch->count == TP_SKETCH_COUNTERS ? sketch->heap[0]->count : 0;
}

/* Adds to MERGED the counters of ONE, with what OTHER may have seen of them. */
static int
add_counters(struct tp_map *merged, const struct tp_sketch_top *one,
             const struct tp_sketch_top *other)
{
    for (uint32_t i = 0; i < one->count; i++) {
        struct tp_str key = tp_map_key(one->counters, one->heap[i]);
        const struct tp_sketch_counter *twin =
            other->counters ? tp_map_find(other->counters, key) : NULL;
        struct tp_sketch_counter *counter = tp_map_add(merged, key, NULL);

        if (!counter)
            return -1;
        counter->count = one->heap[i]->count + (twin ? twin->count : unseen(other));
        counter->error = one->heap[i]->error + (twin ? twin->error : unseen(other));
    }
    return 0;
}

static int
greatest_first(const void *left, const void *right, void *counters)
{
    const struct tp_sketch_counter *const *a = left, *const *b = right;

    if ((*a)->count != (*b)->count)
        return (*a)->count > (*b)->count ? -1 : 1;
    return tp_str_compare(tp_map_key(counters, *a), tp_map_key(counters, *b));
}

/* MERGED, cut down to the greatest counters, becomes INTO's; backwards they are a heap. */
static int
adopt(struct tp_sketch_top *into, struct tp_map *merged)
{
    struct tp_sketch_counter **ranked = malloc((tp_map_count(merged) + 1) * sizeof *ranked);
    size_t all = 0;

    if (!ranked)
        return -1;
    for (void *counter = tp_map_first(merged); counter; counter = tp_map_next(merged, counter))
        ranked[all++] = counter;
    qsort_r(ranked, all, sizeof *ranked, greatest_first, merged);
    for (size_t i = TP_SKETCH_COUNTERS; i < all; i++)
        tp_map_remove(merged, tp_map_key(merged, ranked[i]));
    into->count = (uint32_t)(all < TP_SKETCH_COUNTERS ? all : TP_SKETCH_COUNTERS);
    for (uint32_t i = 0; i < into->count; i++)
        place(into, into->count - 1 - i, ranked[i]);
    tp_map_free(into->counters);
    into->counters = merged;
    free(ranked);
    return 0;
}

int
tp_sketch_top_merge(struct tp_sketch_top *into, const struct tp_sketch_top *from)
{
    struct tp_map *merged;

    if (!from->counters)
        return 0;
    merged = open_sketch(into) == 0 ? tp_map_new(sizeof(struct tp_sketch_counter)) : NULL;
    if (!merged)
        return -1;
    if (add_counters(merged, into, from) < 0 || add_counters(merged, from, into) < 0 ||
        adopt(into, merged) < 0) {
        tp_map_free(merged);
        return -1;
    }
    into->total += from->total;
    return 0;
}

struct tp_sketch_counter *
tp_sketch_top_find(const struct tp_sketch_top *sketch, struct tp_str key)
{
    return sketch->counters ? tp_map_find(sketch->counters, key) : NULL;
}

void
tp_sketch_top_sorted(const struct tp_sketch_top *sketch, const struct tp_sketch_counter **sorted)
{
    for (uint32_t i = 0; i < sketch->count; i++)
        sorted[i] = sketch->heap[i];
    qsort_r(sorted, sketch->count, sizeof *sorted, greatest_first, sketch->counters);
}

struct tp_str
tp_sketch_top_key(const struct tp_sketch_top *sketch, const struct tp_sketch_counter *counter)
{
    return tp_map_key(sketch->counters, counter);
}

size_t
tp_sketch_top_held(const struct tp_sketch_top *sketch)
{
    return sketch->counters
               ? tp_map_size(sketch->counters) + TP_SKETCH_COUNTERS * sizeof *sketch->heap
               : 0;
}

void
tp_sketch_top_clear(struct tp_sketch_top *sketch)
{
    tp_map_free(sketch->counters);
    free(sketch->heap);
}
