/* Marks at round times. */
#include <stdio.h>
#include <string.h>

#include "plot/ticks.h"

#define MONDAY (4 * TP_DAY) /* 1970-01-05 */

/* A step is a duration or, when that is 0, months. WIDTH: of its labels. DIGITS: of its seconds. */
struct step {
    tp_duration size;
    int months;
    int width, digits;
};

#define TENS(unit, digits)                                                        \
    {1 * (unit), 0, 9 + (digits), digits}, {2 * (unit), 0, 9 + (digits), digits}, \
    {                                                                             \
        5 * (unit), 0, 9 + (digits), digits                                       \
    }

static const struct step steps[] = {
    TENS(1, 9),
    TENS(10, 8),
    TENS(100, 7),
    TENS(1000, 6),
    TENS(10000, 5),
    TENS(100000, 4),
    TENS(TP_MILLISECOND, 3),
    TENS(10 * TP_MILLISECOND, 2),
    TENS(100 * TP_MILLISECOND, 1),
    {1 * TP_SECOND, 0, 8, 0},
    {2 * TP_SECOND, 0, 8, 0},
    {5 * TP_SECOND, 0, 8, 0},
    {10 * TP_SECOND, 0, 8, 0},
    {15 * TP_SECOND, 0, 8, 0},
    {30 * TP_SECOND, 0, 8, 0},
    {1 * TP_MINUTE, 0, 6, 0},
    {2 * TP_MINUTE, 0, 6, 0},
    {5 * TP_MINUTE, 0, 6, 0},
    {10 * TP_MINUTE, 0, 6, 0},
    {15 * TP_MINUTE, 0, 6, 0},
    {30 * TP_MINUTE, 0, 6, 0},
    {1 * TP_HOUR, 0, 6, 0},
    {2 * TP_HOUR, 0, 6, 0},
    {3 * TP_HOUR, 0, 6, 0},
    {6 * TP_HOUR, 0, 6, 0},
    {12 * TP_HOUR, 0, 6, 0},
    {1 * TP_DAY, 0, 6, 0},
    {2 * TP_DAY, 0, 6, 0},
    {7 * TP_DAY, 0, 6, 0},
    {14 * TP_DAY, 0, 6, 0},
    {0, 1, 7, 0},
    {0, 3, 7, 0},
    {0, 6, 7, 0},
    {0, 12, 4, 0},
    {0, 24, 4, 0},
    {0, 60, 4, 0},
    {0, 120, 4, 0},
    {0, 240, 4, 0},
    {0, 600, 4, 0},
    {0, 1200, 4, 0},
    {0, 2400, 4, 0},
};

#define STEPS (sizeof steps / sizeof *steps)

static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static const struct step *
choose_step(double length, double room, double each, double gap)
{
    for (size_t i = 0; i + 1 < STEPS; i++) {
        double size =
            steps[i].months ? steps[i].months * 30.4 * (double)TP_DAY : (double)steps[i].size;

        /* Two short labels more than the room has are two that the ends cut off. */
        if (room * size >= length * (steps[i].width * each + gap))
            return &steps[i];
    }
    return &steps[STEPS - 1];
}

static void
write_label(char *to, tp_time time, const struct step *step)
{
    struct tp_civil c = tp_civil_of_time(time);
    char fraction[16];

    if (step->months >= 12)
        snprintf(to, TP_TICK_LABEL, "%04d", (int)c.year);
    else if (step->months)
        snprintf(to, TP_TICK_LABEL, "%04d-%02d", (int)c.year, c.month);
    else if (step->size >= TP_DAY || (step->size >= TP_MINUTE && c.hour == 0 && c.minute == 0))
        snprintf(to, TP_TICK_LABEL, "%s %d", months[c.month - 1], c.day);
    else if (step->size >= TP_MINUTE)
        snprintf(to, TP_TICK_LABEL, "%02d:%02d", c.hour, c.minute);
    else if (step->digits == 0)
        snprintf(to, TP_TICK_LABEL, "%02d:%02d:%02d", c.hour, c.minute, c.second);
    else {
        snprintf(fraction, sizeof fraction, "%09d", c.nano);
        snprintf(to, TP_TICK_LABEL, "%02d:%02d:%02d.%.*s", c.hour, c.minute, c.second, step->digits,
                 fraction);
    }
}

/* The first mark at or behind FROM; false when there is none in the range of tp_time. */
static bool
first_mark(const struct step *step, tp_time from, tp_time *mark)
{
    tp_duration offset = step->size % (7 * TP_DAY) == 0 ? MONDAY : 0;

    *mark = tp_time_floor(from, step->size, offset);
    return *mark >= from || tp_time_add(*mark, step->size, mark);
}

/* Month number MONTH, counted from year 0. */
static bool
month_begin(int64_t month, tp_time *time)
{
    struct tp_civil civil = {.year = month / 12, .month = (int)(month % 12) + 1, .day = 1};
    struct tp_err ignored;

    return tp_time_of_civil(&civil, time, &ignored) == 0;
}

static bool
next_mark(const struct step *step, tp_time from, tp_time *mark, bool first)
{
    struct tp_civil civil;
    int64_t month;

    if (!step->months)
        return first ? first_mark(step, from, mark) : tp_time_add(*mark, step->size, mark);
    civil = tp_civil_of_time(first ? from : *mark);
    month = civil.year * 12 + civil.month - 1;
    month -= month % step->months;
    if (first && month_begin(month, mark) && *mark >= from)
        return true;
    return month_begin(month + step->months, mark);
}

/* One instant: its time in the middle. */
static void
mark_instant(struct tp_ticks *ticks, tp_time time)
{
    static const struct step second = {TP_SECOND, 0, 8, 0};

    ticks->count = 1;
    ticks->tick[0].at = 0.5;
    write_label(ticks->tick[0].label, time, &second);
    ticks->width = strlen(ticks->tick[0].label);
}

void
tp_ticks_times(struct tp_ticks *ticks, tp_time from, tp_time to, double room, double each,
               double gap)
{
    double length = (double)((uint64_t)to - (uint64_t)from); /* may be beyond a duration */
    const struct step *step;
    tp_time mark = 0;

    *ticks = (struct tp_ticks){0};
    if (from >= to) {
        mark_instant(ticks, from);
        return;
    }
    step = choose_step(length, room, each, gap);
    while (ticks->count < TP_TICKS && next_mark(step, from, &mark, ticks->count == 0) &&
           mark <= to) {
        struct tp_tick *tick = &ticks->tick[ticks->count++];

        tick->at = (double)((uint64_t)mark - (uint64_t)from) / length;
        write_label(tick->label, mark, step);
        if (strlen(tick->label) > ticks->width)
            ticks->width = strlen(tick->label);
    }
}
