#include "alarm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "event/meter.h"
#include "stream/process.h"

int
alarm_begin(struct alarm *alarm, struct tp_err *err)
{
    struct tp_buf text = TP_BUF_INIT;
    struct tp_err why;
    size_t count;
    const struct tp_str *names = tp_meter_names(&count);

    tp_alert_rewrite(alarm->text, &text);
    if (tp_buf_failed(&text))
        return tp_err_memory(err);
    alarm->condition = tp_alert_new(tp_buf_str(&text), names, count, &why);
    if (!alarm->condition)
        tp_stage_show_place("--alert", tp_buf_str(&text), &why, err);
    tp_buf_release(&text);
    return alarm->condition ? 0 : -1;
}

/* Has the command ended? Its failure is said, and is no reason to stop the stream. */
static void
look_after_command(struct alarm *alarm, struct tp_stage *stage, bool wait)
{
    int status;
    pid_t pid;

    if (!alarm->running)
        return;
    do
        pid = waitpid(alarm->running, &status, wait ? 0 : WNOHANG);
    while (pid < 0 && errno == EINTR);
    if (pid == 0)
        return;
    alarm->running = 0;
    if (pid > 0 && !(WIFEXITED(status) && WEXITSTATUS(status) == 0))
        tp_stage_note(stage, "--exec: the command failed (status %d)",
                      WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

/* It must not eat our input nor write into our output. It finds REPORT in $SMETER. */
static int
run_command(struct alarm *alarm, struct tp_buf *report, struct tp_err *err)
{
    const char *words[] = {"/bin/sh", "-c", alarm->command, NULL};
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC), result;

    if (nothing < 0)
        return tp_err_set(err, TP_FAULT_MACHINE, "/dev/null: %s", strerror(errno));
    report->len--; /* the newline */
    setenv("SMETER", tp_buf_text(report), 1);
    result = tp_process_start(&alarm->running, words, nothing, STDERR_FILENO, "--exec", err);
    close(nothing);
    return result;
}

int
alarm_judge(struct alarm *alarm, struct tp_stage *stage, struct tp_buf *report, struct tp_err *err)
{
    int raised;

    look_after_command(alarm, stage, false);
    raised = tp_alert_judge(alarm->condition, report, err);
    if (raised < 0)
        err->fault = TP_FAULT_MACHINE; /* there is no record to blame */
    if (raised <= 0 || !alarm->command || alarm->running)
        return raised;
    return run_command(alarm, report, err);
}

void
alarm_wait(struct alarm *alarm, struct tp_stage *stage)
{
    look_after_command(alarm, stage, true);
}

void
alarm_release(struct alarm *alarm)
{
    tp_alert_free(alarm->condition);
}
