#include "event/lineup.h"

#include <stdlib.h>

int
tp_lineup_add(struct tp_lineup *lineup, tp_time end, uint64_t sequence, void *what)
{
    if (lineup->count == lineup->cap) {
        size_t cap = lineup->cap ? 2 * lineup->cap : 64;
        struct tp_lineup_entry *grown = realloc(lineup->entry, cap * sizeof *grown);

        if (!grown)
            return -1;
        lineup->entry = grown;
        lineup->cap = cap;
    }
    lineup->entry[lineup->count++] = (struct tp_lineup_entry){end, sequence, what};
    return 0;
}

static int
in_order(const void *a, const void *b)
{
    const struct tp_lineup_entry *left = a, *right = b;

    if (left->end != right->end)
        return left->end > right->end ? 1 : -1;
    return (left->sequence > right->sequence) - (left->sequence < right->sequence);
}

void
tp_lineup_sort(struct tp_lineup *lineup)
{
    if (lineup->count > 1)
        qsort(lineup->entry, lineup->count, sizeof *lineup->entry, in_order);
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
