/*
 * The three drivers: which input is read next, when to wait, and what happens meanwhile.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "filter/stage.h"

#define HINT_AFTER (5 * TP_SECOND)

/* The input to read next: -1 when all have ended, -2 when all that may be read are waited for. */
static int
pick(struct tp_stage *s)
{
    int best = -1, waiting = -1;

    if (s->op->choose && s->inputs > 1) {
        int chosen = s->op->choose(s->self, s);

        /* One that was cut off or stands at a barrier has nothing to give: any other will do. */
        if (chosen >= 0 && !s->input[chosen].ended && !s->input[chosen].at_barrier)
            return s->input[chosen].waiting ? -2 : chosen;
    }
    for (int i = 0; i < s->inputs; i++) {
        const struct tp_input *in = &s->input[i];

        if (in->ended || in->at_barrier)
            continue;
        if (in->waiting) {
            waiting = i;
            continue;
        }
        if (best < 0 || in->watermark < s->input[best].watermark)
            best = i;
    }
    return best >= 0 ? best : waiting >= 0 ? -2 : -1;
}

/* A terminal has been quiet for long and results wait for the end: say once why. */
static void
hint(struct tp_stage *s)
{
    const char *what;

    if (s->hinted || !(s->op->traits & TP_DELAYS) || s->settings.delay >= 0 || !s->op->unfinished)
        return;
    for (int i = 0; i < s->inputs; i++)
        if (s->input[i].timed)
            return;
    if (s->op->unfinished(s->self, &what) < 2)
        return;
    s->hinted = true;
    tp_report_note(&s->report, "results come at the end of the input: it has no watermarks; "
                               "-d 5s, say, gives results as time goes on");
}

static int
go_quiet(struct tp_stage *s)
{
    if (s->op->quiet && s->op->quiet(s->self, s, &s->err) < 0)
        return -1;
    return tp_stage_flush(s, &s->err);
}

static tp_time
steady_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (tp_time)now.tv_sec * TP_SECOND + now.tv_nsec;
}

static int
timeout_ms(const struct tp_stage *s)
{
    tp_duration left = s->hinted ? -1 : HINT_AFTER;

    if (s->wake_at > 0) {
        tp_duration wake = s->wake_at > s->waited ? s->wake_at - s->waited : 0;

        left = left < 0 || wake < left ? wake : left;
    }
    if (left < 0)
        return -1;
    left = (left + TP_MILLISECOND - 1) / TP_MILLISECOND;
    return left > 3600000 ? 3600000 : (int)left;
}

static int
let_time_pass(struct tp_stage *s)
{
    if (s->waited - s->quiet_since >= HINT_AFTER)
        hint(s);
    if (s->wake_at == 0 || s->waited < s->wake_at)
        return 0;
    s->wake_at = 0;
    if (s->op->tick && s->op->tick(s->self, s, &s->err) < 0)
        return -1;
    return s->moved ? tp_flow_advance(s) : 0;
}

/* Waits until one of the inputs that had nothing can be read, or it is time for something else. */
static int
wait_for_any(struct tp_stage *s)
{
    struct tp_in **inputs = calloc((size_t)s->inputs, sizeof(struct tp_in *));
    tp_time from = steady_clock();
    int ready;

    if (!inputs)
        return tp_err_memory(&s->err);
    for (int i = 0; i < s->inputs; i++)
        inputs[i] = s->input[i].waiting && !s->input[i].ended ? s->input[i].in : NULL;
    ready = tp_in_wait(inputs, (size_t)s->inputs, timeout_ms(s), &s->err);
    s->waited += steady_clock() - from;
    free(inputs);
    return ready;
}

/* Nothing can be read: write what there is, wait, let time pass. */
static int
wait_for_input(struct tp_stage *s)
{
    int ready;

    if (go_quiet(s) < 0)
        return -1;
    ready = wait_for_any(s);
    if (ready < 0 || let_time_pass(s) < 0)
        return -1;
    if (ready == 0)
        return 0;
    s->quiet_since = s->waited;
    tp_input_look_again(s);
    return 0;
}

static int
run_inputs(struct tp_stage *s)
{
    int which;

    if (tp_flow_start(s) < 0)
        return -1;
    while (!s->stopped && (which = pick(s)) != -1) {
        int result;

        if (which == -2)
            result = wait_for_input(s);
        else if (s->input[which].block.len == 0)
            result = tp_input_read(s, which);
        else
            result = tp_input_take(s, which);
        if (result < 0)
            return -1;
    }
    return tp_flow_finish(s);
}

static int
sleep_until_due(struct tp_stage *s)
{
    tp_duration left = s->wake_at - s->waited;
    struct timespec pause = {left / TP_SECOND, left % TP_SECOND};

    s->wake_at = 0;
    if (go_quiet(s) < 0)
        return -1;
    while (nanosleep(&pause, &pause) < 0 && errno == EINTR)
        continue;
    return 0;
}

static int
run_source(struct tp_stage *s)
{
    int more = 1;

    if (tp_flow_start(s) < 0)
        return -1;
    while (more && !s->stopped) {
        more = s->op->produce(s->self, s, &s->err);
        if (more < 0 || tp_out_settle(s->out, &s->err) < 0)
            return -1;
        if (s->wake_at > 0 && sleep_until_due(s) < 0)
            return -1;
    }
    return tp_flow_finish(s);
}

static int
drive(const struct tp_operator *op, void *self, enum tp_role role, int argc, char **argv)
{
    struct tp_stage *stage = calloc(1, sizeof *stage);
    struct tp_report report = {.program = op->name};
    struct tp_err err;
    int status;

    if (!stage) {
        tp_err_memory(&err);
        tp_report_failure(&report, &err);
        return TP_STATUS_FAILED;
    }
    stage->op = op;
    stage->self = self;
    stage->role = role;
    status = tp_stage_begin(stage, argc, argv);
    if (status < 0)
        status =
            tp_stage_end(stage, role == TP_ROLE_SOURCE ? run_source(stage) : run_inputs(stage));
    tp_stage_give_back(stage);
    free(stage);
    return status;
}

int
tp_source_main(const struct tp_operator *op, void *self, int argc, char **argv)
{
    return drive(op, self, TP_ROLE_SOURCE, argc, argv);
}

int
tp_transform_main(const struct tp_operator *op, void *self, int argc, char **argv)
{
    return drive(op, self, TP_ROLE_TRANSFORM, argc, argv);
}

int
tp_sink_main(const struct tp_operator *op, void *self, int argc, char **argv)
{
    return drive(op, self, TP_ROLE_SINK, argc, argv);
}
