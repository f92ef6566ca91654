/*
 * lineup: what is to be said at one watermark, put in the order of (end, first record).
 *
 * All zero is a valid empty one. An entry is borrowed data: the lineup owns only its own array.
 */
#ifndef TP_EVENT_LINEUP_H
#define TP_EVENT_LINEUP_H

#include <stddef.h>
#include <stdint.h>

#include "value/time.h"

struct tp_lineup_entry {
    tp_time end;
    uint64_t sequence; /* of its first record */
    void *what;
};

struct tp_lineup {
    struct tp_lineup_entry *entry; /* room for CAP, and as many again behind them to sort with */
    size_t count, cap;
};

/* -1 when memory ran out. */
int tp_lineup_add(struct tp_lineup *lineup, tp_time end, uint64_t sequence, void *what);

void tp_lineup_sort(struct tp_lineup *lineup);
void tp_lineup_clear(struct tp_lineup *lineup);
void tp_lineup_release(struct tp_lineup *lineup);

#endif
