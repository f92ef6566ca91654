/*
 * process: starts a program between descriptors of ours, and asks how it ended.
 */
#ifndef TP_STREAM_PROCESS_H
#define TP_STREAM_PROCESS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/* Runs WORDS (a program, looked up in $PATH, and its arguments; ends with NULL) with INPUT and
 * OUTPUT (-1: ours) as its standard streams. It gets SIGPIPE's default and an empty signal mask; of
 * our descriptors it inherits those that we inherited. NAME is for messages. TP_FAULT_MACHINE when
 * there is no such program, too. */
int tp_process_start(pid_t *pid, const char *const *words, int input, int output, const char *name,
                     struct tp_err *err);

/* The same for those who want more than two streams. */
struct tp_process_fd {
    int ours, theirs; /* OURS -1: THEIRS is inherited */
};

struct tp_process {
    const char *const *words;
    const struct tp_process_fd *fd;
    size_t fds;
    bool empty_input;      /* standard input is /dev/null */
    bool own_group;        /* it leads a process group */
    const sigset_t *usual; /* signals that get their default back, besides SIGPIPE; NULL: none */
};

/* 0, or an error number, as posix_spawn. */
int tp_process_spawn(pid_t *pid, const struct tp_process *process);

/* Waits for it: -1 unless it exited with 0. */
int tp_process_wait(pid_t pid, const char *name, struct tp_err *err);

#endif
