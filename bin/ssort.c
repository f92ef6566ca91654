/*
 * ssort: puts records in the order of their event time.
 *
 * Input: records in any order. The watermark (of the input, or -d) says how far behind one may
 * come; with neither the input is bounded, and all of it is sorted at its end. Records with the
 * same time keep the order in which they came.
 * State: the records that the watermark has not passed; so what bounds it is the delay, and without
 * watermarks nothing but the input. Records without a usable time are rejected; those behind the
 * watermark (time < watermark) are late: what they should stand before has been written.
 * Output: the lines, byte for byte: those earlier than a watermark, then that watermark.
 */
#include "event/reorder.h"
#include "filter/operator.h"

struct ssort {
    struct tp_reorder *held;
};

static int
ssort_open(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct ssort *s = self;

    (void)stage;
    s->held = tp_reorder_new();
    return s->held ? 0 : tp_err_memory(err);
}

static enum tp_verdict
ssort_record(void *self, struct tp_stage *stage, const struct tp_record *r)
{
    struct ssort *s = self;
    struct tp_err err;

    if (r->time < r->watermark)
        return tp_stage_late(stage, TP_TIME_BEFORE_ALL, r->time);
    if (tp_reorder_add(s->held, r->time, r->line, TP_STR("\n"), &err) < 0)
        return tp_stage_fail(stage, &err);
    return TP_HELD;
}

static int
write_line(void *context, tp_time time, struct tp_str text, struct tp_err *err)
{
    struct tp_stage *stage = context;
    struct tp_buf *to = tp_stage_row(stage, err);

    (void)time;
    if (!to)
        return -1;
    tp_buf_put_str(to, text);
    tp_stage_release(stage, 1);
    return tp_stage_row_end(stage, err);
}

static int
ssort_watermark(void *self, struct tp_stage *stage, tp_time *watermark, struct tp_err *err)
{
    struct ssort *s = self;

    return tp_reorder_drain(s->held, *watermark, write_line, stage, err);
}

static int
ssort_finish(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct ssort *s = self;

    return tp_reorder_drain(s->held, TP_TIME_AFTER_ALL, write_line, stage, err);
}

static size_t
ssort_unfinished(void *self, const char **what)
{
    struct ssort *s = self;

    *what = "held record";
    return tp_reorder_count(s->held);
}

static void
ssort_close(void *self)
{
    struct ssort *s = self;

    tp_reorder_free(s->held);
}

static const struct tp_operator ssort = {
    .name = "ssort",
    .purpose = "puts records in the order of their event time",
    .synopsis = "[-d DUR] [FILE ...]",
    .example = "  ssort -d 5s -t ts readings.ndjson",
    .traits = TP_TIMED | TP_DELAYS | TP_LATENESS | TP_STATEFUL | TP_NO_CHANGES,
    .open = ssort_open,
    .record = ssort_record,
    .watermark = ssort_watermark,
    .finish = ssort_finish,
    .unfinished = ssort_unfinished,
    .close = ssort_close,
};

int
main(int argc, char **argv)
{
    struct ssort self = {0};

    return tp_transform_main(&ssort, &self, argc, argv);
}
