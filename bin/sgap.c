/*
 * sgap: says which keys (sensors, hosts) have fallen silent, and when they are back; or fills the
 * holes in what they say (--fill).
 *
 * Input: records in any order. A gap begins and ends when the watermark (of the input, or -d) has
 * passed the instant; with neither the input is one bounded set and gaps are told at its end. With
 * --live the time spent waiting for input goes on where the watermark stands, so that silence is
 * told when nothing comes at all: a clock, and the only one here.
 * State: for each key when it was last seen, and what lies ahead of the watermark (event/silence);
 * with --fill its last record, and the records that the watermark has not passed (event/filling); a
 * key until --ttl; --max-memory bounds it. A record before the watermark is late.
 * Output: a row when a gap begins and one when it ends, in the order of their instants; behind them
 * the watermark that proved them. With --fill the records in the order of time, byte for byte, and
 * those that are made, at most so far behind as the forwarded watermark is held back.
 */
#include "event/filling.h"
#include "event/silence.h"
#include "filter/operator.h"
#include "record/emit.h"

struct sgap {
    const char *key_text, *how_text;
    tp_duration after, step, ttl;
    bool live;
    uint64_t max_memory;

    struct tp_keys keys;
    struct tp_stage *stage;
    struct tp_silence *silence; /* without --fill */
    struct tp_filling *filling; /* with it */
    enum tp_fill how;

    tp_time largest;      /* of the records so far */
    tp_time watermark;    /* when it came ... */
    tp_duration anchored; /* ... in time waited (tp_stage_waited) */
    struct tp_buf key;    /* of the record at hand; without --fill */
};

#define FIELD(name) offsetof(struct sgap, name)

static const struct tp_option options[] = {
    {'k', "key", "KEYS", "what may fall silent: host, user.id AS user", TP_OPTION_TEXT,
     FIELD(key_text)},
    {0, "after", "DUR", "how long a key may be quiet: a gap is longer", TP_OPTION_DURATION,
     FIELD(after)},
    {0, "fill", "STEP", "the records, and those missing at this step", TP_OPTION_DURATION,
     FIELD(step)},
    {0, "fill-with", "HOW", "previous (the default), linear or null", TP_OPTION_TEXT,
     FIELD(how_text)},
    {0, "live", NULL, "time goes on while no input comes", TP_OPTION_FLAG, FIELD(live)},
    {0, "ttl", "DUR", "forget a key that is silent for longer (event time)", TP_OPTION_DURATION,
     FIELD(ttl)},
    {0, "max-memory", "SIZE", "stop when the keys take more (no limit)", TP_OPTION_SIZE,
     FIELD(max_memory)},
    {0},
};

/* --- opening -----------------------------------------------------------------------------------*/

static int
check_names(const struct sgap *s, struct tp_err *err)
{
    static const struct tp_str ours[] = {
        {"@timestamp", 10}, {"gap", 3}, {"gap_start", 9}, {"gap_end", 7}, {"gap_ms", 6}};

    for (size_t k = 0; k < s->keys.count; k++)
        for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
            if (tp_str_equal(tp_keys_name(&s->keys, k), ours[i]))
                return tp_err_set(err, TP_FAULT_USAGE,
                                  "-k: \"%s\" is a member of the rows: use another name behind AS",
                                  ours[i].ptr);
    return 0;
}

static int
check_options(const struct sgap *s, struct tp_err *err)
{
    if (!s->step && s->how_text)
        return tp_err_set(err, TP_FAULT_USAGE, "--fill-with goes with --fill");
    if (s->after == 0)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--after is missing: how long may a key be quiet? --after 1m, say");
    if (s->ttl > 0 && s->ttl < s->after)
        return tp_err_set(err, TP_FAULT_USAGE, "--ttl is shorter than --after: no gap would last");
    return 0;
}

static int
read_how(struct sgap *s, struct tp_err *err)
{
    static const char *const names[] = {"previous", "null", "linear"}; /* as enum tp_fill */

    s->how = TP_FILL_PREVIOUS;
    for (size_t i = 0; s->how_text && i < sizeof names / sizeof *names; i++) {
        if (strcmp(s->how_text, names[i]) != 0)
            continue;
        s->how = (enum tp_fill)i;
        return 0;
    }
    if (!s->how_text)
        return 0;
    return tp_err_set(err, TP_FAULT_USAGE, "--fill-with: \"%s\" is none of previous, linear, null",
                      s->how_text);
}

/* What is filled is written as the record before it: its time and keys must be found there. */
static int
check_fill(const struct sgap *s, struct tp_stage *stage, struct tp_err *err)
{
    size_t slot;

    if (s->live)
        return tp_err_set(err, TP_FAULT_USAGE, "--live tells of gaps: not with --fill");
    if (tp_stage_time_is_reread(stage))
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--fill writes times: let swatermark read them (--time-format, --tz), "
                          "and fill behind it");
    for (size_t i = 0; s->how == TP_FILL_NULL && i < s->keys.count; i++)
        if (!tp_expr_path(s->keys.select->item[i].expr, &slot))
            return tp_err_set(err, TP_FAULT_USAGE,
                              "--fill-with null: only members can be kept, and -k %.*s is none",
                              (int)tp_keys_name(&s->keys, i).len, tp_keys_name(&s->keys, i).ptr);
    return 0;
}

static struct tp_buf *
lend_row(void *self, struct tp_err *err)
{
    const struct sgap *s = self;

    return tp_stage_row(s->stage, err);
}

static int
end_row(void *self, bool was_held, struct tp_err *err)
{
    const struct sgap *s = self;

    if (was_held)
        tp_stage_release(s->stage, 1);
    return tp_stage_row_end(s->stage, err);
}

static int
open_fill(struct sgap *s, struct tp_stage *stage, struct tp_err *err)
{
    const struct tp_filling_rule rule = {
        .after = s->after, .step = s->step, .forget = s->ttl, .how = s->how, .keys = &s->keys};

    if (check_fill(s, stage, err) < 0)
        return -1;
    s->filling = tp_filling_new(&rule, (struct tp_filling_rows){lend_row, end_row, s});
    return s->filling ? 0 : tp_err_memory(err);
}

static int
sgap_open(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sgap *s = self;

    s->stage = stage;
    if (s->after == 0 || s->step == 0)
        return tp_err_set(err, TP_FAULT_USAGE, "--after and --fill want more than 0");
    if (s->step < 0)
        s->step = 0;
    if (s->after < 0)
        s->after = s->step;
    if (check_options(s, err) < 0 || read_how(s, err) < 0 ||
        tp_stage_want_keys(stage, "-k", s->key_text, &s->keys, err) < 0)
        return -1;
    if (s->step)
        return open_fill(s, stage, err);
    if (check_names(s, err) < 0)
        return -1;
    s->silence = tp_silence_new(s->after, s->ttl);
    return s->silence ? 0 : tp_err_memory(err);
}

/* --- gaps --------------------------------------------------------------------------------------*/

static int
write_gap(void *self, const struct tp_gap *gap, struct tp_err *err)
{
    struct sgap *s = self;
    struct tp_buf *to = tp_stage_row(s->stage, err);
    struct tp_emit row;

    if (!to)
        return -1;
    row = tp_emit_open(to);
    tp_emit_time(&row, TP_STR("@timestamp"), gap->has_ended ? gap->end : gap->told);
    tp_keys_write(&s->keys, to, gap->key);
    tp_emit_text(&row, TP_STR("gap"), gap->has_ended ? TP_STR("end") : TP_STR("begin"));
    tp_emit_time(&row, TP_STR("gap_start"), gap->start);
    if (gap->has_ended) {
        __int128 ns = (__int128)gap->end - gap->start;

        tp_emit_time(&row, TP_STR("gap_end"), gap->end);
        tp_emit_int(&row, TP_STR("gap_ms"), (int64_t)(ns / TP_MILLISECOND));
    }
    tp_emit_close(&row);
    if (tp_buf_failed(to))
        return tp_err_memory(err);
    return tp_stage_row_end(s->stage, err);
}

/* --- records -----------------------------------------------------------------------------------*/

static int
check_memory(const struct sgap *s, struct tp_err *err)
{
    size_t size = s->step ? tp_filling_size(s->filling) : tp_silence_size(s->silence);
    size_t keys = s->step ? tp_filling_keys(s->filling) : tp_silence_count(s->silence);

    if (size <= s->max_memory)
        return 0;
    return tp_err_set(err, TP_FAULT_MACHINE,
                      "more than --max-memory: %zu keys and %zu held records; --ttl forgets keys",
                      keys, s->step ? tp_filling_held(s->filling) : 0);
}

static int
take(struct sgap *s, struct tp_stage *stage, const struct tp_record *r, struct tp_err *err)
{
    if (s->step) {
        const struct tp_filling_record record = {r->time, r->line, r->slot,
                                                 &r->slot[tp_stage_time_slot(stage)]};

        return tp_filling_add(s->filling, &record, err);
    }
    tp_buf_clear(&s->key);
    if (tp_keys_make(&s->keys, r->slot, &s->key, err) < 0)
        return -1;
    return tp_silence_see(s->silence, tp_buf_str(&s->key), r->time, err);
}

static enum tp_verdict
sgap_record(void *self, struct tp_stage *stage, const struct tp_record *r)
{
    struct sgap *s = self;
    struct tp_err err;

    if (r->time < r->watermark)
        return tp_stage_late(stage, TP_TIME_BEFORE_ALL, r->time);
    if (take(s, stage, r, &err) < 0 || (s->max_memory > 0 && check_memory(s, &err) < 0))
        return tp_stage_fail(stage, &err);
    if (r->time > s->largest)
        s->largest = r->time;
    return s->step ? TP_HELD : TP_USED;
}

/* --- time --------------------------------------------------------------------------------------*/

/* What is filled later on lies at most the lag behind: what is forwarded stays before it. */
static int
fill_watermark(struct sgap *s, tp_time *watermark, struct tp_err *err)
{
    if (s->how == TP_FILL_LINEAR && s->ttl == 0)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--fill-with linear waits for the end of a hole: --ttl says how long");
    if (tp_filling_advance(s->filling, *watermark, *watermark, err) < 0)
        return -1;
    if (!tp_time_subtract(*watermark, tp_filling_lag(s->filling), watermark))
        *watermark = TP_TIME_BEFORE_ALL;
    return 0;
}

static int
sgap_watermark(void *self, struct tp_stage *stage, tp_time *watermark, struct tp_err *err)
{
    struct sgap *s = self;

    s->watermark = *watermark;
    s->anchored = tp_stage_waited(stage);
    if (s->step)
        return fill_watermark(s, watermark, err);
    return tp_silence_advance(s->silence, *watermark, *watermark, write_gap, s, err);
}

/* --live: how far time has come while nothing could be read. */
static tp_time
live_time(const struct sgap *s)
{
    tp_time now;

    if (s->watermark == TP_TIME_BEFORE_ALL ||
        !tp_time_add(s->watermark, tp_stage_waited(s->stage) - s->anchored, &now))
        return TP_TIME_BEFORE_ALL;
    return now;
}

/* Asks to be woken when time has passed the next instant at which a gap may begin. */
static void
wake_for_next(struct sgap *s)
{
    tp_time next = tp_silence_next(s->silence), now = live_time(s);

    if (now == TP_TIME_BEFORE_ALL || next == TP_TIME_AFTER_ALL)
        return;
    tp_stage_wake_after(s->stage, next >= now ? next - now + 1 : 1);
}

static int
sgap_quiet(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sgap *s = self;

    (void)stage;
    (void)err;
    if (s->live)
        wake_for_next(s);
    return 0;
}

static int
sgap_tick(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sgap *s = self;
    tp_time now = live_time(s);

    (void)stage;
    return tp_silence_advance(s->silence, now, now, write_gap, s, err);
}

/* Nobody knows what comes behind the last record: up to there a gap has begun, and is filled. */
static int
sgap_finish(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sgap *s = self;
    tp_time seen_to = s->watermark > s->largest ? s->watermark : s->largest;

    (void)stage;
    if (s->step)
        return tp_filling_advance(s->filling, TP_TIME_AFTER_ALL,
                                  seen_to < TP_TIME_MAX ? seen_to + 1 : seen_to, err);
    return tp_silence_advance(s->silence, TP_TIME_AFTER_ALL, seen_to, write_gap, s, err);
}

static size_t
sgap_unfinished(void *self, const char **what)
{
    const struct sgap *s = self;

    *what = s->step ? "held record" : "watched key";
    return s->step ? tp_filling_held(s->filling) : tp_silence_count(s->silence);
}

/* --- state -------------------------------------------------------------------------------------*/

static int
sgap_save(void *self, struct tp_stage *stage, struct tp_save *save, struct tp_err *err)
{
    struct sgap *s = self;
    struct tp_emit line = tp_emit_open(tp_save_line(save));

    (void)stage;
    tp_emit_int(&line, TP_STR("watermark"), s->watermark);
    tp_emit_int(&line, TP_STR("largest"), s->largest);
    tp_emit_close(&line);
    if (tp_save_line_end(save, err) < 0)
        return -1;
    return s->step ? tp_filling_save(s->filling, save, err)
                   : tp_silence_save(s->silence, s->keys.count, save, err);
}

/* Silence is counted on from here: waiting is this run's. */
static int
sgap_load(void *self, struct tp_stage *stage, struct tp_str line, struct tp_err *err)
{
    struct sgap *s = self;
    const struct tp_saved fields[] = {
        {"watermark", TP_SAVED_INT, &s->watermark, false},
        {"largest", TP_SAVED_INT, &s->largest, false},
    };

    s->anchored = tp_stage_waited(stage);
    if (tp_saved_is(line, "watermark"))
        return tp_saved_read(line, fields, 2, err);
    return s->step ? tp_filling_load(s->filling, line, err)
                   : tp_silence_load(s->silence, s->keys.count, line, err);
}

static void
put_duration(struct tp_emit *to, struct tp_str name, tp_duration duration)
{
    char text[TP_TIME_TEXT];

    tp_emit_text(to, name, (struct tp_str){text, tp_duration_write(text, duration)});
}

static void
sgap_identity(void *self, struct tp_stage *stage, struct tp_emit *to)
{
    const struct sgap *s = self;

    (void)stage;
    if (s->key_text)
        tp_emit_text(to, TP_STR("key"), tp_str_of(s->key_text));
    put_duration(to, TP_STR("after"), s->after);
    if (s->step) {
        put_duration(to, TP_STR("fill"), s->step);
        tp_emit_text(to, TP_STR("fill-with"), tp_str_of(s->how_text ? s->how_text : "previous"));
    }
    if (s->ttl)
        put_duration(to, TP_STR("ttl"), s->ttl);
}

static void
sgap_close(void *self)
{
    struct sgap *s = self;

    tp_silence_free(s->silence);
    tp_filling_free(s->filling);
    tp_keys_release(&s->keys);
    tp_buf_release(&s->key);
}

static const struct tp_operator sgap = {
    .name = "sgap",
    .purpose = "says which keys have fallen silent, or fills holes",
    .synopsis = "[-k KEYS] --after DUR [-d DUR] [--live] [--ttl DUR] [FILE ...]\n"
                "[-k KEYS] [--after DUR] --fill STEP [--fill-with HOW] [-d DUR] [--ttl DUR] "
                "[FILE ...]",
    .example = "  tail -F readings.ndjson | sgap -d 5s -k sensor --after 1m --live\n"
               "  swindow -w 1m -k host -a 'avg(load)' load.ndjson | sgap -k host --fill 1m",
    .options = options,
    .traits = TP_TIMED | TP_DELAYS | TP_LATENESS | TP_STATEFUL | TP_SAVES_APART | TP_NO_CHANGES,
    .open = sgap_open,
    .record = sgap_record,
    .watermark = sgap_watermark,
    .tick = sgap_tick,
    .quiet = sgap_quiet,
    .finish = sgap_finish,
    .unfinished = sgap_unfinished,
    .save = sgap_save,
    .load = sgap_load,
    .identity = sgap_identity,
    .close = sgap_close,
};

int
main(int argc, char **argv)
{
    struct sgap self = {.largest = TP_TIME_BEFORE_ALL, .watermark = TP_TIME_BEFORE_ALL};

    self.after = self.step = -1; /* not given */
    return tp_transform_main(&sgap, &self, argc, argv);
}
