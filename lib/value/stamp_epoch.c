#include "value/stamp_epoch.h"

#include <stdbool.h>
#include <stdint.h>

#include "value/cursor.h"
#include "value/num.h"

#define AUTO_EXPECTED "expected RFC 3339 such as 2026-11-21T12:00:00Z, or an epoch number"

#define EXPONENT_MAX 1000000000 /* any exponent beyond is as good as this one */
#define DIGITS_MAX 19           /* 10^19 - 1 fits uint64 */

/* 0.DIGITS * 10^point; the first of `count` digits is not 0 (count is 0 for a zero). */
struct decimal {
    uint64_t digits;
    int count;
    int64_t point;
    bool negative;
    bool tail; /* digits behind the 19th are not all 0 */
};

/* Takes digits while there are some. POINT_STEP is 1 before the point, where each digit of the
 * number moves the point, and 0 behind it, where each zero before the first digit moves it back. */
static bool
take_digits(struct tp_cursor *cursor, struct decimal *decimal, bool whole)
{
    const char *start = cursor->at;

    for (; cursor->at < cursor->end && tp_is_digit(*cursor->at); cursor->at++) {
        unsigned digit = (unsigned)(*cursor->at - '0');

        if (decimal->count == 0 && digit == 0) {
            decimal->point -= !whole;
            continue;
        }
        decimal->point += whole;
        if (decimal->count < DIGITS_MAX) {
            decimal->digits = decimal->digits * 10 + digit;
            decimal->count++;
        } else {
            decimal->tail |= digit != 0;
        }
    }
    return cursor->at > start;
}

static bool
take_exponent(struct tp_cursor *cursor, struct decimal *decimal)
{
    bool negative = tp_cursor_skip(cursor, '-');
    const char *start;
    int64_t exponent = 0;

    if (!negative)
        tp_cursor_skip(cursor, '+');
    start = cursor->at;
    for (; cursor->at < cursor->end && tp_is_digit(*cursor->at); cursor->at++) {
        if (exponent < EXPONENT_MAX)
            exponent = exponent * 10 + (*cursor->at - '0');
    }
    decimal->point += negative ? -exponent : exponent;
    return cursor->at > start;
}

static bool
read_decimal(struct tp_cursor *cursor, struct decimal *decimal)
{
    *decimal = (struct decimal){.negative = tp_cursor_skip(cursor, '-')};
    if (!decimal->negative)
        tp_cursor_skip(cursor, '+');
    if (!take_digits(cursor, decimal, true))
        return false;
    if (tp_cursor_skip(cursor, '.') && !take_digits(cursor, decimal, false))
        return false;
    if ((tp_cursor_skip(cursor, 'e') || tp_cursor_skip(cursor, 'E')) &&
        !take_exponent(cursor, decimal))
        return false;
    return cursor->at == cursor->end;
}

/* The common shape, `1588205199.82437`: no sign, no exponent, no zero in front, at most 19 digits.
 * False: not of that shape. */
static bool
read_plain(struct tp_str text, struct decimal *decimal)
{
    const char *p = text.ptr, *end = p + text.len;
    uint64_t digits = 0;

    if (text.len == 0 || text.len > DIGITS_MAX || *p == '0')
        return false;
    for (; p < end && tp_is_digit(*p); p++)
        digits = digits * 10 + (uint64_t)(*p - '0');
    *decimal = (struct decimal){.count = (int)text.len, .point = p - text.ptr};
    if (p < end) {
        if (*p != '.' || p == text.ptr || p + 1 == end)
            return false;
        decimal->count--;
        for (p++; p < end && tp_is_digit(*p); p++)
            digits = digits * 10 + (uint64_t)(*p - '0');
    }
    decimal->digits = digits;
    return p == end;
}

/* |x| < 10^n exactly when point <= n: no arithmetic needed. */
static int
unit_of_magnitude(const struct decimal *decimal)
{
    if (decimal->count == 0 || decimal->point <= 11)
        return TP_EPOCH_S;
    if (decimal->point <= 14)
        return TP_EPOCH_MS;
    return decimal->point <= 17 ? TP_EPOCH_US : TP_EPOCH_NS;
}

/* The whole part of the magnitude times 10^UNIT; *REST tells whether something was cut off. False
 * when it has more than 19 digits. */
static bool
scale(const struct decimal *decimal, int unit, uint64_t *whole, bool *rest)
{
    int64_t wanted = decimal->point + unit; /* digits before the point of the result */
    int64_t surplus = decimal->count - wanted;

    *rest = decimal->tail;
    if (decimal->count == 0) {
        *whole = 0;
        return true;
    }
    if (wanted > DIGITS_MAX)
        return false;
    if (surplus <= 0) {
        *whole = decimal->digits * tp_ten_table[-surplus];
        return true;
    }
    if (surplus > DIGITS_MAX) {
        *whole = 0;
        *rest = true;
        return true;
    }
    *whole = decimal->digits / tp_ten_table[surplus];
    *rest = *rest || decimal->digits % tp_ten_table[surplus] != 0;
    return true;
}

int
tp_epoch_parse(struct tp_str text, enum tp_epoch_unit unit, tp_time *time, struct tp_err *err)
{
    struct tp_cursor cursor = {text.ptr, text.ptr + text.len};
    struct decimal decimal;
    uint64_t whole;
    bool rest;

    if (!read_plain(text, &decimal) && !read_decimal(&cursor, &decimal))
        return tp_time_refuse(err, text, cursor.at - text.ptr,
                              unit == TP_EPOCH_AUTO ? AUTO_EXPECTED : "expected an epoch number");
    if (!scale(&decimal, unit == TP_EPOCH_AUTO ? unit_of_magnitude(&decimal) : (int)unit, &whole,
               &rest))
        return tp_time_refuse_range(err, text);
    whole += decimal.negative && rest;
    if (whole > (uint64_t)TP_TIME_MAX + decimal.negative)
        return tp_time_refuse_range(err, text);
    *time = decimal.negative ? -(tp_time)whole : (tp_time)whole;
    return 0;
}
