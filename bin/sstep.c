/*
 * sstep: running values: functions over the records of a key, in the order of event time.
 *
 * Input: records in any order. They are held until the watermark has passed them, and then stepped
 * through by (time, arrival); without watermarks the input is one bounded set, sorted at its end.
 * With --arrival each is stepped through as it comes, and needs no time.
 * State: the records held (with lead as much longer as it looks ahead); for each key what its
 * functions keep (a frame: its values), until --ttl of event time after the key was last seen.
 * A record before the watermark is late. One whose arguments a function does not take is rejected.
 * Output: each record, its bytes untouched, with the values as its last members; behind them the
 * watermark that released them, less what lead looks ahead.
 */
#include <stdlib.h>

#include "base/heap.h"
#include "base/map.h"
#include "event/expiring.h"
#include "filter/operator.h"
#include "query/step.h"
#include "record/wrap.h"

/* A record that waits for its turn; the bytes stand behind the values. */
struct held {
    struct tp_str line, key;
    size_t members;
    tp_time time;
    struct held *behind; /* once it is in order: the next of all, */
    struct held *next;   /* and of its key (lead) */
    struct tp_value value[];
};

struct sstep {
    const char *key_text, *list_text;
    bool arrival;
    tp_duration ttl;

    struct tp_keys keys;
    struct tp_steps *steps;
    struct tp_expr **argument;
    struct tp_expiring *states;

    struct tp_heap waiting;    /* of struct held, by time */
    struct held *first, *last; /* those the watermark has passed, in order */
    size_t ordered;            /* how many */
    tp_duration ahead;         /* how far lead looks */
    struct tp_map *latest;     /* lead: key -> struct held *, its last one in order */
    struct held **peer;        /* those of one time, on their way out */
    size_t peers, peers_cap;

    struct tp_wrap row; /* its columns */
    int *slot;          /* of members that are called like them */

    struct tp_value *value; /* of the record that just came */
    struct tp_buf key, bytes;
};

#define FIELD(name) offsetof(struct sstep, name)

static const struct tp_option options[] = {
    {'k', "key", "KEYS", "members that tell one series from another: host, user.id", TP_OPTION_TEXT,
     FIELD(key_text)},
    {'a', "agg", "LIST", "running values: delta(x), avg(x) OVER (RANGE 10m) AS mean",
     TP_OPTION_TEXT, FIELD(list_text)},
    {0, "arrival", NULL, "in the order the records come, at once", TP_OPTION_FLAG, FIELD(arrival)},
    {0, "ttl", "DUR", "forget a key unseen for longer (event time)", TP_OPTION_DURATION,
     FIELD(ttl)},
    {0},
};

/* --- opening -----------------------------------------------------------------------------------*/

/* Names by which later stages tell event time, changes and control lines. */
static int
check_names(const struct sstep *s, struct tp_stage *stage, struct tp_err *err)
{
    struct tp_str time = tp_str_of(tp_stage_time_field(stage));

    static const struct tp_str ours[] = {
        {"@timestamp", 10}, {"@op", 3}, {"@watermark", 10}, {"@barrier", 8}};

    for (size_t c = 0; c < tp_steps_columns(s->steps); c++)
        for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
            if (tp_str_equal(tp_steps_column(s->steps, c), ours[i]))
                return tp_err_set(err, TP_FAULT_USAGE,
                                  "-a: \"%s\" is a name of tidepipe's own: use another behind AS",
                                  ours[i].ptr);
    for (size_t c = 0; c < tp_steps_columns(s->steps); c++)
        if (tp_str_equal(tp_steps_column(s->steps, c), time))
            return tp_err_set(err, TP_FAULT_USAGE,
                              "-a: \"%s\" is the event time: use another name behind AS", time.ptr);
    return 0;
}

/* Members of a record that a column's value takes the place of. Asked of the scanner itself: nobody
 * misses them. */
static int
open_columns(struct sstep *s, struct tp_stage *stage, struct tp_err *err)
{
    size_t columns = tp_steps_columns(s->steps);

    s->slot = calloc(columns, sizeof *s->slot);
    if (!s->slot)
        return tp_err_memory(err);
    for (size_t c = 0; c < columns; c++) {
        struct tp_step step = {.name = tp_steps_column(s->steps, c)};
        struct tp_path path = {.step = &step, .count = 1};

        s->slot[c] = tp_scan_want(tp_stage_scan(stage), &path, err);
        if (s->slot[c] < 0 || tp_wrap_name(&s->row, step.name, err) < 0)
            return -1;
    }
    return 0;
}

static int
check_arrival(const struct sstep *s, struct tp_stage *stage, struct tp_err *err)
{
    struct tp_str timed = tp_steps_timed(s->steps);

    if (timed.len)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--arrival: %.*s looks at event time, and needs its order",
                          (int)timed.len, timed.ptr);
    if (s->ttl)
        return tp_err_set(err, TP_FAULT_USAGE, "--ttl goes by event time: not with --arrival");
    tp_stage_take_untimed(stage);
    return 0;
}

static int
open_arguments(struct sstep *s, struct tp_stage *stage, struct tp_err *err)
{
    size_t count = tp_steps_arguments(s->steps);

    s->argument = calloc(count + 1, sizeof(struct tp_expr *));
    s->value = calloc(count + 1, sizeof *s->value);
    if (!s->argument || !s->value)
        return tp_err_memory(err);
    for (size_t i = 0; i < count; i++) {
        struct tp_str text = tp_steps_argument(s->steps, i);

        s->argument[i] = tp_steps_argument_is_condition(s->steps, i)
                             ? tp_stage_condition(stage, "-a", text, err)
                             : tp_stage_compile(stage, "-a", text, err);
        if (!s->argument[i])
            return -1;
    }
    return 0;
}

static void
clear_state(const void *steps, void *state)
{
    tp_steps_clear(steps, state);
}

static int
sstep_open(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sstep *s = self;
    struct tp_str text;
    struct tp_err why;

    if (!s->list_text)
        return tp_err_set(err, TP_FAULT_USAGE, "-a is missing: -a 'delta(x)', say");
    text = tp_str_of(s->list_text);
    s->steps = tp_steps_parse(text, &why);
    if (!s->steps) {
        tp_stage_show_place("-a", text, &why, err);
        return -1;
    }
    if (check_names(s, stage, err) < 0 || (s->arrival && check_arrival(s, stage, err) < 0) ||
        tp_stage_want_keys(stage, "-k", s->key_text, &s->keys, err) < 0 ||
        open_arguments(s, stage, err) < 0 || open_columns(s, stage, err) < 0)
        return -1;
    s->ahead = tp_steps_ahead(s->steps);
    s->latest = tp_map_new(sizeof(struct held *));
    if (!s->latest)
        return tp_err_memory(err);
    s->states = tp_expiring_new(tp_steps_size(s->steps), s->ttl, clear_state, s->steps);
    return s->states ? 0 : tp_err_memory(err);
}

/* --- stepping ----------------------------------------------------------------------------------*/

/* What lead looks at: a record and those of its key behind it, in one life of the key. */
struct view {
    const struct held *held;
    tp_duration ttl;
};

static bool
look_ahead(const void *context, int64_t nth, struct tp_steps_row *row)
{
    const struct view *view = context;
    const struct held *held = view->held;

    for (; nth > 0; nth--) {
        const struct held *next = held->next;

        if (!next || (view->ttl > 0 && (__int128)next->time - held->time > view->ttl))
            return false;
        held = next;
    }
    *row = (struct tp_steps_row){held->value, held->time};
    return true;
}

static int
write_stepped(struct sstep *s, struct tp_stage *stage, const struct held *held, void *state,
              struct tp_err *err)
{
    struct tp_buf *to;
    struct tp_err why;
    struct view view = {held, s->ttl};
    int result;

    tp_buf_clear(&s->row.behind);
    result = tp_steps_step(s->steps, state, (struct tp_steps_row){held->value, held->time},
                           (struct tp_steps_view){look_ahead, &view}, &s->row.behind, &why);
    if (result < 0) {
        *err = why;
        return -1;
    }
    if (result > 0)
        tp_stage_spoiled(stage, &why);
    to = tp_stage_row(stage, err);
    if (!to)
        return -1;
    if (tp_wrap_write(&s->row, held->line, held->members, to, err) < 0)
        return -1;
    return tp_stage_row_end(stage, err);
}

/* All peers enter their frames before the first of them is stepped: see query/step.h. */
static int
step_peers(struct sstep *s, struct tp_stage *stage, struct tp_err *err)
{
    tp_time time = s->peer[0]->time;
    void *state;

    tp_expiring_forget(s->states, time);
    for (size_t i = 0; i < s->peers; i++) {
        state = tp_expiring_touch(s->states, s->peer[i]->key, time);
        if (!state)
            return tp_err_memory(err);
        if (tp_steps_enter(s->steps, state, s->peer[i]->value, time, err) < 0)
            return -1;
    }
    for (size_t i = 0; i < s->peers; i++) {
        state = tp_expiring_touch(s->states, s->peer[i]->key, time);
        if (!state)
            return tp_err_memory(err);
        if (write_stepped(s, stage, s->peer[i], state, err) < 0)
            return -1;
    }
    return 0;
}

/* HELD leaves: it is not the latest of its key any more. */
static void
free_held(struct sstep *s, struct held *held)
{
    struct held **latest = s->ahead ? tp_map_find(s->latest, held->key) : NULL;

    if (latest && *latest == held)
        tp_map_remove(s->latest, held->key);
    free(held);
}

static void
free_peers(struct sstep *s)
{
    for (size_t i = 0; i < s->peers; i++)
        free_held(s, s->peer[i]);
    s->peers = 0;
}

static int
add_peer(struct sstep *s, struct held *held, struct tp_err *err)
{
    if (s->peers == s->peers_cap) {
        size_t cap = s->peers_cap ? 2 * s->peers_cap : 16;
        struct held **peer = realloc(s->peer, cap * sizeof *peer);

        if (!peer)
            return tp_err_memory(err);
        s->peer = peer;
        s->peers_cap = cap;
    }
    s->peer[s->peers++] = held;
    return 0;
}

/* HELD is the last in order, of all and of its key. */
static int
append_ordered(struct sstep *s, struct held *held)
{
    *(s->last ? &s->last->behind : &s->first) = held;
    s->last = held;
    s->ordered++;
    if (s->ahead) {
        struct held **latest = tp_map_add(s->latest, held->key, NULL);

        if (!latest)
            return -1;
        if (*latest)
            (*latest)->next = held;
        *latest = held;
    }
    return 0;
}

/* Puts all that lies before WATERMARK in order. */
static int
put_in_order(struct sstep *s, tp_time watermark, struct tp_err *err)
{
    const struct tp_heap_entry *next;

    while ((next = tp_heap_peek(&s->waiting)) && next->at < watermark)
        if (append_ordered(s, tp_heap_pop(&s->waiting).data) < 0)
            return tp_err_memory(err);
    return 0;
}

/* Takes the records of the earliest time. */
static int
take_peers(struct sstep *s, struct tp_err *err)
{
    tp_time time = s->first->time;

    while (s->first && s->first->time == time) {
        struct held *held = s->first;

        if (add_peer(s, held, err) < 0)
            return -1;
        s->first = held->behind;
        s->ordered--;
    }
    if (!s->first)
        s->last = NULL;
    return 0;
}

/* Steps through all that lies before WATERMARK, as far as lead need not wait. *WATERMARK becomes
 * how far that is. */
static int
release(struct sstep *s, struct tp_stage *stage, tp_time *watermark, struct tp_err *err)
{
    if (put_in_order(s, *watermark, err) < 0)
        return -1;
    if (*watermark != TP_TIME_AFTER_ALL && !tp_time_subtract(*watermark, s->ahead, watermark))
        *watermark = TP_TIME_BEFORE_ALL;
    while (s->first && s->first->time < *watermark) {
        if (take_peers(s, err) < 0 || step_peers(s, stage, err) < 0)
            return -1;
        tp_stage_release(stage, s->peers);
        free_peers(s);
    }
    tp_expiring_forget(s->states, *watermark);
    return 0;
}

/* --- records -----------------------------------------------------------------------------------*/

/* Reads key and arguments of R into s->key, s->value, s->bytes. */
static int
read_record(struct sstep *s, const struct tp_record *r, struct tp_err *err)
{
    tp_buf_clear(&s->key);
    tp_buf_clear(&s->bytes);
    if (tp_keys_make(&s->keys, r->slot, &s->key, err) < 0)
        return -1;
    for (size_t i = 0; i < tp_steps_arguments(s->steps); i++)
        if (tp_steps_read(s->steps, i, s->argument[i], r->slot, &s->bytes, &s->value[i], err) < 0)
            return -1;
    return 0;
}

static struct tp_str
append(char **to, struct tp_str text)
{
    struct tp_str copy = {*to, text.len};

    if (text.len)
        memcpy(*to, text.ptr, text.len);
    *to += text.len;
    return copy;
}

/* The line without members that a column takes the place of. */
static struct tp_str
line_to_hold(struct sstep *s, const struct tp_record *r, size_t *members)
{
    *members = r->members;
    for (size_t c = 0; c < tp_steps_columns(s->steps); c++)
        if (r->slot[s->slot[c]].kind != TP_SLOT_MISSING)
            return tp_wrap_bare(&s->row, r->line, members, (struct tp_str){NULL, 0});
    return r->line;
}

/* A copy of all that the record needs when its turn comes. */
static struct held *
hold(struct sstep *s, const struct tp_record *r, tp_time time)
{
    size_t count = tp_steps_arguments(s->steps), members;
    struct tp_str line = line_to_hold(s, r, &members);
    struct held *held =
        malloc(sizeof *held + count * sizeof *held->value + line.len + s->key.len + s->bytes.len);
    char *to, *bytes;

    if (!line.ptr || !held) {
        free(held);
        return NULL;
    }
    to = (char *)&held->value[count];
    held->behind = held->next = NULL;
    held->members = members;
    held->time = time;
    held->line = append(&to, line);
    held->key = append(&to, tp_buf_str(&s->key));
    bytes = append(&to, tp_buf_str(&s->bytes)).ptr ? to - s->bytes.len : to;
    for (size_t i = 0; i < count; i++) {
        held->value[i] = s->value[i];
        if (held->value[i].kind != TP_JSON)
            continue;
        held->value[i].text.ptr = bytes;
        bytes += held->value[i].text.len;
    }
    return held;
}

/* --arrival: a record is its own only peer. */
static enum tp_verdict
step_now(struct sstep *s, struct tp_stage *stage, struct held *held)
{
    struct tp_err err;

    if (add_peer(s, held, &err) < 0) {
        free(held);
        return tp_stage_fail(stage, &err);
    }
    if (step_peers(s, stage, &err) < 0)
        return tp_stage_fail(stage, &err);
    free_peers(s);
    return TP_USED;
}

static enum tp_verdict
sstep_record(void *self, struct tp_stage *stage, const struct tp_record *r)
{
    struct sstep *s = self;
    struct held *held;
    struct tp_err err;

    err.at = -1;
    if (!s->arrival && r->time < r->watermark)
        return tp_stage_late(stage, TP_TIME_BEFORE_ALL, r->time);
    if (read_record(s, r, &err) < 0)
        return tp_stage_fail(stage, &err);
    held = hold(s, r, s->arrival ? 0 : r->time);
    if (!held) {
        tp_err_memory(&err);
        return tp_stage_fail(stage, &err);
    }
    if (s->arrival)
        return step_now(s, stage, held);
    if (tp_heap_push(&s->waiting, held->time, held) < 0) {
        free(held);
        tp_err_memory(&err);
        return tp_stage_fail(stage, &err);
    }
    return TP_HELD;
}

static int
sstep_watermark(void *self, struct tp_stage *stage, tp_time *watermark, struct tp_err *err)
{
    return release(self, stage, watermark, err);
}

static int
sstep_finish(void *self, struct tp_stage *stage, struct tp_err *err)
{
    tp_time all = TP_TIME_AFTER_ALL;

    return release(self, stage, &all, err);
}

static size_t
sstep_unfinished(void *self, const char **what)
{
    const struct sstep *s = self;

    *what = "held record";
    return s->waiting.count + s->ordered;
}

static void
sstep_close(void *self)
{
    struct sstep *s = self;

    for (size_t i = 0; i < s->waiting.count; i++)
        free(s->waiting.entry[i].data);
    tp_heap_release(&s->waiting);
    while (s->first) {
        struct held *held = s->first;

        s->first = held->behind;
        free(held);
    }
    free_peers(s);
    tp_map_free(s->latest);
    free(s->peer);
    tp_expiring_free(s->states);
    for (size_t i = 0; s->argument && i < tp_steps_arguments(s->steps); i++)
        tp_expr_free(s->argument[i]);
    free(s->argument);
    free(s->value);
    tp_steps_free(s->steps);
    tp_keys_release(&s->keys);
    tp_buf_release(&s->key);
    tp_buf_release(&s->bytes);
    tp_wrap_release(&s->row);
    free(s->slot);
}

static const struct tp_operator sstep = {
    .name = "sstep",
    .purpose = "running values of each key, in the order of event time",
    .synopsis = "[-k KEYS] -a LIST [-d DUR] [-t FIELD] [--ttl DUR] [FILE ...]\n"
                "[-k KEYS] -a LIST --arrival [FILE ...]",
    .example = "  sstep -d 5s -k host -a 'rate(bytes), avg(load) OVER (RANGE 10m) AS mean'\n"
               "  sstep -k sensor -a 'alarm(temp > 90, clear temp < 80, for 5m) AS hot'",
    .options = options,
    .traits = TP_TIMED | TP_DELAYS | TP_LATENESS | TP_STATEFUL | TP_NO_CHANGES,
    .open = sstep_open,
    .record = sstep_record,
    .watermark = sstep_watermark,
    .finish = sstep_finish,
    .unfinished = sstep_unfinished,
    .close = sstep_close,
};

int
main(int argc, char **argv)
{
    struct sstep self = {0};

    return tp_transform_main(&sstep, &self, argc, argv);
}
