#include "claim.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ledger.h"

enum { FORMER_MS = 5000 }; /* stages of a run that was abandoned are given so long to be gone */

#define LOCK_FILE ".run.lock"

static void __attribute__((format(printf, 2, 3)))
say(const struct claim *c, const char *format, ...)
{
    struct tp_err err = {.fault = TP_FAULT_MACHINE};
    va_list args;

    va_start(args, format);
    vsnprintf(err.text, sizeof err.text, format, args);
    va_end(args);
    verb_fail(c->verb, &err);
}

static tp_time
steady_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (tp_time)now.tv_sec * TP_SECOND + now.tv_nsec;
}

/* --- the directory -----------------------------------------------------------------------------*/

static int
find_directory(struct claim *c, struct tp_err *err)
{
    if (mkdir(c->name, 0777) < 0 && errno != EEXIST)
        return tp_err_system(err, c->name);
    c->dir = realpath(c->name, NULL);
    return c->dir ? 0 : tp_err_system(err, c->name);
}

/* What a supervisor writes into its lock: itself, its group, and the attempt that goes on. */
struct holder {
    long supervisor, group;
    long long started, from;
    unsigned long long attempt;
};

static bool
read_holder(int fd, struct holder *holder)
{
    char text[160];
    ssize_t len = pread(fd, text, sizeof text - 1, 0);

    *holder = (struct holder){0};
    text[len > 0 ? len : 0] = '\0';
    return sscanf(text, "%ld %ld %lld %lld %llu", &holder->supervisor, &holder->group,
                  &holder->started, &holder->from, &holder->attempt) > 0;
}

void
claim_note(const struct claim *c, pid_t group, tp_time started, int64_t from, uint64_t attempt)
{
    char text[160];
    int len = snprintf(text, sizeof text, "%ld", (long)getpid());

    if (attempt > 0)
        len += snprintf(text + len, sizeof text - (size_t)len, " %ld %lld %lld %llu", (long)group,
                        (long long)started, (long long)from, (unsigned long long)attempt);
    text[len++] = '\n';
    /* That it cannot be said harms nobody but whoever comes next. */
    if (ftruncate(c->lock, 0) < 0 || pwrite(c->lock, text, (size_t)len, 0) < 0)
        return;
}

/* 1: it is ours; 0: another run's, which was said. */
static int
take_lock(struct claim *c, struct holder *former, struct tp_err *err)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/" LOCK_FILE, c->dir);
    c->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (c->lock < 0)
        return tp_err_system(err, path);
    if (flock(c->lock, LOCK_EX | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK)
            return tp_err_system(err, path);
        read_holder(c->lock, former);
        say(c, "%s: process %ld runs a pipeline there", c->name, former->supervisor);
        return 0;
    }
    read_holder(c->lock, former);
    return 1;
}

/* --- the run before ----------------------------------------------------------------------------*/

/* A stage that lives; of GROUP alone, unless that is 0. */
static const struct tp_survey_stage *
living_stage(const struct tp_survey *survey, pid_t group)
{
    for (size_t i = 0; i < survey->stages; i++)
        if (survey->stage[i].alive && (group == 0 || getpgid(survey->stage[i].pid) == group))
            return &survey->stage[i];
    return NULL;
}

/* Stages of an abandoned run are killed: their locks say that they are of it. */
static int
end_former(struct claim *c, pid_t group, struct tp_err *err)
{
    tp_time until = steady_clock() + FORMER_MS * TP_MILLISECOND;
    const struct timespec pause = {0, 20 * TP_MILLISECOND};
    bool first = true, living = true;

    while (living && steady_clock() < until) {
        struct tp_survey survey;

        if (tp_survey(c->dir, &survey, err) < 0) {
            tp_survey_release(&survey);
            return -1;
        }
        living = living_stage(&survey, group) != NULL;
        tp_survey_release(&survey);
        if (!living)
            break;
        if (first)
            say(c, "an earlier run lost its supervisor: its stages are ended");
        first = false;
        kill(-group, SIGKILL);
        nanosleep(&pause, NULL);
    }
    return 0;
}

static int
write_off_former(struct claim *c, const struct holder *former, struct tp_err *err)
{
    static const struct pipeline nothing;
    struct tp_survey survey;
    struct ledger_run run = {
        .started = former->started,
        .ended = TP_TIME_BEFORE_ALL,
        .attempt = former->attempt,
        .from = former->from,
        .how = "abandoned",
        .status = -1,
        .why = TP_STR("its supervisor was gone"),
        .pipeline = &nothing,
    };
    int result = tp_survey(c->dir, &survey, err);

    run.to = survey.commit.id;
    if (result == 0)
        result = ledger_append(c->dir, &run, &survey, err);
    tp_survey_release(&survey);
    return result;
}

/* 1: nobody else is at work; 0: somebody is, which was said. */
static int
clear_field(struct claim *c, const struct holder *former, struct tp_err *err)
{
    struct tp_survey survey;
    const struct tp_survey_stage *stage;
    int result = 1;

    if (former->group > 1) {
        if (end_former(c, (pid_t)former->group, err) < 0 || write_off_former(c, former, err) < 0)
            return -1;
    }
    if (tp_survey(c->dir, &survey, err) < 0)
        result = -1;
    c->commit = survey.commit.id;
    stage = result < 0 ? NULL : living_stage(&survey, 0);
    if (stage) {
        say(c, "%s: the stage %s, process %ld, is at work there, and not of a run of ours", c->name,
            stage->name, (long)stage->pid);
        result = 0;
    }
    tp_survey_release(&survey);
    return result;
}

/* --- all of it ---------------------------------------------------------------------------------*/

int
claim_take(struct claim *c, const struct verb *verb, const char *dir, struct tp_err *err)
{
    struct holder former;
    int ours;

    *c = (struct claim){.verb = verb, .name = dir, .lock = -1};
    if (find_directory(c, err) < 0)
        return -1;
    ours = take_lock(c, &former, err);
    if (ours > 0)
        ours = clear_field(c, &former, err);
    if (ours > 0)
        claim_note(c, 0, 0, 0, 0);
    return ours;
}

void
claim_release(struct claim *c)
{
    if (c->lock >= 0)
        close(c->lock);
    free(c->dir);
}
