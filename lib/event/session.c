#include <stdlib.h>

#include "event/session_state.h"

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
    sessions->by_key = tp_map_new(sizeof(struct of_key));
    if (sessions->by_key)
        return sessions;
    free(sessions);
    return NULL;
}

/* --- queues ------------------------------------------------------------------------------------*/

int
tp_session_enqueue(struct tp_heap *queue, tp_time at, struct session *session)
{
    if (tp_heap_push(queue, at, session) < 0)
        return -1;
    session->queued++;
    return 0;
}

/* The earliest of QUEUE, no longer counted there; NULL when it is dead. */
static struct session *
dequeue(struct tp_heap *queue)
{
    struct session *session = tp_heap_pop(queue).data;

    session->queued--;
    if (session->key)
        return session;
    if (session->queued == 0)
        free(session);
    return NULL;
}

static int
schedule_early(struct tp_sessions *sessions, struct session *session, tp_time watermark)
{
    /* Its end is not known before it is over. */
    struct tp_window open = {session->window.start, TP_TIME_MAX};
    tp_time next = tp_trigger_next_early(sessions->trigger, &open, watermark);

    session->early = next;
    return next == TP_TIME_AFTER_ALL ? 0 : tp_session_enqueue(&sessions->early, next, session);
}

/* --- life --------------------------------------------------------------------------------------*/

static struct session *
new_session(struct tp_sessions *sessions, struct of_key *of, const struct tp_window *window,
            const struct tp_arrival *arrival)
{
    struct session *session = calloc(1, sizeof *session + tp_aggs_size(sessions->aggs));

    if (!session)
        return NULL;
    session->window = *window;
    session->sequence = arrival->sequence;
    if (tp_session_enqueue(&sessions->due, window->end, session) < 0) {
        free(session);
        return NULL;
    }
    session->key = of;
    session->next = of->first;
    of->first = session;
    sessions->open++;
    return schedule_early(sessions, session, arrival->watermark) < 0 ? NULL : session;
}

/* Takes SESSION out of its key's list. It stays in its queues, dead, until its turns come. */
static void
unlink_session(struct tp_sessions *sessions, struct session *session)
{
    struct session **link = &session->key->first;

    while (*link != session)
        link = &(*link)->next;
    *link = session->next;
    session->key = NULL;
    if (!session->said)
        sessions->open--;
    tp_aggs_clear(sessions->aggs, session->acc);
    tp_firing_release(&session->firing);
}

static void
empty(struct tp_sessions *sessions, struct tp_heap *queue)
{
    while (queue->count > 0) {
        struct session *session = dequeue(queue);

        if (!session)
            continue;
        unlink_session(sessions, session);
        if (session->queued == 0)
            free(session);
    }
    tp_heap_release(queue);
}

void
tp_sessions_free(struct tp_sessions *sessions)
{
    if (!sessions)
        return;
    empty(sessions, &sessions->due);
    empty(sessions, &sessions->early);
    empty(sessions, &sessions->expiring);
    tp_map_free(sessions->by_key);
    tp_lineup_release(&sessions->due_now);
    free(sessions);
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
        unlink_session(sessions, other);
        other = next;
    }
    return 0;
}

/* KEPT gets the bounds of MERGED. One that was said is to be said anew. */
static int
grow(struct tp_sessions *sessions, struct session *kept, const struct tp_window *merged)
{
    if (same_bounds(kept, merged))
        return 0;
    kept->window = *merged;
    if (!kept->said)
        return 0;
    kept->said = false;
    sessions->open++;
    return tp_session_enqueue(&sessions->due, merged->end, kept);
}

/* Makes MERGED one session of OF out of those it swallows; new if there was none. */
static struct session *
merge(struct tp_sessions *sessions, struct of_key *of, const struct tp_window *merged,
      const struct tp_arrival *arrival, struct tp_err *err)
{
    struct session *kept = swallowed(of->first, merged);

    if (!kept)
        kept = new_session(sessions, of, merged, arrival);
    else if (swallow(sessions, kept, merged, err) < 0)
        return NULL;
    else if (grow(sessions, kept, merged) < 0)
        kept = NULL;
    if (!kept)
        tp_err_memory(err);
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

static int
line_up(struct tp_sessions *sessions, struct session *session)
{
    return tp_lineup_add(&sessions->due_now, session->window.end, session->sequence, session);
}

/* Lines up the sessions whose time has come; they count as said from now on. */
static int
line_up_due(struct tp_sessions *sessions, tp_time watermark, struct tp_err *err)
{
    const struct tp_heap_entry *next;

    tp_lineup_clear(&sessions->due_now);
    while ((next = tp_heap_peek(&sessions->due)) && next->at <= watermark) {
        struct session *session = dequeue(&sessions->due);

        if (!session)
            continue;
        if (session->window.end > watermark) { /* has grown since */
            if (tp_session_enqueue(&sessions->due, session->window.end, session) < 0)
                return tp_err_memory(err);
            continue;
        }
        if (tp_session_enqueue(&sessions->expiring, session->window.end, session) < 0 ||
            line_up(sessions, session) < 0)
            return tp_err_memory(err);
        session->said = true;
        sessions->open--;
    }
    tp_lineup_sort(&sessions->due_now);
    return 0;
}

static int
fire_due(struct tp_sessions *sessions, tp_time watermark, enum tp_timing timing, struct tp_err *err)
{
    if (line_up_due(sessions, watermark, err) < 0)
        return -1;
    for (size_t i = 0; i < sessions->due_now.count; i++) {
        struct session *session = sessions->due_now.entry[i].what;
        bool last = tp_trigger_is_over(sessions->trigger, session->window.end, watermark);

        if (fire(sessions, session, timing, last, err) < 0)
            return -1;
    }
    return 0;
}

static int
fire_early(struct tp_sessions *sessions, tp_time watermark, struct tp_err *err)
{
    const struct tp_heap_entry *next;

    tp_lineup_clear(&sessions->due_now);
    while ((next = tp_heap_peek(&sessions->early)) && next->at <= watermark) {
        struct session *session = dequeue(&sessions->early);

        if (!session)
            continue;
        if (schedule_early(sessions, session, watermark) < 0)
            return tp_err_memory(err);
        if (session->said || session->firing.fresh == 0) /* said, it may yet grow */
            continue;
        if (line_up(sessions, session) < 0)
            return tp_err_memory(err);
    }
    tp_lineup_sort(&sessions->due_now);
    for (size_t i = 0; i < sessions->due_now.count; i++)
        if (fire(sessions, sessions->due_now.entry[i].what, TP_EARLY, false, err) < 0)
            return -1;
    return 0;
}

static void
forget_key(struct tp_sessions *sessions, struct of_key *of)
{
    if (!of->first)
        tp_map_remove(sessions->by_key, tp_map_key(sessions->by_key, of));
}

static void
expire(struct tp_sessions *sessions, tp_time watermark)
{
    const struct tp_heap_entry *next;

    while ((next = tp_heap_peek(&sessions->expiring)) &&
           tp_trigger_is_over(sessions->trigger, next->at, watermark)) {
        tp_time end = next->at;
        struct session *session = dequeue(&sessions->expiring);
        struct of_key *of;

        if (!session || !session->said || session->window.end != end)
            continue; /* swallowed, or has grown: then another entry has its end */
        of = session->key;
        unlink_session(sessions, session);
        forget_key(sessions, of);
        if (session->queued == 0)
            free(session);
    }
}

int
tp_sessions_watermark(struct tp_sessions *sessions, tp_time watermark, struct tp_err *err)
{
    if (fire_due(sessions, watermark, TP_ON_TIME, err) < 0 ||
        fire_early(sessions, watermark, err) < 0)
        return -1;
    expire(sessions, watermark);
    return 0;
}

/* --- records -----------------------------------------------------------------------------------*/

static int
say(struct tp_sessions *sessions, struct session *session, const struct tp_arrival *arrival,
    struct tp_err *err)
{
    uint64_t early = sessions->trigger->early_count;

    if (session->said)
        return fire(sessions, session, TP_LATE_ROW, false, err);
    if (session->window.end <= arrival->watermark)
        return fire_due(sessions, arrival->watermark, TP_LATE_ROW, err);
    if (early > 0 && session->firing.fresh >= early)
        return fire(sessions, session, TP_EARLY, false, err);
    return 0;
}

int
tp_sessions_add(struct tp_sessions *sessions, const struct tp_arrival *arrival, tp_time *late_end,
                struct tp_err *err)
{
    struct of_key *of = tp_map_find(sessions->by_key, arrival->key);
    struct session *first = of ? of->first : NULL;
    struct session *session;
    struct tp_window merged;

    if (merged_window(sessions, first, arrival->time, &merged, err) < 0)
        return -1;
    *late_end = merged.end;
    if (tp_trigger_is_over(sessions->trigger, merged.end, arrival->watermark))
        return 0;
    if (check(sessions, first, &merged, arrival, err) < 0 ||
        take_back(sessions, first, &merged, err) < 0)
        return -1;
    of = of ? of : tp_map_add(sessions->by_key, arrival->key, NULL);
    if (!of)
        return tp_err_memory(err);
    session = merge(sessions, of, &merged, arrival, err);
    if (!session || tp_aggs_add(sessions->aggs, session->acc, arrival->values, arrival->time,
                                arrival->sequence, err) < 0)
        return -1;
    session->firing.fresh++;
    return say(sessions, session, arrival, err) < 0 ? -1 : 1;
}

size_t
tp_sessions_open(const struct tp_sessions *sessions)
{
    return sessions->open;
}
