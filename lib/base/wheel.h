/*
 * wheel: a queue of very many timers, of which some are due at a time.
 *
 * A hierarchical timing wheel (Varghese and Lauck, 1987) over all 64 bits of an instant, six a
 * level: a timer lies in the slot of its first six bits that differ from those of the present. When
 * the present comes to a slot, its timers move to lower levels; so one moves a few times, together
 * with its neighbours, from one run of memory to another. A heap (base/heap) compares at scattered
 * places for each. Timers that are due together come out in no order.
 *
 * All zero is a valid empty wheel. An entry is borrowed data.
 */
#ifndef TP_BASE_WHEEL_H
#define TP_BASE_WHEEL_H

#include <stddef.h>
#include <stdint.h>

enum { TP_WHEEL_BITS = 6, TP_WHEEL_SLOTS = 1 << TP_WHEEL_BITS, TP_WHEEL_LEVELS = 11 };

struct tp_wheel_entry {
    int64_t at;
    void *data;
};

struct tp_wheel_level {
    uint64_t taken; /* a bit for each slot that has entries */
    struct tp_wheel_chunk *slot[TP_WHEEL_SLOTS];
};

struct tp_wheel {
    struct tp_wheel_level *level; /* TP_WHEEL_LEVELS of them; NULL: nothing was pushed yet */
    struct tp_wheel_chunk *due;
    struct tp_wheel_chunk *unused;
    uint64_t present; /* as bits that compare as the instants do */
    uint64_t quiet;   /* nothing is due before this */
    size_t count;
};

/* -1 when memory ran out. */
int tp_wheel_push(struct tp_wheel *wheel, int64_t at, void *data);

/* Takes out a timer that is set for UNTIL, which never goes back, or earlier. 0: there is none. -1:
 * memory ran out, and one timer is lost. */
int tp_wheel_pop(struct tp_wheel *wheel, int64_t until, struct tp_wheel_entry *entry);

/* No timer is set for earlier than this; INT64_MAX when there is none. */
int64_t tp_wheel_quiet(const struct tp_wheel *wheel);

void tp_wheel_release(struct tp_wheel *wheel);

#endif
