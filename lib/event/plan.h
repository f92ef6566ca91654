/*
 * plan: what a user says about windows (-w, --offset, --early, ...), read and checked as a whole.
 *
 * Whatever would do nothing, or could not be kept, is refused with the reason.
 */
#ifndef TP_EVENT_PLAN_H
#define TP_EVENT_PLAN_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "event/part.h"
#include "event/trigger.h"
#include "event/window.h"
#include "query/agg.h"
#include "record/emit.h"
#include "value/time.h"

struct tp_plan {
    /* What was said; NULL and 0: nothing. The lateness and `retract` stand in the trigger. */
    const char *window, *early, *mode, *empty;
    tp_duration offset, forget, max;
    bool cut;            /* sessions have a max, a start or an end */
    bool partial, merge; /* rows are parts of results; records are */

    /* What it means. */
    struct tp_window_spec spec;
    struct tp_trigger trigger;
    bool fill;        /* windows without records have rows, */
    bool fill_by_key; /* ... for each key */
};

/* KEYED: rows have keys. -1 with the reason (TP_FAULT_USAGE). Release in any case. */
int tp_plan_open(struct tp_plan *plan, bool keyed, struct tp_err *err);
void tp_plan_release(struct tp_plan *plan);

/* Are windows made of panes that others share, or does each have groups of its own from its first
 * record on? */
static inline bool
tp_plan_shares(const struct tp_plan *plan)
{
    return !tp_trigger_is_early(&plan->trigger) && !plan->trigger.discard;
}

/* Appends what was said, as members: with another plan saved state would be a lie. */
void tp_plan_identity(const struct tp_plan *plan, struct tp_emit *to);

/* What writes and reads parts of AGGS, which LIST is the text of; NULL where neither is planned. */
int tp_plan_part(const struct tp_plan *plan, const struct tp_aggs *aggs, const char *list,
                 struct tp_scan *scan, struct tp_part **part, struct tp_err *err);

/* Can records of a changelog that do OP be counted rightly from now on? -1 with the reason
 * (TP_FAULT_USAGE). *TAKEN_BACK: such a record was counted before, and is to be so no longer. */
int tp_plan_change(struct tp_plan *plan, const struct tp_aggs *aggs, struct tp_str op,
                   bool *taken_back, struct tp_err *err);

#endif
