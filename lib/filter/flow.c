/*
 * What comes between the records: watermarks, control lines, and how streams end (DESIGN 2 and 3).
 */
#include <stdio.h>
#include <string.h>

#include "filter/stage.h"

int
tp_flow_write(struct tp_stage *s, const struct tp_control *control)
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
tp_flow_say_start(struct tp_stage *s)
{
    struct tp_control control = {.kind = TP_CONTROL_START, .delay = s->delay};

    if (s->role == TP_ROLE_SOURCE && s->delay < 0)
        control.kind = TP_CONTROL_NONE;
    else if (s->role != TP_ROLE_SOURCE && !(s->op->traits & TP_MAKES_TIME))
        return 0;
    s->said_start = s->said_none = true;
    if (tp_flow_write(s, &control) < 0)
        return -1;
    return tp_out_flush(s->out, &s->err);
}

/* With state a restore line comes first: what is said before it could not be taken back. */
int
tp_flow_start(struct tp_stage *s)
{
    if (s->state.store && s->role == TP_ROLE_SOURCE)
        return tp_barrier_begin(s);
    return s->state.store ? 0 : tp_flow_say_start(s);
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
    if (tp_flow_write(s, &control) < 0)
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
    return tp_flow_write(s, &control);
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
    return tp_flow_write(s, &control);
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
    if (in->over)
        return 0; /* said again after a restart: it is in the snapshot */
    s->upstream.rejected += control->ledger.rejected;
    s->upstream.late += control->ledger.late;
    return 0;
}

int
tp_flow_after_end(struct tp_stage *s, const struct tp_input *in)
{
    return tp_err_set(&s->err, TP_FAULT_MACHINE,
                      "%s:%llu: goes on after %s: files joined by cat? give them as operands",
                      tp_in_name(in->in), (unsigned long long)in->line_number,
                      in->said_end ? "\"end\"" : "its last barrier");
}

/* With state: lines that differ from run to run do not count as lines, so that what names a line
 * (--rejects) names it alike in a run that was interrupted. */
static void
leave_uncounted(struct tp_input *in, const struct tp_control *control, struct tp_str line)
{
    uint64_t end = tp_in_offset(in->in) + (uint64_t)(line.ptr + line.len + 1 - in->block_start);

    if (control->kind != TP_CONTROL_WATERMARK) {
        in->line_number--;
        in->shift -= line.len + 1;
    }
    in->mark = end + in->shift;
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
    if (in->last || (in->said_end && !(control.kind == TP_CONTROL_BARRIER && control.last)))
        return tp_flow_after_end(s, in);
    if (s->state.store)
        leave_uncounted(in, &control, line);
    s->speaks = s->role != TP_ROLE_SINK;
    if (control.kind == TP_CONTROL_BARRIER && tp_barrier_take(s, which, &control) < 0)
        return -1;
    in->spoke = true;
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
        return 0;
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

/* An input is complete, for the operator and for the watermark: once, whoever says it first. */
int
tp_flow_input_over(struct tp_stage *s, int which)
{
    struct tp_input *in = &s->input[which];

    if (in->over)
        return 0;
    in->over = true;
    tp_minimum_set_ended(s->minimum, which);
    in->watermark = TP_TIME_AFTER_ALL;
    if (s->op->input_end && s->op->input_end(s->self, s, which, &s->err) < 0)
        return -1;
    return 0;
}

/* Did an input stop before it was at an end? With state, only behind its last barrier is it. */
static bool
is_cut(const struct tp_stage *s, const struct tp_input *in)
{
    if (s->state.store && !tp_in_is_regular(in->in))
        return true;
    return in->spoke && !in->said_end && !s->settings.eof;
}

int
tp_flow_input_end(struct tp_stage *s, int which)
{
    struct tp_input *in = &s->input[which];

    in->ended = true;
    if (in->last)
        return tp_barrier_align(s);
    if (is_cut(s, in)) {
        in->cut = true;
        return 0;
    }
    if (tp_flow_input_over(s, which) < 0 || tp_flow_advance(s) < 0)
        return -1;
    return tp_barrier_align(s);
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
               "%s ended without %s: upstream died, or head/grep/jq removed it%s",
               tp_in_name(in->in), in->said_end ? "its last barrier" : "\"end\"", what);
    tp_report_failure(&s->report, &err);
}

int
tp_flow_complete(struct tp_stage *s)
{
    struct tp_control control = {.kind = TP_CONTROL_END};

    if (!s->state.complete && s->op->finish && s->op->finish(s->self, s, &s->err) < 0)
        return -1;
    control.ledger.rejected = s->upstream.rejected + tp_stage_lost(s);
    control.ledger.late = s->upstream.late + s->side.dropped_late;
    return tp_flow_write(s, &control);
}

static int
leave(struct tp_stage *s)
{
    return s->op->leave ? s->op->leave(s->self, s, &s->err) : 0;
}

int
tp_flow_finish(struct tp_stage *s)
{
    const struct tp_input *cut = cut_input(s);

    if (s->role == TP_ROLE_SOURCE && s->state.store)
        return tp_barrier_conclude(s, tp_state_next_id(s), !s->suspended);
    if (s->concluded)
        return s->suspended ? leave(s) : 0;
    if (s->state.store && s->stopped)
        return tp_err_set(&s->err, TP_FAULT_USAGE,
                          "stopped before the end of its input: not with --state");
    if (cut && !s->stopped) {
        if (tp_barrier_wake(s) < 0)
            return -1;
        report_cut(s, cut);
        return leave(s);
    }
    return tp_flow_complete(s);
}
