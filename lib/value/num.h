/*
 * num: numbers between text and machine, exactly.
 *
 * Reading is bit-identical to strtod (Clinger's fast path, then Eisel-Lemire: "Number Parsing at a
 * Gigabyte per Second", Lemire 2021; strtod for the rest). Writing a double gives the shortest
 * text that reads back as the same double. Nothing depends on the locale.
 */
#ifndef TP_VALUE_NUM_H
#define TP_VALUE_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "value/value.h"

/* TEXT is a valid JSON number (the scanner made sure): its value, TP_INT or TP_REAL. `1.0` is
 * TP_REAL with mantissa 10, scale 1; `-0` is TP_INT 0; 9223372036854775808 is TP_REAL. Into a place
 * rather than out of the call: a copy made at once waits for its parts to be stored.
 * May read up to 16 bytes behind the text (any bytes, but they must be mapped). */
void tp_num_read_into(struct tp_str text, struct tp_value *value);

static inline struct tp_value
tp_num_read(struct tp_str text)
{
    struct tp_value value = {0};

    tp_num_read_into(text, &value);
    return value;
}

/* Is TEXT, any, exactly a JSON number, nothing before or behind it? */
bool tp_num_is(struct tp_str text);

/* The same, and *VALUE is what it says. */
bool tp_num_parse(struct tp_str text, struct tp_value *value);

/* A plain decimal integer with optional sign that fits int64; false otherwise. */
bool tp_num_parse_int(struct tp_str text, int64_t *integer);

#define TP_NUM_MAX 32 /* bytes that suffice for any of the writers, without NUL */

size_t tp_num_write_int(char *to, int64_t integer);

/* UNITS / 10^SCALE, 0 <= SCALE <= 18, without zeros at the end of its decimals. */
size_t tp_num_write_decimal(char *to, int64_t units, int scale);

#define TP_NUM_WIDE_MAX 40 /* likewise, for 128 bits */
size_t tp_num_write_wide(char *to, __int128 integer);

/* The shortest text that reads back as REAL; always with a point or an exponent unless it is a
 * whole number below 10^15 (`3` for 3.0; minus zero is `-0.0`). NaN and the infinities have no
 * JSON: writes `null`. */
size_t tp_num_write_real(char *to, double real);

/*
 * A sum that does not depend on the order of its terms while they are integers or short decimals:
 * integers and decimals are added exactly in 128 bits; other doubles by Neumaier's compensated
 * summation (Neumaier 1974).
 */
struct tp_sum {
    __int128 whole;    /* sum of integers */
    __int128 fraction; /* sum of decimals, in units of 10^-18, whole part carried into `whole` */
    double real;       /* sum of the doubles, and its running compensation */
    double compensation;
    uint64_t integers, decimals, reals;      /* how many terms of each kind */
    uint64_t infinities_up, infinities_down; /* of the reals; kept apart so that they subtract */
};

void tp_sum_add_real(struct tp_sum *sum, double real);
void tp_sum_add_decimal(struct tp_sum *sum, int64_t mantissa, int scale);

/* VALUE must be TP_INT or TP_REAL. */
static inline void
tp_sum_add(struct tp_sum *sum, struct tp_value value)
{
    if (value.kind == TP_INT) {
        sum->whole += value.integer;
        sum->integers++;
    } else if (value.scale != TP_NO_SCALE) {
        tp_sum_add_decimal(sum, value.mantissa, value.scale);
    } else {
        tp_sum_add_real(sum, value.real);
    }
}

/* Takes one out again (a retraction). */
void tp_sum_subtract(struct tp_sum *sum, struct tp_value value);
void tp_sum_merge(struct tp_sum *sum, const struct tp_sum *other);

/* The same sum in the one form in which whole and fraction have one sign, |fraction| < 1. */
void tp_sum_settle(struct tp_sum *sum);

/* The sum as a double, correctly rounded when only integers and decimals were added. */
double tp_sum_real(const struct tp_sum *sum);

/* Appends the sum as JSON: an exact integer or decimal where it is one, else a double. -1 (and
 * nothing appended) when all terms were integers and the sum does not fit int64. NULL is the
 * caller's business: an empty sum writes 0. */
int tp_sum_write(const struct tp_sum *sum, struct tp_buf *to);

/* Compares two numbers (TP_INT or TP_REAL) exactly, not through double: <0, 0, >0. NaN is
 * greatest. A double without a decimal behind it counts as the shortest decimal that reads back as
 * it: 0.5 * 0.2 equals 0.1. */
int tp_num_compare(struct tp_value a, struct tp_value b);

/* Appends bytes (at most 16) that memcmp orders as tp_num_compare orders the numbers; none is the
 * beginning of another's. */
void tp_num_put_ordered(struct tp_value number, struct tp_buf *to);

extern const uint64_t tp_ten_table[20]; /* 10^0 .. 10^19 */

/* Appends the canonical decimal text of the JSON number TEXT: 1, 1.0, 10e-1 and 1e0 all give `1`.
 * Exact for any length and exponent; two numbers are equal exactly when these bytes are. */
void tp_num_canonical(struct tp_str text, struct tp_buf *to);

#endif
