/*
 * asked: records that wait until what answers them is near.
 *
 * A table that is larger than the caches answers from memory: a question waits for its place, then
 * for its row. So a few records stand in a queue, the older half while their rows come, the younger
 * while their places do, and are answered in the order in which they came.
 * Lines must stay where they are until the flush; keys are copied.
 */
#ifndef TP_EVENT_ASKED_H
#define TP_EVENT_ASKED_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "event/match.h"

#define TP_ASKED 16

/* The table. A record without key has no place in it: its hash is 0 and nothing is fetched. */
struct tp_asked_table {
    struct tp_match *match; /* whose table it is, and whose record at hand is the one answered */
    uint32_t (*hash)(struct tp_match *match, struct tp_str key); /* begins to fetch its place */
    void (*fetch)(struct tp_match *match, uint32_t hash);        /* begins to fetch its row */
    int (*answer)(struct tp_match *match, const struct tp_match_record *record, uint32_t hash,
                  struct tp_err *err);
};

struct tp_asked_record {
    struct tp_match_record record;
    struct tp_buf key;
    uint32_t hash;
};

/* All zero but TABLE is empty. */
struct tp_asked {
    struct tp_asked_table table;
    struct tp_asked_record waiting[TP_ASKED]; /* a ring */
    unsigned first, count;
};

/* RECORD waits; the oldest is answered when there are too many. -1: an answer failed, or memory ran
 * out. */
int tp_asked_put(struct tp_asked *asked, const struct tp_match_record *record, struct tp_err *err);

/* Answers all that wait. -1: an answer failed; the rest still waits. */
int tp_asked_flush(struct tp_asked *asked, struct tp_err *err);

void tp_asked_release(struct tp_asked *asked);

#endif
