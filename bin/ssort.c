/*
 * ssort: puts records in the order of their event time, or in any other at the end.
 *
 * Input: records in any order. The watermark (of the input, or -d) says how far behind one may
 * come; with neither the input is bounded, and all of it is sorted at its end, as always with --by.
 * Records that are equal keep the order in which they came.
 * State: the records that the watermark has not passed; so what bounds it is the delay, and without
 * watermarks or with --by nothing but the input. Beyond --max-memory it is spilled to $TMPDIR.
 * Records without a usable time, or whose --by cannot be evaluated or compared, are rejected; those
 * behind the watermark (time < watermark) are late: what they should stand before has been written.
 * Output: the lines, byte for byte: those earlier than a watermark, then that watermark.
 */
#include "event/reorder.h"
#include "filter/operator.h"
#include "query/sortkey.h"
#include "record/emit.h"
#include "stream/runs.h"
#include "stream/sorter.h"

struct ssort {
    const char *by_text;
    uint64_t max_memory;

    struct tp_buf key;

    /* By time: in memory those that came last, in runs those before them. */
    struct tp_reorder *held;
    struct tp_runs *runs; /* NULL: never needed */
    size_t most;          /* bytes in memory */

    /* --by */
    struct tp_terms by;
    struct tp_sorter *sorter;
};

#define LEAST_MEMORY (UINT64_C(1) << 20)

static const struct tp_option options[] = {
    {0, "by", "LIST", "sort at the end by expressions, each with DESC or NULLS LAST, say",
     TP_OPTION_TEXT, offsetof(struct ssort, by_text)},
    {0, "max-memory", "SIZE", "spill to $TMPDIR what is held beyond that (256M)", TP_OPTION_SIZE,
     offsetof(struct ssort, max_memory)},
    {0},
};

/* --- opening -----------------------------------------------------------------------------------*/

static int
open_by(struct ssort *s, struct tp_stage *stage, struct tp_err *err)
{
    if (tp_stage_delay(stage) >= 0)
        return tp_err_set(err, TP_FAULT_USAGE, "-d: with --by records are sorted at the end");
    tp_stage_ignore_time(stage);
    if (tp_stage_want_terms(stage, "--by", s->by_text, &s->by, err) < 0)
        return -1;
    s->sorter = tp_sorter_new((size_t)s->max_memory, err);
    return s->sorter ? 0 : -1;
}

static int
ssort_open(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct ssort *s = self;

    if (s->max_memory < LEAST_MEMORY || s->max_memory > SIZE_MAX / 4)
        return tp_err_set(err, TP_FAULT_USAGE, "--max-memory: at least 1M");
    if (s->by_text)
        return open_by(s, stage, err);
    s->held = tp_reorder_new();
    return s->held ? 0 : tp_err_memory(err);
}

/* --- in ----------------------------------------------------------------------------------------*/

static int
move_to_run(void *context, tp_time time, struct tp_str text, struct tp_err *err)
{
    struct ssort *s = context;

    tp_buf_clear(&s->key);
    tp_sortkey_put_time(time, &s->key);
    if (tp_buf_failed(&s->key))
        return tp_err_memory(err);
    return tp_runs_add(s->runs, tp_buf_str(&s->key), text, err);
}

/* All that is held becomes a run. */
static int
spill(struct ssort *s, struct tp_err *err)
{
    if (!s->runs)
        s->runs = tp_runs_new((size_t)s->max_memory / 8, err);
    if (!s->runs || tp_reorder_drain(s->held, TP_TIME_AFTER_ALL, move_to_run, s, err) < 0)
        return -1;
    return tp_runs_end(s->runs, err);
}

/* LINE with TAIL, its newline where it has none. */
static int
hold(struct ssort *s, tp_time time, struct tp_str line, struct tp_str tail, struct tp_err *err)
{
    size_t size = tp_reorder_size(s->held);

    if (size > s->most)
        s->most = size;
    if (size > s->max_memory - s->max_memory / 8 && tp_reorder_count(s->held) > 1 &&
        spill(s, err) < 0)
        return -1;
    return tp_reorder_add(s->held, time, line, tail, err);
}

static int
add_by(struct ssort *s, const struct tp_record *r, struct tp_err *err)
{
    if (tp_terms_read(&s->by, r->slot, err) < 0 ||
        tp_order_accept(&s->by.order, s->by.value, err) < 0)
        return -1;
    tp_buf_clear(&s->key);
    tp_sortkey_put(&s->by.order, s->by.value, &s->key);
    if (tp_buf_failed(&s->key))
        return tp_err_memory(err);
    return tp_sorter_add(s->sorter, tp_buf_str(&s->key),
                         (struct tp_str){r->line.ptr, r->line.len + 1}, err);
}

static enum tp_verdict
ssort_record(void *self, struct tp_stage *stage, const struct tp_record *r)
{
    struct ssort *s = self;
    struct tp_err err;
    int result;

    if (!s->by_text && r->time < r->watermark)
        return tp_stage_late(stage, TP_TIME_BEFORE_ALL, r->time);
    result = s->by_text ? add_by(s, r, &err) : hold(s, r->time, r->line, TP_STR("\n"), &err);
    if (result < 0)
        return tp_stage_fail(stage, &err);
    return TP_HELD;
}

/* --- out ---------------------------------------------------------------------------------------*/

static int
write_line(struct tp_stage *stage, struct tp_str line, struct tp_err *err)
{
    struct tp_buf *to = tp_stage_row(stage, err);

    if (!to)
        return -1;
    tp_buf_put_str(to, line);
    tp_stage_release(stage, 1);
    return tp_stage_row_end(stage, err);
}

struct leaving {
    struct ssort *s;
    struct tp_stage *stage;
};

static int
write_item(void *context, struct tp_str key, struct tp_str line, struct tp_err *err)
{
    struct leaving *leaving = context;

    (void)key;
    return write_line(leaving->stage, line, err);
}

/* What is in runs and not later than TIME. */
static int
write_runs(struct leaving *leaving, tp_time time, struct tp_err *err)
{
    struct ssort *s = leaving->s;
    struct tp_str last;

    tp_buf_clear(&s->key);
    tp_sortkey_put_time(time, &s->key);
    if (tp_buf_failed(&s->key))
        return tp_err_memory(err);
    last = tp_buf_str(&s->key);
    return tp_runs_drain(s->runs, &last, write_item, leaving, err);
}

/* The next line in memory; of equal times those in runs came before it. */
static int
write_held(void *context, tp_time time, struct tp_str line, struct tp_err *err)
{
    struct leaving *leaving = context;
    struct ssort *s = leaving->s;

    if (s->runs && tp_runs_count(s->runs) > 0 && write_runs(leaving, time, err) < 0)
        return -1;
    return write_line(leaving->stage, line, err);
}

/* All that is earlier than BEFORE. */
static int
write_until(struct ssort *s, struct tp_stage *stage, tp_time before, struct tp_err *err)
{
    struct leaving leaving = {s, stage};

    if (tp_reorder_drain(s->held, before, write_held, &leaving, err) < 0)
        return -1;
    if (!s->runs || tp_runs_count(s->runs) == 0)
        return 0;
    return write_runs(&leaving, before == TP_TIME_AFTER_ALL ? before : before - 1, err);
}

static int
ssort_watermark(void *self, struct tp_stage *stage, tp_time *watermark, struct tp_err *err)
{
    struct ssort *s = self;

    if (!s->by_text)
        return write_until(s, stage, *watermark, err);
    *watermark = TP_TIME_BEFORE_ALL; /* at the end any time may come */
    return 0;
}

static int
ssort_finish(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct ssort *s = self;
    struct leaving leaving = {s, stage};

    if (s->by_text)
        return tp_sorter_finish(s->sorter, write_item, &leaving, err);
    return write_until(s, stage, TP_TIME_AFTER_ALL, err);
}

/* --- the end -----------------------------------------------------------------------------------*/

static struct tp_sorter_use
use_of(const struct ssort *s)
{
    struct tp_sorter_use use = {.memory = s->most};

    if (s->sorter)
        return tp_sorter_use(s->sorter);
    if (s->runs) {
        use.runs = tp_runs_made(s->runs);
        use.spilled = tp_runs_bytes(s->runs);
    }
    return use;
}

static int
ssort_shut(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct tp_sorter_use use = use_of(self);

    (void)err;
    tp_stage_stat(stage, "held at most %zu bytes in memory; spilled %llu runs, %llu bytes on disk",
                  use.memory, (unsigned long long)use.runs, (unsigned long long)use.spilled);
    return 0;
}

static size_t
ssort_unfinished(void *self, const char **what)
{
    struct ssort *s = self;

    *what = "held record";
    if (s->by_text)
        return (size_t)tp_sorter_count(s->sorter);
    return tp_reorder_count(s->held) + (s->runs ? (size_t)tp_runs_count(s->runs) : 0);
}

/* --- state -------------------------------------------------------------------------------------*/

struct saving {
    struct tp_save *save;
    const char *what;         /* the name of the key */
    struct tp_runs *runs;     /* where what was in runs goes, or */
    struct tp_sorter *sorter; /* in a sorter */
};

static int
save_held(void *context, tp_time time, struct tp_str text, struct tp_err *err)
{
    const struct saving *saving = context;
    struct tp_emit line = tp_emit_open(tp_save_line(saving->save));

    tp_emit_int(&line, TP_STR("held"), time);
    tp_emit_text(&line, TP_STR("line"), text);
    tp_emit_close(&line);
    return tp_save_line_end(saving->save, err);
}

static int
save_item(void *context, struct tp_str key, struct tp_str text, struct tp_err *err)
{
    const struct saving *saving = context;
    struct tp_emit line = tp_emit_open(tp_save_line(saving->save));

    tp_emit_name(&line, tp_str_of(saving->what));
    tp_save_hex(line.to, key);
    tp_emit_text(&line, TP_STR("line"), text);
    tp_emit_close(&line);
    if (tp_save_line_end(saving->save, err) < 0)
        return -1;
    return saving->runs ? tp_runs_add(saving->runs, key, text, err)
                        : tp_sorter_add(saving->sorter, key, text, err);
}

/* What is in runs can be read once: it becomes one run, with the same lines in the same order. */
static int
save_runs(struct ssort *s, struct tp_save *save, struct tp_err *err)
{
    struct saving saving = {.save = save, .what = "spilled"};

    saving.runs = tp_runs_new((size_t)s->max_memory / 8, err);
    if (!saving.runs || tp_runs_drain(s->runs, NULL, save_item, &saving, err) < 0 ||
        tp_runs_end(saving.runs, err) < 0) {
        tp_runs_free(saving.runs);
        return -1;
    }
    tp_runs_free(s->runs);
    s->runs = saving.runs;
    return 0;
}

/* Likewise: sorted, equal ones in the order they came. */
static int
save_sorter(struct ssort *s, struct tp_save *save, struct tp_err *err)
{
    struct saving saving = {.save = save, .what = "by"};
    struct tp_emit line = tp_emit_open(tp_save_line(save));

    tp_emit_name(&line, TP_STR("kinds"));
    tp_order_save(&s->by.order, line.to);
    tp_emit_close(&line);
    if (tp_save_line_end(save, err) < 0)
        return -1;
    saving.sorter = tp_sorter_new((size_t)s->max_memory, err);
    if (!saving.sorter || tp_sorter_finish(s->sorter, save_item, &saving, err) < 0) {
        tp_sorter_free(saving.sorter);
        return -1;
    }
    tp_sorter_free(s->sorter);
    s->sorter = saving.sorter;
    return 0;
}

/* Of equal times those in runs came first. */
static int
ssort_save(void *self, struct tp_stage *stage, struct tp_save *save, struct tp_err *err)
{
    struct ssort *s = self;
    struct saving saving = {.save = save};

    (void)stage;
    if (s->by_text)
        return save_sorter(s, save, err);
    if (s->runs && tp_runs_count(s->runs) > 0 && save_runs(s, save, err) < 0)
        return -1;
    return tp_reorder_walk(s->held, save_held, &saving, err);
}

/* A line that was in runs or a sorter; the key goes to s->key. */
static int
load_item(struct ssort *s, struct tp_str saved, struct tp_buf *line, struct tp_err *err)
{
    const struct tp_saved fields[] = {
        {s->by_text ? "by" : "spilled", TP_SAVED_HEX, &s->key, false},
        {"line", TP_SAVED_TEXT, line, false},
    };

    tp_buf_clear(&s->key);
    if (tp_saved_read(saved, fields, 2, err) < 0)
        return -1;
    if (s->by_text)
        return tp_sorter_add(s->sorter, tp_buf_str(&s->key), tp_buf_str(line), err);
    if (!s->runs)
        s->runs = tp_runs_new((size_t)s->max_memory / 8, err);
    return s->runs ? tp_runs_add(s->runs, tp_buf_str(&s->key), tp_buf_str(line), err) : -1;
}

static int
load_held(struct ssort *s, struct tp_str saved, struct tp_buf *line, struct tp_err *err)
{
    tp_time time;
    const struct tp_saved fields[] = {
        {"held", TP_SAVED_INT, &time, false},
        {"line", TP_SAVED_TEXT, line, false},
    };

    if (tp_saved_read(saved, fields, 2, err) < 0 || (s->runs && tp_runs_end(s->runs, err) < 0))
        return -1;
    return hold(s, time, tp_buf_str(line), (struct tp_str){NULL, 0}, err);
}

static int
load_kinds(struct ssort *s, struct tp_str saved, struct tp_err *err)
{
    struct tp_str kinds;
    const struct tp_saved field = {"kinds", TP_SAVED_JSON, &kinds, false};

    if (tp_saved_read(saved, &field, 1, err) < 0)
        return -1;
    return tp_order_load(&s->by.order, kinds, err);
}

static int
ssort_load(void *self, struct tp_stage *stage, struct tp_str saved, struct tp_err *err)
{
    struct ssort *s = self;
    struct tp_buf line = TP_BUF_INIT;
    int result;

    (void)stage;
    if (s->by_text && tp_saved_is(saved, "kinds"))
        return load_kinds(s, saved, err);
    result = s->by_text || tp_saved_is(saved, "spilled") ? load_item(s, saved, &line, err)
                                                         : load_held(s, saved, &line, err);
    tp_buf_release(&line);
    return result;
}

static int
ssort_restored(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct ssort *s = self;

    (void)stage;
    return s->runs ? tp_runs_end(s->runs, err) : 0;
}

static void
ssort_identity(void *self, struct tp_stage *stage, struct tp_emit *to)
{
    const struct ssort *s = self;

    (void)stage;
    if (s->by_text)
        tp_emit_text(to, TP_STR("by"), tp_str_of(s->by_text));
}

static void
ssort_close(void *self)
{
    struct ssort *s = self;

    tp_terms_release(&s->by);
    tp_sorter_free(s->sorter);
    tp_reorder_free(s->held);
    tp_runs_free(s->runs);
    tp_buf_release(&s->key);
}

static const struct tp_operator ssort = {
    .name = "ssort",
    .purpose = "puts records in the order of their event time",
    .synopsis = "[-d DUR] [--max-memory SIZE] [FILE ...]\n--by LIST [--max-memory SIZE] [FILE ...]",
    .example = "  ssort -d 5s -t ts readings.ndjson\n"
               "  ssort --by 'bytes DESC, host' access.ndjson",
    .options = options,
    .traits = TP_TIMED | TP_DELAYS | TP_LATENESS | TP_STATEFUL | TP_NO_CHANGES,
    .open = ssort_open,
    .record = ssort_record,
    .watermark = ssort_watermark,
    .finish = ssort_finish,
    .shut = ssort_shut,
    .unfinished = ssort_unfinished,
    .save = ssort_save,
    .load = ssort_load,
    .restored = ssort_restored,
    .identity = ssort_identity,
    .close = ssort_close,
};

int
main(int argc, char **argv)
{
    struct ssort self = {.max_memory = UINT64_C(256) << 20};

    return tp_transform_main(&ssort, &self, argc, argv);
}
