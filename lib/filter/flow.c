/*
 * What comes between the records: watermarks, control lines, and how streams end (DESIGN 2 and 3).
 */
#include <stdio.h>
#include <string.h>

#include "filter/stage.h"

static int
write_control(struct tp_stage *s, const struct tp_control *control)
{
    if (!s->op->control && !(s->speaks && s->writes_control))
        return 0;
    tp_buf_clear(&s->scratch);
    if (s->speaks)
        tp_control_write(&s->scratch, control);
    if (tp_buf_failed(&s->scratch))
        return tp_err_memory(&s->err);
    if (s->op->control) {
        int kept = s->op->control(s->self, s, control, tp_buf_str(&s->scratch), &s->err);

        if (kept)
            return kept < 0 ? -1 : 0;
    }
    return tp_stage_control(s, tp_buf_str(&s->scratch), &s->err);
}

/* A watermark maker says that it is alive before it reads anything, so that its death is noticed
 * even before its first line. */
int
tp_flow_start(struct tp_stage *s)
{
    struct tp_control control = {.kind = TP_CONTROL_START, .delay = s->delay};

    if (s->role == TP_ROLE_SOURCE && s->delay < 0)
        control.kind = TP_CONTROL_NONE;
    else if (s->role != TP_ROLE_SOURCE && !(s->op->traits & TP_MAKES_TIME))
        return 0;
    s->said_start = s->said_none = true;
    if (write_control(s, &control) < 0)
        return -1;
    return tp_out_flush(s->out, &s->err);
}

/* Does this stage make the watermarks of an input that has none? */
static bool
makes_watermarks(const struct tp_stage *s)
{
    return (s->op->traits & TP_MAKES_TIME) || s->settings.delay >= 0;
}

/* `start` or `none` came: passed on once, at once. */
static int
pass_on_life(struct tp_stage *s, enum tp_control_kind kind)
{
    struct tp_control control = {.kind = kind, .delay = s->delay};
    bool *said;

    if (kind == TP_CONTROL_NONE && makes_watermarks(s))
        control.kind = TP_CONTROL_START;
    said = control.kind == TP_CONTROL_START ? &s->said_start : &s->said_none;
    if (*said)
        return 0;
    *said = true;
    if (write_control(s, &control) < 0)
        return -1;
    return tp_out_flush(s->out, &s->err);
}

/* --- watermarks --------------------------------------------------------------------------------*/

int
tp_flow_forward(struct tp_stage *s, tp_time watermark)
{
    struct tp_control control = {.kind = TP_CONTROL_WATERMARK};
    int held_by;

    control.watermark = tp_time_floor(watermark, TP_MILLISECOND, 0);
    if (watermark >= TP_TIME_AFTER_ALL || watermark == TP_TIME_BEFORE_ALL ||
        control.watermark <= s->forwarded)
        return 0;
    s->forwarded = control.watermark;
    s->said_idle = false;
    held_by = s->inputs > 1 ? tp_minimum_held_by(s->minimum) : -1;
    if (held_by >= 0)
        control.held_by = tp_str_of(tp_stage_input_name(s, held_by));
    return write_control(s, &control);
}

static int
forward_idle(struct tp_stage *s)
{
    struct tp_control control = {.kind = TP_CONTROL_IDLE};

    if (!tp_minimum_all_idle(s->minimum)) {
        s->said_idle = false;
        return 0;
    }
    if (s->said_idle)
        return 0;
    s->said_idle = true;
    return write_control(s, &control);
}

int
tp_flow_advance(struct tp_stage *s)
{
    tp_time watermark = tp_minimum_watermark(s->minimum);

    s->moved = false;
    /* When all inputs have ended, finish has the last word. */
    if (watermark > s->record.watermark && watermark < TP_TIME_AFTER_ALL) {
        s->record.watermark = watermark;
        if (s->op->watermark && s->op->watermark(s->self, s, &watermark, &s->err) < 0)
            return -1;
        if (tp_flow_forward(s, watermark) < 0)
            return -1;
    }
    return forward_idle(s);
}

/* --- control lines -----------------------------------------------------------------------------*/

static int
refuse_watermarks(struct tp_stage *s, int which)
{
    return tp_err_set(&s->err, TP_FAULT_USAGE,
                      "%s has watermarks already: take out one of the stages that make them",
                      tp_stage_input_name(s, which));
}

static int
take_end(struct tp_stage *s, struct tp_input *in, const struct tp_control *control)
{
    in->said_end = true;
    s->upstream.rejected += control->ledger.rejected;
    s->upstream.late += control->ledger.late;
    return 0;
}

static int
pass_barrier(struct tp_stage *s, const struct tp_control *barrier)
{
    if (s->op->barrier && s->op->barrier(s->self, s, barrier->barrier, &s->err) < 0)
        return -1;
    return write_control(s, barrier);
}

/* What is held only until a tick (a table's rows, for the widths) is not held beyond this. */
static int
wake_now(struct tp_stage *s)
{
    if (s->wake_at == 0 || !s->op->tick)
        return 0;
    s->wake_at = 0;
    return s->op->tick(s->self, s, &s->err);
}

/* Barriers align: an input that stands at one is not read until all others stand there, too. */
static int
align(struct tp_stage *s)
{
    const struct tp_control *barrier = NULL;

    for (int i = 0; i < s->inputs; i++) {
        if (s->input[i].ended)
            continue;
        if (!s->input[i].at_barrier)
            return 0;
        barrier = &s->input[i].barrier;
    }
    if (!barrier)
        return 0;
    if (wake_now(s) < 0)
        return -1;
    s->suspended |= barrier->last;
    if (pass_barrier(s, barrier) < 0)
        return -1;
    for (int i = 0; i < s->inputs; i++)
        s->input[i].at_barrier = false;
    return tp_out_flush(s->out, &s->err);
}

static int
take_barrier(struct tp_stage *s, struct tp_input *in, const struct tp_control *control)
{
    if (s->op->traits & TP_STATEFUL)
        return tp_err_set(&s->err, TP_FAULT_USAGE,
                          "a barrier asks for saved state, and %s saves none yet", s->op->name);
    if (in->said_end) {
        /* Complete, not suspended: it goes on behind our own `end`. */
        s->closing = true;
        s->final = *control;
        s->final.restore = (struct tp_str){NULL, 0};
        return 0;
    }
    in->suspended = control->last;
    in->barrier = *control;
    in->barrier.restore = (struct tp_str){NULL, 0};
    in->at_barrier = true;
    return align(s);
}

int
tp_flow_after_end(struct tp_stage *s, const struct tp_input *in)
{
    return tp_err_set(&s->err, TP_FAULT_MACHINE,
                      "%s:%llu: goes on after %s: files joined by cat? give them as operands",
                      tp_in_name(in->in), (unsigned long long)in->line_number,
                      in->said_end ? "\"end\"" : "its last barrier");
}

int
tp_flow_control(struct tp_stage *s, int which, struct tp_str line)
{
    struct tp_input *in = &s->input[which];
    struct tp_control control;
    struct tp_err why;

    if (tp_control_parse(line, &control, &why) < 0)
        return tp_err_set(&s->err, TP_FAULT_MACHINE, "%s:%llu: %s", tp_in_name(in->in),
                          (unsigned long long)in->line_number, why.text);
    if (in->suspended || (in->said_end && !(control.kind == TP_CONTROL_BARRIER && control.last)))
        return tp_flow_after_end(s, in);
    in->spoke = true;
    s->speaks = s->role != TP_ROLE_SINK;
    switch (control.kind) {
    case TP_CONTROL_NONE:
        return pass_on_life(s, TP_CONTROL_NONE);
    case TP_CONTROL_START:
    case TP_CONTROL_WATERMARK:
    case TP_CONTROL_IDLE:
        if (s->op->traits & TP_MAKES_TIME)
            return refuse_watermarks(s, which);
        break;
    case TP_CONTROL_END:
        return take_end(s, in, &control);
    case TP_CONTROL_BARRIER:
        return take_barrier(s, in, &control);
    }
    if (control.kind == TP_CONTROL_IDLE) {
        tp_stage_idle(s, which);
        return 0;
    }
    in->timed = true;
    if (control.kind == TP_CONTROL_START && (!s->said_start || control.delay > s->delay))
        s->delay = control.delay;
    if (pass_on_life(s, TP_CONTROL_START) < 0)
        return -1;
    if (control.kind == TP_CONTROL_WATERMARK)
        tp_stage_advance(s, which, control.watermark);
    return 0;
}

/* --- ends --------------------------------------------------------------------------------------*/

int
tp_flow_input_end(struct tp_stage *s, int which)
{
    struct tp_input *in = &s->input[which];

    in->ended = true;
    if (in->suspended)
        return align(s);
    if (in->spoke && !in->said_end && !s->settings.eof) {
        in->cut = true;
        return 0;
    }
    tp_minimum_set_ended(s->minimum, which);
    in->watermark = TP_TIME_AFTER_ALL;
    if (s->op->input_end && s->op->input_end(s->self, s, which, &s->err) < 0)
        return -1;
    if (align(s) < 0)
        return -1;
    return tp_flow_advance(s);
}

/* Which input was cut off; NULL: none. */
static const struct tp_input *
cut_input(const struct tp_stage *s)
{
    for (int i = 0; i < s->inputs; i++)
        if (s->input[i].cut)
            return &s->input[i];
    return NULL;
}

static void
report_cut(const struct tp_stage *s, const struct tp_input *in)
{
    char what[120] = "";
    const char *things = NULL;
    size_t count = s->op->unfinished ? s->op->unfinished(s->self, &things) : 0;
    struct tp_err err;

    if (count > 0)
        snprintf(what, sizeof what, "; %zu %s%s not printed", count, things, count == 1 ? "" : "s");
    tp_err_set(&err, TP_FAULT_MACHINE,
               "%s ended without \"end\": upstream died, or head/grep/jq removed it%s",
               in->in ? tp_in_name(in->in) : "input", what);
    tp_report_failure(&s->report, &err);
}

int
tp_flow_finish(struct tp_stage *s)
{
    const struct tp_input *cut = cut_input(s);
    struct tp_control control = {.kind = TP_CONTROL_END};

    if ((cut || s->suspended) && !s->stopped) {
        if (wake_now(s) < 0)
            return -1;
        if (cut)
            report_cut(s, cut);
        return s->op->leave ? s->op->leave(s->self, s, &s->err) : 0;
    }
    if (s->op->finish && s->op->finish(s->self, s, &s->err) < 0)
        return -1;
    control.ledger.rejected = s->upstream.rejected + tp_stage_lost(s);
    control.ledger.late = s->upstream.late + s->side.dropped_late;
    if (write_control(s, &control) < 0)
        return -1;
    return s->closing ? pass_barrier(s, &s->final) : 0;
}
