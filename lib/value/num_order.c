/*
 * Numbers as bytes in the order of numbers: a byte for the sign, the decimal exponent, the digits
 * in pairs, a zero byte; of a negative number all but the first byte inverted.
 */
#include <math.h>
#include <string.h>

#include "value/num.h"
#include "value/num_powers.h"

/* The first byte: classes in order. */
enum {
    MINUS_INFINITY = 1,
    NEGATIVE,
    ZERO,
    POSITIVE,
    PLUS_INFINITY,
    NOT_A_NUMBER,
};

enum { MOST_DIGITS = 20, MOST_BYTES = 2 + MOST_DIGITS / 2 + 1 };

/* word * 10^exponent */
struct decimal {
    bool negative;
    uint64_t word;
    int exponent;
};

static uint64_t
magnitude(int64_t integer)
{
    return integer < 0 ? 0 - (uint64_t)integer : (uint64_t)integer;
}

static struct decimal
decimal_of(struct tp_value number)
{
    struct decimal d = {0};

    if (number.kind == TP_INT)
        return (struct decimal){number.integer < 0, magnitude(number.integer), 0};
    if (number.scale != TP_NO_SCALE)
        return (struct decimal){number.mantissa < 0, magnitude(number.mantissa), -number.scale};
    d.negative = number.real < 0;
    if (number.real != 0)
        tp_num_shortest(number.real, &d.word, &d.exponent);
    return d;
}

/* The digits of WORD, from the first, without zeros at the end; *PLACES counts those, too. */
static size_t
digits_of(uint64_t word, char digits[MOST_DIGITS], int *places)
{
    char backwards[MOST_DIGITS];
    size_t count = 0, zeros = 0;

    for (; word; word /= 10)
        backwards[count++] = (char)(word % 10);
    while (zeros < count && backwards[zeros] == 0)
        zeros++;
    for (size_t i = zeros; i < count; i++)
        digits[count - 1 - i] = backwards[i];
    *places = (int)count;
    return count - zeros;
}

static size_t
put_finite(struct decimal d, unsigned char *to)
{
    char digits[MOST_DIGITS + 1];
    int places;
    size_t count = digits_of(d.word, digits, &places), len = 0;
    unsigned exponent = (unsigned)(d.exponent + places + 0x4000);

    digits[count] = 0;
    to[len++] = (unsigned char)(exponent >> 8);
    to[len++] = (unsigned char)exponent;
    for (size_t i = 0; i < count; i += 2)
        to[len++] = (unsigned char)(digits[i] * 10 + digits[i + 1] + 1);
    to[len++] = 0;
    for (size_t i = 0; d.negative && i < len; i++)
        to[i] = (unsigned char)~to[i];
    return len;
}

void
tp_num_put_ordered(struct tp_value number, struct tp_buf *to)
{
    bool bare = number.kind == TP_REAL && number.scale == TP_NO_SCALE;
    unsigned char bytes[1 + MOST_BYTES];
    struct decimal d;
    size_t len = 1;

    if (bare && !isfinite(number.real)) {
        tp_buf_put_char(to, (char)(isnan(number.real) ? NOT_A_NUMBER
                                   : number.real < 0  ? MINUS_INFINITY
                                                      : PLUS_INFINITY));
        return;
    }
    d = decimal_of(number);
    bytes[0] = d.word == 0 ? ZERO : d.negative ? NEGATIVE : POSITIVE;
    if (d.word != 0)
        len += put_finite(d, bytes + 1);
    tp_buf_put(to, bytes, len);
}
