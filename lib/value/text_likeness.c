#include "value/text.h"

#define NAME_MAX_LENGTH 255 /* longer names are not compared but for equality */

static unsigned char
lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

bool
tp_text_equal_nocase(struct tp_str a, struct tp_str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    return true;
}

static bool
is_same(char a, char b, bool nocase)
{
    return a == b || (nocase && lower(a) == lower(b));
}

static unsigned
least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* The next row of the table: distances of A[0..row) to every B[0..i), a swap of two neighbours
 * counting once ("optimal string alignment"). Returns the smallest. */
static unsigned
next_row(struct tp_str a, struct tp_str b, size_t row, bool nocase, unsigned *now,
         const unsigned *before, const unsigned *before_that)
{
    unsigned smallest = now[0] = (unsigned)row;

    for (size_t i = 1; i <= b.len; i++) {
        bool same = is_same(a.ptr[row - 1], b.ptr[i - 1], nocase);

        now[i] = least(before[i - 1] + !same, least(before[i], now[i - 1]) + 1);
        if (row > 1 && i > 1 && is_same(a.ptr[row - 1], b.ptr[i - 2], nocase) &&
            is_same(a.ptr[row - 2], b.ptr[i - 1], nocase))
            now[i] = least(now[i], before_that[i - 2] + 1);
        smallest = least(smallest, now[i]);
    }
    return smallest;
}

static size_t
distance(struct tp_str a, struct tp_str b, size_t limit, bool nocase)
{
    unsigned rows[3][NAME_MAX_LENGTH + 1];
    size_t gap = a.len > b.len ? a.len - b.len : b.len - a.len;

    if (gap > limit)
        return limit + 1;
    if (a.len > NAME_MAX_LENGTH || b.len > NAME_MAX_LENGTH)
        return tp_str_equal(a, b) ? 0 : limit + 1;
    for (size_t i = 0; i <= b.len; i++)
        rows[0][i] = (unsigned)i;
    for (size_t row = 1; row <= a.len; row++) {
        unsigned smallest =
            next_row(a, b, row, nocase, rows[row % 3], rows[(row + 2) % 3], rows[(row + 1) % 3]);

        if (smallest > limit + 1) /* a swap may still step back by one */
            return limit + 1;
    }
    return rows[a.len % 3][b.len] > limit ? limit + 1 : rows[a.len % 3][b.len];
}

size_t
tp_text_distance(struct tp_str a, struct tp_str b, size_t limit)
{
    return distance(a, b, limit, false);
}

const struct tp_str *
tp_text_likest(struct tp_str text, const struct tp_str *names, size_t count)
{
    size_t limit = text.len < 6 ? 1 : text.len / 3, d;
    const struct tp_str *likest = NULL;

    for (size_t i = 0; i < count; i++) {
        d = distance(text, names[i], limit, true);
        if (d > limit || (likest && d == limit))
            continue;
        likest = &names[i];
        if (d == 0)
            break;
        limit = d;
    }
    return likest;
}
