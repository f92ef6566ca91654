#include "value/stamp_format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "value/cursor.h"

#define KNOWN_LETTERS "YmdHMSfzZbBhaAyjpIeTDFRrsntkl"

/* What was read, before it is put together; -1 for what no conversion gave. */
struct fields {
    int year, short_year, month, day, day_of_year;
    int hour, half_hour, minute, second; /* half_hour: 1..12 of %I and %l */
    int afternoon;
    int32_t nano, offset;
    bool zoned, has_epoch, epoch_negative;
    int64_t epoch;
};

/* Conversions that are a number in a range. */
struct number {
    char letter;
    signed char least, most; /* digits */
    short low, high;
    short place; /* in struct fields */
    const char *expected;
};

static const struct fields nothing_read = {
    .year = -1,
    .short_year = -1,
    .month = -1,
    .day = -1,
    .day_of_year = -1,
    .hour = -1,
    .half_hour = -1,
    .minute = -1,
    .second = -1,
};

#define PLACE(member) (short)offsetof(struct fields, member)

static const struct number numbers[] = {
    {'Y', 4, 4, 0, 9999, PLACE(year), "a year of four digits"},
    {'y', 2, 2, 0, 99, PLACE(short_year), "a year of two digits"},
    {'m', 1, 2, 1, 12, PLACE(month), "a month 01 to 12"},
    {'d', 1, 2, 1, 31, PLACE(day), "a day 01 to 31"},
    {'e', 1, 2, 1, 31, PLACE(day), "a day 1 to 31"},
    {'j', 1, 3, 1, 366, PLACE(day_of_year), "a day of the year 001 to 366"},
    {'H', 1, 2, 0, 23, PLACE(hour), "an hour 00 to 23"},
    {'k', 1, 2, 0, 23, PLACE(hour), "an hour 0 to 23"},
    {'I', 1, 2, 1, 12, PLACE(half_hour), "an hour 01 to 12"},
    {'l', 1, 2, 1, 12, PLACE(half_hour), "an hour 1 to 12"},
    {'M', 1, 2, 0, 59, PLACE(minute), "a minute 00 to 59"},
    {'S', 1, 2, 0, 60, PLACE(second), "a second 00 to 59"},
};

static const struct number *
find_number(char letter)
{
    size_t i;

    for (i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (numbers[i].letter == letter)
            return &numbers[i];
    }
    return NULL;
}

static bool
is_white(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static int
add_step(struct tp_format *format, char letter, char literal, struct tp_err *err)
{
    if (format->count == format->cap) {
        size_t cap = format->cap ? 2 * format->cap : 16;
        struct tp_format_step *step = realloc(format->step, cap * sizeof *step);

        if (!step)
            return tp_err_memory(err);
        format->step = step;
        format->cap = cap;
    }
    format->step[format->count++] = (struct tp_format_step){letter, literal};
    return 0;
}

/* What a letter is short for, in the C locale; NULL for the others. */
static const char *
expansion(char letter)
{
    switch (letter) {
    case 'T':
        return "%H:%M:%S";
    case 'D':
        return "%m/%d/%y";
    case 'F':
        return "%Y-%m-%d";
    case 'R':
        return "%H:%M";
    case 'r':
        return "%I:%M:%S %p";
    default:
        return NULL;
    }
}

static int add_steps(struct tp_format *format, const char *text, struct tp_err *err);

static int
add_conversion(struct tp_format *format, char letter, struct tp_err *err)
{
    const char *longer = expansion(letter);

    if (longer)
        return add_steps(format, longer, err);
    if (letter == '%')
        return add_step(format, '\0', '%', err);
    if (letter == 'n' || letter == 't')
        return add_step(format, ' ', ' ', err);
    if (letter == '\0')
        return tp_err_set(err, TP_FAULT_USAGE, "a time format ends in a single %%");
    if (strchr(KNOWN_LETTERS, letter))
        return add_step(format, letter, '\0', err);
    return tp_err_set(err, TP_FAULT_USAGE,
                      "time format: %%%c is not known (known are " KNOWN_LETTERS ")",
                      letter > ' ' && letter < 0x7f ? letter : '?');
}

static int
add_steps(struct tp_format *format, const char *text, struct tp_err *err)
{
    int status = 0;

    while (*text != '\0' && status == 0) {
        char c = *text++;

        if (c != '%') {
            status = add_step(format, is_white(c) ? ' ' : '\0', c, err);
            continue;
        }
        status = add_conversion(format, *text, err);
        if (status == 0)
            text++; /* only now: the letter may have been the end */
    }
    return status;
}

static bool
has_any(const struct tp_format *format, const char *letters)
{
    size_t i;

    for (i = 0; i < format->count; i++) {
        if (format->step[i].letter != '\0' && strchr(letters, format->step[i].letter))
            return true;
    }
    return false;
}

/* Why the format cannot give an instant, or NULL. */
static const char *
what_is_missing(const struct tp_format *format)
{
    bool month = has_any(format, "mbBh"), day = has_any(format, "de");

    if (has_any(format, "s"))
        return NULL;
    if (!has_any(format, "Yy"))
        return "has no year (%Y, %y or %s); a stamp without one could mean any year";
    if (day && !month)
        return "has a day but no month (%m or %b)";
    if (has_any(format, "Il") && !has_any(format, "p"))
        return "has a 12-hour clock (%I) without %p; %H is the 24-hour clock";
    if (has_any(format, "p") && !has_any(format, "Il"))
        return "has %p without a 12-hour clock (%I)";
    return NULL;
}

int
tp_format_compile(struct tp_format *format, const char *text, struct tp_err *err)
{
    const char *missing;

    *format = (struct tp_format){0};
    if (add_steps(format, text, err) < 0) {
        tp_format_release(format);
        return -1;
    }
    missing = what_is_missing(format);
    if (!missing)
        return 0;
    tp_format_release(format);
    return tp_err_set(err, TP_FAULT_USAGE, "time format \"%s\" %s",
                      tp_excerpt_of(tp_str_of(text)).text, missing);
}

void
tp_format_release(struct tp_format *format)
{
    free(format->step);
    *format = (struct tp_format){0};
}

static void
skip_white(struct tp_cursor *cursor)
{
    while (cursor->at < cursor->end && is_white(*cursor->at))
        cursor->at++;
}

/* Takes WORD in any case. */
static bool
skip_word(struct tp_cursor *cursor, const char *word)
{
    size_t len = strlen(word);
    size_t i;

    if ((size_t)(cursor->end - cursor->at) < len)
        return false;
    for (i = 0; i < len; i++) {
        if ((cursor->at[i] | 32) != (word[i] | 32))
            return false;
    }
    cursor->at += len;
    return true;
}

/* Takes one of COUNT names, in full or its first three letters; its index, or -1. */
static int
take_name(struct tp_cursor *cursor, const char *const *names, int count)
{
    int i;

    for (i = 0; i < count; i++) {
        char brief[4] = {names[i][0], names[i][1], names[i][2], '\0'};

        if (skip_word(cursor, names[i]) || skip_word(cursor, brief))
            return i;
    }
    return -1;
}

static const char *
read_month(struct tp_cursor *cursor, struct fields *fields)
{
    static const char *const names[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};

    fields->month = take_name(cursor, names, 12) + 1;
    return fields->month > 0 ? NULL : "an English month name such as Nov";
}

static const char *
read_weekday(struct tp_cursor *cursor)
{
    static const char *const names[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                        "Friday", "Saturday", "Sunday"};

    return take_name(cursor, names, 7) >= 0 ? NULL : "an English weekday such as Sat";
}

static const char *
read_half(struct tp_cursor *cursor, struct fields *fields)
{
    fields->afternoon = skip_word(cursor, "PM");
    return fields->afternoon || skip_word(cursor, "AM") ? NULL : "AM or PM";
}

static const char *
read_fraction(struct tp_cursor *cursor, struct fields *fields)
{
    fields->nano = tp_cursor_fraction(cursor);
    return fields->nano >= 0 ? NULL : "fraction digits";
}

static const char *
read_offset(struct tp_cursor *cursor, struct fields *fields)
{
    fields->zoned = tp_cursor_offset(cursor, &fields->offset);
    return fields->zoned ? NULL : "an offset such as +0200, +02:00 or Z";
}

static const char *
read_zone_name(struct tp_cursor *cursor, struct fields *fields)
{
    fields->zoned = true;
    fields->offset = 0;
    if (skip_word(cursor, "UTC") || skip_word(cursor, "GMT") || tp_cursor_skip(cursor, 'Z'))
        return NULL;
    return "UTC, GMT or Z (other abbreviations are ambiguous; %z reads offsets)";
}

static const char *
read_epoch(struct tp_cursor *cursor, struct fields *fields)
{
    const char *start;

    fields->epoch_negative = tp_cursor_skip(cursor, '-');
    fields->has_epoch = true;
    fields->epoch = 0;
    start = cursor->at;
    for (; cursor->at < cursor->end && tp_is_digit(*cursor->at); cursor->at++) {
        /* Twelve digits leave the range of tp_time far behind. */
        if (fields->epoch < INT64_C(100000000000))
            fields->epoch = fields->epoch * 10 + (*cursor->at - '0');
    }
    return cursor->at > start ? NULL : "seconds since 1970";
}

static const char *
read_number(struct tp_cursor *cursor, const struct number *number, struct fields *fields)
{
    int value;

    if (number->letter == 'e' || number->letter == 'k' || number->letter == 'l')
        skip_white(cursor); /* these are padded with a space */
    value = tp_cursor_digits(cursor, number->least, number->most);
    if (value < number->low || value > number->high)
        return number->expected;
    memcpy((char *)fields + number->place, &value, sizeof value);
    return NULL;
}

/* NULL, or what was expected instead. */
static const char *
read_conversion(struct tp_cursor *cursor, char letter, struct fields *fields)
{
    switch (letter) {
    case 'b':
    case 'B':
    case 'h':
        return read_month(cursor, fields);
    case 'a':
    case 'A':
        return read_weekday(cursor);
    case 'p':
        return read_half(cursor, fields);
    case 'f':
        return read_fraction(cursor, fields);
    case 'z':
        return read_offset(cursor, fields);
    case 'Z':
        return read_zone_name(cursor, fields);
    case 's':
        return read_epoch(cursor, fields);
    default:
        return read_number(cursor, find_number(letter), fields);
    }
}

static int
refuse_step(struct tp_err *err, struct tp_str text, const char *at, struct tp_format_step step,
            const char *expected)
{
    char reason[160];
    long offset = at - text.ptr;

    if (step.letter != '\0')
        snprintf(reason, sizeof reason, "%%%c at byte %ld: expected %s", step.letter, offset,
                 expected);
    else
        snprintf(reason, sizeof reason, "expected '%c' at byte %ld", step.literal, offset);
    return tp_time_refuse(err, text, offset, reason);
}

static int
read_steps(const struct tp_format *format, struct tp_str text, struct fields *fields,
           struct tp_err *err)
{
    struct tp_cursor cursor = {text.ptr, text.ptr + text.len};
    size_t i;

    for (i = 0; i < format->count; i++) {
        struct tp_format_step step = format->step[i];
        const char *start = cursor.at;
        const char *expected = NULL;

        if (step.letter == ' ')
            skip_white(&cursor);
        else if (step.letter != '\0')
            expected = read_conversion(&cursor, step.letter, fields);
        else if (!tp_cursor_skip(&cursor, step.literal))
            expected = "";
        if (expected)
            return refuse_step(err, text, start, step, expected);
    }
    if (cursor.at < cursor.end)
        return tp_time_refuse(err, text, cursor.at - text.ptr, "something follows the time");
    return 0;
}

/* Days since 1970; NULL or why there is no such date. */
static const char *
find_days(const struct fields *fields, int64_t *days)
{
    /* POSIX strptime: two digits are 1969 to 2068. */
    int year = fields->year >= 0 ? fields->year
                                 : fields->short_year + (fields->short_year < 69 ? 2000 : 1900);
    int month = fields->month > 0 ? fields->month : 1;
    int day = fields->day > 0 ? fields->day : 1;

    if (fields->day_of_year > 0 && fields->month < 0) {
        *days = tp_days_of_civil(year, 1, 1) + fields->day_of_year - 1;
        return *days < tp_days_of_civil(year + 1, 1, 1) ? NULL : "the year has no day 366";
    }
    if (day > tp_days_in_month(year, month))
        return "the month has no such day";
    *days = tp_days_of_civil(year, month, day);
    return NULL;
}

static int
hour_of_day(const struct fields *fields)
{
    if (fields->half_hour > 0)
        return fields->half_hour % 12 + 12 * fields->afternoon;
    return fields->hour > 0 ? fields->hour : 0;
}

static void
put_epoch(const struct fields *fields, struct tp_reading *reading)
{
    int32_t nano = fields->nano > 0 ? fields->nano : 0;

    reading->zoned = true;
    reading->second = fields->epoch_negative ? -fields->epoch : fields->epoch;
    reading->nano = fields->epoch_negative ? -nano : nano; /* -1.5 is half a second before -1 */
}

int
tp_format_read(const struct tp_format *format, struct tp_str text, struct tp_reading *reading,
               struct tp_err *err)
{
    struct fields fields = nothing_read;
    const char *fault;
    int64_t days;

    *reading = (struct tp_reading){0};
    if (read_steps(format, text, &fields, err) < 0)
        return -1;
    if (fields.has_epoch) {
        put_epoch(&fields, reading);
        return 0;
    }
    fault = find_days(&fields, &days);
    if (fault)
        return tp_time_refuse(err, text, -1, fault);
    reading->second = days * 86400 + hour_of_day(&fields) * 3600;
    reading->second += (fields.minute > 0 ? fields.minute : 0) * 60;
    reading->second += fields.second > 0 ? fields.second : 0;
    reading->leap = fields.second == 60;
    reading->nano = fields.nano;
    reading->zoned = fields.zoned;
    reading->offset = fields.offset;
    return 0;
}
