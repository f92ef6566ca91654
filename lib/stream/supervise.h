/*
 * supervise: runs a command as a process group of its own, and sees it and all that it started to
 * their end.
 *
 *     tp_supervisor_start(s, words, &err);
 *     while ((what = tp_supervisor_wait(s, 500, &err)) != TP_SUPERVISE_GONE) ...
 *     tp_supervisor_status(s)
 *
 * SIGTERM, SIGINT and SIGHUP, while there is a supervisor, are not acted on but told by the wait.
 * The command gets none of that: its signals are the usual ones, its standard input is empty.
 * Processes that lose their parent become ours, so that the group's end can be seen; one that
 * leaves the group is not followed. One supervisor a process.
 */
#ifndef TP_STREAM_SUPERVISE_H
#define TP_STREAM_SUPERVISE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"

/* The command may write here what its parent should know (tp_supervisor_told). */
#define TP_SUPERVISE_FD 198

struct tp_supervisor; /* opaque */

struct tp_supervisor *tp_supervisor_new(struct tp_err *err);
void tp_supervisor_free(struct tp_supervisor *supervisor); /* NULL is fine */

/* Starts WORDS (ends with NULL). TP_FAULT_USAGE when there is no such program. What it writes to
 * standard error passes through us, unless that is a terminal. */
int tp_supervisor_start(struct tp_supervisor *supervisor, const char *const *words,
                        struct tp_err *err);

enum tp_supervise {
    TP_SUPERVISE_TIME,    /* TIMEOUT_MS went by, or nothing of interest happened */
    TP_SUPERVISE_ENDED,   /* the command ended, once; what it started may still run */
    TP_SUPERVISE_GONE,    /* none of its group is left (or none was started) */
    TP_SUPERVISE_STOPPED, /* we were asked to stop: tp_supervisor_signal_got */
};

/* Waits for something to happen. -1 on failure. */
int tp_supervisor_wait(struct tp_supervisor *supervisor, int timeout_ms, struct tp_err *err);

/* Only waits: for TIMEOUT_MS, or until asked to stop. */
int tp_supervisor_pause(struct tp_supervisor *supervisor, int timeout_ms, struct tp_err *err);

pid_t tp_supervisor_group(const struct tp_supervisor *supervisor);
void tp_supervisor_signal(struct tp_supervisor *supervisor, int signal); /* the whole group */
int tp_supervisor_signal_got(const struct tp_supervisor *supervisor);

/* How the command ended: its exit status, 128 + N for signal N; -1: it has not. */
int tp_supervisor_status(const struct tp_supervisor *supervisor);

/* The end of what the command's group wrote to standard error, if that passed through us; and all
 * it wrote to TP_SUPERVISE_FD. Borrowed until the next start. */
struct tp_str tp_supervisor_said(const struct tp_supervisor *supervisor);
struct tp_str tp_supervisor_told(const struct tp_supervisor *supervisor);

#endif
