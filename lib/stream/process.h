/*
 * process: starts a program between descriptors of ours, and asks how it ended.
 */
#ifndef TP_STREAM_PROCESS_H
#define TP_STREAM_PROCESS_H

#include <sys/types.h>

#include "base/err.h"

/* Runs WORDS (a program, looked up in $PATH, and its arguments; ends with NULL) with INPUT and
 * OUTPUT (-1: ours) as its standard streams. It gets SIGPIPE's default and an empty signal mask; of
 * our descriptors it inherits those that we inherited. NAME is for messages. TP_FAULT_MACHINE when
 * there is no such program, too. */
int tp_process_start(pid_t *pid, const char *const *words, int input, int output, const char *name,
                     struct tp_err *err);

/* Waits for it: -1 unless it exited with 0. */
int tp_process_wait(pid_t pid, const char *name, struct tp_err *err);

#endif
