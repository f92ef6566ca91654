/*
 * What sessions are made of, for the files of their room.
 */
#ifndef TP_EVENT_SESSION_STATE_H
#define TP_EVENT_SESSION_STATE_H

#include "base/heap.h"
#include "base/map.h"
#include "event/lineup.h"
#include "event/session.h"
#include "event/window.h"

/* The sessions of one key, newest first. */
struct of_key {
    struct session *first;
};

struct session {
    struct tp_window window;
    uint64_t sequence; /* of the first record */
    bool said;         /* its row on time was; nothing has moved its bounds since */
    tp_time early;   /* when its entry in the queue of early rows is due; AFTER_ALL: it has none */
    unsigned queued; /* entries of the queues that point here; the last one to go frees it */
    struct of_key *key; /* NULL: swallowed or over */
    struct session *next;
    struct tp_firing firing;
    _Alignas(16) char acc[];
};

struct tp_sessions {
    const struct tp_aggs *aggs;
    const struct tp_trigger *trigger;
    struct tp_row_to to;
    struct tp_window_spec spec;
    struct tp_map *by_key;   /* key -> struct of_key */
    struct tp_heap due;      /* sessions by the end they had when pushed: it may have grown */
    struct tp_heap early;    /* ... by when early rows are due */
    struct tp_heap expiring; /* ... by the end they were said with: stale when it has grown */
    struct tp_lineup due_now;
    size_t open;            /* not said yet */
    struct session *loaded; /* while state is read: that of the line before */
};

/* -1: memory ran out. */
int tp_session_enqueue(struct tp_heap *queue, tp_time at, struct session *session);

#endif
