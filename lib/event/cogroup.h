/*
 * cogroup: the window join (event/match): a left and a right record of one key meet in every window
 * that both fall into (Flink's window join, its coGroup).
 *
 * A window is answered when the least watermark reaches its end: its rows are at end - 1 ms;
 * windows come in the order of their ends, keys of one in the order in which they were first seen,
 * pairs by left, then right, in the order of arrival, unmatched right records last. The records of
 * both sides make the sessions of a key together. Those without a key are in windows of their own.
 *
 * Late: every window it falls into ends at or before the watermark of its own input; sessions are
 * judged merged.
 *
 * State: each record once, and a place in each open window it falls into.
 */
#ifndef TP_EVENT_COGROUP_H
#define TP_EVENT_COGROUP_H

#include "event/match.h"
#include "event/window.h"

struct tp_cogroup {
    struct tp_window_spec spec; /* any but `all`; owned by the caller, for life */
    enum tp_match_type type;
    bool bare_right; /* the lines of right records are needed for nothing */
};

struct tp_match *tp_cogroup_new(const struct tp_cogroup *options); /* NULL: memory ran out */

#endif
