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

static int
places_of(uint64_t word)
{
    int places = 1;

    for (; word >= 10000; word /= 10000)
        places += 4;
    return places + (word >= 10) + (word >= 100) + (word >= 1000);
}

/* Pairs from the first digit on, each + 1; a last digit alone has a zero behind it, pairs of zeros
 * at the end are left out. */
static size_t
put_finite(struct decimal d, unsigned char *to)
{
    int places = places_of(d.word);
    unsigned exponent = (unsigned)(d.exponent + places + 0x4000);
    size_t len = 2 + (size_t)(places + 1) / 2, at = len;

    to[0] = (unsigned char)(exponent >> 8);
    to[1] = (unsigned char)exponent;
    if (places % 2) {
        to[--at] = (unsigned char)(d.word % 10 * 10 + 1);
        d.word /= 10;
    }
    for (; at > 2; d.word /= 100)
        to[--at] = (unsigned char)(d.word % 100 + 1);
    while (to[len - 1] == 1)
        len--;
    to[len++] = 0;
    for (size_t i = 0; d.negative && i < len; i++)
        to[i] = (unsigned char)~to[i];
    return len;
}

void
tp_num_put_ordered(struct tp_value number, struct tp_buf *to)
{
    bool bare = number.kind == TP_REAL && number.scale == TP_NO_SCALE;
    unsigned char bytes[1 + MOST_BYTES] = {0};
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
