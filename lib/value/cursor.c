#include "value/cursor.h"

#include <string.h>

int
tp_cursor_digits(struct tp_cursor *cursor, int least, int most)
{
    const char *at = cursor->at;
    int number = 0;

    while (at < cursor->end && at - cursor->at < most && tp_is_digit(*at))
        number = number * 10 + (*at++ - '0');
    if (at - cursor->at < least)
        return -1;
    cursor->at = at;
    return number;
}

int32_t
tp_cursor_fraction(struct tp_cursor *cursor)
{
    static const int32_t scale[] = {1000000000, 100000000, 10000000, 1000000, 100000,
                                    10000,      1000,      100,      10,      1};
    const char *start = cursor->at;
    int32_t number = tp_cursor_digits(cursor, 1, 9);

    if (number < 0)
        return -1;
    number *= scale[cursor->at - start];
    while (cursor->at < cursor->end && tp_is_digit(*cursor->at))
        cursor->at++;
    return number;
}

bool
tp_cursor_offset(struct tp_cursor *cursor, int32_t *offset)
{
    struct tp_cursor ahead = *cursor;
    int hours, minutes = 0;
    bool west, colon;

    if (tp_cursor_skip(cursor, 'Z') || tp_cursor_skip(cursor, 'z')) {
        *offset = 0;
        return true;
    }
    west = tp_cursor_skip(&ahead, '-');
    if (!west && !tp_cursor_skip(&ahead, '+'))
        return false;
    hours = tp_cursor_two(&ahead);
    if (hours < 0 || hours > 23)
        return false;
    colon = tp_cursor_skip(&ahead, ':');
    if (colon || (ahead.at < ahead.end && tp_is_digit(*ahead.at)))
        minutes = tp_cursor_two(&ahead);
    if (minutes < 0 || minutes > 59)
        return false;
    *offset = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
    *cursor = ahead;
    return true;
}

struct tp_excerpt
tp_excerpt_of(struct tp_str text)
{
    static const char dots[] = "…";
    struct tp_excerpt excerpt;
    bool cut = text.len > 40;
    size_t len = cut ? 40 : text.len;
    size_t i;

    /* Not in the middle of a UTF-8 character. */
    while (cut && len > 36 && ((unsigned char)text.ptr[len] & 0xC0) == 0x80)
        len--;
    for (i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];

        excerpt.text[i] = byte < 0x20 || byte == 0x7F ? '?' : text.ptr[i];
    }
    if (cut) {
        memcpy(excerpt.text + len, dots, sizeof dots - 1);
        len += sizeof dots - 1;
    }
    excerpt.text[len] = '\0';
    return excerpt;
}

int
tp_time_refuse(struct tp_err *err, struct tp_str text, long at, const char *reason)
{
    return tp_err_at(err, TP_FAULT_RECORD, at, "no time: \"%s\" (%s)", tp_excerpt_of(text).text,
                     reason);
}

int
tp_time_refuse_range(struct tp_err *err, struct tp_str text)
{
    return tp_err_set(err, TP_FAULT_RECORD,
                      "time out of range: \"%s\" (from 1677-09-21T00:12:43.145224193Z to "
                      "2262-04-11T23:47:16.854775806Z)",
                      tp_excerpt_of(text).text);
}
