/*
 * tidepipe run: a pipeline, started again when it fails, from where the last commit left it.
 *
 * The protocol needs no coordinator (tidepipe.5, SAVED STATE), and this is none: stages go back to
 * the commit by themselves. Here it is decided when they are started and ended, and written down
 * what came of it.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "claim.h"
#include "ledger.h"
#include "pipeline.h"
#include "stream/supervise.h"
#include "stream/survey.h"
#include "verb.h"

enum {
    TIDE_BUSY = 4, /* exit status: another run holds the directory */
    LOOK_MS = 500,
    LOST_MS = 2000,
};

#define LONGEST_PAUSE TP_MINUTE

struct run {
    const char *state, *command;
    tp_duration every, backoff, grace;
    uint64_t restarts;
    bool once, help;

    const struct verb *verb;
    struct claim claim;
    bool tells;       /* stages' statuses are told */
    uint64_t attempt; /* from 1 */
    int64_t last;     /* the commit after the attempt before */
    struct tp_supervisor *supervisor;
    struct tp_buf script;
};

/* What is known of an attempt. */
struct attempt {
    struct ledger_run run;
    struct pipeline pipeline;
    struct tp_buf why;

    int stop_signal;       /* we were asked to stop */
    tp_time ends_by;       /* then it is killed; TP_TIME_AFTER_ALL: it may go on */
    bool told_to_end;      /* ... and was told to */
    bool killed;           /* ... and was */
    tp_time lost_since;    /* a stage is missing since then */
    struct tp_survey seen; /* the last look, while all was well */
};

#define FIELD(name) offsetof(struct run, name)

static const struct tp_option options[] = {
    {'c', "command", "PIPELINE", "what to run, as text for a shell", TP_OPTION_TEXT,
     FIELD(command)},
    {'S', "state", "DIR", "where state is kept ($TIDEPIPE_STATE)", TP_OPTION_TEXT, FIELD(state)},
    {0, "every", "DUR", "a barrier so often ($TIDEPIPE_EVERY, 10s)", TP_OPTION_DURATION,
     FIELD(every)},
    {0, "once", NULL, "do not start it again", TP_OPTION_FLAG, FIELD(once)},
    {0, "restarts", "N", "give up after so many in a row without a commit (10)", TP_OPTION_COUNT,
     FIELD(restarts)},
    {0, "backoff", "DUR", "pause before the first of them, doubled up to 1m (1s)",
     TP_OPTION_DURATION, FIELD(backoff)},
    {0, "grace", "DUR", "kill what is not gone so long after it was told to end (10s)",
     TP_OPTION_DURATION, FIELD(grace)},
    {'h', "help", NULL, "show this help", TP_OPTION_FLAG, FIELD(help)},
    {0},
};

static void __attribute__((format(printf, 2, 3))) note(const struct run *r, const char *format, ...)
{
    struct tp_err err = {.fault = TP_FAULT_MACHINE};
    va_list args;

    va_start(args, format);
    vsnprintf(err.text, sizeof err.text, format, args);
    va_end(args);
    verb_fail(r->verb, &err);
}

/* --- clocks ------------------------------------------------------------------------------------*/

static tp_time
clock_of(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (tp_time)now.tv_sec * TP_SECOND + now.tv_nsec;
}

static tp_time
after(tp_duration grace)
{
    tp_time then;

    return tp_time_add(clock_of(CLOCK_MONOTONIC), grace, &then) ? then : TP_TIME_AFTER_ALL;
}

/* --- a stage is missing ------------------------------------------------------------------------*/

static bool
is_of(const struct run *r, const struct tp_survey_stage *stage)
{
    return stage->alive && getpgid(stage->pid) == tp_supervisor_group(r->supervisor);
}

/* A stage that was at work, and is gone while a source works on; of those that keep state, as their
 * locks say. A pipeline ends from its sources on, so this is no end but a death. */
static const char *
lost_stage(const struct run *r, const struct tp_survey *before, const struct tp_survey *now)
{
    bool source = false;

    for (size_t i = 0; i < now->stages; i++)
        source = source || (now->stage[i].source && is_of(r, &now->stage[i]));
    for (size_t i = 0; source && i < before->stages; i++) {
        const struct tp_survey_stage *was = &before->stage[i];

        if (was->source || !was->alive)
            continue;
        for (size_t j = 0; j < now->stages; j++)
            if (strcmp(now->stage[j].name, was->name) == 0 && !now->stage[j].alive)
                return was->name;
    }
    return NULL;
}

/* --- ending an attempt -------------------------------------------------------------------------*/

/* The sources are told: what comes of it, a last barrier and the end, the others get from them.
 * Where there is none that keeps state, all are told. */
static void
tell_to_end(struct run *r, struct attempt *a)
{
    struct tp_survey survey;
    bool any = false;

    if (a->told_to_end)
        return;
    a->told_to_end = true;
    a->ends_by = after(r->grace);
    if (tp_survey(r->claim.dir, &survey, NULL) == 0) {
        for (size_t i = 0; i < survey.stages; i++)
            if (survey.stage[i].source && is_of(r, &survey.stage[i]))
                any = kill(survey.stage[i].pid, SIGTERM) == 0 || any;
    }
    tp_survey_release(&survey);
    if (!any)
        tp_supervisor_signal(r->supervisor, SIGTERM);
}

static void
look_after(struct run *r, struct attempt *a)
{
    tp_time now = clock_of(CLOCK_MONOTONIC);
    struct tp_survey survey;
    const char *lost;

    if (now >= a->ends_by) {
        a->killed = true;
        tp_supervisor_signal(r->supervisor, SIGKILL);
        a->ends_by = after(r->grace);
    }
    if (a->told_to_end || tp_survey(r->claim.dir, &survey, NULL) < 0)
        return;
    lost = a->seen.look ? lost_stage(r, &a->seen, &survey) : NULL;
    if (lost && a->lost_since == 0) {
        a->lost_since = now;
    } else if (lost && now - a->lost_since >= LOST_MS * TP_MILLISECOND) {
        tp_buf_printf(&a->why, "the stage %s is gone while its source lives", lost);
        tell_to_end(r, a);
    }
    if (!lost) {
        a->lost_since = 0;
        tp_survey_release(&a->seen);
        a->seen = survey;
        return;
    }
    tp_survey_release(&survey);
}

static void
stop_asked(struct run *r, struct attempt *a)
{
    if (a->stop_signal) { /* once more: at once */
        a->killed = true;
        tp_supervisor_signal(r->supervisor, SIGKILL);
    }
    a->stop_signal = tp_supervisor_signal_got(r->supervisor);
    tell_to_end(r, a);
}

static int
see_through(struct run *r, struct attempt *a, struct tp_err *err)
{
    tp_time look = 0;
    int what;

    while ((what = tp_supervisor_wait(r->supervisor, LOOK_MS, err)) != TP_SUPERVISE_GONE) {
        if (what < 0)
            return -1;
        if (tp_supervisor_signal_got(r->supervisor))
            stop_asked(r, a);
        if (what == TP_SUPERVISE_ENDED && !a->told_to_end) {
            a->told_to_end = true; /* what it left behind has so long to end by itself */
            a->ends_by = after(r->grace);
        }
        if (clock_of(CLOCK_MONOTONIC) < look)
            continue;
        look = after(LOOK_MS / 2 * TP_MILLISECOND);
        look_after(r, a);
    }
    return 0;
}

/* --- how it ended ------------------------------------------------------------------------------*/

/* The exit status of a run whose stages ended so. */
static int
status_of(const struct attempt *a, int shell)
{
    int culprit = pipeline_culprit(&a->pipeline), worst = TP_STATUS_CLEAN;

    if (a->killed)
        return TP_STATUS_FAILED;
    if (culprit >= 0)
        return a->pipeline.stage[culprit].status == TP_STATUS_USAGE ? TP_STATUS_USAGE
                                                                    : TP_STATUS_FAILED;
    for (size_t i = 0; i < a->pipeline.stages; i++)
        if (a->pipeline.stage[i].status == TP_STATUS_SOME_BAD)
            worst = TP_STATUS_SOME_BAD;
    if (a->pipeline.stages > 0)
        return worst;
    return shell >= 0 && shell <= TP_STATUS_USAGE ? shell : TP_STATUS_FAILED;
}

static const char *
how_of(const struct attempt *a)
{
    if (a->stop_signal)
        return "stopped";
    if (a->run.status == TP_STATUS_USAGE)
        return "refused";
    return a->run.status == TP_STATUS_FAILED ? "failed" : "done";
}

static void
explain(struct attempt *a, int shell)
{
    int culprit = pipeline_culprit(&a->pipeline);
    const char *comma = a->why.len > 0 ? "; " : "";

    if (a->run.status < TP_STATUS_USAGE)
        return;
    tp_buf_put_str(&a->why, tp_str_of(comma));
    if (culprit >= 0)
        pipeline_describe(&a->pipeline, culprit, &a->why);
    else if (shell > 128)
        tp_buf_printf(&a->why, "killed by signal %d", shell - 128);
    else
        tp_buf_printf(&a->why, "exit status %d", shell);
    if (a->killed)
        TP_BUF_PUT(&a->why, "; killed, as it did not end in time");
}

/* Writes down what came of it, in the ledger and for people. */
static int
account(struct run *r, struct attempt *a, struct tp_err *err)
{
    int shell = tp_supervisor_status(r->supervisor), result;
    struct tp_survey survey;

    pipeline_read(&a->pipeline, tp_supervisor_told(r->supervisor), r->command);
    result = tp_survey(r->claim.dir, &survey, err);
    a->run.ended = clock_of(CLOCK_REALTIME);
    a->run.to = survey.commit.id;
    a->run.status = status_of(a, shell);
    a->run.how = how_of(a);
    explain(a, shell);
    a->run.why = tp_buf_str(&a->why);
    a->run.said = tp_supervisor_said(r->supervisor);
    a->run.pipeline = &a->pipeline;
    if (result == 0)
        result = ledger_append(r->claim.dir, &a->run, &survey, err);
    tp_survey_release(&survey);
    if (a->run.status >= TP_STATUS_USAGE)
        note(r, "%s: %.*s; commit %lld stands", a->run.how, (int)a->why.len, a->why.ptr,
             (long long)a->run.to);
    return result;
}

/* --- attempts ----------------------------------------------------------------------------------*/

static int
start(struct run *r, char **program, struct tp_err *err)
{
    const char *const shell[] = {
        r->tells ? "bash" : "sh", r->tells ? "-o" : "-c",  r->tells ? "pipefail" : r->command,
        r->tells ? "-c" : NULL,   tp_buf_text(&r->script), NULL};

    return tp_supervisor_start(r->supervisor, r->command ? shell : (const char *const *)program,
                               err);
}

static int
attempt(struct run *r, struct attempt *a, char **program, struct tp_err *err)
{
    a->run.started = clock_of(CLOCK_REALTIME);
    a->run.attempt = ++r->attempt;
    a->run.from = r->last;
    a->ends_by = TP_TIME_AFTER_ALL;
    if (start(r, program, err) < 0)
        return -1;
    claim_note(&r->claim, tp_supervisor_group(r->supervisor), a->run.started, a->run.from,
               a->run.attempt);
    if (see_through(r, a, err) < 0 || account(r, a, err) < 0)
        return -1;
    claim_note(&r->claim, 0, 0, 0, 0);
    r->last = a->run.to;
    return 0;
}

/* The pause before start number FAILURES + 1 in a row. */
static tp_duration
pause_of(const struct run *r, uint64_t failures)
{
    tp_duration pause = r->backoff;

    for (uint64_t i = 1; i < failures && pause < LONGEST_PAUSE; i++)
        pause *= 2;
    return pause < LONGEST_PAUSE || r->backoff > LONGEST_PAUSE ? pause : LONGEST_PAUSE;
}

/* Runs until it is done, or given up. Returns the exit status, -1 on failure of our own. */
static int
run_all(struct run *r, char **program, struct tp_err *err)
{
    uint64_t failures = 0;

    for (;;) {
        struct attempt a = {.lost_since = 0};
        int result = attempt(r, &a, program, err), status = a.run.status;
        bool stopped = a.stop_signal != 0;
        tp_duration pause;

        failures = a.run.to > a.run.from ? 1 : failures + 1;
        tp_survey_release(&a.seen);
        tp_buf_release(&a.why);
        if (result < 0)
            return -1;
        if (status != TP_STATUS_FAILED || stopped || r->once)
            return status;
        if (failures > r->restarts) {
            note(r, "given up: %llu times in a row without a commit", (unsigned long long)failures);
            return status;
        }
        pause = pause_of(r, failures);
        note(r, "starts again in %lld ms", (long long)(pause / TP_MILLISECOND));
        result = tp_supervisor_pause(r->supervisor, (int)(pause / TP_MILLISECOND), err);
        if (result != TP_SUPERVISE_TIME)
            return result < 0 ? -1 : status;
    }
}

/* --- beginning ---------------------------------------------------------------------------------*/

static bool
is_there(const char *program)
{
    const char *path = getenv("PATH");
    char file[4096];

    for (const char *p = path ? path : "/usr/bin:/bin"; *p; p += strspn(p, ":")) {
        size_t len = strcspn(p, ":");

        snprintf(file, sizeof file, "%.*s/%s", (int)len, p, program);
        if (access(file, X_OK) == 0)
            return true;
        p += len;
    }
    return false;
}

static int
prepare(struct run *r, struct tp_err *err)
{
    char every[TP_TIME_TEXT + 1];

    r->tells = r->command && is_there("bash");
    if (r->tells)
        pipeline_write_script(r->command, TP_SUPERVISE_FD, &r->script);
    else if (r->command)
        note(r, "there is no bash: of the pipeline only its last stage's exit status is seen");
    if (r->every >= 0) {
        every[tp_duration_write(every, r->every)] = '\0';
        setenv("TIDEPIPE_EVERY", every, 1);
    }
    setenv("TIDEPIPE_STATE", r->claim.dir, 1);
    r->supervisor = tp_supervisor_new(err);
    return r->supervisor ? 0 : -1;
}

static int
run_locked(struct run *r, char **program, struct tp_err *err)
{
    int ours;

    if (!r->state || !*r->state)
        return tp_err_set(err, TP_FAULT_USAGE, "where is state kept? -S DIR, or $TIDEPIPE_STATE");
    ours = claim_take(&r->claim, r->verb, r->state, err);
    if (ours <= 0)
        return ours < 0 ? -1 : TIDE_BUSY;
    r->last = r->claim.commit;
    return prepare(r, err) < 0 ? -1 : run_all(r, program, err);
}

static int
run_main(const struct verb *verb, int argc, char **argv)
{
    struct run r = {
        .state = getenv("TIDEPIPE_STATE"),
        .every = -1,
        .backoff = TP_SECOND,
        .grace = 10 * TP_SECOND,
        .restarts = 10,
        .verb = verb,
        .claim.lock = -1,
    };
    struct tp_err err;
    int operands, status = verb_parse(verb, &r, &r.help, argc, argv, &operands);

    if (status >= 0)
        return status;
    if (!r.command == (operands == argc))
        return verb_misused(verb, "what is run? -c PIPELINE or PROGRAM, one of the two");
    if (r.every >= 0 && r.every < TP_MILLISECOND)
        return verb_misused(verb, "--every: at least 1ms");
    status = run_locked(&r, argv + operands, &err);
    if (status < 0)
        status = verb_fail(verb, &err);
    tp_supervisor_free(r.supervisor);
    claim_release(&r.claim);
    tp_buf_release(&r.script);
    return status;
}

const struct verb verb_run = {
    .name = "run",
    .purpose = "a pipeline that goes on where it left off, started again when it fails",
    .synopsis = "[-S DIR] [--every DUR] [--once] [--restarts N] -c PIPELINE\n"
                "[-S DIR] [--every DUR] [--once] [--restarts N] PROGRAM [ARG ...]",
    .options = options,
    .takes_command = true,
    .run = run_main,
};
