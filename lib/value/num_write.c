/*
 * Numbers to text. Doubles by Schubfach: Raffaello Giulietti, "The Schubfach way to render
 * doubles", 2020 (the algorithm of OpenJDK's Double.toString since 19).
 */
#include "value/num.h"

#include <math.h>
#include <string.h>

#include "value/num_powers.h"

#define FIXED_MAX 15   /* whole digits a number may have before it is written with an exponent */
#define FIXED_MIN (-5) /* and zeros behind the point, likewise */
#define PIECE_DIGITS 18
#define PIECE UINT64_C(1000000000000000000)

static const char two_digits[] = "00010203040506070809101112131415161718192021222324"
                                 "25262728293031323334353637383940414243444546474849"
                                 "50515253545556575859606162636465666768697071727374"
                                 "75767778798081828384858687888990919293949596979899";

static size_t
digit_count(uint64_t word)
{
    /* 1233 / 4096 approximates log10(2) from below */
    unsigned bits = 64 - (unsigned)__builtin_clzll(word | 1);
    unsigned guess = bits * 1233 >> 12;

    return guess + (guess == 0 || word >= tp_ten_table[guess]);
}

/* WORD as exactly COUNT digits. */
static void
put_digits(char *to, uint64_t word, size_t count)
{
    while (count >= 2) {
        count -= 2;
        memcpy(to + count, two_digits + word % 100 * 2, 2);
        word /= 100;
    }
    if (count)
        *to = (char)('0' + word);
}

size_t
tp_num_write_int(char *to, int64_t integer)
{
    bool negative = integer < 0;
    uint64_t word = negative ? 0 - (uint64_t)integer : (uint64_t)integer;
    size_t count;

    if (word < 10 && !negative) {
        *to = (char)('0' + word);
        return 1;
    }
    count = digit_count(word);
    if (negative)
        *to = '-';
    put_digits(to + negative, word, count);
    return count + negative;
}

size_t
tp_num_write_decimal(char *to, int64_t units, int scale)
{
    uint64_t word = units < 0 ? 0 - (uint64_t)units : (uint64_t)units;
    uint64_t decimals = word % tp_ten_table[scale];
    size_t len = 0;

    if (units < 0)
        to[len++] = '-';
    len += tp_num_write_wide(to + len, word / tp_ten_table[scale]);
    if (decimals == 0)
        return len;
    to[len++] = '.';
    put_digits(to + len, decimals, (size_t)scale);
    for (len += (size_t)scale; to[len - 1] == '0';)
        len--;
    return len;
}

/* In pieces of 18 digits: dividing 128 bits takes long. */
size_t
tp_num_write_wide(char *to, __int128 integer)
{
    unsigned __int128 rest = (unsigned __int128)integer;
    bool negative = integer < 0;
    size_t pieces = 0, len;
    uint64_t piece[2];

    if (integer == (int64_t)integer)
        return tp_num_write_int(to, (int64_t)integer);
    if (negative) {
        rest = -rest;
        *to = '-';
    }
    for (; rest > INT64_MAX; rest /= PIECE)
        piece[pieces++] = (uint64_t)(rest % PIECE);
    len = negative + tp_num_write_int(to + negative, (int64_t)rest);
    for (; pieces > 0; len += PIECE_DIGITS)
        put_digits(to + len, piece[--pieces], PIECE_DIGITS);
    return len;
}

/* The upper 64 bits of FIVE * WORD, made odd where anything lies below them: so that comparing it
 * with halves compares the exact product (Giulietti, section 9). */
static uint64_t
multiply_to_odd(struct tp_five five, uint64_t word)
{
    unsigned __int128 product = (unsigned __int128)five.high * word;

    product += (uint64_t)(((unsigned __int128)five.low * word) >> 64);
    return (uint64_t)(product >> 64) | ((uint64_t)product > 1);
}

/* 10^exponent in 128 bits, rounded up, which the table does only for -27 .. 55. */
static struct tp_five
ten_rounded_up(int exponent)
{
    struct tp_five five = tp_five_table[exponent - TP_FIVE_MIN];

    if (exponent < -27 || exponent > 55) {
        five.low++;
        five.high += five.low == 0;
    }
    return five;
}

static void
strip_zeros(uint64_t *digits, int *exponent)
{
    while (*digits % 10 == 0) {
        *digits /= 10;
        ++*exponent;
    }
}

/*
 * REAL is significand * 2^power; all that lies between its two neighbours' midpoints reads back as
 * it (the midpoints too, where the significand is even). With k such that 10^k is below the width
 * of that interval and 10^(k+1) is not, it holds at most one multiple of 10^(k+1), which is then
 * the shortest; otherwise the nearer of the multiples of 10^k around REAL is taken.
 */
static void
schubfach(uint64_t significand, int power, bool closer_below, uint64_t *digits, int *exponent)
{
    bool open = significand & 1;
    /* floor(log10(2^power)), or of 3/4 of it */
    int k = (power * 1262611 - (closer_below ? 524031 : 0)) >> 22;
    int shift = power + ((-k * 1741647) >> 19) + 1;
    struct tp_five scale = ten_rounded_up(-k);
    uint64_t lower = multiply_to_odd(scale, (4 * significand - 2 + closer_below) << shift) + open;
    uint64_t value = multiply_to_odd(scale, (4 * significand) << shift);
    uint64_t upper = multiply_to_odd(scale, (4 * significand + 2) << shift) - open;
    uint64_t floor = value / 4, tens = floor / 10;
    bool floor_fits, next_fits;

    if (floor >= 10) {
        floor_fits = lower <= 40 * tens;
        next_fits = 40 * tens + 40 <= upper;
        if (floor_fits != next_fits) {
            *digits = tens + next_fits;
            *exponent = k + 1;
            return;
        }
    }
    floor_fits = lower <= 4 * floor;
    next_fits = 4 * floor + 4 <= upper;
    *exponent = k;
    if (floor_fits != next_fits)
        *digits = floor + next_fits;
    else
        *digits = floor + (value > 4 * floor + 2 || (value == 4 * floor + 2 && (floor & 1)));
}

void
tp_num_shortest(double real, uint64_t *digits, int *exponent)
{
    uint64_t bits, fraction;
    int power;

    memcpy(&bits, &real, sizeof bits);
    fraction = bits & (UINT64_MAX >> 12);
    power = (int)(bits >> 52 & 0x7ff);
    if (power == 0) {
        schubfach(fraction, -1074, false, digits, exponent);
    } else {
        fraction |= UINT64_C(1) << 52;
        power -= 1075;
        if (power <= 0 && power > -53 && (fraction & ((UINT64_C(1) << -power) - 1)) == 0) {
            *digits = fraction >> -power; /* whole and below 2^53: its digits are the shortest */
            *exponent = 0;
        } else {
            schubfach(fraction, power, fraction == UINT64_C(1) << 52 && power > -1074, digits,
                      exponent);
        }
    }
    strip_zeros(digits, exponent);
}

/* d.ddde-7 */
static size_t
put_scientific(char *to, uint64_t digits, size_t count, int exponent)
{
    size_t len = 1;

    put_digits(to + 1, digits, count);
    to[0] = to[1];
    if (count > 1) {
        to[1] = '.';
        len += count;
    }
    to[len++] = 'e';
    return len + tp_num_write_int(to + len, exponent);
}

size_t
tp_num_write_real(char *to, double real)
{
    uint64_t digits;
    int exponent, point;
    size_t len = 0, count;

    if (!isfinite(real)) {
        memcpy(to, "null", 4);
        return 4;
    }
    if (real == 0) {
        memcpy(to, "-0.0", 4); /* `-0` would read back as the integer 0 */
        *to = signbit(real) ? '-' : '0';
        return signbit(real) ? 4 : 1;
    }
    if (real < 0)
        to[len++] = '-';
    tp_num_shortest(real, &digits, &exponent);
    count = digit_count(digits);
    point = (int)count + exponent; /* digits in front of the point */
    if (point > FIXED_MAX || point < FIXED_MIN)
        return len + put_scientific(to + len, digits, count, point - 1);
    if (exponent >= 0) {
        put_digits(to + len, digits * tp_ten_table[exponent], (size_t)point);
        return len + (size_t)point;
    }
    if (point <= 0) {
        memcpy(to + len, "0.00000", 7);
        len += 2 + (size_t)-point;
        put_digits(to + len, digits, count);
        return len + count;
    }
    put_digits(to + len + 1, digits, count);
    memmove(to + len, to + len + 1, (size_t)point);
    to[len + (size_t)point] = '.';
    return len + count + 1;
}
