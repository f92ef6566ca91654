/*
 * ahead: records that wait until what answers them is near.
 *
 * A table that is larger than the caches answers from memory: a question waits for its place, then
 * for its row. So a few records are taken ahead: they stand in a queue, the older half while their
 * rows come, the younger while their places do, and are answered in the order in which they came.
 * Lines must stay where they are until the flush; keys are copied.
 */
#ifndef TP_EVENT_AHEAD_H
#define TP_EVENT_AHEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "event/match.h"

#define TP_AHEAD 16

/* The table. A record without key has no place in it: its hash is 0 and nothing is brought near. */
struct tp_ahead_to {
    void *self;
    uint32_t (*hash)(void *self, struct tp_str key);
    void (*near)(void *self, uint32_t hash, bool row); /* its place; later: its row */
    int (*answer)(void *self, const struct tp_match_record *record, uint32_t hash,
                  struct tp_err *err);
};

struct tp_ahead_record {
    struct tp_match_record record;
    struct tp_buf key;
    uint32_t hash;
};

/* All zero but TO is empty. */
struct tp_ahead {
    struct tp_ahead_to to;
    struct tp_ahead_record waiting[TP_AHEAD]; /* a ring */
    unsigned first, count;
};

/* RECORD waits; the oldest is answered when there are too many. -1: an answer failed, or memory ran
 * out. */
int tp_ahead_put(struct tp_ahead *ahead, const struct tp_match_record *record, struct tp_err *err);

/* Answers all that wait. -1: an answer failed; the rest still waits. */
int tp_ahead_flush(struct tp_ahead *ahead, struct tp_err *err);

void tp_ahead_release(struct tp_ahead *ahead);

#endif
