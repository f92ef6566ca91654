/*
 * What sessions are made of, for the files of their room.
 */
#ifndef TP_EVENT_SESSION_STATE_H
#define TP_EVENT_SESSION_STATE_H

#include "base/map.h"
#include "base/wheel.h"
#include "event/ahead.h"
#include "event/lineup.h"
#include "event/session.h"
#include "event/window.h"

struct of_key;

struct session {
    struct tp_window window;
    uint64_t sequence; /* of the first record */
    struct of_key *key;
    struct session *next;
    bool said;               /* its row on time was; nothing has moved its bounds since */
    _Alignas(16) char acc[]; /* and behind it what was told, if anything is */
};

/* What was told of a session, and will be: only where a row can be followed by another. */
struct told {
    tp_time early; /* when the next early row is due; AFTER_ALL: none is */
    struct tp_firing firing;
};

/* The sessions of one key, newest first. A key mostly has one, so one lies here: with its key and
 * what is known of both in the same few cache lines. */
struct of_key {
    struct session *first;
    tp_time timer;      /* the earliest that is set for it, unless there are none */
    uint32_t timers;    /* how many there are, outdated ones too */
    uint32_t hash;      /* of the key, in the map */
    bool own_is_in_use; /* the one that lies here */
    struct session own; /* its accumulator lies behind it */
};

struct tp_sessions {
    const struct tp_aggs *aggs;
    const struct tp_trigger *trigger;
    struct tp_row_to to;
    struct tp_window_spec spec;
    bool tells;             /* one row can follow another: what was told is kept, */
    size_t told_at;         /* ... so far behind the beginning of the accumulator */
    size_t behind;          /* bytes behind a struct session */
    struct tp_map *by_key;  /* key -> struct of_key */
    struct tp_wheel timers; /* keys by when something is due in one of their sessions, or was */
    struct tp_ahead *ahead; /* records that are to be added, */
    tp_time waiting_end;    /* ... and no later than the end of any that they make */
    struct tp_lineup turns; /* keys whose timers went off, */
    struct tp_lineup due, early; /* ... and their sessions that have something to say */
    size_t open;                 /* not said yet */
    struct session *loaded;      /* while state is read: that of the line before */
};

/* NULL where each row is alone. */
static inline struct told *
tp_session_told(const struct tp_sessions *sessions, struct session *session)
{
    return sessions->tells ? (void *)(session->acc + sessions->told_at) : NULL;
}

/* A session of OF, empty and not linked yet; NULL: memory ran out. And gives it back. */
struct session *tp_session_new(const struct tp_sessions *sessions, struct of_key *of);
void tp_session_free(const struct tp_sessions *sessions, struct session *session);

/* SESSION, which is linked, goes. */
void tp_session_close(struct tp_sessions *sessions, struct session *session);

/* A key of which nothing is known any more goes. */
void tp_session_forget(struct tp_sessions *sessions, struct of_key *of);

/* --- session_turn --- */

/* Sets a timer for what SESSION is to do next. -1: memory ran out. */
int tp_session_set_timer(struct tp_sessions *sessions, struct session *session);

/* When is the next early row due? */
void tp_session_schedule_early(const struct tp_sessions *sessions, struct session *session,
                               tp_time watermark);

/* Says what a record that came into SESSION makes it say at once. */
int tp_session_say_at(struct tp_sessions *sessions, struct session *session, tp_time watermark,
                      struct tp_err *err);

/* The row of SESSION that stands, if one does, is taken back: its bounds are about to be others. */
int tp_session_take_back(struct tp_sessions *sessions, struct session *session, struct tp_err *err);

#endif
