/*
 * Decimal to double: Clinger's fast path (PLDI 1990), then Eisel-Lemire ("Number Parsing at a
 * Gigabyte per Second", Lemire 2021). For 64-bit digits the latter needs no fallback: Mushtak and
 * Lemire, "Fast Number Parsing Without Fallback", 2022.
 */
#include "value/num_powers.h"

#include <math.h>
#include <string.h>

#define FRACTION_BITS 52
#define EXPONENT_BIAS 1023
#define EXPONENT_INFINITE 0x7ff

static const double exact_tens[23] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                      1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                      1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static double
double_of_bits(uint64_t bits)
{
    double real;

    memcpy(&real, &bits, sizeof real);
    return real;
}

/* The upper 128 bits of WORD * 5^exponent. The second multiplication is needed only when the first
 * leaves the bits that decide the rounding all ones. */
static void
multiply_five(uint64_t word, int64_t exponent, uint64_t *high, uint64_t *low)
{
    const struct tp_five *five = &tp_five_table[exponent - TP_FIVE_MIN];
    unsigned __int128 product = (unsigned __int128)word * five->high;
    uint64_t undecided = UINT64_MAX >> (FRACTION_BITS + 3);

    if (((uint64_t)(product >> 64) & undecided) == undecided)
        product += (uint64_t)(((unsigned __int128)word * five->low) >> 64);
    *high = (uint64_t)(product >> 64);
    *low = (uint64_t)product;
}

/* A significand with one bit too many, below the normal range: shifted down to 2^-1074 units. */
static double
subnormal(uint64_t significand, int64_t power)
{
    if (1 - power >= 64)
        return 0.0;
    significand >>= 1 - power;
    significand += significand & 1;
    return double_of_bits(significand >> 1); /* a carry into bit 52 is the least normal double */
}

static double
eisel_lemire(uint64_t digits, int64_t exponent)
{
    int zeros = __builtin_clzll(digits);
    uint64_t high, low, significand;
    int64_t power;
    int upper, shift;

    multiply_five(digits << zeros, exponent, &high, &low);
    upper = (int)(high >> 63);
    shift = upper + 64 - FRACTION_BITS - 3;
    significand = high >> shift; /* 54 bits: one more than a double has, to round by */
    /* 217706 / 2^16 approximates log2(10): floor(log2(10^e)), exact for |e| <= 350. gcc and clang
     * both define >> of a negative as rounding down. */
    // cppcheck-suppress shiftNegativeLHS
    power = ((217706 * exponent) >> 16) + 63 + upper - zeros + EXPONENT_BIAS;
    if (power <= 0)
        return subnormal(significand, power);
    /* Exactly halfway between two doubles can only happen where 5^|e| fits: then to even. */
    if (low <= 1 && exponent >= -4 && exponent <= 23 && (significand & 3) == 1 &&
        significand << shift == high)
        significand &= ~UINT64_C(1);
    significand = (significand + (significand & 1)) >> 1;
    if (significand >> (FRACTION_BITS + 1)) {
        significand >>= 1;
        power++;
    }
    if (power >= EXPONENT_INFINITE)
        return HUGE_VAL;
    return double_of_bits(((uint64_t)power << FRACTION_BITS) |
                          (significand & ((UINT64_C(1) << FRACTION_BITS) - 1)));
}

double
tp_num_double(uint64_t digits, int64_t exponent)
{
    if (digits <= UINT64_C(1) << 53) {
        if (exponent >= 0 && exponent <= 22)
            return (double)digits * exact_tens[exponent];
        if (exponent < 0 && exponent >= -22)
            return (double)digits / exact_tens[-exponent];
    }
    if (digits == 0 || exponent < TP_FIVE_MIN)
        return 0.0;
    if (exponent > 308)
        return HUGE_VAL;
    return eisel_lemire(digits, exponent);
}
