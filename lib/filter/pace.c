#include "filter/pace.h"

#include <stdlib.h>

#include "value/clock.h"

int
tp_pace_parse_speed(struct tp_pace *pace, const char *text, struct tp_err *err)
{
    char *end;

    pace->speed = strtod(text, &end);
    if (end != text && *end == 'x')
        end++;
    if (end != text && *end == '\0' && pace->speed > 0 && pace->speed < 1e9)
        return 0;
    return tp_err_set(err, TP_FAULT_USAGE, "--speed: a number such as 1x or 10x, not \"%s\"", text);
}

/* A double is exact enough for a pace; no time is made of it. */
static double
due_after(struct tp_pace *pace, tp_time time)
{
    double by_rate = pace->rate > 0 ? (double)pace->passed * 1e9 / (double)pace->rate : 0, by_time;

    if (pace->speed == 0 || time == TP_TIME_BEFORE_ALL)
        return by_rate;
    if (!pace->has_first) {
        pace->has_first = true;
        pace->first = time;
    }
    by_time = ((double)time - (double)pace->first) / pace->speed;
    return by_time > by_rate ? by_time : by_rate;
}

tp_duration
tp_pace_wait(struct tp_pace *pace, tp_time time)
{
    double wait;

    if (pace->rate == 0 && pace->speed == 0)
        return 0;
    if (!pace->has_begun) {
        pace->has_begun = true;
        pace->began = tp_clock_steady();
    }
    wait = due_after(pace, time) - (double)(tp_clock_steady() - pace->began);
    if (wait > 0)
        return wait < (double)TP_HOUR ? (tp_duration)wait + 1 : TP_HOUR;
    pace->passed++;
    return 0;
}
