/*
 * Barriers: restore lines, alignment over the inputs, saving, and the ends that a last barrier
 * makes (tidepipe.5, SAVED STATE; doc/decisions/barriers-and-one-rename.md).
 */
#include <string.h>

#include "filter/stage.h"

/* Its position is part of our own snapshot, so that it is always aligned. */
static bool
is_replayed(const struct tp_stage *s, const struct tp_input *in)
{
    return s->state.store && tp_in_is_regular(in->in);
}

/* What is held only until a tick (a table's rows, for the widths) is not held beyond this. */
int
tp_barrier_wake(struct tp_stage *s)
{
    if (s->wake_at == 0 || !s->op->tick)
        return 0;
    s->wake_at = 0;
    s->has_arrival = false;
    return s->op->tick(s->self, s, &s->err);
}

/* ---- restore lines ---- */

static int
refuse(struct tp_stage *s, const struct tp_input *in, const char *why)
{
    return tp_err_set(&s->err, TP_FAULT_MACHINE, "%s %s", tp_in_name(in->in), why);
}

/* An input without a restore line beside one that has it. */
static int
refuse_odd(struct tp_stage *s, const struct tp_input *in)
{
    if (!tp_in_is_regular(in->in))
        return refuse(s, in, "does not begin with a restore line, another input does");
    return tp_err_set(&s->err, TP_FAULT_USAGE,
                      "%s beside an input with barriers: how far it was read is state, which needs "
                      "-S",
                      tp_in_name(in->in));
}

/* With state, the first line of each input that is no file is a restore line; and where one input
 * has it, all have. */
int
tp_barrier_first_line(struct tp_stage *s, int which, bool is_restore)
{
    const struct tp_input *in = &s->input[which];
    bool asked = s->state.store && !is_replayed(s, in);

    if (is_restore)
        return 0;
    if (asked)
        return refuse(s, in,
                      "does not begin with a restore line: it comes from no stage with -S "
                      "(sread -S DIR FILE | ...)");
    for (int i = 0; i < s->inputs; i++)
        if (s->input[i].restoring && !is_replayed(s, in))
            return refuse_odd(s, in);
    return 0;
}

static int
write_restore(struct tp_stage *s)
{
    struct tp_buf epochs = TP_BUF_INIT;
    struct tp_control line = {.kind = TP_CONTROL_BARRIER, .barrier = s->state.id};
    int result;

    tp_epochs_write(&s->state.epochs, &epochs);
    line.restore = tp_buf_str(&epochs);
    result = tp_buf_failed(&epochs) ? tp_err_memory(&s->err) : tp_flow_write(s, &line);
    tp_buf_release(&epochs);
    return result < 0 ? -1 : tp_out_flush(s->out, &s->err);
}

/* All inputs have said what to go back to. */
static int
restore(struct tp_stage *s)
{
    if (s->state.store && tp_state_restore(s) < 0)
        return -1;
    s->state.restored = true;
    for (int i = 0; i < s->inputs; i++)
        s->input[i].at_barrier = s->input[i].restoring = false;
    if (write_restore(s) < 0)
        return -1;
    return tp_flow_say_start(s);
}

static int
restore_when_all_said(struct tp_stage *s)
{
    for (int i = 0; i < s->inputs; i++) {
        const struct tp_input *in = &s->input[i];

        if (!in->restoring && !is_replayed(s, in))
            return 0;
    }
    return restore(s);
}

static int
take_restore(struct tp_stage *s, struct tp_input *in, const struct tp_control *control)
{
    struct tp_epochs epochs = {NULL, 0};
    bool first = s->state.epochs.count == 0;
    int result;

    if (s->state.restored || in->spoke)
        return refuse(s, in, "has a restore line behind its first line: two runs joined?");
    for (int i = 0; i < s->inputs; i++)
        if (s->input[i].begun && !s->input[i].restoring && &s->input[i] != in)
            return refuse_odd(s, &s->input[i]);
    result = tp_epochs_parse(&epochs, control->restore, &s->err);
    if (result == 0 && epochs.count == 0)
        result = refuse(s, in, "has a restore line that names no source");
    if (result == 0)
        result = tp_epochs_unite(&s->state.epochs, &epochs, &s->err);
    tp_epochs_release(&epochs);
    if (result < 0) {
        s->err.fault = TP_FAULT_MACHINE;
        return -1;
    }
    if (!first && s->state.id != control->barrier)
        return tp_err_set(&s->err, TP_FAULT_MACHINE,
                          "%s goes back to commit %lld, another input to %lld: start all sources "
                          "of a run together",
                          tp_in_name(in->in), (long long)control->barrier, (long long)s->state.id);
    s->state.id = control->barrier;
    in->restoring = in->at_barrier = true;
    if (restore_when_all_said(s) < 0)
        return -1;
    tp_input_judge(s, (int)(in - s->input)); /* its block may go on */
    return 0;
}

/* ---- barriers ---- */

/* All that came before BARRIER is dealt with: save, or mark what is not saved yet, and only then
 * pass it on. */
static int
pass(struct tp_stage *s, const struct tp_control *barrier, bool complete)
{
    if (s->op->barrier && s->op->barrier(s->self, s, barrier->barrier, &s->err) < 0)
        return -1;
    if (s->state.store) {
        if (tp_stage_flush(s, &s->err) < 0 ||
            tp_state_barrier(s, barrier->barrier, barrier->last, complete) < 0)
            return -1;
    }
    if (tp_flow_write(s, barrier) < 0 || tp_out_flush(s->out, &s->err) < 0)
        return -1;
    return s->state.store ? tp_state_commit(s) : 0;
}

/* All inputs are at their ends, and a last barrier said so: nothing follows this one. */
int
tp_barrier_conclude(struct tp_stage *s, int64_t id, bool complete)
{
    struct tp_control barrier = {.kind = TP_CONTROL_BARRIER, .barrier = id, .last = true};

    s->concluded = true;
    s->suspended = !complete;
    if (complete && tp_flow_complete(s) < 0)
        return -1;
    return pass(s, &barrier, complete);
}

/* The largest ID that an input stands at; -1 while one is still to come. */
static int64_t
id_of_all(const struct tp_stage *s)
{
    int64_t id = -1;

    for (int i = 0; i < s->inputs; i++) {
        const struct tp_input *in = &s->input[i];

        if (in->at_barrier || in->last)
            id = in->barrier.barrier > id ? in->barrier.barrier : id;
        else if (in->cut || (!in->ended && !is_replayed(s, in)))
            return -1;
    }
    return id;
}

/* An input that stands at a smaller ID than another will not see the other come there: that ID is
 * given up (one source started later than the other). A last barrier serves every later ID. */
static bool
let_go_below(struct tp_stage *s, int64_t id)
{
    bool any = false;

    for (int i = 0; i < s->inputs; i++) {
        struct tp_input *in = &s->input[i];

        if (!in->at_barrier || in->barrier.barrier >= id)
            continue;
        in->at_barrier = false;
        any = true;
    }
    return any;
}

static bool
all_are_last(const struct tp_stage *s)
{
    for (int i = 0; i < s->inputs; i++)
        if (s->input[i].at_barrier)
            return false;
    return true;
}

/* None of the last barriers came without `end`. */
static bool
all_are_complete(const struct tp_stage *s)
{
    for (int i = 0; i < s->inputs; i++)
        if (s->input[i].last && !s->input[i].said_end)
            return false;
    return true;
}

static bool
all_files_are_read(const struct tp_stage *s)
{
    for (int i = 0; i < s->inputs; i++)
        if (is_replayed(s, &s->input[i]) && !s->input[i].ended)
            return false;
    return true;
}

static int
pass_aligned(struct tp_stage *s, int64_t id)
{
    struct tp_control barrier = {.kind = TP_CONTROL_BARRIER, .barrier = id};

    if (tp_barrier_wake(s) < 0 || pass(s, &barrier, false) < 0)
        return -1;
    for (int i = 0; i < s->inputs; i++)
        s->input[i].at_barrier = false;
    return 0;
}

int
tp_barrier_align(struct tp_stage *s)
{
    int64_t id = s->concluded ? -1 : id_of_all(s);

    if (id < 0 || let_go_below(s, id))
        return 0;
    if (!all_are_last(s))
        return pass_aligned(s, id);
    if (!all_are_complete(s))
        return tp_barrier_wake(s) < 0 ? -1 : tp_barrier_conclude(s, id, false);
    return all_files_are_read(s) ? tp_barrier_conclude(s, id, true) : 0;
}

static int
refuse_barrier(struct tp_stage *s)
{
    if (!s->op->save)
        return tp_err_set(&s->err, TP_FAULT_USAGE,
                          "a barrier asks for saved state, and %s saves none yet", s->op->name);
    return tp_err_set(&s->err, TP_FAULT_USAGE,
                      "a barrier asks for saved state: -S DIR says where (or $TIDEPIPE_STATE)");
}

int
tp_barrier_take(struct tp_stage *s, int which, const struct tp_control *control)
{
    struct tp_input *in = &s->input[which];

    if (((s->op->traits & TP_STATEFUL) || s->op->save) && !s->state.store)
        return refuse_barrier(s);
    if (control->restore.len > 0)
        return take_restore(s, in, control);
    in->barrier = *control;
    in->barrier.restore = (struct tp_str){NULL, 0};
    in->last = control->last;
    in->at_barrier = !in->last; /* behind a last one there is nothing to hold back */
    if (in->last && in->said_end && tp_flow_input_over(s, which) < 0)
        return -1;
    return tp_barrier_align(s);
}

/* ---- sources ---- */

int
tp_barrier_begin(struct tp_stage *s)
{
    if (tp_state_begin(s) < 0 || write_restore(s) < 0)
        return -1;
    return tp_flow_say_start(s);
}

int
tp_barrier_due(struct tp_stage *s)
{
    struct tp_control barrier = {.kind = TP_CONTROL_BARRIER};
    int64_t from;

    if (!s->state.store || tp_state_due_in(s) > 0)
        return 0;
    from = tp_state_clock(s);
    barrier.barrier = tp_state_next_id(s);
    if (pass(s, &barrier, false) < 0)
        return -1;
    tp_state_saved_since(s, from);
    return 0;
}
