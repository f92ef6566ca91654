/*
 * stage_state: what a stage saves at a barrier and goes back to (tidepipe.5, SAVED STATE). Private
 * to this floor.
 *
 * The driver's own lines begin with a member `@...` (stage_save.c, stage_load.c): counts,
 * watermarks, where inputs stood, lengths of side files. The filter's lines are what `save` wrote;
 * `load` gets them back in order.
 */
#ifndef TP_FILTER_STAGE_STATE_H
#define TP_FILTER_STAGE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "record/epochs.h"
#include "stream/apart.h"
#include "stream/store.h"

struct tp_stage;

struct tp_state {
    struct tp_store *store;  /* NULL: keeps none */
    struct tp_epochs epochs; /* of this run: what the restore lines said */
    int64_t id;              /* the commit to go back to */
    bool restored;           /* gone back to it: records may come */
    bool complete;           /* it was saved behind `end`: nothing may come any more */

    /* Sources: barriers at multiples of EVERY, in milliseconds. */
    int64_t every, next;
    int64_t not_before; /* so that saving leaves time for records */
    int64_t started;    /* wall clock less steady clock, so that steps of the first do not count */

    /* stage_apart.c */
    struct tp_apart apart; /* the child or thread that saves */
    int64_t apart_id;      /* ... what */
    int64_t turn, seen;    /* it saves at the first barrier of so many ms; the one seen last */
    bool large;            /* too much for this process to save itself */

    /* Sinks. */
    int64_t prepared; /* the last barrier */
    bool late;        /* it is not committed yet */
    int64_t look_at;  /* when to see whether it can be, by the steady clock */
};

/* -S, $TIDEPIPE_STATE: takes the lock. 0 also when no state is asked for. */
int tp_state_open(struct tp_stage *stage);
void tp_state_close(struct tp_stage *stage);

/* A source: raises its epoch and goes back to COMMIT. */
int tp_state_begin(struct tp_stage *stage);

/* Any stage whose restore lines, all of them, named state->id and state->epochs: goes back. */
int tp_state_restore(struct tp_stage *stage);

/* Saves all of the stage as of barrier ID, before it comes back. */
int tp_state_save(struct tp_stage *stage, int64_t id, bool last, bool complete);

/* stage_apart.c: likewise, or lets another do it, or gives ID up, so that the stream goes on. The
 * barrier may be forwarded: what is not saved yet bears a mark. */
int tp_state_barrier(struct tp_stage *stage, int64_t id, bool last, bool complete);

/* What was loaded took so many BYTES, and what is saved next will. */
void tp_state_expect(struct tp_stage *stage, uint64_t bytes);

/* The stage ends: what is not saved now never will be. */
void tp_state_stop(struct tp_stage *stage);

/* A sink that commits does; later, where a stage has yet to save what it prepared. */
int tp_state_commit(struct tp_stage *stage);
int tp_state_commit_late(struct tp_stage *stage);

/* How long until it should be asked again, in nanoseconds; -1: for ever. */
int64_t tp_state_late_in(const struct tp_stage *stage);

/* Sources: how long until the next barrier is due (0: now), in nanoseconds; and its ID, once. */
int64_t tp_state_due_in(const struct tp_stage *stage);
int64_t tp_state_next_id(struct tp_stage *stage);

/* The clock of barriers, in milliseconds; a barrier has taken from FROM until now. */
int64_t tp_state_clock(const struct tp_stage *stage);
void tp_state_saved_since(struct tp_stage *stage, int64_t from);

/* The options that make saved state a lie when they change, as a JSON object. */
int tp_state_options(struct tp_stage *stage, struct tp_buf *to);

/* stage_save.c, stage_load.c: the driver's own lines. */
int tp_state_save_own(struct tp_stage *stage, struct tp_save *save);
int tp_state_sync_own(struct tp_stage *stage);
int tp_state_load_own(struct tp_stage *stage, struct tp_str line);

#endif
