/*
 * ledger: DIR/runs.ndjson, a line for each run of a pipeline: from when to when, from which commit
 * to which, how many records, how it ended and why.
 */
#ifndef TIDEPIPE_LEDGER_H
#define TIDEPIPE_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "pipeline.h"
#include "stream/survey.h"
#include "value/time.h"

#define LEDGER_FILE "runs.ndjson"

struct ledger_run {
    tp_time started, ended; /* ended: TP_TIME_BEFORE_ALL when nobody saw it */
    uint64_t attempt;       /* from 1 */
    int64_t from, to;       /* commits */
    const char *how;        /* done, stopped, refused, failed, abandoned */
    int status;             /* exit status; -1: nobody saw it */
    struct tp_str why;      /* empty: nothing to say */
    struct tp_str said;     /* the end of standard error */
    const struct pipeline *pipeline;
};

/* Appends RUN, and what SURVEY (of its end; look may be NULL: there is none) says of the records
 * that its sources had read, and of where they stood. */
int ledger_append(const char *dir, const struct ledger_run *run, struct tp_survey *survey,
                  struct tp_err *err);

/* Appends the last COUNT lines of DIR's ledger to LINES; nothing when there is none. */
int ledger_read(const char *dir, size_t count, struct tp_buf *lines, struct tp_err *err);

#endif
