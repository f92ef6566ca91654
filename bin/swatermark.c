/*
 * swatermark: gives a stream event time: watermarks between its records.
 *
 * Input: records in any order, without watermarks. The watermark is the largest event time so far
 * less -d, so it depends on the records alone; with --per it is the minimum over the partitions
 * (sensors, hosts). --idle is a clock: a partition that is silent for so long is not waited for.
 * --arrival is one, too: the time of a record is then that at which it was read.
 * State: one time per partition. Records without a usable time are rejected; late ones pass (the
 * stage that needs them in time judges them).
 * Output: the lines in the order of arrival, `@timestamp` put first where another member is the
 * time; each watermark behind the record that made it grow.
 */
#include <stdlib.h>
#include <string.h>

#include "event/partitions.h"
#include "filter/operator.h"
#include "record/emit.h"
#include "record/key.h"
#include "swatermark/disorder.h"
#include "swatermark/stamp.h"
#include "value/num.h"

struct swatermark {
    const char *per, *expected;
    tp_duration idle; /* 0: never */
    bool measure, arrival;

    struct tp_keys keys;
    struct tp_partitions **input;
    int inputs;
    uint64_t late_new; /* records behind the watermark because their partition was new */
    bool armed;        /* a tick is asked for */

    bool stamps; /* writes @timestamp */
    struct stamp stamp;
    struct tp_buf key;
    tp_time arrived; /* --arrival: the last of them; it never goes back */

    struct disorder disorder; /* --measure */
};

#define FIELD(name) offsetof(struct swatermark, name)

static const struct tp_option options[] = {
    {0, "per", "FIELDS", "one watermark per sensor, host, partition: the minimum counts",
     TP_OPTION_TEXT, FIELD(per)},
    {0, "partitions", "N|LIST", "the partitions to wait for: how many, or which", TP_OPTION_TEXT,
     FIELD(expected)},
    {0, "idle", "DUR", "do not wait for a partition that is silent for so long", TP_OPTION_DURATION,
     FIELD(idle)},
    {0, "arrival", NULL, "the event time of a record is when it is read, by the clock",
     TP_OPTION_FLAG, FIELD(arrival)},
    {0, "measure", NULL, "no stream: say how disordered it is, and suggest -d", TP_OPTION_FLAG,
     FIELD(measure)},
    {0},
};

/* --- arrival -----------------------------------------------------------------------------------*/

/* When what is at hand was read; the same as before while the clock is behind that. */
static tp_time
arrival(struct swatermark *w, struct tp_stage *stage)
{
    tp_time now = tp_time_floor(tp_stage_arrival(stage), TP_MILLISECOND, 0);

    if (now > w->arrived)
        w->arrived = now;
    return w->arrived;
}

/* The clock goes on in silence, too: look at it when it proves the next watermark. */
static void
wake_with_step(const struct swatermark *w, struct tp_stage *stage)
{
    tp_duration step = tp_stage_step(stage);

    tp_stage_wake_after(stage, step - (w->arrived - tp_time_floor(w->arrived, step, 0)));
}

/* --- partitions --------------------------------------------------------------------------------*/

/* Silence is to be looked at again. */
static void
arm(struct swatermark *w, struct tp_stage *stage)
{
    if (w->idle <= 0 || w->armed)
        return;
    tp_stage_wake_after(stage, w->idle);
    w->armed = true;
}

static struct tp_partition *
partition_of(struct swatermark *w, struct tp_stage *stage, const struct tp_record *r,
             struct tp_err *err)
{
    tp_buf_clear(&w->key);
    if (w->per && tp_keys_make(&w->keys, r->slot, &w->key, err) < 0)
        return NULL;
    return tp_partitions_get(w->input[r->input], tp_buf_str(&w->key), tp_stage_waited(stage), err);
}

/* What the partitions of an input prove together. */
static void
advance(struct swatermark *w, struct tp_stage *stage, int input)
{
    tp_stage_advance(stage, input, tp_partitions_watermark(w->input[input]));
}

static void
observe(struct swatermark *w, struct tp_stage *stage, struct tp_partition *p, int input,
        tp_time time)
{
    if (w->idle > 0) {
        p->active = tp_stage_waited(stage);
        arm(w, stage);
    }
    if (tp_partitions_observe(w->input[input], p, time))
        advance(w, stage, input);
}

/* Was the record behind only because nobody knew of its partition? */
static void
count_late_new(struct swatermark *w, struct tp_partition *p, const struct tp_record *r)
{
    if (!p->behind)
        return;
    if (r->time < r->input_watermark)
        w->late_new++;
    if (p->bounded.watermark >= r->input_watermark)
        p->behind = false;
}

/* --- opening -----------------------------------------------------------------------------------*/

static int
open_per(struct swatermark *w, struct tp_stage *stage, struct tp_err *err)
{
    if (!w->per)
        return w->expected ? tp_err_set(err, TP_FAULT_USAGE, "--partitions goes with --per") : 0;
    return tp_stage_want_keys(stage, "--per", w->per, &w->keys, err);
}

static int
open_inputs(struct swatermark *w, struct tp_stage *stage, struct tp_err *err)
{
    tp_duration delay = tp_stage_delay(stage);

    w->inputs = tp_stage_inputs(stage);
    w->input = calloc((size_t)w->inputs, sizeof(struct tp_partitions *));
    if (!w->input)
        return tp_err_memory(err);
    for (int i = 0; i < w->inputs; i++) {
        w->input[i] = tp_partitions_new(w->per, delay < 0 ? 0 : delay, tp_stage_step(stage), err);
        if (!w->input[i])
            return -1;
    }
    if (!w->per)
        arm(w, stage);
    return 0;
}

/* A value of --partitions LIST as the key a record would have: a number where it is one, else
 * text. */
static void
key_of_word(struct tp_str word, struct tp_buf *key)
{
    struct tp_slot slot = {word.ptr, (uint32_t)word.len, TP_SLOT_TEXT};
    struct tp_value number;

    if (tp_num_parse(word, &number))
        slot.kind = number.kind == TP_INT ? TP_SLOT_INTEGER : TP_SLOT_REAL;
    tp_key_put_slot(key, &slot);
}

static int
expect_words(struct swatermark *w, struct tp_stage *stage, struct tp_err *err)
{
    const char *word = w->expected;

    if (w->keys.count != 1)
        return tp_err_set(err, TP_FAULT_USAGE, "--partitions LIST goes with one --per field");
    for (;;) {
        size_t len = strcspn(word, ",");

        if (len == 0)
            return tp_err_set(err, TP_FAULT_USAGE, "--partitions: a name is empty in \"%s\"",
                              w->expected);
        tp_buf_clear(&w->key);
        key_of_word((struct tp_str){word, len}, &w->key);
        if (tp_buf_failed(&w->key))
            return tp_err_memory(err);
        if (!tp_partitions_get(w->input[0], tp_buf_str(&w->key), 0, err))
            return -1;
        arm(w, stage);
        if (word[len] == '\0')
            return 0;
        word += len + 1;
    }
}

static int
open_expected(struct swatermark *w, struct tp_stage *stage, struct tp_err *err)
{
    int64_t count;

    if (!w->expected)
        return 0;
    if (w->inputs > 1)
        return tp_err_set(err, TP_FAULT_USAGE, "--partitions: for a single input");
    if (!tp_num_parse_int(tp_str_of(w->expected), &count))
        return expect_words(w, stage, err);
    if (count < 1)
        return tp_err_set(err, TP_FAULT_USAGE, "--partitions: at least 1");
    return tp_partitions_wait_for(w->input[0], (size_t)count, err);
}

/* The time of a record is not in it, and what is in it does not matter. */
static int
open_arrival(struct swatermark *w, struct tp_stage *stage, struct tp_err *err)
{
    if (w->stamps)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--arrival reads no event time: -t, --time-format and --tz do not go "
                          "with it");
    if (w->per || w->idle > 0 || w->measure)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--arrival: nothing is late or waited for, so --per, --idle and "
                          "--measure do not go with it");
    if (tp_stage_inputs(stage) > 1)
        return tp_err_set(err, TP_FAULT_USAGE, "--arrival: for a single input; sunion makes one");
    tp_stage_ignore_time(stage);
    tp_stage_default_delay(stage, 0);
    wake_with_step(w, stage);
    w->stamps = true;
    return 0;
}

static int
swatermark_open(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct swatermark *w = self;

    w->stamps =
        strcmp(tp_stage_time_field(stage), "@timestamp") != 0 || tp_stage_time_is_reread(stage);
    if (w->arrival && open_arrival(w, stage, err) < 0)
        return -1;
    if (tp_stage_delay(stage) < 0 && !w->measure)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "-d is missing: how late may records come? --measure tells");
    if (w->measure)
        tp_stage_write_no_control(stage);
    if (w->stamps && stamp_open(&w->stamp, stage, err) < 0)
        return -1;
    if (open_per(w, stage, err) < 0 || open_inputs(w, stage, err) < 0)
        return -1;
    return open_expected(w, stage, err);
}

/* --- records -----------------------------------------------------------------------------------*/

static enum tp_verdict
swatermark_record(void *self, struct tp_stage *stage, const struct tp_record *r)
{
    struct swatermark *w = self;
    struct tp_err err;
    struct tp_partition *p = partition_of(w, stage, r, &err);
    tp_time time = w->arrival ? arrival(w, stage) : r->time;

    if (!p)
        return tp_stage_fail(stage, &err);
    if (w->measure) {
        disorder_add(&w->disorder, p->bounded.largest, r->time);
        tp_bounded_observe(&p->bounded, r->time);
        return TP_USED;
    }
    if (w->stamps && stamp_write(&w->stamp, stage, r, time, &err) < 0)
        return tp_stage_fail(stage, &err);
    observe(w, stage, p, r->input, time);
    if (w->per)
        count_late_new(w, p, r);
    return w->stamps ? TP_USED : TP_PASS;
}

/* --- silence -----------------------------------------------------------------------------------*/

/* --arrival: whatever comes now is read at this time or later. */
static int
tick_arrival(struct swatermark *w, struct tp_stage *stage, struct tp_err *err)
{
    struct tp_partition *p = tp_partitions_get(w->input[0], TP_STR(""), 0, err);

    if (!p)
        return -1;
    if (tp_partitions_ended(w->input[0]))
        return 0;
    observe(w, stage, p, 0, arrival(w, stage));
    wake_with_step(w, stage);
    return 0;
}

static int
swatermark_tick(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct swatermark *w = self;
    tp_duration now = tp_stage_waited(stage), next = 0;

    if (w->arrival)
        return tick_arrival(w, stage, err);
    for (int i = 0; i < w->inputs; i++) {
        tp_duration left;

        if (tp_partitions_ended(w->input[i]))
            continue;
        left = tp_partitions_check(w->input[i], now, w->idle);
        if (left > 0 && (next == 0 || left < next))
            next = left;
        advance(w, stage, i);
        if (tp_partitions_all_idle(w->input[i]))
            tp_stage_idle(stage, i);
    }
    w->armed = next > 0;
    tp_stage_wake_after(stage, next);
    return 0;
}

static int
swatermark_input_end(void *self, struct tp_stage *stage, int input, struct tp_err *err)
{
    struct swatermark *w = self;

    (void)stage;
    (void)err;
    tp_partitions_end(w->input[input]);
    return 0;
}

/* --- the end -----------------------------------------------------------------------------------*/

static int
swatermark_finish(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct swatermark *w = self;

    if (w->late_new > 0)
        tp_stage_note(stage,
                      "%llu record%s came behind the watermark, of partitions that were new or had "
                      "been idle; --partitions names them beforehand",
                      (unsigned long long)w->late_new, w->late_new == 1 ? "" : "s");
    return w->measure ? disorder_write(&w->disorder, stage, err) : 0;
}

/* --- state -------------------------------------------------------------------------------------*/

static int
swatermark_save(void *self, struct tp_stage *stage, struct tp_save *save, struct tp_err *err)
{
    struct swatermark *w = self;
    struct tp_emit line = tp_emit_open(tp_save_line(save));

    (void)stage;
    tp_emit_int(&line, TP_STR("late_new"), (int64_t)w->late_new);
    tp_emit_close(&line);
    if (tp_save_line_end(save, err) < 0)
        return -1;
    for (int i = 0; i < w->inputs; i++)
        if (tp_partitions_save(w->input[i], i, w->keys.count, save, err) < 0)
            return -1;
    return 0;
}

static int
swatermark_load(void *self, struct tp_stage *stage, struct tp_str line, struct tp_err *err)
{
    struct swatermark *w = self;
    uint64_t input = 0;
    const struct tp_saved late = {"late_new", TP_SAVED_COUNT, &w->late_new, false};
    const struct tp_saved field = {"input", TP_SAVED_COUNT, &input, false};

    if (tp_saved_is(line, "late_new"))
        return tp_saved_read(line, &late, 1, err);
    if (tp_saved_read(line, &field, 1, err) < 0)
        return -1;
    if (input >= (uint64_t)w->inputs)
        return tp_err_set(err, TP_FAULT_MACHINE, "it has other inputs");
    return tp_partitions_load(w->input[input], w->keys.count, tp_stage_waited(stage), line, err);
}

/* What was loaded may fall silent without another record; and the clock may be behind what it said
 * before. */
static int
swatermark_restored(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct swatermark *w = self;
    const struct tp_partition *p;

    arm(w, stage);
    if (!w->arrival)
        return 0;
    p = tp_partitions_get(w->input[0], TP_STR(""), 0, err);
    if (!p)
        return -1;
    w->arrived = p->bounded.largest;
    return 0;
}

/* A delay or a step that changed makes no lie: watermarks never go back. */
static void
swatermark_identity(void *self, struct tp_stage *stage, struct tp_emit *to)
{
    const struct swatermark *w = self;

    (void)stage;
    if (w->per)
        tp_emit_text(to, TP_STR("per"), tp_str_of(w->per));
    if (w->expected)
        tp_emit_text(to, TP_STR("partitions"), tp_str_of(w->expected));
    if (w->arrival)
        tp_emit_json(to, TP_STR("arrival"), TP_STR("true"));
}

static void
swatermark_close(void *self)
{
    struct swatermark *w = self;

    for (int i = 0; w->input && i < w->inputs; i++)
        tp_partitions_free(w->input[i]);
    free(w->input);
    tp_keys_release(&w->keys);
    tp_buf_release(&w->key);
    stamp_release(&w->stamp);
}

static const struct tp_operator swatermark = {
    .name = "swatermark",
    .purpose = "gives a stream event time: watermarks between its records",
    .synopsis = "-d DUR [-t FIELD] [--per FIELDS] [--idle DUR] [FILE ...]\n"
                "--arrival [--step DUR] [FILE]\n"
                "--measure [-t FIELD] [--per FIELDS] [FILE ...]",
    .example = "  swatermark -t time -d 5s access.ndjson | swindow -w 1m -a count",
    .options = options,
    .traits = TP_TIMED | TP_MAKES_TIME | TP_STATEFUL,
    .open = swatermark_open,
    .record = swatermark_record,
    .tick = swatermark_tick,
    .input_end = swatermark_input_end,
    .finish = swatermark_finish,
    .save = swatermark_save,
    .load = swatermark_load,
    .restored = swatermark_restored,
    .identity = swatermark_identity,
    .close = swatermark_close,
};

int
main(int argc, char **argv)
{
    struct swatermark self = {.arrived = TP_TIME_BEFORE_ALL};

    return tp_transform_main(&swatermark, &self, argc, argv);
}
