/*
 * kinds: the windows of a plan, of whatever kind they are.
 *
 * What all kinds do is asked here; who adds a record asks the kind itself, for each wants to know
 * something else of it.
 */
#ifndef TP_EVENT_KINDS_H
#define TP_EVENT_KINDS_H

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "event/count.h"
#include "event/cut.h"
#include "event/plan.h"
#include "event/row.h"
#include "event/saving.h"
#include "event/session.h"
#include "event/whole.h"
#include "event/windows.h"
#include "query/agg.h"
#include "query/keys.h"

/* One of them is there. All zero is valid: none. */
struct tp_kinds {
    struct tp_plan *plan;
    struct tp_windows *windows;   /* tumble, hop, cumulate, calendar */
    struct tp_sessions *sessions; /* session */
    struct tp_cuts *cuts;         /* ... with --max, --start or --end */
    struct tp_counts *counts;     /* count */
    struct tp_whole *whole;       /* all */
    struct tp_saving saving;
};

/* PLAN, AGGS and KEYS are borrowed for life. -1: memory ran out. Release in any case. */
int tp_kinds_open(struct tp_kinds *kinds, struct tp_plan *plan, const struct tp_aggs *aggs,
                  const struct tp_keys *keys, struct tp_windows_to to, struct tp_err *err);
void tp_kinds_release(struct tp_kinds *kinds);

/* Adds what was taken and not added yet: before state is saved. */
int tp_kinds_settle(struct tp_kinds *kinds, struct tp_err *err);

/* The watermark has come so far: says what it proves. */
int tp_kinds_watermark(struct tp_kinds *kinds, tp_time watermark, struct tp_err *err);

size_t tp_kinds_unsaid(const struct tp_kinds *kinds); /* windows whose rows are to come */

/* Saved state. What is said while it is loaded (that records were taken back) changes the plan. */
int tp_kinds_save(const struct tp_kinds *kinds, struct tp_save *save, struct tp_err *err);
int tp_kinds_load(struct tp_kinds *kinds, struct tp_str line, struct tp_err *err);

#endif
