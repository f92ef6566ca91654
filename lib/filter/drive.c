/*
 * The three drivers: which input is read next, when to wait, and what happens meanwhile.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "filter/stage.h"
#include "value/clock.h"

#define HINT_AFTER (5 * TP_SECOND)

#define NONE (-1)
#define WAIT (-2)

/* Behind the last barrier a file may have more, which is for the next run; what had barriers is
 * read to its end, because nothing may follow there. */
static bool
can_be_read(const struct tp_stage *s, const struct tp_input *in)
{
    return !in->ended && !in->at_barrier && (!s->concluded || in->last);
}

/* --max-drift: an input whose watermark is beyond this is held back (Flink's watermark alignment).
 */
static tp_time
drift_limit(const struct tp_stage *s)
{
    tp_time least, limit;

    if (s->settings.max_drift < 0)
        return TP_TIME_AFTER_ALL;
    least = tp_minimum_watermark(s->minimum);
    if (least == TP_TIME_BEFORE_ALL || !tp_time_add(least, s->settings.max_drift, &limit))
        return least;
    return limit;
}

/* Of the inputs not beyond LIMIT the one furthest behind; WAIT when all of these are waited for,
 * NONE when there is none. */
static int
furthest_behind(const struct tp_stage *s, tp_time limit)
{
    int best = NONE, waiting = NONE;

    for (int i = 0; i < s->inputs; i++) {
        const struct tp_input *in = &s->input[i];

        if (!can_be_read(s, in) || (in->watermark > limit && !in->idle))
            continue;
        if (in->waiting)
            waiting = i;
        else if (best == NONE || in->watermark < s->input[best].watermark)
            best = i;
    }
    return best != NONE || waiting == NONE ? best : WAIT;
}

/* An idle input is not waited for, so the operator does not choose it: has it come back? */
static int
idle_to_ask(const struct tp_stage *s)
{
    for (int i = 0; i < s->inputs; i++) {
        const struct tp_input *in = &s->input[i];

        if (in->idle && in->block.len == 0 && !in->waiting && can_be_read(s, in))
            return i;
    }
    return NONE;
}

static int
pick_chosen(const struct tp_stage *s)
{
    const struct tp_input *in = &s->input[s->chosen];
    int idle;

    if (in->block.len > 0)
        return s->chosen;
    idle = idle_to_ask(s);
    if (idle != NONE)
        return idle;
    return in->waiting ? WAIT : s->chosen;
}

/* The input to read next, WAIT, or NONE when all have ended. */
static int
pick(struct tp_stage *s)
{
    int which;

    s->chosen = s->op->choose && s->inputs > 1 ? s->op->choose(s->self, s) : NONE;
    /* One that was cut off or stands at a barrier has nothing to give: any other will do. */
    if (s->chosen >= 0 && !can_be_read(s, &s->input[s->chosen]))
        s->chosen = NONE;
    if (s->chosen >= 0)
        return pick_chosen(s);
    s->limit = drift_limit(s);
    which = furthest_behind(s, s->limit);
    if (which != NONE || s->limit == TP_TIME_AFTER_ALL)
        return which;
    /* The one they should wait for was cut off, or stands at a barrier where they must come, too.
     */
    s->limit = TP_TIME_AFTER_ALL;
    return furthest_behind(s, s->limit);
}

/* Is this input waited for, and not held back? */
static bool
is_wanted(const struct tp_stage *s, int i)
{
    const struct tp_input *in = &s->input[i];

    if (!in->waiting || !can_be_read(s, in))
        return false;
    if (s->chosen >= 0)
        return i == s->chosen || in->idle;
    return in->idle || in->watermark <= s->limit;
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

static int
timeout_ms(const struct tp_stage *s)
{
    tp_duration left = s->hinted ? -1 : HINT_AFTER, late = tp_state_late_in(s);

    if (s->wake_at > 0) {
        tp_duration wake = s->wake_at > s->waited ? s->wake_at - s->waited : 0;

        left = left < 0 || wake < left ? wake : left;
    }
    if (late >= 0)
        left = left < 0 || late < left ? late : left;
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
    s->has_arrival = false;
    if (s->op->tick && s->op->tick(s->self, s, &s->err) < 0)
        return -1;
    return s->moved ? tp_flow_advance(s) : 0;
}

/* Waits until one of the inputs that are wanted can be read, or it is time for something else;
 * those that are held back are drained meanwhile. */
static int
wait_for_any(struct tp_stage *s)
{
    size_t count = (size_t)s->inputs;
    struct tp_in **inputs = calloc(count, sizeof(struct tp_in *));
    bool *held = calloc(count, sizeof *held);
    tp_time from = tp_clock_steady();
    int ready = -1;

    if (!inputs || !held) {
        tp_err_memory(&s->err);
    } else {
        for (int i = 0; i < s->inputs; i++) {
            inputs[i] = s->input[i].ended ? NULL : s->input[i].in;
            held[i] = !is_wanted(s, i);
        }
        ready = tp_in_wait_holding(inputs, held, count, timeout_ms(s), &s->err);
    }
    s->waited += tp_clock_steady() - from;
    free(inputs);
    free(held);
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
    while (!s->stopped && (which = pick(s)) != NONE) {
        int result;

        if (which == WAIT)
            result = wait_for_input(s);
        else if (s->input[which].block.len == 0)
            result = tp_input_read(s, which);
        else
            result = tp_input_take(s, which);
        if (result < 0 || tp_state_commit_late(s) < 0)
            return -1;
    }
    return tp_flow_finish(s);
}

/* ---- sources ---- */

static sigset_t
stop_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    return set;
}

/* Asked to stop (SIGTERM) a source that keeps state ends with a last barrier. The signal is not
 * taken but looked for, between two pieces of work, so that no handler and no variable of the
 * process is needed. */
static void
hold_stop(const struct tp_stage *s)
{
    sigset_t set = stop_signals();

    if (s->state.store)
        sigprocmask(SIG_BLOCK, &set, NULL);
}

static void
stop(struct tp_stage *s)
{
    s->suspended = s->stopped = true;
}

static void
look_for_stop(struct tp_stage *s)
{
    sigset_t pending;

    if (s->state.store && sigpending(&pending) == 0 && sigismember(&pending, SIGTERM))
        stop(s);
}

/* Sleeps for PAUSE; a signal to stop ends it. */
static int
nap_or_stop(struct tp_stage *s, const struct timespec *pause)
{
    sigset_t set = stop_signals();
    int got = s->state.store ? sigtimedwait(&set, NULL, pause) : nanosleep(pause, NULL);

    if (got == SIGTERM)
        stop(s);
    return got < 0 && errno != EINTR && errno != EAGAIN ? tp_err_system(&s->err, "sleep") : 0;
}

static int
sleep_until_due(struct tp_stage *s)
{
    tp_time until = tp_clock_steady() + (s->wake_at - s->waited);

    s->wake_at = 0;
    if (go_quiet(s) < 0)
        return -1;
    for (tp_duration left; (left = until - tp_clock_steady()) > 0;) {
        tp_duration barrier = s->state.store ? tp_state_due_in(s) : left;
        tp_duration nap = barrier < left ? barrier : left;
        struct timespec pause = {nap / TP_SECOND, nap % TP_SECOND};

        if (nap_or_stop(s, &pause) < 0 || tp_barrier_due(s) < 0)
            return -1;
        if (s->stopped)
            return 0;
    }
    return 0;
}

static int
run_source(struct tp_stage *s)
{
    int more;

    hold_stop(s);
    if (tp_flow_start(s) < 0)
        return -1;
    more = !s->state.complete;
    while (more && !s->stopped) {
        more = s->op->produce(s->self, s, &s->err);
        if (more < 0 || tp_out_settle(s->out, &s->err) < 0 || tp_barrier_due(s) < 0)
            return -1;
        if (s->wake_at > 0 && sleep_until_due(s) < 0)
            return -1;
        if (more)
            look_for_stop(s);
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
    stage->chosen = NONE;
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
