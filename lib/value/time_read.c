#include "value/time.h"

#include "value/cursor.h"

#define RFC3339_EXPECTED "expected RFC 3339 such as 2026-11-21T12:00:00Z"
#define CLF_EXPECTED "expected the Common Log Format's 21/Nov/2026:12:00:00 +0000"

static const char *
read_date(struct tp_cursor *cursor, int64_t *days)
{
    int year = tp_cursor_digits(cursor, 4, 4);
    int month, day;

    if (year < 0 || !tp_cursor_skip(cursor, '-'))
        return RFC3339_EXPECTED;
    month = tp_cursor_two(cursor);
    if (month < 0)
        return RFC3339_EXPECTED;
    if (month < 1 || month > 12)
        return "the month is not 01 to 12";
    if (!tp_cursor_skip(cursor, '-'))
        return RFC3339_EXPECTED;
    day = tp_cursor_two(cursor);
    if (day < 0)
        return RFC3339_EXPECTED;
    if (day < 1 || day > tp_days_in_month(year, month))
        return "the month has no such day";
    *days = tp_days_of_civil(year, month, day);
    return NULL;
}

/* `:ss` and a fraction, both optional. */
static const char *
read_seconds(struct tp_cursor *cursor, struct tp_reading *reading)
{
    int second;

    if (!tp_cursor_skip(cursor, ':'))
        return NULL;
    second = tp_cursor_two(cursor);
    if (second < 0)
        return RFC3339_EXPECTED;
    if (second > 60)
        return "the second is not 00 to 59";
    reading->second += second;
    reading->leap = second == 60;
    if (!tp_cursor_skip(cursor, '.') && !tp_cursor_skip(cursor, ','))
        return NULL;
    reading->nano = tp_cursor_fraction(cursor);
    return reading->nano < 0 ? "expected digits after the point" : NULL;
}

static const char *
read_clock(struct tp_cursor *cursor, struct tp_reading *reading)
{
    int hour = tp_cursor_two(cursor);
    int minute;

    if (hour < 0)
        return RFC3339_EXPECTED;
    if (hour > 23)
        return "the hour is not 00 to 23";
    if (!tp_cursor_skip(cursor, ':'))
        return RFC3339_EXPECTED;
    minute = tp_cursor_two(cursor);
    if (minute < 0)
        return RFC3339_EXPECTED;
    if (minute > 59)
        return "the minute is not 00 to 59";
    reading->second += hour * 3600 + minute * 60;
    return read_seconds(cursor, reading);
}

static const char *
read_all(struct tp_cursor *cursor, struct tp_reading *reading)
{
    const char *fault;
    int64_t days = 0;

    fault = read_date(cursor, &days);
    if (fault)
        return fault;
    reading->second = days * 86400;
    if (cursor->at == cursor->end)
        return NULL;
    if (!tp_cursor_skip(cursor, 'T') && !tp_cursor_skip(cursor, 't') &&
        !tp_cursor_skip(cursor, ' '))
        return RFC3339_EXPECTED;
    fault = read_clock(cursor, reading);
    if (fault || cursor->at == cursor->end)
        return fault;
    reading->zoned = tp_cursor_offset(cursor, &reading->offset);
    if (!reading->zoned)
        return "expected Z or an offset such as +02:00 after the time of day";
    return cursor->at == cursor->end ? NULL : "something follows the time";
}

int
tp_reading_parse(struct tp_str text, struct tp_reading *reading, struct tp_err *err)
{
    struct tp_cursor cursor = {text.ptr, text.ptr + text.len};
    const char *fault;

    *reading = (struct tp_reading){0};
    fault = read_all(&cursor, reading);
    return fault ? tp_time_refuse(err, text, cursor.at - text.ptr, fault) : 0;
}

int
tp_reading_instant(const struct tp_reading *reading, struct tp_str text, tp_time *time,
                   struct tp_err *err)
{
    int64_t second = reading->second - reading->offset;
    __int128 instant = (__int128)second * TP_SECOND + reading->nano;

    if (reading->leap && second % 86400 != 0)
        return tp_time_refuse(err, text, -1, "a second 60 exists only at 23:59:60 UTC");
    if (instant < TP_TIME_MIN || instant > TP_TIME_MAX)
        return tp_time_refuse_range(err, text);
    *time = (tp_time)instant;
    return 0;
}

int
tp_time_parse(struct tp_str text, tp_time *time, bool *zoneless, struct tp_err *err)
{
    struct tp_reading reading;

    if (tp_reading_parse(text, &reading, err) < 0)
        return -1;
    *zoneless = !reading.zoned;
    return tp_reading_instant(&reading, text, time, err);
}

#define LETTERS(a, b, c) ((a) << 16 | (b) << 8 | (c))

/* 1..12 of three letters in any case, 0 when they name no month. */
static int
month_of_letters(const char *letters)
{
    const unsigned char *byte = (const unsigned char *)letters;

    /* |32 makes capitals small and makes a letter of nothing else. */
    switch (LETTERS(byte[0] | 32, byte[1] | 32, byte[2] | 32)) {
    case LETTERS('j', 'a', 'n'):
        return 1;
    case LETTERS('f', 'e', 'b'):
        return 2;
    case LETTERS('m', 'a', 'r'):
        return 3;
    case LETTERS('a', 'p', 'r'):
        return 4;
    case LETTERS('m', 'a', 'y'):
        return 5;
    case LETTERS('j', 'u', 'n'):
        return 6;
    case LETTERS('j', 'u', 'l'):
        return 7;
    case LETTERS('a', 'u', 'g'):
        return 8;
    case LETTERS('s', 'e', 'p'):
        return 9;
    case LETTERS('o', 'c', 't'):
        return 10;
    case LETTERS('n', 'o', 'v'):
        return 11;
    case LETTERS('d', 'e', 'c'):
        return 12;
    default:
        return 0;
    }
}

/* dd/Mon/yyyy:hh:mm:ss +hhmm: every field has its fixed place. */
static bool
read_clf(const char *p, struct tp_reading *reading)
{
    int day = tp_two_digits(p), century = tp_two_digits(p + 7), year = tp_two_digits(p + 9);
    int hour = tp_two_digits(p + 12), minute = tp_two_digits(p + 15),
        second = tp_two_digits(p + 18);
    int offset_hours = tp_two_digits(p + 22), offset_minutes = tp_two_digits(p + 24);
    int month = month_of_letters(p + 3);

    if (p[2] != '/' || p[6] != '/' || p[11] != ':' || p[14] != ':' || p[17] != ':' || p[20] != ' ')
        return false;
    if ((p[21] != '+' && p[21] != '-') || month == 0 || century < 0 || year < 0)
        return false;
    year += century * 100;
    if (day < 1 || (day > 28 && day > tp_days_in_month(year, month)))
        return false;
    /* A negative (not digits) turns into a large number. */
    if ((unsigned)hour > 23 || (unsigned)minute > 59 || (unsigned)second > 60)
        return false;
    if ((unsigned)offset_hours > 23 || (unsigned)offset_minutes > 59)
        return false;
    reading->second =
        tp_days_of_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    reading->nano = 0;
    reading->offset = (offset_hours * 3600 + offset_minutes * 60) * (p[21] == '-' ? -1 : 1);
    reading->zoned = true;
    reading->leap = second == 60;
    return true;
}

int
tp_time_parse_clf(struct tp_str text, tp_time *time, struct tp_err *err)
{
    struct tp_reading reading;

    if (text.len != sizeof "21/Nov/2026:12:00:00 +0000" - 1 || !read_clf(text.ptr, &reading))
        return tp_time_refuse(err, text, -1, CLF_EXPECTED);
    return tp_reading_instant(&reading, text, time, err);
}
