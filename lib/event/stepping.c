#include "event/stepping.h"

#include <stdlib.h>
#include <string.h>

#include "event/expiring.h"
#include "event/turns.h"
#include "record/emit.h"
#include "record/key.h"

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

struct tp_stepping {
    struct tp_stepping_rule rule;
    struct tp_stepping_out out;

    struct tp_turns *turns; /* of struct held */
    tp_duration ahead;      /* how far lead looks */

    struct tp_expiring *states;
    struct beside beside;
    size_t bytes; /* that they hold beside; with rule.counts */

    struct tp_value *value;  /* of the record at hand, */
    struct tp_buf key, text; /* and the bytes of those that are TP_JSON */
};

static void
clear_state(const void *context, void *state)
{
    const struct beside *beside = context;

    if (beside->bytes)
        *beside->bytes -= tp_steps_held(beside->steps, state);
    tp_steps_clear(beside->steps, state);
}

struct tp_stepping *
tp_stepping_new(const struct tp_stepping_rule *rule, struct tp_stepping_out out)
{
    struct tp_stepping *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->rule = *rule;
    s->out = out;
    s->ahead = tp_steps_ahead(rule->steps);
    s->turns = tp_turns_new(s->ahead > 0);
    s->beside = (struct beside){rule->steps, rule->counts ? &s->bytes : NULL};
    s->states = tp_expiring_new(tp_steps_size(rule->steps), rule->forget, clear_state, &s->beside);
    s->value = calloc(tp_steps_arguments(rule->steps) + 1, sizeof *s->value);
    if (s->turns && s->states && s->value)
        return s;
    tp_stepping_free(s);
    return NULL;
}

void
tp_stepping_free(struct tp_stepping *s)
{
    if (!s)
        return;
    tp_turns_free(s->turns);
    tp_expiring_free(s->states);
    free(s->value);
    tp_buf_release(&s->key);
    tp_buf_release(&s->text);
    free(s);
}

/* --- records in
 * ---------------------------------------------------------------------------------*/

/* Reads key and arguments of the record in SLOT into s->key, s->value, s->text. */
static int
read_record(struct tp_stepping *s, const struct tp_slot *slot, struct tp_err *err)
{
    const struct tp_steps *steps = s->rule.steps;

    tp_buf_clear(&s->key);
    tp_buf_clear(&s->text);
    if (tp_keys_make(s->rule.keys, slot, &s->key, err) < 0)
        return -1;
    for (size_t i = 0; i < tp_steps_arguments(steps); i++)
        if (tp_steps_read(steps, i, s->rule.argument[i], slot, &s->text, &s->value[i], err) < 0)
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

/* A copy of all that a record needs when its turn comes: LINE, and what read_record left. */
static struct held *
make_held(const struct tp_stepping *s, struct tp_str line, size_t members, tp_time time)
{
    size_t count = tp_steps_arguments(s->rule.steps);
    size_t size =
        sizeof(struct held) + count * sizeof *s->value + line.len + s->key.len + s->text.len;
    struct held *held = malloc(size);
    char *to, *bytes;

    if (!held)
        return NULL;
    to = (char *)&held->value[count];
    held->members = members;
    held->line = append(&to, line);
    held->turn = (struct tp_turn){.time = time, .size = size};
    held->turn.key = append(&to, tp_buf_str(&s->key));
    bytes = to;
    append(&to, tp_buf_str(&s->text));
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
hold(struct tp_stepping *s, struct tp_str line, size_t members, tp_time time, struct tp_err *err)
{
    struct held *held = line.ptr ? make_held(s, line, members, time) : NULL;

    return held ? tp_turns_add(s->turns, &held->turn, err) : tp_err_memory(err);
}

int
tp_stepping_add(struct tp_stepping *s, const struct tp_stepping_record *r, struct tp_err *err)
{
    if (read_record(s, r->slot, err) < 0)
        return -1;
    return hold(s, r->line, r->members, r->time, err);
}

/* --- stepping ----------------------------------------------------------------------------------*/

/* What lead looks at: a record and those of its key behind it, in one life of the key. */
struct view {
    const struct held *held;
    tp_duration forget;
};

static bool
look_ahead(const void *context, int64_t nth, struct tp_steps_row *row)
{
    const struct view *view = context;
    const struct held *held = view->held;

    for (; nth > 0; nth--) {
        const struct tp_turn *now = &held->turn, *next = now->next;

        if (!next || (view->forget > 0 && (__int128)next->time - now->time > view->forget))
            return false;
        held = (const struct held *)next;
    }
    *row = (struct tp_steps_row){held->value, held->turn.time};
    return true;
}

static int
step(struct tp_stepping *s, const struct held *held, void *state, struct tp_err *err)
{
    struct view view = {held, s->rule.forget};
    struct tp_stepped stepped = {.line = held->line, .members = held->members};
    struct tp_err why;
    int result;

    tp_buf_clear(s->out.columns);
    result =
        tp_steps_step(s->rule.steps, state, (struct tp_steps_row){held->value, held->turn.time},
                      (struct tp_steps_view){look_ahead, &view}, s->out.columns, &why);
    if (result < 0) {
        *err = why;
        return -1;
    }
    if (result > 0)
        stepped.spoiled = &why;
    return s->out.take(s->out.context, &stepped, err);
}

/* The key of HELD is seen; HELD enters, or else is stepped. */
static int
take_turn(struct tp_stepping *s, const struct held *held, bool enters, struct tp_err *err)
{
    void *state = tp_expiring_touch(s->states, held->turn.key, held->turn.time);
    int result;

    if (!state)
        return tp_err_memory(err);
    if (s->rule.counts)
        s->bytes -= tp_steps_held(s->rule.steps, state);
    result = enters ? tp_steps_enter(s->rule.steps, state, held->value, held->turn.time, err)
                    : step(s, held, state, err);
    if (s->rule.counts)
        s->bytes += tp_steps_held(s->rule.steps, state);
    return result;
}

/* All peers enter their frames before the first of them is stepped: see query/step.h. */
static int
step_peers(struct tp_stepping *s, struct tp_turn *first, struct tp_err *err)
{
    tp_time time = first->time;

    tp_expiring_forget(s->states, time);
    for (struct tp_turn *turn = first; turn && turn->time == time; turn = turn->behind)
        if (take_turn(s, (struct held *)turn, true, err) < 0)
            return -1;
    for (struct tp_turn *turn = first; turn && turn->time == time; turn = turn->behind)
        if (take_turn(s, (struct held *)turn, false, err) < 0)
            return -1;
    return 0;
}

int
tp_stepping_advance(struct tp_stepping *s, tp_time *watermark, struct tp_err *err)
{
    struct tp_turn *first;

    if (tp_turns_order(s->turns, *watermark, err) < 0)
        return -1;
    if (*watermark != TP_TIME_AFTER_ALL && !tp_time_subtract(*watermark, s->ahead, watermark))
        *watermark = TP_TIME_BEFORE_ALL;
    while ((first = tp_turns_first(s->turns, *watermark))) {
        if (step_peers(s, first, err) < 0)
            return -1;
        tp_turns_leave(s->turns);
    }
    tp_expiring_forget(s->states, *watermark);
    return 0;
}

/* --- state -------------------------------------------------------------------------------------*/

static int
save_key(const struct tp_stepping *s, const void *state, struct tp_save *save, struct tp_err *err)
{
    struct tp_emit line = tp_emit_open(tp_save_line(save));

    tp_emit_name(&line, TP_STR("key"));
    tp_key_save(line.to, tp_expiring_key(s->states, state), s->rule.keys->count);
    tp_emit_int(&line, TP_STR("seen"), tp_expiring_time(state));
    tp_emit_name(&line, TP_STR("state"));
    tp_steps_save(s->rule.steps, state, line.to);
    tp_emit_close(&line);
    return tp_save_line_end(save, err);
}

struct saving {
    const struct tp_stepping *stepping;
    struct tp_save *save;
};

static int
save_held(void *context, const struct tp_turn *turn, struct tp_err *err)
{
    const struct saving *saving = context;
    const struct tp_stepping *s = saving->stepping;
    const struct held *held = (const struct held *)turn;
    struct tp_emit line = tp_emit_open(tp_save_line(saving->save));

    tp_emit_int(&line, TP_STR("time"), turn->time);
    tp_emit_name(&line, TP_STR("key"));
    tp_key_save(line.to, turn->key, s->rule.keys->count);
    tp_emit_name(&line, TP_STR("values"));
    tp_steps_save_values(s->rule.steps, held->value, line.to);
    tp_emit_int(&line, TP_STR("members"), (int64_t)held->members);
    tp_emit_text(&line, TP_STR("line"), held->line);
    tp_emit_close(&line);
    return tp_save_line_end(saving->save, err);
}

int
tp_stepping_save(struct tp_stepping *s, struct tp_save *save, struct tp_err *err)
{
    struct saving saving = {s, save};

    for (void *state = tp_expiring_first(s->states); state; state = tp_expiring_next(state))
        if (save_key(s, state, save, err) < 0)
            return -1;
    return tp_turns_walk(s->turns, save_held, &saving, err);
}

static int
load_key(struct tp_stepping *s, struct tp_str line, struct tp_err *err)
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
        tp_key_load(&s->key, key, s->rule.keys->count, err) < 0)
        return -1;
    state = tp_expiring_touch(s->states, tp_buf_str(&s->key), seen);
    if (!state)
        return tp_err_memory(err);
    if (tp_steps_load(s->rule.steps, state, saved, err) < 0)
        return -1;
    if (s->rule.counts)
        s->bytes += tp_steps_held(s->rule.steps, state);
    return 0;
}

/* LINE, with the record's own in BYTES. */
static int
load_held(struct tp_stepping *s, struct tp_str line, struct tp_buf *bytes, struct tp_err *err)
{
    struct tp_str key, values;
    uint64_t members;
    tp_time time;
    const struct tp_saved fields[] = {
        {"time", TP_SAVED_INT, &time, false},         {"key", TP_SAVED_JSON, &key, false},
        {"values", TP_SAVED_JSON, &values, false},    {"line", TP_SAVED_TEXT, bytes, false},
        {"members", TP_SAVED_COUNT, &members, false},
    };

    tp_buf_clear(&s->key);
    tp_buf_clear(&s->text);
    if (tp_saved_read(line, fields, sizeof fields / sizeof *fields, err) < 0 ||
        tp_key_load(&s->key, key, s->rule.keys->count, err) < 0 ||
        tp_steps_load_values(s->rule.steps, values, &s->text, s->value, err) < 0)
        return -1;
    return hold(s, tp_buf_str(bytes), members, time, err);
}

int
tp_stepping_load(struct tp_stepping *s, struct tp_str line, struct tp_err *err)
{
    struct tp_buf bytes = TP_BUF_INIT;
    int result;

    if (tp_saved_is(line, "key"))
        return load_key(s, line, err);
    result = load_held(s, line, &bytes, err);
    tp_buf_release(&bytes);
    return result;
}

size_t
tp_stepping_held(const struct tp_stepping *s)
{
    return tp_turns_count(s->turns);
}

size_t
tp_stepping_keys(const struct tp_stepping *s)
{
    return tp_expiring_count(s->states);
}

size_t
tp_stepping_size(const struct tp_stepping *s)
{
    return tp_turns_size(s->turns) + tp_expiring_size(s->states) + s->bytes;
}
