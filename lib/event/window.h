/*
 * window: which windows an event time falls into.
 *
 * Windows are half-open [start, end), whole milliseconds, aligned to the epoch (--offset shifts).
 *   1m, tumble:1m      fixed, side by side
 *   hop:10m,1m         size, slide (the slide need not divide the size)
 *   session:30m        gap: a window ends when nothing came for so long; two sessions merge when
 *                      the gap is exactly met (Flink)
 *   all                one window, from the first record to the last
 * Fixed windows are made of panes: the largest pieces that every window is a whole number of
 * (Li et al., "No pane, no gain", SIGMOD Record 2005), so that a record is added once.
 */
#ifndef TP_EVENT_WINDOW_H
#define TP_EVENT_WINDOW_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "value/time.h"

enum tp_window_kind {
    TP_WINDOW_FIXED, /* tumbling and hopping */
    TP_WINDOW_SESSION,
    TP_WINDOW_ALL,
};

struct tp_window_spec {
    enum tp_window_kind kind;
    tp_duration size;   /* fixed: > 0; session: the gap, > 0; all: 0 */
    tp_duration slide;  /* fixed: > 0, <= size; equal to size when tumbling */
    tp_duration pane;   /* fixed: the greatest common divisor of size and slide */
    tp_duration offset; /* fixed: 0 <= offset < slide; 0 after a parse */
};

struct tp_window {
    tp_time start, end;
};

/* -1 with the reason: unknown kind, a bare number, parts of a millisecond, a slide larger than the
 * size, a bare `1w` (both readings are named). */
int tp_window_parse(struct tp_str text, struct tp_window_spec *spec, struct tp_err *err);

/* Shifts fixed windows against the epoch by OFFSET: any sign and size, kept modulo the slide. -1
 * with the reason: parts of a millisecond; sessions and `all` have nothing to shift. */
int tp_window_shift(struct tp_window_spec *spec, tp_duration offset, struct tp_err *err);

/*
 * The pane that holds TIME. -1 (TP_FAULT_RECORD) when one of its windows would leave tp_time.
 * A session's is the session that the record makes when it is alone: from its millisecond until
 * the gap has passed (as Flink's assigner gives it, to be merged with those it meets). That of
 * `all` is everything, [TP_TIME_MIN, TP_TIME_AFTER_ALL).
 */
int tp_window_pane(const struct tp_window_spec *spec, tp_time time, struct tp_window *pane,
                   struct tp_err *err);

/* The first and the last window (by end) that a pane starting at PANE_START belongs to; the ones
 * between lie `slide` apart. PANE_START is one that tp_window_pane gave. For sessions and `all`
 * both are the pane itself. */
void tp_window_of_pane(const struct tp_window_spec *spec, tp_time pane_start,
                       struct tp_window *first, struct tp_window *last);

#endif
