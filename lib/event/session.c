#include <stdlib.h>
#include <string.h>

#include "base/fetch.h"
#include "event/session_state.h"

/* --- timers ------------------------------------------------------------------------------------*/

/*
 * A key has one timer, for the first instant at which one of its sessions is to be said or to go.
 * Records that put that off leave it where it is: when it goes off, it is set anew. Only what is
 * due earlier than it sets another one, and the later of them is outdated.
 */
static int
set_timer(struct tp_sessions *sessions, struct of_key *of, tp_time at)
{
    if (of->timers > 0 && of->timer <= at)
        return 0;
    if (tp_wheel_push(&sessions->timers, at, of) < 0)
        return -1;
    of->timer = at;
    of->timers++;
    return 0;
}

int
tp_session_set_timer(struct tp_sessions *sessions, const struct session *session)
{
    tp_time next = session->window.end;

    if (session->said)
        next = tp_trigger_limit(sessions->trigger, next);
    if (session->early < next)
        next = session->early;
    return set_timer(sessions, session->key, next);
}

/* --- life --------------------------------------------------------------------------------------*/

struct session *
tp_session_new(const struct tp_sessions *sessions, struct of_key *of)
{
    struct session *session = &of->own;

    if (of->own_is_in_use)
        session = malloc(sizeof *session + tp_aggs_size(sessions->aggs));
    else
        of->own_is_in_use = true;
    if (!session)
        return NULL;
    memset(session, 0, sizeof *session + tp_aggs_size(sessions->aggs));
    session->key = of;
    return session;
}

void
tp_session_free(const struct tp_sessions *sessions, struct session *session)
{
    tp_aggs_clear(sessions->aggs, session->acc);
    tp_firing_release(&session->firing);
    if (session == &session->key->own)
        session->key->own_is_in_use = false;
    else
        free(session);
}

static void
free_key(const struct tp_sessions *sessions, struct of_key *of)
{
    struct session *next;

    for (struct session *s = of->first; s; s = next) {
        next = s->next;
        tp_session_free(sessions, s);
    }
}

void
tp_sessions_free(struct tp_sessions *sessions)
{
    if (!sessions)
        return;
    for (void *of = sessions->by_key ? tp_map_first(sessions->by_key) : NULL; of;
         of = tp_map_next(sessions->by_key, of))
        free_key(sessions, of);
    tp_map_free(sessions->by_key);
    tp_wheel_release(&sessions->timers);
    tp_ahead_free(sessions->ahead);
    tp_lineup_release(&sessions->turns);
    tp_lineup_release(&sessions->due);
    tp_lineup_release(&sessions->early);
    free(sessions);
}

static void
schedule_early(const struct tp_sessions *sessions, struct session *session, tp_time watermark)
{
    /* Its end is not known before it is over. */
    struct tp_window open = {session->window.start, TP_TIME_MAX};

    session->early = tp_trigger_next_early(sessions->trigger, &open, watermark);
}

static struct session *
open_session(struct tp_sessions *sessions, struct of_key *of, const struct tp_window *window,
             const struct tp_arrival *arrival)
{
    struct session *session = tp_session_new(sessions, of);

    if (!session)
        return NULL;
    session->window = *window;
    session->sequence = arrival->sequence;
    schedule_early(sessions, session, arrival->watermark);
    session->next = of->first;
    of->first = session;
    sessions->open++;
    return session;
}

static void
close_session(struct tp_sessions *sessions, struct session *session)
{
    struct session **link = &session->key->first;

    while (*link != session)
        link = &(*link)->next;
    *link = session->next;
    if (!session->said)
        sessions->open--;
    tp_session_free(sessions, session);
}

/* A key of which nothing is known any more goes. */
static void
forget_key(struct tp_sessions *sessions, struct of_key *of)
{
    if (!of->first && of->timers == 0)
        tp_map_remove(sessions->by_key, tp_map_key(sessions->by_key, of));
}

/* --- merging -----------------------------------------------------------------------------------*/

/* From FROM on, the first session of its key that MERGED swallows. */
static struct session *
swallowed(struct session *from, const struct tp_window *merged)
{
    while (from && (from->window.start > merged->end || from->window.end < merged->start))
        from = from->next;
    return from;
}

static bool
same_bounds(const struct session *session, const struct tp_window *window)
{
    return session->window.start == window->start && session->window.end == window->end;
}

/* The session that a record at TIME makes of those from FIRST on. One pass suffices: sessions of a
 * key never touch each other, so swallowing one does not bring another into reach. */
static int
merged_window(const struct tp_sessions *sessions, struct session *first, tp_time time,
              struct tp_window *merged, struct tp_err *err)
{
    struct tp_window span;

    if (tp_window_pane(&sessions->spec, time, &span, err) < 0)
        return -1;
    *merged = span;
    for (struct session *s = swallowed(first, &span); s; s = swallowed(s->next, &span)) {
        merged->start = s->window.start < merged->start ? s->window.start : merged->start;
        merged->end = s->window.end > merged->end ? s->window.end : merged->end;
    }
    return 0;
}

/* Would the session that MERGED makes of those it swallows take the record? Asked before anything
 * is changed. There are at most two: each is as long as the gap or longer. */
static int
check(const struct tp_sessions *sessions, struct session *first, const struct tp_window *merged,
      const struct tp_arrival *arrival, struct tp_err *err)
{
    if (tp_aggs_check(sessions->aggs, arrival->values, err) < 0)
        return -1;
    for (struct session *s = swallowed(first, merged); s; s = swallowed(s->next, merged))
        if (tp_aggs_check_add(sessions->aggs, s->acc, arrival->values, err) < 0)
            return -1;
    return 0;
}

static struct tp_said
said_of(const struct tp_sessions *sessions, struct session *session)
{
    return (struct tp_said){sessions->aggs, &session->window,
                            tp_map_key(sessions->by_key, session->key), session->acc,
                            &session->firing};
}

/* Rows of sessions that are about to be others are taken back. */
static int
take_back(struct tp_sessions *sessions, struct session *first, const struct tp_window *merged,
          struct tp_err *err)
{
    for (struct session *s = swallowed(first, merged); s; s = swallowed(s->next, merged)) {
        struct tp_said said = said_of(sessions, s);
        uint64_t fresh = s->firing.fresh;

        if (same_bounds(s, merged))
            continue;
        if (tp_trigger_take_back(&said, &sessions->to, err) < 0)
            return -1;
        tp_firing_release(&s->firing);
        s->firing.fresh = fresh;
    }
    return 0;
}

/* Merges all that MERGED swallows behind KEPT into KEPT. */
static int
swallow(struct tp_sessions *sessions, struct session *kept, const struct tp_window *merged,
        struct tp_err *err)
{
    struct session *other = swallowed(kept->next, merged);

    while (other) {
        struct session *next = swallowed(other->next, merged);

        if (tp_aggs_merge(sessions->aggs, kept->acc, other->acc, err) < 0)
            return -1;
        if (other->sequence < kept->sequence)
            kept->sequence = other->sequence;
        kept->firing.fresh += other->firing.fresh;
        close_session(sessions, other);
        other = next;
    }
    return 0;
}

/* KEPT gets the bounds of MERGED. One that was said is to be said anew. */
static void
grow(struct tp_sessions *sessions, struct session *kept, const struct tp_window *merged)
{
    if (same_bounds(kept, merged))
        return;
    kept->window = *merged;
    if (kept->said)
        sessions->open++;
    kept->said = false;
}

/* Makes MERGED one session of OF out of those it swallows; new if there was none. */
static struct session *
merge(struct tp_sessions *sessions, struct of_key *of, const struct tp_window *merged,
      const struct tp_arrival *arrival, struct tp_err *err)
{
    struct session *kept = swallowed(of->first, merged);

    if (!kept) {
        kept = open_session(sessions, of, merged, arrival);
        if (!kept)
            tp_err_memory(err);
        return kept;
    }
    if (swallow(sessions, kept, merged, err) < 0)
        return NULL;
    grow(sessions, kept, merged);
    return kept;
}

/* --- saying ------------------------------------------------------------------------------------*/

static int
fire(struct tp_sessions *sessions, struct session *session, enum tp_timing timing, bool last,
     struct tp_err *err)
{
    struct tp_said said = said_of(sessions, session);

    return tp_trigger_fire(sessions->trigger, &said, timing, last, &sessions->to, err);
}

/* The row for which the session was kept. */
static int
fire_whole(struct tp_sessions *sessions, struct session *session, tp_time watermark,
           enum tp_timing timing, struct tp_err *err)
{
    bool last = tp_trigger_is_over(sessions->trigger, session->window.end, watermark);

    return fire(sessions, session, timing, last, err);
}

static void
count_as_said(struct tp_sessions *sessions, struct session *session)
{
    session->said = true;
    sessions->open--;
}

static int
line_up(struct tp_lineup *lineup, struct session *session)
{
    return tp_lineup_add(lineup, session->window.end, session->sequence, session);
}

/* Lines up SESSION if it has something to say at WATERMARK. */
static int
line_up_session(struct tp_sessions *sessions, struct session *session, tp_time watermark)
{
    if (!session->said && session->window.end <= watermark) {
        if (line_up(&sessions->due, session) < 0)
            return -1;
        tp_map_expect(sessions->by_key, session->key->hash); /* it may go with this row */
        count_as_said(sessions, session);
    }
    if (session->early > watermark)
        return 0;
    schedule_early(sessions, session, watermark);
    if (session->said || session->firing.fresh == 0) /* said, it may yet grow */
        return 0;
    return line_up(&sessions->early, session);
}

/* A timer of OF, set for AT, went off. */
static int
line_up_key(struct tp_sessions *sessions, struct of_key *of, tp_time at, tp_time watermark,
            struct tp_err *err)
{
    /* Records that came before this watermark count first. */
    if (tp_ahead_may_hold(sessions->ahead, of->hash) && tp_sessions_settle(sessions, err) < 0)
        return -1;
    if (of->timer == at)
        of->timer = TP_TIME_AFTER_ALL;
    if (tp_lineup_add(&sessions->turns, at, 0, of) < 0)
        return tp_err_memory(err);
    for (struct session *s = of->first; s; s = s->next)
        if (line_up_session(sessions, s, watermark) < 0)
            return tp_err_memory(err);
    return 0;
}

static int
line_up_all(struct tp_sessions *sessions, tp_time watermark, struct tp_err *err)
{
    struct tp_wheel_entry timer;
    int popped;

    tp_lineup_clear(&sessions->turns);
    tp_lineup_clear(&sessions->due);
    tp_lineup_clear(&sessions->early);
    while ((popped = tp_wheel_pop(&sessions->timers, watermark, &timer)) > 0)
        if (line_up_key(sessions, timer.data, timer.at, watermark, err) < 0)
            return -1;
    if (popped < 0)
        return tp_err_memory(err);
    tp_lineup_sort(&sessions->due);
    tp_lineup_sort(&sessions->early);
    return 0;
}

/* What OF had to say was said: its sessions that are over go, the others set a timer. */
static int
end_turn(struct tp_sessions *sessions, struct of_key *of, tp_time watermark)
{
    struct session *next;

    of->timers--;
    for (struct session *s = of->first; s; s = next) {
        next = s->next;
        if (s->said && tp_trigger_is_over(sessions->trigger, s->window.end, watermark))
            close_session(sessions, s);
        else if (tp_session_set_timer(sessions, s) < 0)
            return -1;
    }
    forget_key(sessions, of);
    return 0;
}

/* Those that are lined up lie all over the memory. */
static void
fetch_later(const struct tp_sessions *sessions, const struct tp_lineup *lineup, size_t i)
{
    enum { LATER = 8 };

    if (lineup->count - i > LATER)
        tp_fetch(lineup->entry[i + LATER].what, sessions->timers.fetched);
}

static int
fire_due(struct tp_sessions *sessions, tp_time watermark, struct tp_err *err)
{
    for (size_t i = 0; i < sessions->due.count; i++) {
        fetch_later(sessions, &sessions->due, i);
        if (fire_whole(sessions, sessions->due.entry[i].what, watermark, TP_ON_TIME, err) < 0)
            return -1;
    }
    return 0;
}

static int
end_turns(struct tp_sessions *sessions, tp_time watermark)
{
    for (size_t i = 0; i < sessions->turns.count; i++) {
        fetch_later(sessions, &sessions->turns, i);
        if (end_turn(sessions, sessions->turns.entry[i].what, watermark) < 0)
            return -1;
    }
    return 0;
}

int
tp_sessions_watermark(struct tp_sessions *sessions, tp_time watermark, struct tp_err *err)
{
    if (sessions->waiting_end <= watermark && tp_sessions_settle(sessions, err) < 0)
        return -1;
    if (line_up_all(sessions, watermark, err) < 0 || fire_due(sessions, watermark, err) < 0)
        return -1;
    for (size_t i = 0; i < sessions->early.count; i++)
        if (fire(sessions, sessions->early.entry[i].what, TP_EARLY, false, err) < 0)
            return -1;
    return end_turns(sessions, watermark) < 0 ? tp_err_memory(err) : 0;
}

/* --- records -----------------------------------------------------------------------------------*/

static int
say(struct tp_sessions *sessions, struct session *session, const struct tp_arrival *arrival,
    struct tp_err *err)
{
    uint64_t early = sessions->trigger->early_count;

    if (session->said)
        return fire(sessions, session, TP_LATE_ROW, false, err);
    if (session->window.end <= arrival->watermark) {
        count_as_said(sessions, session);
        return fire_whole(sessions, session, arrival->watermark, TP_LATE_ROW, err);
    }
    if (early > 0 && session->firing.fresh >= early)
        return fire(sessions, session, TP_EARLY, false, err);
    return 0;
}

/* As tp_sessions_add, to those of OF. */
static int
add_to_key(struct tp_sessions *sessions, struct of_key *of, const struct tp_arrival *arrival,
           tp_time *late_end, struct tp_err *err)
{
    struct session *session;
    struct tp_window merged;

    if (merged_window(sessions, of->first, arrival->time, &merged, err) < 0)
        return -1;
    *late_end = merged.end;
    if (tp_trigger_is_over(sessions->trigger, merged.end, arrival->watermark))
        return 0;
    if (check(sessions, of->first, &merged, arrival, err) < 0 ||
        take_back(sessions, of->first, &merged, err) < 0)
        return -1;
    session = merge(sessions, of, &merged, arrival, err);
    if (!session || tp_aggs_add(sessions->aggs, session->acc, arrival->values, arrival->time,
                                arrival->sequence, err) < 0)
        return -1;
    session->firing.fresh++;
    if (say(sessions, session, arrival, err) < 0)
        return -1;
    return tp_session_set_timer(sessions, session) < 0 ? tp_err_memory(err) : 1;
}

static int
add_now(struct tp_sessions *sessions, const struct tp_arrival *arrival, uint32_t hash,
        tp_time *late_end, struct tp_err *err)
{
    struct of_key *of = tp_map_add_hashed(sessions->by_key, arrival->key, hash, NULL);
    int added;

    if (!of)
        return tp_err_memory(err);
    of->hash = hash;
    added = add_to_key(sessions, of, arrival, late_end, err);
    if (added <= 0)
        forget_key(sessions, of);
    return added;
}

static int
add_waiting(void *self, const struct tp_ahead_record *record, struct tp_err *err)
{
    tp_time late_end;

    return add_now(self, &record->arrival, record->hash, &late_end, err) < 0 ? -1 : 0;
}

int
tp_sessions_add(struct tp_sessions *sessions, const struct tp_arrival *arrival, tp_time *late_end,
                struct tp_err *err)
{
    struct tp_window span;

    if (tp_window_pane(&sessions->spec, arrival->time, &span, err) < 0)
        return -1;
    /* Of one that waits it must be known that it is in time, and that nothing is said at once. */
    if (span.end <= arrival->watermark || !tp_trigger_is_plain(sessions->trigger) ||
        !tp_ahead_pays(sessions->ahead, sessions->by_key, arrival)) {
        if (tp_sessions_settle(sessions, err) < 0)
            return -1;
        return add_now(sessions, arrival, tp_map_hash(sessions->by_key, arrival->key), late_end,
                       err);
    }
    if (tp_ahead_put(sessions->ahead, sessions->by_key, arrival, NULL, err) < 0)
        return -1;
    if (span.end < sessions->waiting_end)
        sessions->waiting_end = span.end;
    return 1;
}

int
tp_sessions_settle(struct tp_sessions *sessions, struct tp_err *err)
{
    sessions->waiting_end = TP_TIME_AFTER_ALL;
    return tp_ahead_settle(sessions->ahead, err);
}

size_t
tp_sessions_open(const struct tp_sessions *sessions)
{
    return sessions->open;
}

/* --- opening -----------------------------------------------------------------------------------*/

struct tp_sessions *
tp_sessions_new(tp_duration gap, const struct tp_aggs *aggs, const struct tp_trigger *trigger,
                struct tp_row_to to)
{
    struct tp_sessions *sessions = calloc(1, sizeof *sessions);

    if (!sessions)
        return NULL;
    sessions->spec = (struct tp_window_spec){.kind = TP_WINDOW_SESSION, .size = gap};
    sessions->aggs = aggs;
    sessions->trigger = trigger;
    sessions->to = to;
    sessions->waiting_end = TP_TIME_AFTER_ALL;
    sessions->by_key = tp_map_new_walked(sizeof(struct of_key) + tp_aggs_size(aggs));
    sessions->timers.fetched = sizeof(struct of_key) + tp_aggs_size(aggs) + TP_FETCH_LINE;
    sessions->ahead = tp_ahead_new(aggs, add_waiting, sessions);
    if (sessions->by_key && sessions->ahead)
        return sessions;
    tp_sessions_free(sessions);
    return NULL;
}
