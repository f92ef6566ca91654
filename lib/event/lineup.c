#include "event/lineup.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int
tp_lineup_add(struct tp_lineup *lineup, tp_time end, uint64_t sequence, void *what)
{
    if (lineup->count == lineup->cap) {
        size_t cap = lineup->cap ? 2 * lineup->cap : 64;
        struct tp_lineup_entry *grown = realloc(lineup->entry, 2 * cap * sizeof *grown);

        if (!grown)
            return -1;
        lineup->entry = grown;
        lineup->cap = cap;
    }
    lineup->entry[lineup->count++] = (struct tp_lineup_entry){end, sequence, what};
    return 0;
}

/* Without a branch: which of two comes first nobody can foresee. */
static inline bool
is_before(const struct tp_lineup_entry *a, const struct tp_lineup_entry *b)
{
    return (a->end < b->end) | ((a->end == b->end) & (a->sequence < b->sequence));
}

static void
sort_few(struct tp_lineup_entry *entry, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct tp_lineup_entry moved = entry[i];
        size_t at = i;

        for (; at > 0 && is_before(&moved, &entry[at - 1]); at--)
            entry[at] = entry[at - 1];
        entry[at] = moved;
    }
}

/* FROM [0, middle) and [middle, count), each in order, to one in TO. */
static void
merge(const struct tp_lineup_entry *from, size_t middle, size_t count, struct tp_lineup_entry *to)
{
    const struct tp_lineup_entry *left = from, *right = from + middle;
    const struct tp_lineup_entry *left_end = right, *right_end = from + count;

    while (left < left_end && right < right_end) {
        bool takes_right = is_before(right, left);

        *to++ = *(takes_right ? right : left);
        right += takes_right;
        left += !takes_right;
    }
    while (left < left_end)
        *to++ = *left++;
    while (right < right_end)
        *to++ = *right++;
}

/* A merge sort from the bottom up, as qsort's, but that this one knows what it compares. */
void
tp_lineup_sort(struct tp_lineup *lineup)
{
    enum { FEW = 8 };
    struct tp_lineup_entry *from = lineup->entry, *to = from + lineup->cap, *sorted;
    size_t count = lineup->count;

    for (size_t i = 0; i < count; i += FEW)
        sort_few(from + i, count - i < FEW ? count - i : FEW);
    for (size_t run = FEW; run < count; run *= 2) {
        for (size_t i = 0; i < count; i += 2 * run) {
            size_t left = count - i;

            merge(from + i, run < left ? run : left, 2 * run < left ? 2 * run : left, to + i);
        }
        sorted = to;
        to = from;
        from = sorted;
    }
    if (from != lineup->entry)
        memcpy(lineup->entry, from, count * sizeof *from);
}

void
tp_lineup_clear(struct tp_lineup *lineup)
{
    lineup->count = 0;
}

void
tp_lineup_release(struct tp_lineup *lineup)
{
    free(lineup->entry);
    *lineup = (struct tp_lineup){NULL, 0, 0};
}
