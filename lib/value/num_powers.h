/*
 * num_powers: what the number rooms share: powers of five in 128 bits, and the two
 * conversions between decimal and binary that rest on them. Private to value/num*.
 */
#ifndef TP_VALUE_NUM_POWERS_H
#define TP_VALUE_NUM_POWERS_H

#include <stdbool.h>
#include <stdint.h>

#define TP_FIVE_MIN (-342) /* 10^-342 times a 64-bit integer is nearer 0 than to any double */
#define TP_FIVE_MAX 324    /* reading needs 308, writing 2^-1074 needs 324 */

/* The upper 128 bits of 5^q, normalised so that the highest bit is set. */
struct tp_five {
    uint64_t high, low;
};

extern const struct tp_five tp_five_table[TP_FIVE_MAX - TP_FIVE_MIN + 1];

/* The double nearest to DIGITS * 10^EXPONENT, ties to even. */
double tp_num_double(uint64_t digits, int64_t exponent);

/* The shortest decimal that reads back as REAL (finite, not 0; its sign is ignored), without
 * trailing zeros: DIGITS * 10^EXPONENT. The nearest where several are as short. */
void tp_num_shortest(double real, uint64_t *digits, int *exponent);

#endif
