/*
 * target_command: a shell command that reads what we write to it.
 */
#ifndef TP_STREAM_TARGET_COMMAND_H
#define TP_STREAM_TARGET_COMMAND_H

#include <sys/types.h>

#include "base/err.h"

struct tp_command {
    pid_t pid;
    int fd; /* its standard input, for us to write and close */
};

/* NAME is for messages. The command gets SIGPIPE's default and an empty signal mask; of our
 * descriptors it inherits those that we inherited. */
int tp_command_start(struct tp_command *command, const char *text, const char *name,
                     struct tp_err *err);

/* Waits for it: -1 unless it exited with 0. */
int tp_command_wait(const struct tp_command *command, const char *name, struct tp_err *err);

#endif
