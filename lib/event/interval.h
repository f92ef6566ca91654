/*
 * interval: the interval join (event/match): a left record at L and a right one at R of the same
 * key meet when lo <= R - L <= hi.
 *
 * A pair is said with the later of its two records, at the later time; a record without partner
 * when the watermark proves that none can come (event/join), or with UPDATES at once: then the
 * first partner takes it back (`retract`) and says the pair in its place (`update`); an anti join
 * says `delete`.
 *
 * A side may CHOOSE: each of its records makes one row at most, with the best of its partners, when
 * it is certain that no better one can come; without one as in the type (inner, or outer of this
 * side). The best is the first by the rank that the sink gives, of equal ones by time, of those by
 * arrival: it does not depend on how the two inputs are interleaved.
 *
 * Late: time + lateness < the watermark of the own input. (Flink takes the least of both; by the
 * own, the rows do not depend on how the two inputs are interleaved.)
 */
#ifndef TP_EVENT_INTERVAL_H
#define TP_EVENT_INTERVAL_H

#include <stdbool.h>

#include "event/match.h"

struct tp_interval {
    tp_duration lo, hi, lateness; /* lo <= hi, lateness >= 0 */
    enum tp_match_type type;
    bool bare_right; /* the lines of right records are needed for nothing */
    bool updates;
    bool chooses; /* not with updates */
    enum tp_join_side chooser;
};

/* "-20s,0s" as *LO, *HI. -1 with what is wrong with it. */
int tp_interval_parse(struct tp_str text, tp_duration *lo, tp_duration *hi, struct tp_err *err);

struct tp_match *tp_interval_new(const struct tp_interval *options); /* NULL: memory ran out */

/* What is behind the lines of SIDE, so many BYTES, belongs to them; saved state has it as zeros.
 * Before the first record. */
void tp_interval_keep_behind(struct tp_match *match, enum tp_join_side side, size_t bytes);

#endif
