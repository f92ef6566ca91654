#include "stream/template_value.h"

#include <string.h>

#include "base/hash.h"
#include "value/time.h"

enum { HASH_BYTES = 17 }; /* `-` and 16 digits */

/* --- values made safe --------------------------------------------------------------------------*/

static bool
is_control(char c)
{
    return (unsigned char)c < ' ' || c == 0x7f;
}

/* U+0080 to U+009F: some terminals obey them. */
static bool
is_c1_control(const char *p, const char *end)
{
    return end - p >= 2 && (unsigned char)p[0] == 0xc2 && (unsigned char)p[1] < 0xa0;
}

static void
put_file_value(struct tp_buf *to, struct tp_str value)
{
    const char *p = value.ptr, *end = p + value.len;

    for (; p < end && *p == '.'; p++)
        tp_buf_put_char(to, '_');
    for (; p < end; p++) {
        if (is_c1_control(p, end)) {
            tp_buf_put_char(to, '_');
            p++;
        } else {
            tp_buf_put_char(to, *p == '/' || is_control(*p) ? '_' : *p);
        }
    }
}

static bool
is_plain_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("_.:@+,-", c));
}

/* A leading `-` could be an option of the command, a leading dot hides a file as above. */
static void
put_command_value(struct tp_buf *to, struct tp_str value)
{
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        bool leading = i == 0 && (c == '-' || c == '.');

        tp_buf_put_char(to, is_plain_word(c) && !leading ? c : '_');
    }
}

/* The greatest length <= MOST that ends between characters. */
static size_t
cut_at(struct tp_str text, size_t most)
{
    while (most > 0 && ((unsigned char)text.ptr[most] & 0xc0) == 0x80)
        most--;
    return most;
}

void
tp_template_put_value(struct tp_buf *to, struct tp_str value, size_t most, bool in_command)
{
    struct tp_str shown = value;

    if (value.len == 0) {
        TP_BUF_PUT(to, "_empty");
        return;
    }
    if (value.len > most)
        shown.len = cut_at(value, most - HASH_BYTES);
    if (in_command)
        put_command_value(to, shown);
    else
        put_file_value(to, shown);
    if (shown.len < value.len)
        tp_buf_printf(to, "-%016llx", (unsigned long long)tp_hash(0, value.ptr, value.len));
}

/* --- times -------------------------------------------------------------------------------------*/

/* ISO 8601: a week belongs to the year of its Thursday. */
static void
put_week(tp_time time, struct tp_buf *to)
{
    int64_t day = tp_time_floor(time, TP_DAY, 0) / TP_DAY;
    int64_t thursday = day - tp_weekday_of_days(day) + 3, year;
    int month, monthday;

    tp_civil_of_days(thursday, &year, &month, &monthday);
    tp_buf_printf(to, "%04lld-W%02lld", (long long)year,
                  (long long)(thursday - tp_days_of_civil(year, 1, 1)) / 7 + 1);
}

void
tp_template_put_time(struct tp_buf *to, tp_time time, enum tp_template_unit unit)
{
    struct tp_civil civil = tp_civil_of_time(time);

    if (unit == TP_TEMPLATE_WEEK) {
        put_week(time, to);
        return;
    }
    tp_buf_printf(to, "%04lld-%02d", (long long)civil.year, civil.month);
    if (unit == TP_TEMPLATE_MONTH)
        return;
    tp_buf_printf(to, "-%02d", civil.day);
    if (unit == TP_TEMPLATE_HOUR)
        tp_buf_printf(to, "T%02d", civil.hour);
}
