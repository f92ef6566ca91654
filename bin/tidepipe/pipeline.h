/*
 * pipeline: the stages of a shell pipeline, by name and by how they ended.
 */
#ifndef TIDEPIPE_PIPELINE_H
#define TIDEPIPE_PIPELINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"

enum { PIPELINE_STAGES = 64, PIPELINE_NAME = 64 };

struct pipeline {
    size_t stages; /* 0: nothing is known of them */
    struct {
        char name[PIPELINE_NAME];
        int status; /* as a shell says it: 128 + N for signal N */
    } stage[PIPELINE_STAGES];
};

/* Appends to SCRIPT what makes bash run TEXT and tell the statuses of its last pipeline's stages on
 * descriptor FD. */
void pipeline_write_script(const char *text, int fd, struct tp_buf *script);

/* TOLD is what was told; TEXT (NULL: not known) gives the names, by a look at it as a shell has. */
void pipeline_read(struct pipeline *pipeline, struct tp_str told, const char *text);

/* The stage whose end is the cause of the others': the first that ended neither well nor of SIGPIPE
 * (as those before a failed one do). -1: none. */
int pipeline_culprit(const struct pipeline *pipeline);

/* "stage 2 (swindow): exit status 3", "...: killed by signal 9". */
void pipeline_describe(const struct pipeline *pipeline, int stage, struct tp_buf *to);

#endif
