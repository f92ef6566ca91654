#include "value/zone_rule.h"

#include "value/cursor.h"
#include "value/time.h"

static bool
is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* `CET`, or `<+03>` for names that are not only letters; at least three characters. */
static bool
skip_name(struct tp_cursor *cursor)
{
    bool quoted = tp_cursor_skip(cursor, '<');
    const char *start = cursor->at;
    long len;

    while (cursor->at < cursor->end &&
           (is_letter(*cursor->at) ||
            (quoted && (tp_is_digit(*cursor->at) || *cursor->at == '+' || *cursor->at == '-'))))
        cursor->at++;
    len = cursor->at - start;
    return len >= 3 && (!quoted || tp_cursor_skip(cursor, '>'));
}

static bool
read_range(struct tp_cursor *cursor, int most_digits, int low, int high, int *number)
{
    *number = tp_cursor_digits(cursor, 1, most_digits);
    return *number >= low && *number <= high;
}

/* hh[:mm[:ss]] with an optional sign. */
static bool
read_time(struct tp_cursor *cursor, int hours_max, int32_t *time)
{
    bool negative = tp_cursor_skip(cursor, '-');
    int hours, minutes = 0, seconds = 0;

    if (!negative)
        tp_cursor_skip(cursor, '+');
    if (!read_range(cursor, 3, 0, hours_max, &hours))
        return false;
    if (tp_cursor_skip(cursor, ':')) {
        if (!read_range(cursor, 2, 0, 59, &minutes))
            return false;
        if (tp_cursor_skip(cursor, ':') && !read_range(cursor, 2, 0, 59, &seconds))
            return false;
    }
    *time = (hours * 3600 + minutes * 60 + seconds) * (negative ? -1 : 1);
    return true;
}

static bool
read_day(struct tp_cursor *cursor, struct tp_zone_day *day)
{
    if (tp_cursor_skip(cursor, 'J')) {
        day->kind = TP_ZONE_DAY_JULIAN;
        return read_range(cursor, 3, 1, 365, &day->day);
    }
    if (!tp_cursor_skip(cursor, 'M')) {
        day->kind = TP_ZONE_DAY_OF_YEAR;
        return read_range(cursor, 3, 0, 365, &day->day);
    }
    day->kind = TP_ZONE_DAY_OF_MONTH;
    return read_range(cursor, 2, 1, 12, &day->month) && tp_cursor_skip(cursor, '.') &&
           read_range(cursor, 1, 1, 5, &day->week) && tp_cursor_skip(cursor, '.') &&
           read_range(cursor, 1, 0, 6, &day->day);
}

/* `,day[/time]` */
static bool
read_change(struct tp_cursor *cursor, struct tp_zone_day *day)
{
    if (!tp_cursor_skip(cursor, ',') || !read_day(cursor, day))
        return false;
    day->time = 2 * 3600;
    return !tp_cursor_skip(cursor, '/') || read_time(cursor, 167, &day->time);
}

static bool
read_summer(struct tp_cursor *cursor, struct tp_zone_rule *rule)
{
    int32_t west;

    rule->has_summer = true;
    if (!skip_name(cursor))
        return false;
    rule->summer = rule->standard + 3600;
    if (cursor->at < cursor->end && *cursor->at != ',') {
        if (!read_time(cursor, 24, &west))
            return false;
        rule->summer = -west;
    }
    if (cursor->at < cursor->end)
        return read_change(cursor, &rule->summer_start) && read_change(cursor, &rule->summer_end);
    /* Without dates: those of the United States, as the tz code and glibc take it. */
    rule->summer_start = (struct tp_zone_day){TP_ZONE_DAY_OF_MONTH, 0, 3, 2, 2 * 3600};
    rule->summer_end = (struct tp_zone_day){TP_ZONE_DAY_OF_MONTH, 0, 11, 1, 2 * 3600};
    return true;
}

bool
tp_zone_rule_parse(struct tp_str text, struct tp_zone_rule *rule)
{
    struct tp_cursor cursor = {text.ptr, text.ptr + text.len};
    int32_t west;

    *rule = (struct tp_zone_rule){0};
    if (!skip_name(&cursor) || !read_time(&cursor, 24, &west))
        return false;
    rule->standard = -west; /* POSIX counts westwards */
    if (cursor.at < cursor.end && !read_summer(&cursor, rule))
        return false;
    return cursor.at == cursor.end;
}

static bool
is_leap_year(int64_t year)
{
    return tp_days_in_month(year, 2) == 29;
}

/* Days since 1970 of DAY in YEAR. */
static int64_t
days_of(const struct tp_zone_day *day, int64_t year)
{
    int64_t first;
    int into;

    if (day->kind == TP_ZONE_DAY_OF_YEAR)
        return tp_days_of_civil(year, 1, 1) + day->day;
    if (day->kind == TP_ZONE_DAY_JULIAN)
        return tp_days_of_civil(year, 1, 1) + day->day - 1 + (day->day > 59 && is_leap_year(year));
    first = tp_days_of_civil(year, day->month, 1);
    /* From Monday first to Sunday first is one day on; then up to the first such weekday. */
    into = (day->day + 6 - tp_weekday_of_days(first)) % 7;
    into += (day->week - 1) * 7;
    if (into >= tp_days_in_month(year, day->month))
        into -= 7;
    return first + into;
}

struct change {
    int64_t at;
    int32_t offset; /* from then on */
};

/* Keeps the order of equals: a change that is undone in the same second was never in force. */
static void
sort_changes(struct change *change, int count)
{
    int i, j;

    for (i = 1; i < count; i++) {
        struct change moving = change[i];

        for (j = i; j > 0 && change[j - 1].at > moving.at; j--)
            change[j] = change[j - 1];
        change[j] = moving;
    }
}

struct tp_zone_span
tp_zone_rule_span(const struct tp_zone_rule *rule, int64_t second)
{
    enum { YEARS = 5 }; /* a change may be a week outside its year */
    struct change change[2 * YEARS];
    struct tp_zone_span span = {INT64_MIN, INT64_MAX, rule->standard};
    int64_t year;
    int month, day, i;

    if (!rule->has_summer)
        return span;
    tp_civil_of_days(second / 86400, &year, &month, &day);
    for (i = 0; i < YEARS; i++) {
        const struct tp_zone_day *start = &rule->summer_start, *end = &rule->summer_end;
        int64_t in = year - YEARS / 2 + i;

        change[2 * i].at = days_of(start, in) * 86400 + start->time - rule->standard;
        change[2 * i].offset = rule->summer;
        change[2 * i + 1].at = days_of(end, in) * 86400 + end->time - rule->summer;
        change[2 * i + 1].offset = rule->standard;
    }
    sort_changes(change, 2 * YEARS);
    for (i = 0; i < 2 * YEARS - 2 && change[i + 1].at <= second; i++)
        continue;
    span.from = change[i].at;
    span.until = change[i + 1].at;
    span.offset = change[i].offset;
    return span;
}
