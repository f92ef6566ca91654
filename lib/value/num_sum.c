#include "value/num.h"

#include <math.h>

#include "value/num_powers.h"

#define FRACTION_UNIT INT64_C(1000000000000000000) /* 10^18 units make one whole */

/* Far below 2^127, and above any single decimal (10^36): one more term cannot overflow. Whole
 * numbers cannot either: 2^64 terms of 2^63. */
#define FRACTION_CARRY ((__int128)FRACTION_UNIT * FRACTION_UNIT * 10)

#define SUM_TEXT 96 /* bytes of the longest exact sum: 39 digits, point, 18 decimals, sign */

static __attribute__((noinline)) void
carry_fraction(struct tp_sum *sum)
{
    sum->whole += sum->fraction / FRACTION_UNIT;
    sum->fraction %= FRACTION_UNIT;
}

static inline void
add_fraction(struct tp_sum *sum, __int128 units)
{
    sum->fraction += units;
    if (__builtin_expect(sum->fraction > FRACTION_CARRY || sum->fraction < -FRACTION_CARRY, 0))
        carry_fraction(sum);
}

/* Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen", ZAMM 1974:
 * what the addition rounds off, of the smaller term, is kept. */
static void
add_double(struct tp_sum *sum, double real)
{
    double total = sum->real + real;

    if (!isfinite(total)) {
        sum->compensation = 0;
    } else if (fabs(sum->real) >= fabs(real)) {
        sum->compensation += (sum->real - total) + real;
    } else {
        sum->compensation += (real - total) + sum->real;
    }
    sum->real = total;
}

/* Infinities are counted, not added, so that they can be taken out again. A NaN counts as both. */
static void
count_infinite(struct tp_sum *sum, double real, uint64_t by)
{
    if (!(real < 0))
        sum->infinities_up += by;
    if (!(real > 0))
        sum->infinities_down += by;
}

void
tp_sum_add_decimal(struct tp_sum *sum, int64_t mantissa, int scale)
{
    sum->decimals++;
    add_fraction(sum, (__int128)mantissa * (int64_t)tp_ten_table[18 - scale]);
}

void
tp_sum_add_real(struct tp_sum *sum, double real)
{
    sum->reals++;
    if (isfinite(real))
        add_double(sum, real);
    else
        count_infinite(sum, real, 1);
}

void
tp_sum_subtract(struct tp_sum *sum, struct tp_value value)
{
    if (value.kind == TP_INT) {
        sum->whole -= value.integer;
        sum->integers--;
    } else if (value.scale != TP_NO_SCALE) {
        add_fraction(sum, -(__int128)value.mantissa * (int64_t)tp_ten_table[18 - value.scale]);
        sum->decimals--;
    } else {
        sum->reals--;
        if (isfinite(value.real))
            add_double(sum, -value.real);
        else
            count_infinite(sum, value.real, UINT64_MAX);
        if (sum->reals == 0) /* what rounding left behind */
            sum->real = sum->compensation = 0;
    }
}

void
tp_sum_merge(struct tp_sum *sum, const struct tp_sum *other)
{
    sum->whole += other->whole;
    add_fraction(sum, other->fraction);
    add_double(sum, other->real);
    sum->compensation += other->compensation;
    sum->integers += other->integers;
    sum->decimals += other->decimals;
    sum->reals += other->reals;
    sum->infinities_up += other->infinities_up;
    sum->infinities_down += other->infinities_down;
}

void
tp_sum_settle(struct tp_sum *sum)
{
    carry_fraction(sum);
    if (sum->whole > 0 && sum->fraction < 0) {
        sum->whole--;
        sum->fraction += FRACTION_UNIT;
    } else if (sum->whole < 0 && sum->fraction > 0) {
        sum->whole++;
        sum->fraction -= FRACTION_UNIT;
    }
}

/* The exact part as decimal text. */
static size_t
write_exact(const struct tp_sum *sum, char *to)
{
    struct tp_sum settled = *sum;
    size_t len = 0;
    int64_t fraction;

    tp_sum_settle(&settled);
    fraction = (int64_t)settled.fraction;
    if (settled.whole == 0 && fraction < 0)
        to[len++] = '-';
    len += tp_num_write_wide(to + len, settled.whole);
    if (fraction == 0)
        return len;
    to[len++] = '.';
    if (fraction < 0)
        fraction = -fraction;
    for (int64_t unit = FRACTION_UNIT / 10; fraction; unit /= 10) {
        to[len++] = (char)('0' + fraction / unit);
        fraction %= unit;
    }
    return len;
}

static double
exact_as_double(const struct tp_sum *sum)
{
    char text[SUM_TEXT];
    struct tp_value value;

    if (sum->fraction == 0)
        return (double)sum->whole;
    tp_num_parse((struct tp_str){text, write_exact(sum, text)}, &value);
    return value.kind == TP_INT ? (double)value.integer : value.real;
}

double
tp_sum_real(const struct tp_sum *sum)
{
    struct tp_sum all = {.real = sum->real, .compensation = sum->compensation};

    if (sum->infinities_up && sum->infinities_down)
        return NAN;
    if (sum->infinities_up || sum->infinities_down)
        return sum->infinities_up ? HUGE_VAL : -HUGE_VAL;
    if (sum->reals == 0)
        return exact_as_double(sum);
    add_double(&all, exact_as_double(sum));
    return all.real + all.compensation;
}

int
tp_sum_write(const struct tp_sum *sum, struct tp_buf *to)
{
    char *room;

    if (sum->reals == 0 && sum->decimals == 0 &&
        (sum->whole > INT64_MAX || sum->whole < INT64_MIN) && sum->fraction == 0)
        return -1;
    room = tp_buf_reserve(to, SUM_TEXT);
    if (!room)
        return 0;
    to->len += sum->reals ? tp_num_write_real(room, tp_sum_real(sum)) : write_exact(sum, room);
    return 0;
}
