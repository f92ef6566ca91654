/*
 * interval_state: what an interval join keeps, for its answers and for saved state.
 */
#ifndef TP_EVENT_INTERVAL_STATE_H
#define TP_EVENT_INTERVAL_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/asked.h"
#include "event/best.h"
#include "event/interval.h"
#include "event/join.h"

struct interval {
    struct tp_match match;
    struct tp_interval options;
    struct tp_join *join;
    struct tp_asked asked;
    tp_time watermark;      /* the last that there was */
    size_t behind[2];       /* bytes that belong to lines */
    struct tp_best *chosen; /* of the record at hand, of the side that chooses, the best partner */
    size_t bests;           /* bytes of all that were chosen */
    bool ended[2];
};

/* Keeps R, and what was chosen for it. */
int tp_interval_hold(struct interval *i, const struct tp_match_record *r, uint32_t hash,
                     bool matched, struct tp_err *err);

/* The verbs of a way (event/match). */
int tp_interval_save(struct tp_match *match, size_t parts, struct tp_save *to, struct tp_err *err);
int tp_interval_load(struct tp_match *match, size_t parts, struct tp_str line, struct tp_err *err);

#endif
