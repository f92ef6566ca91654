#include <stdlib.h>
#include <string.h>

#include "event/session_state.h"

/* --- life --------------------------------------------------------------------------------------*/

struct session *
tp_session_new(const struct tp_sessions *sessions, struct of_key *of)
{
    struct session *session = &of->own;

    if (of->own_is_in_use)
        session = malloc(sizeof *session + sessions->behind);
    else
        of->own_is_in_use = true;
    if (!session)
        return NULL;
    memset(session, 0, sizeof *session + sessions->behind);
    session->key = of;
    return session;
}

void
tp_session_free(const struct tp_sessions *sessions, struct session *session)
{
    struct told *told = tp_session_told(sessions, session);

    tp_aggs_clear(sessions->aggs, session->acc);
    if (told)
        tp_firing_release(&told->firing);
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

static struct session *
open_session(struct tp_sessions *sessions, struct of_key *of, const struct tp_window *window,
             const struct tp_arrival *arrival)
{
    struct session *session = tp_session_new(sessions, of);

    if (!session)
        return NULL;
    session->window = *window;
    session->sequence = arrival->sequence;
    tp_session_schedule_early(sessions, session, arrival->watermark);
    session->next = of->first;
    of->first = session;
    sessions->open++;
    return session;
}

void
tp_session_close(struct tp_sessions *sessions, struct session *session)
{
    struct session **link = &session->key->first;

    while (*link != session)
        link = &(*link)->next;
    *link = session->next;
    if (!session->said)
        sessions->open--;
    tp_session_free(sessions, session);
}

void
tp_session_forget(struct tp_sessions *sessions, struct of_key *of)
{
    if (!of->first && of->timers == 0)
        tp_map_remove_value(sessions->by_key, of, of->hash);
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

/* Rows of sessions that are about to be others are taken back. */
static int
take_back(struct tp_sessions *sessions, struct session *first, const struct tp_window *merged,
          struct tp_err *err)
{
    for (struct session *s = swallowed(first, merged); s; s = swallowed(s->next, merged))
        if (!same_bounds(s, merged) && tp_session_take_back(sessions, s, err) < 0)
            return -1;
    return 0;
}

/* So many records came into SESSION that no row has said yet. */
static void
add_fresh(const struct tp_sessions *sessions, struct session *session, uint64_t records)
{
    struct told *told = tp_session_told(sessions, session);

    if (told)
        told->firing.fresh += records;
}

static uint64_t
fresh(const struct tp_sessions *sessions, struct session *session)
{
    const struct told *told = tp_session_told(sessions, session);

    return told ? told->firing.fresh : 0;
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
        add_fresh(sessions, kept, fresh(sessions, other));
        tp_session_close(sessions, other);
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

/* --- records -----------------------------------------------------------------------------------*/

/* MERGED becomes one session of OF, and the record is added to it. */
static struct session *
add_merged(struct tp_sessions *sessions, struct of_key *of, const struct tp_window *merged,
           const struct tp_arrival *arrival, struct tp_err *err)
{
    struct session *session = merge(sessions, of, merged, arrival, err);

    if (!session || tp_aggs_add(sessions->aggs, session->acc, arrival->values, arrival->time,
                                arrival->sequence, err) < 0)
        return NULL;
    add_fresh(sessions, session, 1);
    return session;
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
    session = add_merged(sessions, of, &merged, arrival, err);
    if (!session || tp_session_say_at(sessions, session, arrival->watermark, err) < 0)
        return -1;
    return tp_session_set_timer(sessions, session) < 0 ? tp_err_memory(err) : 1;
}

static struct of_key *
make_key(struct tp_sessions *sessions, struct tp_str key, uint32_t hash)
{
    struct of_key *of = tp_map_add_hashed(sessions->by_key, key, hash, NULL);

    if (of)
        of->hash = hash;
    return of;
}

static int
add_now(struct tp_sessions *sessions, const struct tp_arrival *arrival, tp_time *late_end,
        struct tp_err *err)
{
    uint32_t hash = tp_map_hash(sessions->by_key, arrival->key);
    struct of_key *of = make_key(sessions, arrival->key, hash);
    int added;

    if (!of)
        return tp_err_memory(err);
    added = add_to_key(sessions, of, arrival, late_end, err);
    if (added <= 0)
        tp_session_forget(sessions, of);
    return added;
}

/* One that waited: that it is in time and is taken was known before, and it makes nothing be said.
 */
static int
add_waiting(void *self, const struct tp_ahead_record *record, struct tp_err *err)
{
    struct tp_sessions *sessions = self;
    struct of_key *of = make_key(sessions, record->arrival.key, record->hash);
    struct session *session;
    struct tp_window merged;

    if (!of)
        return tp_err_memory(err);
    if (merged_window(sessions, of->first, record->arrival.time, &merged, err) < 0)
        return -1;
    session = add_merged(sessions, of, &merged, &record->arrival, err);
    if (!session)
        return -1;
    return tp_session_set_timer(sessions, session) < 0 ? tp_err_memory(err) : 0;
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
        return add_now(sessions, arrival, late_end, err);
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

/* Behind a session lies its accumulator; behind that what was told, if any row can follow another.
 */
static void
lay_out(struct tp_sessions *sessions)
{
    sessions->behind = tp_aggs_size_behind(sessions->aggs, 0);
    sessions->tells = !tp_trigger_is_plain(sessions->trigger);
    if (!sessions->tells)
        return;
    sessions->told_at = sessions->behind;
    sessions->behind += sizeof(struct told);
}

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
    lay_out(sessions);
    sessions->by_key = tp_map_new_walked(sizeof(struct of_key) + sessions->behind);
    sessions->ahead = tp_ahead_new(aggs, add_waiting, sessions);
    if (sessions->by_key && sessions->ahead)
        return sessions;
    tp_sessions_free(sessions);
    return NULL;
}
