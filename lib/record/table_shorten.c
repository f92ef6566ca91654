#include "record/table_shorten.h"

#define DECIMALS 6

/* How many decimals of [POINT + 1, END) to keep: zeros in front are not counted when nothing else
 * stands before them. */
static size_t
decimals_to_keep(const char *whole, const char *point, const char *end)
{
    const char *p = point + 1;

    while (whole < point && (*whole == '-' || *whole == '0'))
        whole++;
    if (whole == point)
        while (p < end && *p == '0')
            p++;
    return (size_t)(p - point - 1) + DECIMALS;
}

/* Adds one to the decimal digits that end TEXT before END, over the point; false when there was no
 * digit left to carry into. */
static bool
carry(char *text, char *end)
{
    while (end > text) {
        end--;
        if (*end == '.')
            continue;
        if (*end < '0' || *end > '9')
            return false;
        if (*end != '9') {
            ++*end;
            return true;
        }
        *end = '0';
    }
    return false;
}

struct tp_str
tp_table_shorten(struct tp_str number, struct tp_buf *scratch)
{
    const char *end = number.ptr + number.len, *stop, *cut;
    const char *point = memchr(number.ptr, '.', number.len);
    size_t from = scratch->len, kept, sign;

    if (!point)
        return number;
    for (stop = point + 1; stop < end && *stop >= '0' && *stop <= '9';)
        stop++;
    kept = decimals_to_keep(number.ptr, point, stop);
    if (kept < DECIMALS || (size_t)(stop - point - 1) <= kept)
        return number;
    cut = point + 1 + kept;
    sign = number.ptr[0] == '-';
    tp_buf_put(scratch, number.ptr, (size_t)(cut - number.ptr));
    if (tp_buf_failed(scratch))
        return number;
    if (*cut >= '5' && !carry(scratch->ptr + from + sign, scratch->ptr + scratch->len)) {
        /* 9.9999999: all became zeros, and one stands before them. */
        scratch->len = from;
        if (sign)
            TP_BUF_PUT(scratch, "-");
        TP_BUF_PUT(scratch, "1");
        for (const char *p = number.ptr + sign; p < point; p++)
            TP_BUF_PUT(scratch, "0");
    } else {
        while (scratch->ptr[scratch->len - 1] == '0')
            scratch->len--;
        if (scratch->ptr[scratch->len - 1] == '.')
            scratch->len--;
    }
    tp_buf_put(scratch, stop, (size_t)(end - stop));
    return tp_buf_failed(scratch) ? number
                                  : (struct tp_str){scratch->ptr + from, scratch->len - from};
}
