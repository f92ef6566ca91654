/*
 * report: what a filter tells people, on standard error, and the exit statuses.
 *
 * Every message is one line, `swindow: ...`, written at once. Exit statuses are the house's:
 */
#ifndef TP_FILTER_REPORT_H
#define TP_FILTER_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum tp_status {
    TP_STATUS_CLEAN = 0,
    TP_STATUS_SOME_BAD = 1, /* finished; some records, here or upstream, rejected or dropped late */
    TP_STATUS_USAGE = 2,    /* options, expression, configuration: said before anything was read */
    TP_STATUS_FAILED = 3,   /* I/O, memory, cut input, damaged state */
};

#define TP_REPORT_FIRST 10 /* so many bad records are shown, the rest is counted */

struct tp_report {
    const char *program;
    bool quiet; /* -q: no notes and no bad records; failures are always said */
    uint64_t bad_shown;
};

void tp_report_failure(const struct tp_report *report, const struct tp_err *err);
void tp_report_note(const struct tp_report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* `swindow: access.ndjson:1234: byte 57: expected ':'` and an excerpt of LINE around the place;
 * only the first TP_REPORT_FIRST of a run. AT is -1 when unknown. */
void tp_report_bad_record(struct tp_report *report, const char *source, uint64_t line_number,
                          long at, const char *reason, struct tp_str line);

/* The exit status (enum tp_status) that belongs to a fault. */
int tp_report_status(const struct tp_err *err);

#endif
