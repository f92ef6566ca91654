/* format_time: strftime's letters, without the locale. */
#include <string.h>

#include "query/expr_func.h"

#define FORMAT_LETTERS "YmdHMSfNjaAbBzyseuIpGVFT%"

int
tp_prepare_format_time(struct tp_compile *c, struct tp_node *node)
{
    const struct tp_node *format = node->arg[1];
    struct tp_str text = format->value.text;
    size_t i;

    for (i = 0; format->value.kind == TP_TEXT && i < text.len; i++) {
        if (text.ptr[i] != '%')
            continue;
        if (++i == text.len || !memchr(FORMAT_LETTERS, text.ptr[i], sizeof FORMAT_LETTERS - 1))
            return tp_compile_fail(c, format->at + i,
                                   "no such letter of a time format; there are %%%s",
                                   FORMAT_LETTERS);
    }
    return tp_prepare_zone(c, node, 2);
}

static const char *const days_of_week[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                           "Friday", "Saturday", "Sunday"};
static const char *const months[] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};

/* What format_time writes one letter of. */
struct moment {
    struct tp_civil civil;
    int64_t days, epoch;
    tp_duration offset;
};

/* VALUE, which is not negative, in so many DIGITS at least. */
static void
put_digits(struct tp_buf *to, int value, int digits)
{
    char text[10], *end = text + sizeof text, *at = end;

    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0 || end - at < digits);
    tp_buf_put(to, at, (size_t)(end - at));
}

/* Three numbers with SEPARATOR between them, the last two of two digits. */
static void
put_three(struct tp_buf *to, int first, int digits, char separator, int second, int third)
{
    put_digits(to, first, digits);
    tp_buf_put_char(to, separator);
    put_digits(to, second, 2);
    tp_buf_put_char(to, separator);
    put_digits(to, third, 2);
}

static void
put_offset(struct tp_buf *to, tp_duration offset)
{
    int minutes = (int)(offset / TP_MINUTE), size = minutes < 0 ? -minutes : minutes;

    tp_buf_put_char(to, offset < 0 ? '-' : '+');
    put_digits(to, size / 60 * 100 + size % 60, 4);
}

static void
put_iso_letter(struct tp_buf *to, char letter, int64_t days)
{
    int64_t year;
    int week = tp_iso_week(days, &year);

    if (letter == 'G')
        put_digits(to, (int)year, 4);
    else
        put_digits(to, week, 2);
}

static void
put_name(struct tp_buf *to, const char *name, bool brief)
{
    tp_buf_put(to, name, brief ? 3 : strlen(name));
}

static void
put_date_letter(struct tp_buf *to, char letter, const struct moment *at)
{
    const struct tp_civil *civil = &at->civil;
    int year = (int)civil->year; /* 1677 to 2262, as all times */

    switch (letter) {
    case 'Y':
        put_digits(to, year, 4);
        break;
    case 'y':
        put_digits(to, year % 100, 2);
        break;
    case 'm':
        put_digits(to, civil->month, 2);
        break;
    case 'd':
        put_digits(to, civil->day, 2);
        break;
    case 'e':
        if (civil->day < 10)
            tp_buf_put_char(to, ' ');
        put_digits(to, civil->day, 1);
        break;
    case 'F':
        put_three(to, year, 4, '-', civil->month, civil->day);
        break;
    case 'j':
        put_digits(to, (int)(at->days - tp_days_of_civil(year, 1, 1) + 1), 3);
        break;
    case 'u':
        put_digits(to, tp_weekday_of_days(at->days) + 1, 1);
        break;
    case 'a':
    case 'A':
        put_name(to, days_of_week[tp_weekday_of_days(at->days)], letter == 'a');
        break;
    case 'b':
    case 'B':
        put_name(to, months[civil->month - 1], letter == 'b');
        break;
    default: /* G, V */
        put_iso_letter(to, letter, at->days);
        break;
    }
}

static void
put_letter(struct tp_buf *to, char letter, const struct moment *at)
{
    const struct tp_civil *civil = &at->civil;

    switch (letter) {
    case 'H':
        put_digits(to, civil->hour, 2);
        break;
    case 'I':
        put_digits(to, (civil->hour + 11) % 12 + 1, 2);
        break;
    case 'p':
        tp_buf_put_str(to, civil->hour < 12 ? TP_STR("AM") : TP_STR("PM"));
        break;
    case 'M':
        put_digits(to, civil->minute, 2);
        break;
    case 'S':
        put_digits(to, civil->second, 2);
        break;
    case 'T':
        put_three(to, civil->hour, 2, ':', civil->minute, civil->second);
        break;
    case 'f':
        put_digits(to, civil->nano / 1000, 6);
        break;
    case 'N':
        put_digits(to, civil->nano, 9);
        break;
    case 's':
        tp_buf_printf(to, "%lld", (long long)at->epoch);
        break;
    case 'z':
        put_offset(to, at->offset);
        break;
    case '%':
        tp_buf_put_char(to, '%');
        break;
    default:
        put_date_letter(to, letter, at);
        break;
    }
}

int
tp_call_format_time(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
                    struct tp_value *out)
{
    struct tp_str format = arg[1].text;
    struct moment at = {.offset = tp_local_offset(node, arg[0].time),
                        .epoch = tp_floor_div(arg[0].time, TP_SECOND)};
    tp_time local;
    size_t i;

    if (tp_to_local(node, run, arg[0].time, &local) < 0)
        return -1;
    at.civil = tp_civil_of_time(local);
    at.days = tp_floor_div(local, TP_DAY);
    tp_buf_clear(&run->temp);
    for (i = 0; i < format.len; i++) {
        if (format.ptr[i] == '%')
            put_letter(&run->temp, format.ptr[++i], &at);
        else
            tp_buf_put_char(&run->temp, format.ptr[i]);
    }
    return tp_run_finish_text(run, node, out);
}
