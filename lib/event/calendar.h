/*
 * calendar: days, weeks, months and years of a time zone, and any number of them.
 *
 * A period is half-open [start, end) and as long as the zone's clocks make it: a day has 23 or 25
 * hours where they are moved, and none where a zone skipped it (Samoa, 2011-12-30). Days are
 * counted from 1970-01-01, weeks (from Monday, ISO 8601) from 1970-01-05, months and years from
 * year 0, so that 3 months are quarters and 10 years decades. A period begins when the zone's
 * clocks first show its first local time, or, where they were moved over it, when they were.
 */
#ifndef TP_EVENT_CALENDAR_H
#define TP_EVENT_CALENDAR_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "value/time.h"

enum tp_calendar_unit {
    TP_CALENDAR_DAY,
    TP_CALENDAR_WEEK,
    TP_CALENDAR_MONTH,
    TP_CALENDAR_YEAR,
};

struct tp_calendar; /* opaque; one thread uses it at a time, as a zone */

/* Periods of COUNT units, 1 to TP_CALENDAR_MOST years at most, in ZONE (as tp_zone_open takes it).
 * NULL with the reason. */
struct tp_calendar *tp_calendar_new(int64_t count, enum tp_calendar_unit unit, struct tp_str zone,
                                    struct tp_err *err);
void tp_calendar_free(struct tp_calendar *calendar);

/* Periods begin OFFSET later by the zone's clocks: any sign, shorter than the shortest unit (28
 * days for a month). -1 with the reason. */
int tp_calendar_shift(struct tp_calendar *calendar, tp_duration offset, struct tp_err *err);

/* The period that holds TIME; false when it leaves tp_time. */
bool tp_calendar_period(const struct tp_calendar *calendar, tp_time time, tp_time *start,
                        tp_time *end);

/* No period is longer: so far a window can reach. */
tp_duration tp_calendar_longest(const struct tp_calendar *calendar);

#define TP_CALENDAR_MOST 100

#endif
