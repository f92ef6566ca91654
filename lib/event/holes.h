/*
 * holes: of each key, the instants at a fixed step behind its last record at which the next one is
 * missing.
 *
 * Two records of a key more than AFTER apart have a hole between them; in it lie the instants
 * STEP, 2 * STEP, ... behind the first. Either each is filled as soon as time has come to it (and
 * AFTER has passed), or all of a hole when the record behind it is there (WAITS), which a line from
 * one value to the next needs.
 * Records come in the order of time. State: of each key the last record, as the caller writes it,
 * until it was not seen for FORGET.
 */
#ifndef TP_EVENT_HOLES_H
#define TP_EVENT_HOLES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "value/time.h"

struct tp_holes; /* opaque */

struct tp_holes_rule {
    tp_duration after, step; /* > 0 */
    tp_duration forget;      /* 0: never. No hole is filled further than that, and with WAITS none
                                that is longer */
    bool waits;
};

/* An instant without record. */
struct tp_hole {
    tp_time at;
    struct tp_str before, behind; /* the records around it; behind: only with WAITS */
    tp_time from, to;             /* their times */
};

/* NULL when memory ran out. */
struct tp_holes *tp_holes_new(struct tp_holes_rule rule);
void tp_holes_free(struct tp_holes *holes);

/* Gets an instant to fill, borrowed until it returns. */
typedef int tp_holes_fill(void *context, const struct tp_hole *hole, struct tp_err *err);

/* A record of KEY at TIME; RECORD is copied. Fills the hole before it (WAITS). -1 when FILL said so
 * or memory ran out. Before it, tp_holes_advance to TIME. */
int tp_holes_see(struct tp_holes *holes, struct tp_str key, tp_time time, struct tp_str record,
                 tp_holes_fill *fill, void *context, struct tp_err *err);

/* All records earlier than LIMIT were seen: fills what is earlier, in the order of time. */
int tp_holes_advance(struct tp_holes *holes, tp_time limit, tp_holes_fill *fill, void *context,
                     struct tp_err *err);

/* For saved state: all there is to a key. */
struct tp_holes_key {
    struct tp_str key, record;
    tp_time time;   /* of its last record */
    int64_t filled; /* instants behind it */
    bool has_timer;
    tp_time timer;
};

/* Hands TAKE all keys; put again in that order into a new one, all goes on as before. -1 when TAKE
 * said so, or memory ran out. */
typedef int tp_holes_take(void *context, const struct tp_holes_key *key, struct tp_err *err);
int tp_holes_walk(struct tp_holes *holes, tp_holes_take *take, void *context, struct tp_err *err);
int tp_holes_put(struct tp_holes *holes, const struct tp_holes_key *key, struct tp_err *err);

/* How far behind LIMIT an instant may lie that is filled later on. */
tp_duration tp_holes_lag(const struct tp_holes_rule *rule);

size_t tp_holes_count(const struct tp_holes *holes); /* keys */
size_t tp_holes_size(const struct tp_holes *holes);  /* bytes held, for --max-memory */

#endif
