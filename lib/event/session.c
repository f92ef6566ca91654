#include "event/session.h"

#include <stdlib.h>

#include "base/heap.h"
#include "base/map.h"

/* The sessions of one key, newest first. */
struct tp_key_sessions {
    struct tp_session *first;
};

struct tp_sessions {
    const struct tp_aggs *aggs;
    struct tp_window_spec spec;
    tp_duration lateness;
    struct tp_map *by_key;    /* key -> struct tp_key_sessions */
    struct tp_heap due;       /* sessions by the end they had when pushed: it may have grown */
    struct tp_heap expiring;  /* said ones, likewise */
    struct tp_session **list; /* lent by tp_sessions_due */
    size_t list_cap;
    size_t open; /* not said yet */
};

struct tp_sessions *
tp_sessions_new(tp_duration gap, const struct tp_aggs *aggs, tp_duration lateness)
{
    struct tp_sessions *sessions = calloc(1, sizeof *sessions);

    if (!sessions)
        return NULL;
    sessions->spec = (struct tp_window_spec){.kind = TP_WINDOW_SESSION, .size = gap};
    sessions->aggs = aggs;
    sessions->lateness = lateness;
    sessions->by_key = tp_map_new(sizeof(struct tp_key_sessions));
    if (!sessions->by_key) {
        free(sessions);
        return NULL;
    }
    return sessions;
}

static void
drop(struct tp_sessions *sessions, struct tp_session *session)
{
    tp_aggs_clear(sessions->aggs, session->acc);
    free(session);
}

void
tp_sessions_free(struct tp_sessions *sessions)
{
    if (!sessions)
        return;
    /* Every session, live or dead, is in exactly one of the two queues. */
    while (sessions->due.count > 0)
        drop(sessions, tp_heap_pop(&sessions->due).data);
    while (sessions->expiring.count > 0)
        drop(sessions, tp_heap_pop(&sessions->expiring).data);
    tp_heap_release(&sessions->due);
    tp_heap_release(&sessions->expiring);
    tp_map_free(sessions->by_key);
    free(sessions->list);
    free(sessions);
}

static bool
is_over(const struct tp_sessions *sessions, tp_time end, tp_time watermark)
{
    tp_time limit;

    if (!tp_time_add(end, sessions->lateness, &limit))
        limit = TP_TIME_MAX;
    return limit <= watermark;
}

struct tp_session *
tp_session_swallowed(struct tp_session *from, const struct tp_window *merged)
{
    while (from && (from->window.start > merged->end || from->window.end < merged->start))
        from = from->next;
    return from;
}

struct tp_session *
tp_sessions_of(struct tp_sessions *sessions, struct tp_str key)
{
    struct tp_key_sessions *of = tp_map_find(sessions->by_key, key);

    return of ? of->first : NULL;
}

int
tp_sessions_probe(struct tp_sessions *sessions, struct tp_str key, tp_time time, tp_time watermark,
                  struct tp_window *merged, struct tp_err *err)
{
    struct tp_session *s = tp_sessions_of(sessions, key);
    struct tp_window span;

    if (tp_window_pane(&sessions->spec, time, &span, err) < 0)
        return -1;
    /* One pass suffices: sessions of a key never touch each other, so swallowing one does not bring
     * another into reach. */
    *merged = span;
    for (s = tp_session_swallowed(s, &span); s; s = tp_session_swallowed(s->next, &span)) {
        merged->start = s->window.start < merged->start ? s->window.start : merged->start;
        merged->end = s->window.end > merged->end ? s->window.end : merged->end;
    }
    return !is_over(sessions, merged->end, watermark);
}

static struct tp_session *
new_session(struct tp_sessions *sessions, struct tp_key_sessions *of)
{
    struct tp_session *session = calloc(1, sizeof *session + tp_aggs_size(sessions->aggs));

    if (!session)
        return NULL;
    session->key = of;
    session->next = of->first;
    of->first = session;
    sessions->open++;
    return session;
}

/* Takes SESSION out of its key's list. It stays in its queue, marked dead (key NULL), and is
 * dropped when its turn comes. */
static void
unlink_session(struct tp_sessions *sessions, struct tp_session *session)
{
    struct tp_session **link = &session->key->first;

    while (*link != session)
        link = &(*link)->next;
    *link = session->next;
    session->key = NULL;
    if (!session->said)
        sessions->open--;
    tp_aggs_clear(sessions->aggs, session->acc);
}

static int
enqueue(struct tp_heap *queue, struct tp_session *session)
{
    return tp_heap_push(queue, session->window.end, session);
}

/* Merges all that MERGED swallows behind KEPT into KEPT. */
static int
swallow(struct tp_sessions *sessions, struct tp_session *kept, const struct tp_window *merged,
        struct tp_err *err)
{
    struct tp_session *other = tp_session_swallowed(kept->next, merged);

    while (other) {
        struct tp_session *next = tp_session_swallowed(other->next, merged);

        if (tp_aggs_merge(sessions->aggs, kept->acc, other->acc, err) < 0)
            return -1;
        if (other->sequence < kept->sequence)
            kept->sequence = other->sequence;
        unlink_session(sessions, other);
        other = next;
    }
    return 0;
}

/* A said session waits among the expiring ones. Now that it has grown it is to be said anew: a
 * fresh one takes over its place, since a heap entry cannot be taken out. */
static struct tp_session *
revive(struct tp_sessions *sessions, struct tp_session *old)
{
    struct tp_session *fresh = new_session(sessions, old->key);

    if (!fresh)
        return NULL;
    memcpy(fresh->acc, old->acc, tp_aggs_size(sessions->aggs));
    memset(old->acc, 0, tp_aggs_size(sessions->aggs));
    fresh->sequence = old->sequence;
    unlink_session(sessions, old);
    return fresh;
}

struct tp_session *
tp_sessions_merge(struct tp_sessions *sessions, struct tp_str key, const struct tp_window *merged,
                  uint64_t sequence, struct tp_err *err)
{
    struct tp_key_sessions *of = tp_map_add(sessions->by_key, key, NULL);
    struct tp_session *kept = of ? tp_session_swallowed(of->first, merged) : NULL;
    bool queued = kept && !kept->said;

    if (kept && kept->said) {
        if (kept->window.start == merged->start && kept->window.end == merged->end)
            return kept; /* nothing else can lie within it */
        kept = revive(sessions, kept);
    } else if (of && !kept) {
        kept = new_session(sessions, of);
        if (kept)
            kept->sequence = sequence;
    }
    if (!kept) {
        tp_err_memory(err);
        return NULL;
    }
    kept->window = *merged;
    if (!queued && enqueue(&sessions->due, kept) < 0) {
        unlink_session(sessions, kept);
        free(kept);
        tp_err_memory(err);
        return NULL;
    }
    return swallow(sessions, kept, merged, err) < 0 ? NULL : kept;
}

struct tp_str
tp_session_key(const struct tp_sessions *sessions, const struct tp_session *session)
{
    return tp_map_key(sessions->by_key, session->key);
}

static int
in_order(const void *a, const void *b)
{
    const struct tp_session *left = *(struct tp_session *const *)a;
    const struct tp_session *right = *(struct tp_session *const *)b;

    if (left->window.end != right->window.end)
        return left->window.end > right->window.end ? 1 : -1;
    return (left->sequence > right->sequence) - (left->sequence < right->sequence);
}

static int
list(struct tp_sessions *sessions, size_t count, struct tp_session *session)
{
    if (count == sessions->list_cap) {
        size_t cap = count ? 2 * count : 64;
        struct tp_session **grown = realloc(sessions->list, cap * sizeof(struct tp_session *));

        if (!grown)
            return -1;
        sessions->list = grown;
        sessions->list_cap = cap;
    }
    sessions->list[count] = session;
    return 0;
}

int
tp_sessions_due(struct tp_sessions *sessions, tp_time watermark, struct tp_session ***due,
                size_t *count, struct tp_err *err)
{
    const struct tp_heap_entry *next;
    size_t found = 0;

    while ((next = tp_heap_peek(&sessions->due)) && next->at <= watermark) {
        struct tp_session *session = tp_heap_pop(&sessions->due).data;

        if (!session->key) {
            free(session); /* swallowed meanwhile */
        } else if (session->window.end > watermark) {
            if (enqueue(&sessions->due, session) < 0) /* has grown since */
                return tp_err_memory(err);
        } else if (list(sessions, found, session) < 0 ||
                   enqueue(&sessions->expiring, session) < 0) {
            return tp_err_memory(err);
        } else {
            session->said = true;
            sessions->open--;
            found++;
        }
    }
    if (found > 1)
        qsort(sessions->list, found, sizeof(struct tp_session *), in_order);
    *due = sessions->list;
    *count = found;
    return 0;
}

static void
forget_key(struct tp_sessions *sessions, struct tp_key_sessions *of)
{
    if (!of->first)
        tp_map_remove(sessions->by_key, tp_map_key(sessions->by_key, of));
}

void
tp_sessions_expire(struct tp_sessions *sessions, tp_time watermark)
{
    const struct tp_heap_entry *next;

    while ((next = tp_heap_peek(&sessions->expiring)) && is_over(sessions, next->at, watermark)) {
        struct tp_session *session = tp_heap_pop(&sessions->expiring).data;
        struct tp_key_sessions *of = session->key;

        if (of) {
            unlink_session(sessions, session);
            forget_key(sessions, of);
        }
        free(session);
    }
}

size_t
tp_sessions_open(const struct tp_sessions *sessions)
{
    return sessions->open;
}
