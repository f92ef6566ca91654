/*
 * best: of all that is offered the one that comes first: that of the least rank, as memcmp orders
 * bytes, of equal ones the earliest, of those the first that was offered.
 */
#ifndef TP_EVENT_BEST_H
#define TP_EVENT_BEST_H

#include <stddef.h>

#include "base/str.h"
#include "value/time.h"

struct tp_best; /* opaque; NULL: nothing was offered yet */

struct tp_best_offer {
    tp_time time;
    struct tp_str rank, line;
};

/* Keeps a copy of OFFER, and of the BEHIND bytes that belong to its line, if it is better than
 * *BEST. *SIZE is what all of them take. -1: memory ran out, and *BEST is as it was. */
int tp_best_take(struct tp_best **best, const struct tp_best_offer *offer, size_t behind,
                 size_t *size);

/* What is kept; borrowed until the next better one. Behind the line there is room to read as behind
 * one that was scanned. */
tp_time tp_best_time(const struct tp_best *best);
struct tp_str tp_best_line(const struct tp_best *best);

void tp_best_free(struct tp_best *best, size_t *size);

#endif
