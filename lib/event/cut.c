#include "event/cut.h"

#include <stdlib.h>
#include <string.h>

#include "base/heap.h"
#include "base/map.h"
#include "event/lineup.h"
#include "event/window.h"

/* A record that waits for its turn, or a session, which then is made of its first one. */
struct session {
    struct tp_window window; /* its end as things stand */
    tp_time last;            /* time, whole milliseconds */
    uint64_t sequence;       /* of the first record */
    bool starts, ends;       /* a record that waits: what it says */
    bool said;
    unsigned queued; /* entries of `due` that point here; the last one to go frees it */
    size_t key_len;
    char *key; /* lies behind the accumulator */
    _Alignas(16) char acc[];
};

struct tp_cuts {
    struct tp_window_spec spec;
    tp_duration max;
    const struct tp_aggs *aggs;
    struct tp_row_to to;
    struct tp_heap waiting; /* records by time */
    struct tp_heap due;     /* sessions by an end they had: the last entry has that they have */
    struct tp_map *current; /* key -> struct session *, the one that may grow */
    struct tp_lineup due_now;
    size_t open;
};

struct tp_cuts *
tp_cuts_new(tp_duration gap, tp_duration max, const struct tp_aggs *aggs, struct tp_row_to to)
{
    struct tp_cuts *cuts = calloc(1, sizeof *cuts);

    if (!cuts)
        return NULL;
    cuts->spec = (struct tp_window_spec){.kind = TP_WINDOW_SESSION, .size = gap};
    cuts->max = max;
    cuts->aggs = aggs;
    cuts->to = to;
    cuts->current = tp_map_new(sizeof(struct session *));
    if (cuts->current)
        return cuts;
    free(cuts);
    return NULL;
}

/* An empty one. */
static struct session *
new_session(const struct tp_cuts *cuts, struct tp_str key)
{
    size_t aggs = tp_aggs_size(cuts->aggs);
    struct session *session = calloc(1, sizeof *session + aggs + key.len);

    if (!session)
        return NULL;
    session->key = session->acc + aggs;
    session->key_len = key.len;
    if (key.len)
        memcpy(session->key, key.ptr, key.len);
    return session;
}

static void
drop(struct tp_cuts *cuts, struct session *session)
{
    tp_aggs_clear(cuts->aggs, session->acc);
    free(session);
}

/* The earliest of `due`, no longer counted there; NULL when it was said meanwhile. */
static struct session *
dequeue(struct tp_cuts *cuts)
{
    struct session *session = tp_heap_pop(&cuts->due).data;

    session->queued--;
    if (!session->said)
        return session;
    if (session->queued == 0)
        drop(cuts, session);
    return NULL;
}

void
tp_cuts_free(struct tp_cuts *cuts)
{
    if (!cuts)
        return;
    while (cuts->waiting.count > 0)
        drop(cuts, tp_heap_pop(&cuts->waiting).data);
    while (cuts->due.count > 0) {
        struct session *session = dequeue(cuts);

        if (session && session->queued == 0)
            drop(cuts, session);
    }
    tp_heap_release(&cuts->waiting);
    tp_heap_release(&cuts->due);
    tp_map_free(cuts->current);
    tp_lineup_release(&cuts->due_now);
    free(cuts);
}

/* --- records -----------------------------------------------------------------------------------*/

int
tp_cuts_add(struct tp_cuts *cuts, const struct tp_arrival *arrival, bool starts, bool ends,
            struct tp_err *err)
{
    struct tp_window span;
    struct session *record;

    if (tp_window_pane(&cuts->spec, arrival->time, &span, err) < 0)
        return -1;
    if (arrival->time < arrival->watermark)
        return 0;
    record = new_session(cuts, arrival->key);
    if (!record)
        return tp_err_memory(err);
    record->window = span;
    record->last = span.start;
    record->sequence = arrival->sequence;
    record->starts = starts;
    record->ends = ends;
    if (tp_arrival_apply(arrival, cuts->aggs, record->acc, err) == 0) {
        if (tp_heap_push(&cuts->waiting, arrival->time, record) == 0)
            return 1;
        tp_err_memory(err);
    }
    drop(cuts, record);
    return -1;
}

/* --- sessions ----------------------------------------------------------------------------------*/

static struct tp_str
key_of(const struct session *session)
{
    return (struct tp_str){session->key, session->key_len};
}

/* SESSION ends at END: when it gets there, it is to be said. */
static int
set_end(struct tp_cuts *cuts, struct session *session, tp_time end)
{
    session->window.end = end;
    if (tp_heap_push(&cuts->due, end, session) < 0)
        return -1;
    session->queued++;
    return 0;
}

/* SESSION takes no more records; it ends at END, or when it would have, but holds its last time. */
static int
close_session(struct tp_cuts *cuts, struct session *session, tp_time end)
{
    tp_map_remove(cuts->current, key_of(session));
    if (end <= session->last)
        end = session->last + TP_MILLISECOND;
    return end < session->window.end ? set_end(cuts, session, end) : 0;
}

/* Where SESSION ends when nothing more comes. It cannot overflow: last + gap did not. */
static tp_time
natural_end(const struct tp_cuts *cuts, const struct session *session)
{
    tp_time end = session->last + cuts->spec.size, most;

    if (cuts->max > 0 && tp_time_add(session->window.start, cuts->max, &most) && most < end)
        return most;
    return end;
}

static bool
is_cut_off(const struct tp_cuts *cuts, const struct session *session, const struct session *record)
{
    tp_time most;

    if (record->starts || record->last > session->last + cuts->spec.size)
        return true;
    return cuts->max > 0 && tp_time_add(session->window.start, cuts->max, &most) &&
           record->last >= most;
}

static int
begin(struct tp_cuts *cuts, struct session *record)
{
    struct session **place = tp_map_add(cuts->current, key_of(record), NULL);

    if (!place || set_end(cuts, record, natural_end(cuts, record)) < 0)
        return -1;
    *place = record;
    cuts->open++;
    return record->ends ? close_session(cuts, record, record->last) : 0;
}

static int
join(struct tp_cuts *cuts, struct session *session, struct session *record, struct tp_err *err)
{
    int result = tp_aggs_merge(cuts->aggs, session->acc, record->acc, err);

    session->last = record->last;
    session->window.end = natural_end(cuts, session);
    if (result == 0 && record->ends && close_session(cuts, session, record->last) < 0)
        result = tp_err_memory(err);
    drop(cuts, record);
    return result;
}

static int
take(struct tp_cuts *cuts, struct session *record, struct tp_err *err)
{
    struct session **current = tp_map_find(cuts->current, key_of(record));

    if (current && !is_cut_off(cuts, *current, record))
        return join(cuts, *current, record, err);
    if ((current && close_session(cuts, *current, record->last) < 0) || begin(cuts, record) < 0) {
        if (record->queued == 0)
            drop(cuts, record);
        return tp_err_memory(err);
    }
    return 0;
}

/* --- time --------------------------------------------------------------------------------------*/

static int
line_up(struct tp_lineup *lineup, struct session *session)
{
    return tp_lineup_add(lineup, session->window.end, session->sequence, session);
}

static int
line_up_due(struct tp_cuts *cuts, tp_time watermark)
{
    const struct tp_heap_entry *next;

    tp_lineup_clear(&cuts->due_now);
    while ((next = tp_heap_peek(&cuts->due)) && next->at <= watermark) {
        struct session *session = dequeue(cuts);

        if (!session)
            continue;
        if (session->window.end > watermark) { /* has grown since */
            if (set_end(cuts, session, session->window.end) < 0)
                return -1;
            continue;
        }
        if (line_up(&cuts->due_now, session) < 0)
            return -1;
        session->said = true;
        session->queued++; /* here: another entry of it may come */
    }
    tp_lineup_sort(&cuts->due_now);
    return 0;
}

static int
say(struct tp_cuts *cuts, struct session *session, struct tp_err *err)
{
    struct tp_row row = {
        .head = tp_row_head_of(&session->window), .key = key_of(session), .acc = session->acc};
    struct session **current = tp_map_find(cuts->current, row.key);

    if (cuts->to.put(cuts->to.self, &row, err) < 0)
        return -1;
    if (current && *current == session)
        tp_map_remove(cuts->current, row.key);
    cuts->open--;
    return 0;
}

int
tp_cuts_watermark(struct tp_cuts *cuts, tp_time watermark, struct tp_err *err)
{
    const struct tp_heap_entry *next;
    int result = 0;

    while ((next = tp_heap_peek(&cuts->waiting)) && next->at <= watermark)
        if (take(cuts, tp_heap_pop(&cuts->waiting).data, err) < 0)
            return -1;
    if (line_up_due(cuts, watermark) < 0)
        return tp_err_memory(err);
    for (size_t i = 0; i < cuts->due_now.count; i++) {
        struct session *session = cuts->due_now.entry[i].what;

        if (result == 0)
            result = say(cuts, session, err);
        if (--session->queued == 0)
            drop(cuts, session);
    }
    return result;
}

size_t
tp_cuts_open(const struct tp_cuts *cuts)
{
    return cuts->open + cuts->waiting.count;
}

/* --- saved state -------------------------------------------------------------------------------*/

/* SESSION is a session that "grows" or is "closed", or a record that "waits" for its time AT. */
static int
save_session(const struct session *session, const char *state, tp_time at,
             const struct tp_saving *saving, struct tp_save *save, struct tp_err *err)
{
    struct tp_emit line = tp_emit_open(tp_save_line(save));

    tp_emit_text(&line, TP_STR("cut"), tp_str_of(state));
    tp_emit_int(&line, TP_STR("at"), at);
    tp_emit_int(&line, TP_STR("start"), session->window.start);
    tp_emit_int(&line, TP_STR("end"), session->window.end);
    tp_emit_int(&line, TP_STR("last"), session->last);
    tp_emit_int(&line, TP_STR("sequence"), (int64_t)session->sequence);
    tp_saving_put_flag(&line, TP_STR("starts"), session->starts);
    tp_saving_put_flag(&line, TP_STR("ends"), session->ends);
    return tp_saving_end(saving, &line, save, key_of(session), session->acc, err);
}

/* As they leave the queue. */
static int
save_waiting(const struct tp_cuts *cuts, const struct tp_saving *saving, struct tp_save *save,
             struct tp_err *err)
{
    const struct tp_heap *waiting = &cuts->waiting;
    struct tp_lineup all = {NULL, 0, 0};
    int result = 0;

    for (size_t i = 0; i < waiting->count && result == 0; i++)
        if (tp_lineup_add(&all, waiting->entry[i].at, waiting->entry[i].order,
                          waiting->entry[i].data) < 0)
            result = tp_err_memory(err);
    tp_lineup_sort(&all);
    for (size_t i = 0; i < all.count && result == 0; i++)
        result = save_session(all.entry[i].what, "waits", all.entry[i].end, saving, save, err);
    tp_lineup_release(&all);
    return result;
}

static int
save_open_one(const struct tp_cuts *cuts, const struct session *session,
              const struct tp_saving *saving, struct tp_save *save, struct tp_err *err)
{
    struct session **current = tp_map_find(cuts->current, key_of(session));
    bool grows = current && *current == session;

    return save_session(session, grows ? "grows" : "closed", session->window.end, saving, save,
                        err);
}

/* As they are said, so that the entries of one session stand together. */
static int
save_open(const struct tp_cuts *cuts, const struct tp_saving *saving, struct tp_save *save,
          struct tp_err *err)
{
    struct tp_lineup all = {NULL, 0, 0};
    int result = 0;

    for (size_t i = 0; i < cuts->due.count && result == 0; i++) {
        struct session *session = cuts->due.entry[i].data;

        if (!session->said && line_up(&all, session) < 0)
            result = tp_err_memory(err);
    }
    tp_lineup_sort(&all);
    for (size_t i = 0; i < all.count && result == 0; i++)
        if (i == 0 || all.entry[i - 1].what != all.entry[i].what)
            result = save_open_one(cuts, all.entry[i].what, saving, save, err);
    tp_lineup_release(&all);
    return result;
}

int
tp_cuts_save(const struct tp_cuts *cuts, const struct tp_saving *saving, struct tp_save *save,
             struct tp_err *err)
{
    return save_waiting(cuts, saving, save, err) < 0 ? -1 : save_open(cuts, saving, save, err);
}

/* One entry of a session is enough: that of its end. */
static int
restore(struct tp_cuts *cuts, struct session *session, struct tp_str state, tp_time at)
{
    struct session **place;

    if (tp_str_equal(state, TP_STR("\"waits\"")))
        return tp_heap_push(&cuts->waiting, at, session);
    if (set_end(cuts, session, session->window.end) < 0)
        return -1;
    cuts->open++;
    if (!tp_str_equal(state, TP_STR("\"grows\"")))
        return 0;
    place = tp_map_add(cuts->current, key_of(session), NULL);
    if (place)
        *place = session;
    return place ? 0 : -1;
}

int
tp_cuts_load(struct tp_cuts *cuts, struct tp_saving *saving, struct tp_str line, struct tp_err *err)
{
    struct session read = {.queued = 0}, *session;
    struct tp_str state, array, json, key;
    int64_t at;
    const struct tp_saved fields[] = {
        {"cut", TP_SAVED_JSON, &state, false},
        {"at", TP_SAVED_INT, &at, false},
        {"start", TP_SAVED_INT, &read.window.start, false},
        {"end", TP_SAVED_INT, &read.window.end, false},
        {"last", TP_SAVED_INT, &read.last, false},
        {"sequence", TP_SAVED_COUNT, &read.sequence, false},
        {"starts", TP_SAVED_FLAG, &read.starts, false},
        {"ends", TP_SAVED_FLAG, &read.ends, false},
        {"key", TP_SAVED_JSON, &array, false},
        {"acc", TP_SAVED_JSON, &json, false},
    };

    if (tp_saved_read(line, fields, sizeof fields / sizeof *fields, err) < 0 ||
        tp_saving_key(saving, array, &key, err) < 0)
        return -1;
    session = new_session(cuts, key);
    if (!session)
        return tp_err_memory(err);
    session->window = read.window;
    session->last = read.last;
    session->sequence = read.sequence;
    session->starts = read.starts;
    session->ends = read.ends;
    if (tp_aggs_load(cuts->aggs, session->acc, json, err) < 0) {
        drop(cuts, session);
        return -1;
    }
    return restore(cuts, session, state, at) < 0 ? tp_err_memory(err) : 0;
}
