#include "event/calendar.h"

#include <stdlib.h>

#include "value/zone.h"

#define DAY_SECONDS INT64_C(86400)
#define FIRST_MONDAY 4 /* 1970-01-05, in days since 1970-01-01 */

struct tp_calendar {
    struct tp_zone *zone;
    enum tp_calendar_unit unit;
    int64_t count;
    int64_t offset_seconds; /* the offset is this and offset_nanos, the latter >= 0 */
    tp_duration offset_nanos;
};

/* What one unit is at least and at most, by its own clocks. */
static const struct {
    const char *name;
    int64_t least, most; /* days */
} units[] = {
    [TP_CALENDAR_DAY] = {"days", 1, 1},
    [TP_CALENDAR_WEEK] = {"weeks", 7, 7},
    [TP_CALENDAR_MONTH] = {"months", 28, 31},
    [TP_CALENDAR_YEAR] = {"years", 365, 366},
};

struct tp_calendar *
tp_calendar_new(int64_t count, enum tp_calendar_unit unit, struct tp_str zone, struct tp_err *err)
{
    int64_t most = TP_CALENDAR_MOST * units[TP_CALENDAR_YEAR].most / units[unit].most;
    struct tp_calendar *calendar;

    if (count < 1 || count > most) {
        tp_err_set(err, TP_FAULT_USAGE, "a calendar window has 1 to %lld %s", (long long)most,
                   units[unit].name);
        return NULL;
    }
    calendar = calloc(1, sizeof *calendar);
    if (!calendar) {
        tp_err_memory(err);
        return NULL;
    }
    calendar->unit = unit;
    calendar->count = count;
    calendar->zone = tp_zone_open(zone, err);
    if (calendar->zone)
        return calendar;
    free(calendar);
    return NULL;
}

void
tp_calendar_free(struct tp_calendar *calendar)
{
    if (!calendar)
        return;
    tp_zone_close(calendar->zone);
    free(calendar);
}

static int64_t
floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int
tp_calendar_shift(struct tp_calendar *calendar, tp_duration offset, struct tp_err *err)
{
    int64_t least = units[calendar->unit].least;

    /* A unit that is shorter than the offset would begin behind its own end. */
    if (offset <= -least * TP_DAY || offset >= least * TP_DAY)
        return tp_err_set(err, TP_FAULT_USAGE, "calendar windows of %s shift by less than %lldd",
                          units[calendar->unit].name, (long long)least);
    calendar->offset_seconds = floor_divide(offset, TP_SECOND);
    calendar->offset_nanos = offset - calendar->offset_seconds * TP_SECOND;
    return 0;
}

/* The number of the period that holds the local day DAY. */
static int64_t
period_of_day(const struct tp_calendar *calendar, int64_t day)
{
    int64_t year;
    int month, of_month;

    switch (calendar->unit) {
    case TP_CALENDAR_DAY:
        return floor_divide(day, calendar->count);
    case TP_CALENDAR_WEEK:
        return floor_divide(day - FIRST_MONDAY, 7 * calendar->count);
    case TP_CALENDAR_MONTH:
    case TP_CALENDAR_YEAR:
        break;
    }
    tp_civil_of_days(day, &year, &month, &of_month);
    if (calendar->unit == TP_CALENDAR_YEAR)
        return floor_divide(year, calendar->count);
    return floor_divide(12 * year + month - 1, calendar->count);
}

/* The local day that period NUMBER begins with. */
static int64_t
first_day(const struct tp_calendar *calendar, int64_t number)
{
    int64_t at = number * calendar->count;

    switch (calendar->unit) {
    case TP_CALENDAR_DAY:
        return at;
    case TP_CALENDAR_WEEK:
        return FIRST_MONDAY + 7 * at;
    case TP_CALENDAR_MONTH:
        return tp_days_of_civil(floor_divide(at, 12), (int)(at - 12 * floor_divide(at, 12)) + 1, 1);
    case TP_CALENDAR_YEAR:
        break;
    }
    return tp_days_of_civil(at, 1, 1);
}

/* When period NUMBER begins; false when that lies outside tp_time. */
static bool
begin_of(const struct tp_calendar *calendar, int64_t number, tp_time *begin)
{
    int64_t local = first_day(calendar, number) * DAY_SECONDS + calendar->offset_seconds;
    int64_t second = tp_zone_second(calendar->zone, local, NULL);

    return !__builtin_mul_overflow(second, TP_SECOND, begin) && *begin >= TP_TIME_MIN &&
           tp_time_add(*begin, calendar->offset_nanos, begin);
}

bool
tp_calendar_period(const struct tp_calendar *calendar, tp_time time, tp_time *start, tp_time *end)
{
    int64_t local = floor_divide(time, TP_SECOND) + tp_zone_offset(calendar->zone, time) -
                    calendar->offset_seconds;
    int64_t number = period_of_day(calendar, floor_divide(local, DAY_SECONDS));

    if (!begin_of(calendar, number, start) || !begin_of(calendar, number + 1, end))
        return false;
    /* Where clocks go back over a boundary, local times before it come once more behind it. And the
     * parts of a second of the offset were left out above. */
    while (time < *start) {
        *end = *start;
        if (!begin_of(calendar, --number, start))
            return false;
    }
    while (time >= *end) {
        *start = *end;
        if (!begin_of(calendar, ++number + 1, end))
            return false;
    }
    return true;
}

tp_duration
tp_calendar_longest(const struct tp_calendar *calendar)
{
    /* Two days more than its own: zones have repeated a day (Manila, Kwajalein). */
    return (calendar->count * units[calendar->unit].most + 2) * TP_DAY;
}
