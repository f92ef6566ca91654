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

#include "event/expiring.h"
#include "event/turns.h"
#include "filter/operator.h"
#include "query/step.h"
#include "record/emit.h"
#include "record/key.h"
#include "record/wrap.h"

/* A record that waits for its turn; the bytes stand behind the values. */
struct held {
    struct tp_turn turn;
    struct tp_str line;
    size_t members;
    struct tp_value value[];
};

/* What states hold beside their blocks. */
struct beside {
    const struct tp_steps *steps;
    size_t *bytes; /* NULL: not counted */
};

struct sstep {
    const char *key_text, *list_text;
    bool arrival;
    tp_duration ttl;
    uint64_t max_memory;

    struct tp_keys keys;
    struct tp_steps *steps;
    struct tp_expr **argument;
    struct tp_expiring *states;
    struct beside beside;
    size_t bytes; /* that they hold beside; with --max-memory */

    struct tp_turns *turns; /* of struct held */
    tp_duration ahead;      /* how far lead looks */

    struct tp_wrap row; /* its columns */
    int *slot;          /* of members that are called like them */

    struct tp_value *value; /* of the record that just came */
    struct tp_buf key, text;
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
    {0, "max-memory", "SIZE", "stop when records held and keys take more (no limit)",
     TP_OPTION_SIZE, FIELD(max_memory)},
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
clear_state(const void *context, void *state)
{
    const struct beside *beside = context;

    if (beside->bytes)
        *beside->bytes -= tp_steps_held(beside->steps, state);
    tp_steps_clear(beside->steps, state);
}

static int
open_states(struct sstep *s, struct tp_err *err)
{
    s->ahead = tp_steps_ahead(s->steps);
    s->turns = tp_turns_new(s->ahead > 0);
    s->beside = (struct beside){s->steps, s->max_memory ? &s->bytes : NULL};
    s->states = tp_expiring_new(tp_steps_size(s->steps), s->ttl, clear_state, &s->beside);
    return s->turns && s->states ? 0 : tp_err_memory(err);
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
    return open_states(s, err);
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
        const struct tp_turn *now = &held->turn, *next = now->next;

        if (!next || (view->ttl > 0 && (__int128)next->time - now->time > view->ttl))
            return false;
        held = (const struct held *)next;
    }
    *row = (struct tp_steps_row){held->value, held->turn.time};
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
    result = tp_steps_step(s->steps, state, (struct tp_steps_row){held->value, held->turn.time},
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

/* The state of the key of HELD, which was seen. */
static void *
touch(struct sstep *s, const struct held *held, struct tp_err *err)
{
    void *state = tp_expiring_touch(s->states, held->turn.key, held->turn.time);

    if (!state)
        tp_err_memory(err);
    return state;
}

/* ENTERS, or else is stepped. */
static int
take_turn(struct sstep *s, struct tp_stage *stage, const struct held *held, bool enters,
          struct tp_err *err)
{
    void *state = touch(s, held, err);
    int result;

    if (!state)
        return -1;
    if (s->max_memory)
        s->bytes -= tp_steps_held(s->steps, state);
    result = enters ? tp_steps_enter(s->steps, state, held->value, held->turn.time, err)
                    : write_stepped(s, stage, held, state, err);
    if (s->max_memory)
        s->bytes += tp_steps_held(s->steps, state);
    return result;
}

/* All peers enter their frames before the first of them is stepped: see query/step.h. */
static int
step_peers(struct sstep *s, struct tp_stage *stage, struct tp_turn *first, struct tp_err *err)
{
    tp_time time = first->time;

    tp_expiring_forget(s->states, time);
    for (struct tp_turn *turn = first; turn && turn->time == time; turn = turn->behind)
        if (take_turn(s, stage, (struct held *)turn, true, err) < 0)
            return -1;
    for (struct tp_turn *turn = first; turn && turn->time == time; turn = turn->behind)
        if (take_turn(s, stage, (struct held *)turn, false, err) < 0)
            return -1;
    return 0;
}

/* Steps through all that lies before WATERMARK, as far as lead need not wait. *WATERMARK becomes
 * how far that is. */
static int
release(struct sstep *s, struct tp_stage *stage, tp_time *watermark, struct tp_err *err)
{
    struct tp_turn *first;

    if (tp_turns_order(s->turns, *watermark, err) < 0)
        return -1;
    if (*watermark != TP_TIME_AFTER_ALL && !tp_time_subtract(*watermark, s->ahead, watermark))
        *watermark = TP_TIME_BEFORE_ALL;
    while ((first = tp_turns_first(s->turns, *watermark))) {
        if (step_peers(s, stage, first, err) < 0)
            return -1;
        tp_stage_release(stage, tp_turns_leave(s->turns));
    }
    tp_expiring_forget(s->states, *watermark);
    return 0;
}

/* --- records -----------------------------------------------------------------------------------*/

/* Reads key and arguments of R into s->key, s->value, s->text. */
static int
read_record(struct sstep *s, const struct tp_record *r, struct tp_err *err)
{
    tp_buf_clear(&s->key);
    tp_buf_clear(&s->text);
    if (tp_keys_make(&s->keys, r->slot, &s->key, err) < 0)
        return -1;
    for (size_t i = 0; i < tp_steps_arguments(s->steps); i++)
        if (tp_steps_read(s->steps, i, s->argument[i], r->slot, &s->text, &s->value[i], err) < 0)
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

/* A copy of all that a record needs when its turn comes: LINE, and what read_record left. */
static struct held *
hold(struct sstep *s, struct tp_str line, size_t members, tp_time time)
{
    size_t count = tp_steps_arguments(s->steps);
    size_t size =
        sizeof(struct held) + count * sizeof *s->value + line.len + s->key.len + s->text.len;
    struct held *held = malloc(size);
    char *to, *bytes;

    if (!line.ptr || !held) {
        free(held);
        return NULL;
    }
    to = (char *)&held->value[count];
    held->members = members;
    held->line = append(&to, line);
    held->turn = (struct tp_turn){.time = time, .size = size};
    held->turn.key = append(&to, tp_buf_str(&s->key));
    bytes = append(&to, tp_buf_str(&s->text)).ptr ? to - s->text.len : to;
    for (size_t i = 0; i < count; i++) {
        held->value[i] = s->value[i];
        if (held->value[i].kind != TP_JSON)
            continue;
        held->value[i].text.ptr = bytes;
        bytes += held->value[i].text.len;
    }
    return held;
}

static int
check_memory(const struct sstep *s, struct tp_err *err)
{
    size_t size = tp_turns_size(s->turns) + tp_expiring_size(s->states) + s->bytes;

    if (s->max_memory == 0 || size <= s->max_memory)
        return 0;
    return tp_err_set(err, TP_FAULT_MACHINE, "more than --max-memory: records held: %zu, keys: %zu",
                      tp_turns_count(s->turns), tp_expiring_count(s->states));
}

static int
take(struct sstep *s, const struct tp_record *r, struct tp_err *err)
{
    struct held *held;
    struct tp_str line;
    size_t members;

    if (check_memory(s, err) < 0 || read_record(s, r, err) < 0)
        return -1;
    line = line_to_hold(s, r, &members);
    held = hold(s, line, members, s->arrival ? 0 : r->time);
    return held ? tp_turns_add(s->turns, &held->turn, err) : tp_err_memory(err);
}

static enum tp_verdict
sstep_record(void *self, struct tp_stage *stage, const struct tp_record *r)
{
    struct sstep *s = self;
    struct tp_err err;

    err.at = -1;
    if (!s->arrival && r->time < r->watermark)
        return tp_stage_late(stage, TP_TIME_BEFORE_ALL, r->time);
    if (take(s, r, &err) < 0)
        return tp_stage_fail(stage, &err);
    if (!s->arrival)
        return TP_HELD;
    if (tp_turns_order(s->turns, TP_TIME_AFTER_ALL, &err) < 0 ||
        step_peers(s, stage, tp_turns_first(s->turns, TP_TIME_AFTER_ALL), &err) < 0)
        return tp_stage_fail(stage, &err);
    tp_turns_leave(s->turns);
    return TP_USED;
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
    return tp_turns_count(s->turns);
}

/* --- state -------------------------------------------------------------------------------------*/

struct saving {
    const struct sstep *sstep;
    struct tp_save *save;
};

static int
save_held(void *context, const struct tp_turn *turn, struct tp_err *err)
{
    const struct saving *saving = context;
    const struct sstep *s = saving->sstep;
    const struct held *held = (const struct held *)turn;
    struct tp_emit line = tp_emit_open(tp_save_line(saving->save));

    tp_emit_int(&line, TP_STR("time"), turn->time);
    tp_emit_name(&line, TP_STR("key"));
    tp_key_save(line.to, turn->key, s->keys.count);
    tp_emit_name(&line, TP_STR("values"));
    tp_steps_save_values(s->steps, held->value, line.to);
    tp_emit_int(&line, TP_STR("members"), (int64_t)held->members);
    tp_emit_text(&line, TP_STR("line"), held->line);
    tp_emit_close(&line);
    return tp_save_line_end(saving->save, err);
}

static int
sstep_save(void *self, struct tp_stage *stage, struct tp_save *save, struct tp_err *err)
{
    struct sstep *s = self;
    struct saving saving = {s, save};

    (void)stage;
    for (void *state = tp_expiring_first(s->states); state; state = tp_expiring_next(state)) {
        struct tp_emit line = tp_emit_open(tp_save_line(save));

        tp_emit_name(&line, TP_STR("key"));
        tp_key_save(line.to, tp_expiring_key(s->states, state), s->keys.count);
        tp_emit_int(&line, TP_STR("seen"), tp_expiring_time(state));
        tp_emit_name(&line, TP_STR("state"));
        tp_steps_save(s->steps, state, line.to);
        tp_emit_close(&line);
        if (tp_save_line_end(save, err) < 0)
            return -1;
    }
    return tp_turns_walk(s->turns, save_held, &saving, err);
}

static int
load_key(struct sstep *s, struct tp_str line, struct tp_err *err)
{
    struct tp_str key, saved;
    tp_time seen;
    const struct tp_saved fields[] = {
        {"key", TP_SAVED_JSON, &key, false},
        {"seen", TP_SAVED_INT, &seen, false},
        {"state", TP_SAVED_JSON, &saved, false},
    };
    void *state;

    tp_buf_clear(&s->key);
    if (tp_saved_read(line, fields, sizeof fields / sizeof *fields, err) < 0 ||
        tp_key_load(&s->key, key, s->keys.count, err) < 0)
        return -1;
    state = tp_expiring_touch(s->states, tp_buf_str(&s->key), seen);
    if (!state)
        return tp_err_memory(err);
    if (tp_steps_load(s->steps, state, saved, err) < 0)
        return -1;
    if (s->max_memory)
        s->bytes += tp_steps_held(s->steps, state);
    return 0;
}

/* LINE, with the record's own in BYTES. */
static int
load_held(struct sstep *s, struct tp_str line, struct tp_buf *bytes, struct tp_err *err)
{
    struct tp_str key, values;
    uint64_t members;
    tp_time time;
    const struct tp_saved fields[] = {
        {"time", TP_SAVED_INT, &time, false},         {"key", TP_SAVED_JSON, &key, false},
        {"values", TP_SAVED_JSON, &values, false},    {"line", TP_SAVED_TEXT, bytes, false},
        {"members", TP_SAVED_COUNT, &members, false},
    };
    struct held *held;

    tp_buf_clear(&s->key);
    tp_buf_clear(&s->text);
    if (tp_saved_read(line, fields, sizeof fields / sizeof *fields, err) < 0 ||
        tp_key_load(&s->key, key, s->keys.count, err) < 0 ||
        tp_steps_load_values(s->steps, values, &s->text, s->value, err) < 0)
        return -1;
    held = hold(s, tp_buf_str(bytes), members, time);
    return held ? tp_turns_add(s->turns, &held->turn, err) : tp_err_memory(err);
}

static int
sstep_load(void *self, struct tp_stage *stage, struct tp_str line, struct tp_err *err)
{
    struct sstep *s = self;
    struct tp_buf bytes = TP_BUF_INIT;
    int result;

    (void)stage;
    if (tp_saved_is(line, "key"))
        return load_key(s, line, err);
    result = load_held(s, line, &bytes, err);
    tp_buf_release(&bytes);
    return result;
}

/* A --ttl that changed counts from now on. */
static void
sstep_identity(void *self, struct tp_stage *stage, struct tp_emit *to)
{
    const struct sstep *s = self;

    (void)stage;
    if (s->key_text)
        tp_emit_text(to, TP_STR("key"), tp_str_of(s->key_text));
    tp_emit_text(to, TP_STR("agg"), tp_str_of(s->list_text));
    if (s->arrival)
        tp_emit_json(to, TP_STR("arrival"), TP_STR("true"));
}

static void
sstep_close(void *self)
{
    struct sstep *s = self;

    tp_turns_free(s->turns);
    tp_expiring_free(s->states);
    for (size_t i = 0; s->argument && i < tp_steps_arguments(s->steps); i++)
        tp_expr_free(s->argument[i]);
    free(s->argument);
    free(s->value);
    tp_steps_free(s->steps);
    tp_keys_release(&s->keys);
    tp_buf_release(&s->key);
    tp_buf_release(&s->text);
    tp_wrap_release(&s->row);
    free(s->slot);
}

static const struct tp_operator sstep = {
    .name = "sstep",
    .purpose = "adds running values of each key, in the order of event time",
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
    .save = sstep_save,
    .load = sstep_load,
    .identity = sstep_identity,
    .close = sstep_close,
};

int
main(int argc, char **argv)
{
    struct sstep self = {0};

    return tp_transform_main(&sstep, &self, argc, argv);
}
