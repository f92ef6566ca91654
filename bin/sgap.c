/*
 * sgap: says which keys (sensors, hosts) have fallen silent, and when they are back; or fills the
 * holes in what they say (--fill).
 *
 * Input: records in any order. A gap begins and ends when the watermark (of the input, or -d) has
 * passed the instant; with neither the input is one bounded set and gaps are told at its end. With
 * --live the time spent waiting for input goes on where the watermark stands, so that silence is
 * told when nothing comes at all: a clock, and the only one here.
 * State: for each key when it was last seen, and what lies ahead of the watermark (event/silence);
 * with --fill its last record (event/holes), and the records that the watermark has not passed; a
 * key until --ttl; --max-memory bounds it. A record before the watermark is late.
 * Output: a row when a gap begins and one when it ends, in the order of their instants; behind them
 * the watermark that proved them. With --fill the records in the order of time, byte for byte, and
 * those that are made, at most so far behind as the forwarded watermark is held back.
 */
#include <stdlib.h>

#include "event/holes.h"
#include "event/reorder.h"
#include "event/silence.h"
#include "filter/operator.h"
#include "record/emit.h"
#include "record/filled.h"
#include "record/key.h"
#include "record/member.h"
#include "value/num.h"

struct sgap {
    const char *key_text, *how_text;
    tp_duration after, step, ttl;
    bool live;
    uint64_t max_memory;

    struct tp_keys keys;
    struct tp_silence *silence; /* without --fill */
    struct tp_stage *stage;

    enum tp_fill how;
    struct tp_holes *holes;      /* with --fill */
    struct tp_reorder *held;     /* records ahead of the watermark, see struct head */
    struct tp_buf head, scratch; /* of the record at hand */
    struct tp_span *span;        /* of the one before a hole: where its keys stand */
    tp_duration lag;             /* what is forwarded is so far behind */

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

static int
open_fill(struct sgap *s, struct tp_stage *stage, struct tp_err *err)
{
    struct tp_holes_rule rule = {.after = s->after, .step = s->step, .forget = s->ttl};

    if (check_fill(s, stage, err) < 0)
        return -1;
    rule.waits = s->how == TP_FILL_LINEAR;
    s->lag = tp_holes_lag(&rule);
    s->holes = tp_holes_new(rule);
    s->held = tp_reorder_new();
    s->span = calloc(s->keys.count + 1, sizeof *s->span);
    return s->holes && s->held && s->span ? 0 : tp_err_memory(err);
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

/* --- filling -----------------------------------------------------------------------------------*/

/* What stands in front of a held line: this, the places of the key's values, the key. */
struct head {
    struct tp_span time;
    uint32_t key; /* bytes */
};

static struct tp_span
span_of(struct tp_str line, const struct tp_slot *slot)
{
    struct tp_str text = tp_slot_json(slot);

    if (slot->kind == TP_SLOT_MISSING)
        return (struct tp_span){0, 0};
    return (struct tp_span){(uint32_t)(text.ptr - line.ptr), (uint32_t)text.len};
}

static void
make_head(struct sgap *s, struct tp_stage *stage, const struct tp_record *r)
{
    struct head head = {span_of(r->line, &r->slot[tp_stage_time_slot(stage)]),
                        (uint32_t)s->key.len};

    tp_buf_clear(&s->head);
    tp_buf_put(&s->head, &head, sizeof head);
    for (size_t i = 0; i < s->keys.count; i++) {
        struct tp_span span = {0, 0};
        size_t slot;

        if (tp_expr_path(s->keys.select->item[i].expr, &slot))
            span = span_of(r->line, &r->slot[slot]);
        tp_buf_put(&s->head, &span, sizeof span);
    }
    tp_buf_put_str(&s->head, tp_buf_str(&s->key));
}

/* A held record: its line and, of its head, the key. */
static struct tp_str
held_line(const struct sgap *s, struct tp_str text, struct tp_str *key)
{
    size_t fixed = sizeof(struct head) + s->keys.count * sizeof(struct tp_span);
    struct head head;

    memcpy(&head, text.ptr, sizeof head);
    *key = (struct tp_str){text.ptr + fixed, head.key};
    return (struct tp_str){key->ptr + key->len, text.len - fixed - key->len};
}

static int
end_row(struct sgap *s, struct tp_buf *to, struct tp_err *err)
{
    return tp_buf_failed(to) ? tp_err_memory(err) : tp_stage_row_end(s->stage, err);
}

static int
write_filled(void *self, const struct tp_hole *hole, struct tp_err *err)
{
    struct sgap *s = self;
    struct tp_buf *to = tp_stage_row(s->stage, err);
    struct tp_fill_place place = {.from = hole->from, .at = hole->at};
    struct tp_fillable before;
    struct head head;
    struct tp_str none;

    if (!to)
        return -1;
    memcpy(&head, hole->before.ptr, sizeof head);
    memcpy(s->span, hole->before.ptr + sizeof head, s->keys.count * sizeof *s->span);
    before.line = held_line(s, hole->before, &none);
    before.time = head.time;
    before.key = s->span;
    before.keys = s->keys.count;
    if (s->how == TP_FILL_LINEAR) {
        place.behind = held_line(s, hole->behind, &none);
        place.share =
            (double)((__int128)hole->at - hole->from) / (double)((__int128)hole->to - hole->from);
    }
    tp_fill_write(s->how, &before, &place, &s->scratch, to);
    return end_row(s, to, err);
}

/* A record's turn has come: behind what is missing before it. */
static int
write_held(void *self, tp_time time, struct tp_str text, struct tp_err *err)
{
    struct sgap *s = self;
    struct tp_str key, line = held_line(s, text, &key);
    struct tp_buf *to;

    if (tp_holes_advance(s->holes, time, write_filled, s, err) < 0 ||
        tp_holes_see(s->holes, key, time, text, write_filled, s, err) < 0)
        return -1;
    to = tp_stage_row(s->stage, err);
    if (!to)
        return -1;
    tp_buf_put_str(to, line);
    tp_buf_put_char(to, '\n');
    tp_stage_release(s->stage, 1);
    return end_row(s, to, err);
}

/* Writes all records and holes earlier than LIMIT. */
static int
fill_to(struct sgap *s, tp_time limit, tp_time holes_limit, struct tp_err *err)
{
    if (tp_reorder_drain(s->held, limit, write_held, s, err) < 0)
        return -1;
    return tp_holes_advance(s->holes, holes_limit, write_filled, s, err);
}

static int
fill_watermark(struct sgap *s, tp_time *watermark, struct tp_err *err)
{
    if (s->how == TP_FILL_LINEAR && s->ttl == 0)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--fill-with linear waits for the end of a hole: --ttl says how long");
    if (fill_to(s, *watermark, *watermark, err) < 0)
        return -1;
    if (!tp_time_subtract(*watermark, s->lag, watermark))
        *watermark = TP_TIME_BEFORE_ALL;
    return 0;
}

/* --- records -----------------------------------------------------------------------------------*/

static int
check_memory(const struct sgap *s, struct tp_err *err)
{
    size_t size =
        s->step ? tp_holes_size(s->holes) + tp_reorder_size(s->held) : tp_silence_size(s->silence);
    size_t keys = s->step ? tp_holes_count(s->holes) : tp_silence_count(s->silence);

    if (size <= s->max_memory)
        return 0;
    return tp_err_set(err, TP_FAULT_MACHINE,
                      "more than --max-memory: %zu keys and %zu held records; --ttl forgets keys",
                      keys, s->step ? tp_reorder_count(s->held) : 0);
}

static int
take(struct sgap *s, struct tp_stage *stage, const struct tp_record *r, struct tp_err *err)
{
    tp_buf_clear(&s->key);
    if (tp_keys_make(&s->keys, r->slot, &s->key, err) < 0)
        return -1;
    if (!s->step)
        return tp_silence_see(s->silence, tp_buf_str(&s->key), r->time, err);
    make_head(s, stage, r);
    if (tp_buf_failed(&s->head))
        return tp_err_memory(err);
    return tp_reorder_add(s->held, r->time, tp_buf_str(&s->head), r->line, err);
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
        return fill_to(s, TP_TIME_AFTER_ALL, seen_to < TP_TIME_MAX ? seen_to + 1 : seen_to, err);
    return tp_silence_advance(s->silence, TP_TIME_AFTER_ALL, seen_to, write_gap, s, err);
}

static size_t
sgap_unfinished(void *self, const char **what)
{
    const struct sgap *s = self;

    *what = s->step ? "held record" : "watched key";
    return s->step ? tp_reorder_count(s->held) : tp_silence_count(s->silence);
}

/* --- state -------------------------------------------------------------------------------------*/

struct saving {
    const struct sgap *sgap;
    struct tp_save *save;
};

/* What a held line or the last record of a key is made of: see struct head. */
static void
put_record(const struct sgap *s, struct tp_str text, struct tp_emit *line)
{
    size_t spans = s->keys.count + 1;
    struct tp_str key, record = held_line(s, text, &key);

    tp_emit_name(line, TP_STR("key"));
    tp_key_save(line->to, key, s->keys.count);
    tp_emit_name(line, TP_STR("spans"));
    for (size_t i = 0; i < spans; i++) {
        size_t at = i == 0 ? offsetof(struct head, time)
                           : sizeof(struct head) + (i - 1) * sizeof(struct tp_span);
        struct tp_span span;

        memcpy(&span, text.ptr + at, sizeof span);
        tp_buf_printf(line->to, "%c%u,%u", i == 0 ? '[' : ',', span.at, span.len);
    }
    TP_BUF_PUT(line->to, "]");
    tp_emit_text(line, TP_STR("line"), record);
    tp_emit_close(line);
}

static int
save_key(void *context, const struct tp_holes_key *key, struct tp_err *err)
{
    const struct saving *saving = context;
    struct tp_emit line = tp_emit_open(tp_save_line(saving->save));

    tp_emit_int(&line, TP_STR("last"), key->time);
    tp_emit_int(&line, TP_STR("filled"), key->filled);
    if (key->has_timer)
        tp_emit_int(&line, TP_STR("timer"), key->timer);
    put_record(saving->sgap, key->record, &line);
    return tp_save_line_end(saving->save, err);
}

static int
save_held(void *context, tp_time time, struct tp_str text, struct tp_err *err)
{
    const struct saving *saving = context;
    struct tp_emit line = tp_emit_open(tp_save_line(saving->save));

    tp_emit_int(&line, TP_STR("held"), time);
    put_record(saving->sgap, text, &line);
    return tp_save_line_end(saving->save, err);
}

static int
sgap_save(void *self, struct tp_stage *stage, struct tp_save *save, struct tp_err *err)
{
    struct sgap *s = self;
    struct saving saving = {s, save};
    struct tp_emit line = tp_emit_open(tp_save_line(save));

    (void)stage;
    tp_emit_int(&line, TP_STR("watermark"), s->watermark);
    tp_emit_int(&line, TP_STR("largest"), s->largest);
    tp_emit_close(&line);
    if (tp_save_line_end(save, err) < 0)
        return -1;
    if (!s->step)
        return tp_silence_save(s->silence, s->keys.count, save, err);
    if (tp_holes_walk(s->holes, save_key, &saving, err) < 0)
        return -1;
    return tp_reorder_walk(s->held, save_held, &saving, err);
}

/* Makes s->head of the places in SPANS and of s->key. -1: they are not within a line of LEN bytes.
 */
static int
read_head(struct sgap *s, struct tp_str spans, size_t len, struct tp_err *err)
{
    struct head head = {.key = (uint32_t)s->key.len};
    struct tp_members walk = tp_elements_open(spans);
    struct tp_span span;
    struct tp_slot from, length;

    tp_buf_clear(&s->head);
    for (size_t i = 0; i <= s->keys.count; i++) {
        int64_t start, size;

        if (!tp_elements_next(&walk, &from) || !tp_elements_next(&walk, &length) ||
            !tp_num_parse_int((struct tp_str){from.ptr, from.len}, &start) ||
            !tp_num_parse_int((struct tp_str){length.ptr, length.len}, &size) || start < 0 ||
            size < 0 || start > (int64_t)len || size > (int64_t)len - start)
            return tp_err_set(err, TP_FAULT_MACHINE, "\"spans\" of a saved line do not fit it");
        span = (struct tp_span){(uint32_t)start, (uint32_t)size};
        if (i == 0)
            head.time = span;
        tp_buf_put(&s->head, i == 0 ? (void *)&head : (void *)&span,
                   i == 0 ? sizeof head : sizeof span);
    }
    tp_buf_put_str(&s->head, tp_buf_str(&s->key));
    return tp_buf_failed(&s->head) ? tp_err_memory(err) : 0;
}

/* A held line, or (HELD is false) a key with its last record; BYTES is for that record. */
static int
load_record(struct sgap *s, bool held, struct tp_str line, struct tp_buf *bytes, struct tp_err *err)
{
    struct tp_holes_key last = {.timer = TP_TIME_AFTER_ALL};
    struct tp_str key, spans;
    const struct tp_saved fields[] = {
        {held ? "held" : "last", TP_SAVED_INT, &last.time, false},
        {"key", TP_SAVED_JSON, &key, false},
        {"spans", TP_SAVED_JSON, &spans, false},
        {"line", TP_SAVED_TEXT, bytes, false},
        {"filled", TP_SAVED_INT, &last.filled, held},
        {"timer", TP_SAVED_INT, &last.timer, true},
    };

    tp_buf_clear(&s->key);
    if (tp_saved_read(line, fields, sizeof fields / sizeof *fields, err) < 0 ||
        tp_key_load(&s->key, key, s->keys.count, err) < 0 ||
        read_head(s, spans, bytes->len, err) < 0)
        return -1;
    if (held)
        return tp_reorder_add(s->held, last.time, tp_buf_str(&s->head), tp_buf_str(bytes), err);
    tp_buf_put_str(&s->head, tp_buf_str(bytes));
    if (tp_buf_failed(&s->head))
        return tp_err_memory(err);
    last.key = tp_buf_str(&s->key);
    last.record = tp_buf_str(&s->head);
    last.has_timer = last.timer != TP_TIME_AFTER_ALL;
    return tp_holes_put(s->holes, &last, err);
}

/* Silence is counted on from here: waiting is this run's. */
static int
sgap_load(void *self, struct tp_stage *stage, struct tp_str line, struct tp_err *err)
{
    struct sgap *s = self;
    struct tp_buf bytes = TP_BUF_INIT;
    const struct tp_saved fields[] = {
        {"watermark", TP_SAVED_INT, &s->watermark, false},
        {"largest", TP_SAVED_INT, &s->largest, false},
    };
    int result;

    s->anchored = tp_stage_waited(stage);
    if (tp_saved_is(line, "watermark"))
        return tp_saved_read(line, fields, 2, err);
    if (!s->step)
        return tp_silence_load(s->silence, s->keys.count, line, err);
    result = load_record(s, tp_saved_is(line, "held"), line, &bytes, err);
    tp_buf_release(&bytes);
    return result;
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
    tp_holes_free(s->holes);
    tp_reorder_free(s->held);
    free(s->span);
    tp_keys_release(&s->keys);
    tp_buf_release(&s->key);
    tp_buf_release(&s->head);
    tp_buf_release(&s->scratch);
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
    .traits = TP_TIMED | TP_DELAYS | TP_LATENESS | TP_STATEFUL | TP_NO_CHANGES,
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
