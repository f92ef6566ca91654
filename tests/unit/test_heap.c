/* Against a stable sort. */
#include "base/heap.h"

#include <stdbool.h>
#include <stdlib.h>

#include "unit.h"

static uint32_t
random_next(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void
test_empty(void)
{
    struct tp_heap heap = {0};

    CHECK(!tp_heap_peek(&heap));
    tp_heap_clear(&heap);
    tp_heap_release(&heap);
}

static void
test_extremes(void)
{
    struct tp_heap heap = {0};

    CHECK(tp_heap_push(&heap, INT64_MAX, NULL) == 0);
    CHECK(tp_heap_push(&heap, INT64_MIN, NULL) == 0);
    CHECK(tp_heap_push(&heap, 0, NULL) == 0);
    CHECK(tp_heap_pop(&heap).at == INT64_MIN);
    CHECK(tp_heap_pop(&heap).at == 0);
    CHECK(tp_heap_pop(&heap).at == INT64_MAX);
    tp_heap_release(&heap);
}

/* What leaves never goes back behind what left since the last push, ties leave in order of coming,
 * and nothing is lost. */
static void
test_random(void)
{
    struct tp_heap heap = {0};
    static char item[20000];
    static bool left[20000];
    uint32_t seed = 4;
    size_t pushed = 0, popped = 0;

    while (popped < sizeof item) {
        struct tp_heap_entry last = {INT64_MIN, 0, NULL};
        size_t pops;

        for (size_t n = random_next(&seed) % 100; n && pushed < sizeof item; n--) {
            CHECK(tp_heap_push(&heap, random_next(&seed) % 500, &item[pushed]) == 0);
            pushed++;
        }
        pops = pushed == sizeof item ? heap.count : random_next(&seed) % 100;
        for (; pops && heap.count; pops--) {
            const struct tp_heap_entry *peeked = tp_heap_peek(&heap);
            int64_t at = peeked->at;
            struct tp_heap_entry entry = tp_heap_pop(&heap);

            CHECK(entry.at == at);
            CHECK(entry.at > last.at || (entry.at == last.at && entry.order > last.order));
            CHECK(!left[(char *)entry.data - item]);
            left[(char *)entry.data - item] = true;
            last = entry;
            popped++;
        }
    }
    CHECK(heap.count == 0);
    tp_heap_release(&heap);
}

int
main(void)
{
    RUN(test_empty);
    RUN(test_extremes);
    RUN(test_random);
    return unit_end();
}
