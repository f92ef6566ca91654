/*
 * side: what becomes of records that do not go on: bad ones and late ones. One policy for all
 * filters: said on standard error, kept in a TARGET, or the end of the run; and the ledger.
 */
#ifndef TP_FILTER_SIDE_H
#define TP_FILTER_SIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "event/late.h"
#include "filter/report.h"
#include "filter/settings.h"
#include "record/control.h"
#include "stream/target.h"
#include "value/time.h"

/* Where a record stood. */
struct tp_place {
    const char *source;
    uint64_t line_number; /* from 1 */
    uint64_t offset;      /* of the line, in bytes of the unpacked input */
};

struct tp_side {
    struct tp_target *rejects, *late; /* NULL: not asked for */
    struct tp_lateness lateness;
    uint64_t rejected, dropped_late; /* kept nowhere: what the ledger counts */
    struct tp_buf line;
};

/* Opens the targets. */
int tp_side_open(struct tp_side *side, const struct tp_settings *settings, struct tp_err *err);

/* A bad record: reason in WHY (why->at is its byte in LINE, -1 when unknown). -1 with ERR when the
 * run must end (--strict, a dead target). */
int tp_side_reject(struct tp_side *side, struct tp_report *report,
                   const struct tp_settings *settings, const struct tp_place *place,
                   struct tp_str line, const struct tp_err *why, struct tp_err *err);

struct tp_late_record {
    struct tp_str line;
    size_t members;
    tp_time watermark;
    tp_time window_end; /* TP_TIME_BEFORE_ALL: none */
    tp_duration by;     /* >= 0 */
};

/* A late record. -1 with ERR when the run must end. */
int tp_side_late(struct tp_side *side, const struct tp_settings *settings,
                 const struct tp_place *place, const struct tp_late_record *late,
                 struct tp_err *err);

int tp_side_flush(struct tp_side *side, struct tp_err *err);

/* The closing words: how many were bad beyond those shown; how late the late ones were, and which
 * delay would have kept them. DELAY is the one behind the watermarks, -1 when it is not known; STEP
 * is that of the watermarks. */
void tp_side_report(const struct tp_side *side, const struct tp_report *report, tp_duration delay,
                    tp_duration step, uint64_t rejected);

/* Closes the targets; waits for commands. */
int tp_side_close(struct tp_side *side, struct tp_err *err);

#endif
