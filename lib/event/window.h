/*
 * window: which windows an event time falls into.
 *
 * Windows are half-open [start, end), whole milliseconds, aligned to the epoch (--offset shifts).
 *   1m, tumble:1m      fixed, side by side
 *   hop:10m,1m         size, slide (the slide need not divide the size)
 *   cumulate:1d,1h     greatest size, step: windows that begin with the day and end an hour later
 *                      each, up to the whole day (Flink's CUMULATE)
 *   1d@Europe/Berlin   days, weeks from Monday (1w@), months (1mo@), years (1y@) of a time zone:
 *                      event/calendar.h
 *   session:30m        gap: a window ends when nothing came for so long; two sessions merge when
 *                      the gap is exactly met (Flink)
 *   count:100,20       size, slide (may be left out): so many records of a key, event/count.h
 *   all                one window, from the first record to the last
 * Fixed windows are made of panes: the largest pieces that every window is a whole number of
 * (Li et al., "No pane, no gain", SIGMOD Record 2005), so that a record is added once.
 */
#ifndef TP_EVENT_WINDOW_H
#define TP_EVENT_WINDOW_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "event/calendar.h"
#include "value/time.h"

enum tp_window_kind {
    TP_WINDOW_FIXED, /* tumbling and hopping */
    TP_WINDOW_CUMULATE,
    TP_WINDOW_CALENDAR,
    TP_WINDOW_SESSION,
    TP_WINDOW_COUNT,
    TP_WINDOW_ALL,
};

/* Windows made of panes (fixed, cumulate, calendar) have `slide` from the end of one that holds a
 * pane to that of the next; a calendar pane is in one window only, and its lengths are the most
 * they can be. */
struct tp_window_spec {
    enum tp_window_kind kind;
    tp_duration size;   /* > 0; cumulate: the greatest; session: the gap; count: records; all: 0 */
    tp_duration slide;  /* > 0, <= size, equal when tumbling; cumulate: the step; count: records */
    tp_duration pane;   /* fixed: the greatest common divisor of size and slide; else as slide */
    tp_duration offset; /* fixed, cumulate: 0 <= offset < slide, size; 0 after a parse */
    struct tp_calendar *calendar; /* calendar: owned */
};

struct tp_window {
    tp_time start, end;
};

/* -1 with the reason: unknown kind, a number where a time is wanted or the reverse, parts of a
 * millisecond, a slide larger than the size, a size that is no whole number of steps, an unknown
 * zone, a bare `1w`, `1mo` or `1y` (both readings are named). tp_window_release gives back what
 * SPEC owns, also after a failure. */
int tp_window_parse(struct tp_str text, struct tp_window_spec *spec, struct tp_err *err);
void tp_window_release(struct tp_window_spec *spec);

/* Shifts windows by OFFSET, any sign: fixed ones against the epoch, kept modulo the slide
 * (cumulate: the size), calendar ones by the zone's clocks. -1 with the reason: parts of a
 * millisecond; too much for a calendar; sessions, counts and `all` have nothing to shift. */
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
 * both are the pane itself (counts have none, they are as `all`). */
void tp_window_of_pane(const struct tp_window_spec *spec, tp_time pane_start,
                       struct tp_window *first, struct tp_window *last);

/* Where the window that ends at END begins; END is one that the above gave, or lies between. */
tp_time tp_window_start(const struct tp_window_spec *spec, tp_time end);

/* The window behind the one that ends at END, which the above gave; false when it leaves tp_time.
 * And the end of the last one that ends at or before UNTIL (>= END). Of windows that have panes. */
bool tp_window_after(const struct tp_window_spec *spec, tp_time end, struct tp_window *window);
tp_time tp_window_end_until(const struct tp_window_spec *spec, tp_time end, tp_time until);

#endif
