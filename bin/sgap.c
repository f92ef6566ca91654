/*
 * sgap: says which keys (sensors, hosts) have fallen silent, and when they are back.
 *
 * Input: records in any order. A gap begins and ends when the watermark (of the input, or -d) has
 * passed the instant; with neither the input is one bounded set and gaps are told at its end. With
 * --live the time spent waiting for input goes on where the watermark stands, so that silence is
 * told when nothing comes at all: a clock, and the only one here.
 * State: for each key when it was last seen, and what lies ahead of the watermark (event/silence),
 * until --ttl; --max-memory bounds it. A record before the watermark is late.
 * Output: a row when a gap begins and one when it ends, in the order of their instants; behind them
 * the watermark that proved them.
 */
#include <stdlib.h>

#include "event/silence.h"
#include "filter/operator.h"
#include "record/emit.h"

struct sgap {
    const char *key_text;
    tp_duration after, ttl;
    bool live;
    uint64_t max_memory;

    struct tp_keys keys;
    struct tp_silence *silence;
    struct tp_stage *stage;
    tp_time largest;      /* of the records so far */
    tp_time watermark;    /* when it came ... */
    tp_duration anchored; /* ... in time waited (tp_stage_waited) */
    struct tp_buf key;    /* of the record at hand */
};

#define FIELD(name) offsetof(struct sgap, name)

static const struct tp_option options[] = {
    {'k', "key", "KEYS", "what may fall silent: host, user.id AS user", TP_OPTION_TEXT,
     FIELD(key_text)},
    {0, "after", "DUR", "how long a key may be quiet: a gap is longer", TP_OPTION_DURATION,
     FIELD(after)},
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
    if (s->after == 0)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--after is missing: how long may a key be quiet? --after 1m, say");
    if (s->ttl > 0 && s->ttl < s->after)
        return tp_err_set(err, TP_FAULT_USAGE, "--ttl is shorter than --after: no gap would last");
    return 0;
}

static int
sgap_open(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sgap *s = self;

    s->stage = stage;
    if (check_options(s, err) < 0 ||
        tp_stage_want_keys(stage, "-k", s->key_text, &s->keys, err) < 0 || check_names(s, err) < 0)
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

static int
check_memory(const struct sgap *s, struct tp_err *err)
{
    if (s->max_memory == 0 || tp_silence_size(s->silence) <= s->max_memory)
        return 0;
    return tp_err_set(err, TP_FAULT_MACHINE,
                      "more than --max-memory: %zu keys are watched; --ttl forgets the silent",
                      tp_silence_count(s->silence));
}

static enum tp_verdict
sgap_record(void *self, struct tp_stage *stage, const struct tp_record *r)
{
    struct sgap *s = self;
    struct tp_err err;

    if (r->time < r->watermark)
        return tp_stage_late(stage, TP_TIME_BEFORE_ALL, r->time);
    tp_buf_clear(&s->key);
    if (tp_keys_make(&s->keys, r->slot, &s->key, &err) < 0 ||
        tp_silence_see(s->silence, tp_buf_str(&s->key), r->time, &err) < 0 ||
        check_memory(s, &err) < 0)
        return tp_stage_fail(stage, &err);
    if (r->time > s->largest)
        s->largest = r->time;
    return TP_USED;
}

/* --- time --------------------------------------------------------------------------------------*/

static int
sgap_watermark(void *self, struct tp_stage *stage, tp_time *watermark, struct tp_err *err)
{
    struct sgap *s = self;

    s->watermark = *watermark;
    s->anchored = tp_stage_waited(stage);
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

/* Nobody knows what comes behind the last record: up to there a gap has begun, not later. */
static int
sgap_finish(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sgap *s = self;
    tp_time seen_to = s->watermark > s->largest ? s->watermark : s->largest;

    (void)stage;
    return tp_silence_advance(s->silence, TP_TIME_AFTER_ALL, seen_to, write_gap, s, err);
}

static size_t
sgap_unfinished(void *self, const char **what)
{
    const struct sgap *s = self;

    *what = "watched key";
    return tp_silence_count(s->silence);
}

static void
sgap_close(void *self)
{
    struct sgap *s = self;

    tp_silence_free(s->silence);
    tp_keys_release(&s->keys);
    tp_buf_release(&s->key);
}

static const struct tp_operator sgap = {
    .name = "sgap",
    .purpose = "says which keys have fallen silent, and when they are back",
    .synopsis = "[-k KEYS] --after DUR [-d DUR] [--live] [--ttl DUR] [FILE ...]",
    .example = "  tail -F readings.ndjson | sgap -d 5s -k sensor --after 1m --live",
    .options = options,
    .traits = TP_TIMED | TP_DELAYS | TP_LATENESS | TP_STATEFUL | TP_NO_CHANGES,
    .open = sgap_open,
    .record = sgap_record,
    .watermark = sgap_watermark,
    .tick = sgap_tick,
    .quiet = sgap_quiet,
    .finish = sgap_finish,
    .unfinished = sgap_unfinished,
    .close = sgap_close,
};

int
main(int argc, char **argv)
{
    struct sgap self = {.largest = TP_TIME_BEFORE_ALL, .watermark = TP_TIME_BEFORE_ALL};

    return tp_transform_main(&sgap, &self, argc, argv);
}
