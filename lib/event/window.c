#include "event/window.h"

static tp_duration
modulo(int64_t a, tp_duration step)
{
    tp_duration rest = a % step;

    return rest < 0 ? rest + step : rest;
}

/* How far TIME lies behind the last boundary at or before it. Unlike `(time - offset) % step` it
 * cannot overflow. OFFSET >= 0. */
static tp_duration
since_boundary(tp_time time, tp_duration step, tp_duration offset)
{
    tp_duration since = modulo(time, step) - (offset < step ? offset : offset % step);

    return since < 0 ? since + step : since;
}

/* The window [TIME - SINCE, the same + LENGTH); false when it leaves tp_time. */
static bool
window_around(tp_time time, tp_duration since, tp_duration length, struct tp_window *window)
{
    return !__builtin_sub_overflow(time, since, &window->start) && window->start >= TP_TIME_MIN &&
           !__builtin_add_overflow(window->start, length, &window->end) &&
           window->end <= TP_TIME_MAX;
}

/* How far the first window that holds a pane starts before the last one that does, which starts
 * SINCE before the pane: they reach back by whole slides while they still end behind its start. */
static tp_duration
reach_back(const struct tp_window_spec *spec, tp_duration since)
{
    return (spec->size - since - 1) / spec->slide * spec->slide;
}

static bool
fixed_pane(const struct tp_window_spec *spec, tp_time time, struct tp_window *pane)
{
    tp_duration since = since_boundary(time, spec->pane, spec->offset);
    struct tp_window last, first;

    if (!window_around(time, since, spec->pane, pane))
        return false;
    if (spec->pane == spec->size)
        return true;
    since = since_boundary(pane->start, spec->slide, spec->offset);
    return window_around(pane->start, since, spec->size, &last) &&
           window_around(last.start, reach_back(spec, since), spec->size, &first);
}

/* A pane is a step; what it belongs to ends within the largest window that holds it. */
static bool
cumulate_pane(const struct tp_window_spec *spec, tp_time time, struct tp_window *pane)
{
    struct tp_window largest;

    return window_around(time, since_boundary(time, spec->pane, spec->offset), spec->pane, pane) &&
           window_around(time, since_boundary(time, spec->size, spec->offset), spec->size,
                         &largest);
}

static bool
pane_of(const struct tp_window_spec *spec, tp_time time, struct tp_window *pane)
{
    switch (spec->kind) {
    case TP_WINDOW_FIXED:
        return fixed_pane(spec, time, pane);
    case TP_WINDOW_CUMULATE:
        return cumulate_pane(spec, time, pane);
    case TP_WINDOW_CALENDAR:
        return tp_calendar_period(spec->calendar, time, &pane->start, &pane->end);
    case TP_WINDOW_SESSION:
        return window_around(time, modulo(time, TP_MILLISECOND), spec->size, pane);
    case TP_WINDOW_COUNT:
    case TP_WINDOW_ALL:
        break;
    }
    *pane = (struct tp_window){TP_TIME_MIN, TP_TIME_AFTER_ALL};
    return true;
}

int
tp_window_pane(const struct tp_window_spec *spec, tp_time time, struct tp_window *pane,
               struct tp_err *err)
{
    char text[TP_TIME_TEXT];

    if (pane_of(spec, time, pane))
        return 0;
    return tp_err_set(err, TP_FAULT_RECORD,
                      "%.*s: a window of it would leave the range of times (1677 to 2262)",
                      (int)tp_time_write(text, time), text);
}

static void
fixed_of_pane(const struct tp_window_spec *spec, tp_time pane_start, struct tp_window *first,
              struct tp_window *last)
{
    tp_duration since = since_boundary(pane_start, spec->slide, spec->offset);

    last->start = pane_start - since;
    last->end = last->start + spec->size;
    first->start = last->start - reach_back(spec, since);
    first->end = first->start + spec->size;
}

void
tp_window_of_pane(const struct tp_window_spec *spec, tp_time pane_start, struct tp_window *first,
                  struct tp_window *last)
{
    switch (spec->kind) {
    case TP_WINDOW_FIXED:
        fixed_of_pane(spec, pane_start, first, last);
        return;
    case TP_WINDOW_CUMULATE:
        last->start = pane_start - since_boundary(pane_start, spec->size, spec->offset);
        last->end = last->start + spec->size;
        *first = (struct tp_window){last->start, pane_start + spec->pane};
        return;
    case TP_WINDOW_CALENDAR:
    case TP_WINDOW_SESSION:
    case TP_WINDOW_COUNT:
    case TP_WINDOW_ALL:
        pane_of(spec, pane_start, first);
        *last = *first;
        return;
    }
}

tp_time
tp_window_start(const struct tp_window_spec *spec, tp_time end)
{
    struct tp_window window = {TP_TIME_MIN, end};

    switch (spec->kind) {
    case TP_WINDOW_CUMULATE:
        return end - 1 - since_boundary(end - 1, spec->size, spec->offset);
    case TP_WINDOW_CALENDAR:
        pane_of(spec, end - 1, &window);
        return window.start;
    case TP_WINDOW_FIXED:
    case TP_WINDOW_SESSION:
        return end - spec->size;
    case TP_WINDOW_COUNT:
    case TP_WINDOW_ALL:
        break;
    }
    return window.start;
}

bool
tp_window_after(const struct tp_window_spec *spec, tp_time end, struct tp_window *window)
{
    if (spec->kind == TP_WINDOW_CALENDAR)
        return pane_of(spec, end, window);
    if (!tp_time_add(end, spec->slide, &window->end))
        return false;
    window->start = tp_window_start(spec, window->end);
    return true;
}

tp_time
tp_window_end_until(const struct tp_window_spec *spec, tp_time end, tp_time until)
{
    struct tp_window window;

    if (spec->kind == TP_WINDOW_CALENDAR)
        return pane_of(spec, until, &window) ? window.start : end;
    /* Unsigned, the difference of any two times fits. */
    return until - (tp_time)(((uint64_t)until - (uint64_t)end) % (uint64_t)spec->slide);
}
