/*
 * The canonical text of a JSON number. A number is digits * 10^exponent with no zeros at either end
 * of the digits; `point` is how many digits stand in front of the point. The form depends on that
 * alone: plain for 0 < point <= 21 and for up to 6 zeros behind the point, else d.dde9 (as in
 * ECMAScript's Number::toString, but for any length).
 */
#include "value/num.h"

#include <string.h>

#define PLAIN_MAX 21
#define PLAIN_MIN (-5)
#define EXPONENT_DIGITS 17 /* what surely fits int64, with any number of digits added */

/* Most numbers are canonical as they stand. */
static bool
is_canonical(struct tp_str text)
{
    const char *digits = text.ptr;
    size_t len = text.len;
    const char *point;

    if (len && *digits == '-') {
        digits++;
        len--;
    }
    if (len == 0 || len > PLAIN_MAX || (*digits == '0' && len == 1 && digits != text.ptr))
        return false;
    if (memchr(digits, 'e', len) || memchr(digits, 'E', len))
        return false;
    point = memchr(digits, '.', len);
    if (!point)
        return true;
    if (digits[len - 1] == '0')
        return false;
    return *digits != '0' || point[1] != '0';
}

struct exponent {
    struct tp_str digits; /* without leading zeros; empty for 0 */
    bool negative;
};

static struct exponent
split_exponent(const char *from, const char *end)
{
    struct exponent exponent = {.negative = false};

    if (from < end) {
        from++;
        exponent.negative = *from == '-';
        if (*from == '-' || *from == '+')
            from++;
    }
    while (from < end && *from == '0')
        from++;
    exponent.digits = (struct tp_str){from, (size_t)(end - from)};
    return exponent;
}

static int64_t
small_exponent(struct exponent exponent)
{
    int64_t sum = 0;

    for (size_t i = 0; i < exponent.digits.len; i++)
        sum = sum * 10 + (exponent.digits.ptr[i] - '0');
    return exponent.negative ? -sum : sum;
}

/* Appends EXPONENT + BY, where the exponent has so many digits that BY cannot change its sign. */
static void
put_huge_exponent(struct tp_buf *to, struct exponent exponent, int64_t by)
{
    size_t at, from;
    int64_t carry = exponent.negative ? -by : by;

    if (exponent.negative)
        tp_buf_put_char(to, '-');
    tp_buf_put_char(to, '0'); /* for a carry out of the first digit */
    from = to->len;
    tp_buf_put_str(to, exponent.digits);
    if (tp_buf_failed(to))
        return;
    for (at = to->len; at-- > from - 1 && carry != 0;) {
        int64_t digit = to->ptr[at] - '0' + carry;

        carry = digit / 10;
        digit %= 10;
        if (digit < 0) {
            digit += 10;
            carry--;
        }
        to->ptr[at] = (char)('0' + digit);
    }
    for (at = from - 1; to->ptr[at] == '0';)
        at++;
    memmove(to->ptr + from - 1, to->ptr + at, to->len - at);
    to->len -= at - (from - 1);
}

/* Appends digits FROM..END, leaving out the point that may lie between them, with one behind the
 * first WHOLE of them unless that is all. */
static void
put_digits(struct tp_buf *to, const char *from, const char *end, size_t whole)
{
    for (; from < end; from++) {
        if (*from == '.')
            continue;
        if (whole-- == 0)
            tp_buf_put_char(to, '.');
        tp_buf_put_char(to, *from);
    }
}

static void
put_zeros(struct tp_buf *to, int64_t count)
{
    for (; count > 0; count--)
        tp_buf_put_char(to, '0');
}

static void
put_plain(struct tp_buf *to, const char *from, const char *end, size_t count, int64_t point)
{
    if (point > 0) {
        put_digits(to, from, end, (size_t)point);
        put_zeros(to, point - (int64_t)count);
        return;
    }
    TP_BUF_PUT(to, "0.");
    put_zeros(to, -point);
    put_digits(to, from, end, count);
}

void
tp_num_canonical(struct tp_str text, struct tp_buf *to)
{
    const char *from = text.ptr, *end = from + text.len, *last = from, *point;
    struct exponent exponent;
    int64_t before; /* digits in front of the point, as written, from the first that counts on */
    bool negative = *from == '-';
    size_t count;

    if (is_canonical(text)) {
        tp_buf_put_str(to, text);
        return;
    }
    while (last < end && *last != 'e' && *last != 'E')
        last++;
    exponent = split_exponent(last, end);
    point = memchr(from, '.', (size_t)(last - from));
    if (!point)
        point = last;
    from += negative;
    while (from < last && (*from == '0' || *from == '.'))
        from++;
    if (from == last) {
        tp_buf_put_char(to, '0');
        return;
    }
    while (last[-1] == '0' || last[-1] == '.')
        last--;
    before = from < point ? point - from : point + 1 - from;
    count = (size_t)(last - from) - (from < point && point < last);
    if (negative)
        tp_buf_put_char(to, '-');
    if (exponent.digits.len <= EXPONENT_DIGITS) {
        before += small_exponent(exponent);
        if (before <= PLAIN_MAX && before >= PLAIN_MIN) {
            put_plain(to, from, last, count, before);
            return;
        }
        put_digits(to, from, last, 1);
        tp_buf_printf(to, "e%lld", (long long)before - 1);
        return;
    }
    put_digits(to, from, last, 1);
    tp_buf_put_char(to, 'e');
    put_huge_exponent(to, exponent, before - 1);
}
