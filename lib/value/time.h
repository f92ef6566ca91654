/*
 * time: instants, durations and the calendar, in UTC.
 *
 * tp_time is int64 nanoseconds since 1970-01-01T00:00:00Z: 1677-09-21T00:12:43.145224193Z to
 * 2262-04-11T23:47:16.854775806Z (INT64_MIN and INT64_MAX are kept free for "before all" and "after
 * all"). What lies outside is an error, never a wrap; nothing passes through a double. The
 * proleptic Gregorian calendar of ISO 8601; as in POSIX every day has 86,400 s. A leap second
 * (`:60`, accepted only as 23:59:60 UTC) is read as the first second of the next day, as
 * PostgreSQL does: 23:59:60.5 is 00:00:00.5.
 */
#ifndef TP_VALUE_TIME_H
#define TP_VALUE_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "value/value.h"

#define TP_TIME_MIN (INT64_MIN + 1)
#define TP_TIME_MAX (INT64_MAX - 1)
#define TP_TIME_BEFORE_ALL INT64_MIN /* a watermark that says nothing yet */
#define TP_TIME_AFTER_ALL INT64_MAX  /* the watermark of a stream that ended */

#define TP_MICROSECOND INT64_C(1000)
#define TP_MILLISECOND INT64_C(1000000)
#define TP_SECOND INT64_C(1000000000)
#define TP_MINUTE (60 * TP_SECOND)
#define TP_HOUR (3600 * TP_SECOND)
#define TP_DAY (86400 * TP_SECOND)

/* The fields of a calendar date and time of day. */
struct tp_civil {
    int64_t year; /* 0 is 1 BC */
    int month;    /* 1..12 */
    int day;      /* 1..31 */
    int hour;     /* 0..23 */
    int minute;   /* 0..59 */
    int second;   /* 0..59; 60 only where a leap second was read */
    int nano;     /* 0..999999999 */
};

/* Days since 1970-01-01 of a date, and back (Howard Hinnant, "chrono-compatible low-level date
 * algorithms"). Any year in +-5,000,000. */
int64_t tp_days_of_civil(int64_t year, int month, int day);
void tp_civil_of_days(int64_t days, int64_t *year, int *month, int *day);
int tp_weekday_of_days(int64_t days); /* 0 is Monday .. 6 is Sunday */
int tp_days_in_month(int64_t year, int month);

/* The instant of CIVIL taken as UTC; -1 when it is no date and time of day, or lies outside
 * tp_time. */
int tp_time_of_civil(const struct tp_civil *civil, tp_time *time, struct tp_err *err);
struct tp_civil tp_civil_of_time(tp_time time);

/* Checked arithmetic: false when the result lies outside [TP_TIME_MIN, TP_TIME_MAX]. */
bool tp_time_add(tp_time time, tp_duration by, tp_time *sum);
bool tp_time_subtract(tp_time time, tp_duration by, tp_time *difference);

/* The greatest multiple of STEP (> 0), shifted by OFFSET, that is <= TIME; towards minus infinity;
 * stops at TP_TIME_MIN. TP_TIME_BEFORE_ALL and TP_TIME_AFTER_ALL stay what they are. */
tp_time tp_time_floor(tp_time time, tp_duration step, tp_duration offset);

/*
 * RFC 3339: YYYY-MM-DD, `T`, `t` or one space, hh:mm:ss, up to 9 fraction digits after `.` or `,`,
 * then `Z`, `z`, +-hh:mm, +-hhmm or +-hh (as PostgreSQL writes). Seconds may be left out, the whole
 * time of day too (then no zone follows). Without a zone *ZONELESS is set and the time is as if it
 * were UTC (tp_stamp turns it into one). More than 9 digits: cut off, not rounded. -1 with the
 * reason otherwise.
 */
int tp_time_parse(struct tp_str text, tp_time *time, bool *zoneless, struct tp_err *err);

/* The Common Log Format's `17/May/2015:10:05:03 +0000` (what Apache and nginx write between the
 * brackets): exactly this shape, two digits each. */
int tp_time_parse_clf(struct tp_str text, tp_time *time, struct tp_err *err);

/* A time that was read but whose zone may still be open: the local second, and what was said about
 * the zone. Range and leap seconds are judged when it becomes an instant, in UTC. */
struct tp_reading {
    int64_t second; /* since 1970, as if the local time were UTC */
    int32_t nano;
    int32_t offset; /* seconds east of UTC; 0 when none was read */
    bool zoned;
    bool leap; /* the second was written :60 */
};

/* As tp_time_parse, one step before it. err->at is where the text went wrong. */
int tp_reading_parse(struct tp_str text, struct tp_reading *reading, struct tp_err *err);

/* The instant of second - offset. TEXT is for the message. */
int tp_reading_instant(const struct tp_reading *reading, struct tp_str text, tp_time *time,
                       struct tp_err *err);

#define TP_TIME_TEXT 40 /* bytes that suffice for either writer, without NUL */

/* RFC 3339 UTC with 3 fraction digits, or 6 or 9 where they are needed. Returns the length. */
size_t tp_time_write(char *to, tp_time time);

/* The same for many times that mostly lie on one day: its date is worked out once. All zero is one
 * that knows none. */
struct tp_time_day {
    bool known;
    int64_t day; /* since 1970 */
    char date[11];
};

size_t tp_time_write_on(struct tp_time_day *day, char *to, tp_time time);

/*
 * Durations: `500ms`, `1h30m`, `1.5s`, `-20s`, `0`. Units: ns us (or µs) ms s m h d w; d is 24 h,
 * w is 7 d. One sign before the whole; fractions must come out as whole nanoseconds. A bare number
 * other than 0 is refused ("a number needs a unit: 5s, 5m"). mo and y have no fixed length: refused
 * here with that reason (calendar windows parse their own).
 */
int tp_duration_parse(struct tp_str text, tp_duration *duration, struct tp_err *err);

/* The compound form without empty parts, days the largest unit, that reads back as the same:
 * `1h30m`, `1.5s`, `250us`, `7d`, `0s`. Returns the length. */
size_t tp_duration_write(char *to, tp_duration duration);

#endif
