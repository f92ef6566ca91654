/*
 * sstep: running values: functions over the records of a key, in the order of event time.
 *
 * Input: records in any order. They are held until the watermark has passed them, and then stepped
 * through by (time, arrival); without watermarks the input is one bounded set, sorted at its end.
 * With --arrival each is stepped through as it comes, and needs no time.
 * State (event/stepping): the records held (with lead as much longer as it looks ahead); for each
 * key what its functions keep (a frame: its values), until --ttl of event time after the key was
 * last seen.
 * A record before the watermark is late. One whose arguments a function does not take is rejected.
 * Output: each record, its bytes untouched, with the values as its last members; behind them the
 * watermark that released them, less what lead looks ahead.
 */
#include <stdlib.h>

#include "event/stepping.h"
#include "filter/operator.h"
#include "query/step.h"
#include "record/emit.h"
#include "record/wrap.h"

struct sstep {
    const char *key_text, *list_text;
    bool arrival;
    tp_duration ttl;
    uint64_t max_memory;

    struct tp_stage *stage;
    struct tp_keys keys;
    struct tp_steps *steps;
    struct tp_expr **argument; /* of steps */
    struct tp_stepping *stepping;

    struct tp_wrap row; /* its columns */
    int *slot;          /* of members that are called like them */
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
    if (!s->argument)
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

/* A record was stepped; its values stand in s->row. */
static int
write_stepped(void *self, const struct tp_stepped *stepped, struct tp_err *err)
{
    struct sstep *s = self;
    struct tp_buf *to;

    if (stepped->spoiled)
        tp_stage_spoiled(s->stage, stepped->spoiled);
    to = tp_stage_row(s->stage, err);
    if (!to)
        return -1;
    if (tp_wrap_write(&s->row, stepped->line, stepped->members, to, err) < 0 ||
        tp_stage_row_end(s->stage, err) < 0)
        return -1;
    if (!s->arrival)
        tp_stage_release(s->stage, 1);
    return 0;
}

static int
open_stepping(struct sstep *s, struct tp_err *err)
{
    const struct tp_stepping_rule rule = {.keys = &s->keys,
                                          .steps = s->steps,
                                          .argument = s->argument,
                                          .forget = s->ttl,
                                          .counts = s->max_memory > 0};

    s->stepping =
        tp_stepping_new(&rule, (struct tp_stepping_out){&s->row.behind, write_stepped, s});
    return s->stepping ? 0 : tp_err_memory(err);
}

static int
sstep_open(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sstep *s = self;
    struct tp_str text;
    struct tp_err why;

    s->stage = stage;
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
    return open_stepping(s, err);
}

/* --- records -----------------------------------------------------------------------------------*/

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

static int
check_memory(const struct sstep *s, struct tp_err *err)
{
    if (s->max_memory == 0 || tp_stepping_size(s->stepping) <= s->max_memory)
        return 0;
    return tp_err_set(err, TP_FAULT_MACHINE, "more than --max-memory: records held: %zu, keys: %zu",
                      tp_stepping_held(s->stepping), tp_stepping_keys(s->stepping));
}

static int
take(struct sstep *s, const struct tp_record *r, struct tp_err *err)
{
    struct tp_stepping_record record = {.time = s->arrival ? 0 : r->time, .slot = r->slot};

    if (check_memory(s, err) < 0)
        return -1;
    record.line = line_to_hold(s, r, &record.members);
    return tp_stepping_add(s->stepping, &record, err);
}

static enum tp_verdict
sstep_record(void *self, struct tp_stage *stage, const struct tp_record *r)
{
    struct sstep *s = self;
    tp_time all = TP_TIME_AFTER_ALL;
    struct tp_err err;

    err.at = -1;
    if (!s->arrival && r->time < r->watermark)
        return tp_stage_late(stage, TP_TIME_BEFORE_ALL, r->time);
    if (take(s, r, &err) < 0)
        return tp_stage_fail(stage, &err);
    if (!s->arrival)
        return TP_HELD;
    if (tp_stepping_advance(s->stepping, &all, &err) < 0)
        return tp_stage_fail(stage, &err);
    return TP_USED;
}

static int
sstep_watermark(void *self, struct tp_stage *stage, tp_time *watermark, struct tp_err *err)
{
    struct sstep *s = self;

    (void)stage;
    return tp_stepping_advance(s->stepping, watermark, err);
}

static int
sstep_finish(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sstep *s = self;
    tp_time all = TP_TIME_AFTER_ALL;

    (void)stage;
    return tp_stepping_advance(s->stepping, &all, err);
}

static size_t
sstep_unfinished(void *self, const char **what)
{
    const struct sstep *s = self;

    *what = "held record";
    return tp_stepping_held(s->stepping);
}

/* --- state -------------------------------------------------------------------------------------*/

static int
sstep_save(void *self, struct tp_stage *stage, struct tp_save *save, struct tp_err *err)
{
    struct sstep *s = self;

    (void)stage;
    return tp_stepping_save(s->stepping, save, err);
}

static int
sstep_load(void *self, struct tp_stage *stage, struct tp_str line, struct tp_err *err)
{
    struct sstep *s = self;

    (void)stage;
    return tp_stepping_load(s->stepping, line, err);
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

    tp_stepping_free(s->stepping);
    for (size_t i = 0; s->argument && i < tp_steps_arguments(s->steps); i++)
        tp_expr_free(s->argument[i]);
    free(s->argument);
    tp_steps_free(s->steps);
    tp_keys_release(&s->keys);
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
    .traits = TP_TIMED | TP_DELAYS | TP_LATENESS | TP_STATEFUL | TP_SAVES_APART | TP_NO_CHANGES,
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
