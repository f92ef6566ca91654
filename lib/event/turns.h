/*
 * turns: things of records that wait for their turn, in the order of time, and for those of their
 * key behind them.
 *
 * Those before a watermark are put in order; from there they leave, all of one time together, when
 * their owner asks for them, perhaps at an earlier time than that of the watermark: what lies
 * between is what it may look ahead at. Among equal times those that came first are first.
 * State: what is held, 24 bytes for each, and a key for each key in order.
 */
#ifndef TP_EVENT_TURNS_H
#define TP_EVENT_TURNS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "value/time.h"

struct tp_turns; /* opaque */

/* What a thing begins with; all of it is one block of malloc. */
struct tp_turn {
    tp_time time;
    struct tp_str key;      /* within the block */
    size_t size;            /* of the block */
    struct tp_turn *behind; /* in order: the next of all, */
    struct tp_turn *next;   /* and of its key, where keys are followed */
};

/* NULL when memory ran out. */
struct tp_turns *tp_turns_new(bool follows_keys);
void tp_turns_free(struct tp_turns *turns);

/* Takes TURN over: time, key and size are set. -1 (and it is freed) when memory ran out. */
int tp_turns_add(struct tp_turns *turns, struct tp_turn *turn, struct tp_err *err);

/* Puts those before WATERMARK in order. -1 when memory ran out. */
int tp_turns_order(struct tp_turns *turns, tp_time watermark, struct tp_err *err);

/* The first in order, if it is before BEFORE; those of the same time are behind it. */
struct tp_turn *tp_turns_first(const struct tp_turns *turns, tp_time before);

/* Those that tp_turns_first gave leave, all of their time: how many. */
size_t tp_turns_leave(struct tp_turns *turns);

/* For saved state: hands TAKE all that is held, in the order of turns; added again in that order to
 * a new one, all goes on as before. Nothing is borrowed longer. -1 when TAKE said so. */
typedef int tp_turns_take(void *context, const struct tp_turn *turn, struct tp_err *err);
int tp_turns_walk(struct tp_turns *turns, tp_turns_take *take, void *context, struct tp_err *err);

size_t tp_turns_count(const struct tp_turns *turns);
size_t tp_turns_size(const struct tp_turns *turns); /* bytes held, for --max-memory */

#endif
