/*
 * var and stddev.
 *
 * Integers, and decimals of up to six places, are summed exactly together with their squares, in
 * 128 bits: the result then depends neither on order nor on how the work was split. What does not
 * fit goes through Welford's recurrence (Technometrics 1962); parts are united as in Chan, Golub
 * and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979.
 */
#include "query/agg_function.h"

#include <math.h>

#include "value/num.h"

#define DECIMAL_PLACES 6
#define LARGEST_TERM (INT64_C(1) << 56)
#define LARGEST_SQUARES ((unsigned __int128)1 << 126)

struct exact_part {
    __int128 sum;
    unsigned __int128 squares;
    uint64_t count;
};

struct rounded_part {
    uint64_t count;
    double mean;
    double deviation; /* the sum of squared differences from the mean */
};

struct moments {
    struct exact_part integers;
    struct exact_part decimals; /* in units of 10^-6 */
    struct rounded_part others;
};

static const int64_t tens[DECIMAL_PLACES + 1] = {1, 10, 100, 1000, 10000, 100000, 1000000};

/* False when TERM does not fit. */
static bool
add_exactly(struct exact_part *part, int64_t term)
{
    unsigned __int128 square;

    if (term > LARGEST_TERM || term < -LARGEST_TERM)
        return false;
    square = (unsigned __int128)((__int128)term * term);
    if (part->squares + square > LARGEST_SQUARES)
        return false;
    part->sum += term;
    part->squares += square;
    part->count++;
    return true;
}

static void
add_rounded(struct rounded_part *part, double term)
{
    double difference = term - part->mean;

    part->count++;
    part->mean += difference / (double)part->count;
    part->deviation += difference * (term - part->mean);
}

static bool
add_decimal(struct exact_part *part, struct tp_value value)
{
    int64_t units;

    if (value.scale == TP_NO_SCALE || value.scale > DECIMAL_PLACES)
        return false;
    return !__builtin_mul_overflow(value.mantissa, tens[DECIMAL_PLACES - value.scale], &units) &&
           add_exactly(part, units);
}

static int
moments_add(void *cell, const struct tp_value *value, const struct tp_agg_input *input)
{
    struct moments *moments = cell;

    (void)input;
    if (value->kind == TP_INT) {
        if (!add_exactly(&moments->integers, value->integer))
            add_rounded(&moments->others, (double)value->integer);
    } else if (!add_decimal(&moments->decimals, *value)) {
        add_rounded(&moments->others, value->real);
    }
    return 0;
}

static struct rounded_part
unite(struct rounded_part a, struct rounded_part b)
{
    double difference = b.mean - a.mean, count = (double)a.count + (double)b.count;

    if (a.count == 0 || b.count == 0)
        return a.count ? a : b;
    a.mean += difference * ((double)b.count / count);
    a.deviation +=
        b.deviation + difference * difference * ((double)a.count * (double)b.count / count);
    a.count += b.count;
    return a;
}

/*
 * The sum of squared differences is squares - sum^2 / n. With sum = q n + r that is
 * squares - q (sum + r) - r^2 / n: the first two terms are whole, and though each may wrap, their
 * difference is at least 0 and fits, so it comes out right modulo 2^128.
 */
static struct rounded_part
round_part(const struct exact_part *part, double unit)
{
    struct rounded_part rounded = {.count = part->count};
    __int128 count = part->count, quotient, rest;
    unsigned __int128 whole;
    double deviation;

    if (part->count == 0)
        return rounded;
    quotient = part->sum / count;
    rest = part->sum % count;
    whole = part->squares - (unsigned __int128)quotient * (unsigned __int128)(part->sum + rest);
    if (whole >> 63 == 0)
        deviation =
            (double)(whole * part->count - (unsigned __int128)(rest * rest)) / (double)part->count;
    else
        deviation = (double)whole - (double)rest * ((double)rest / (double)part->count);
    rounded.mean = (double)part->sum / (double)part->count / unit;
    rounded.deviation = deviation / unit / unit;
    return rounded;
}

static struct rounded_part
all_of(const struct moments *moments)
{
    struct rounded_part integers = round_part(&moments->integers, 1);
    struct rounded_part decimals = round_part(&moments->decimals, (double)tens[DECIMAL_PLACES]);

    return unite(unite(integers, decimals), moments->others);
}

static void
merge_exact(struct exact_part *into, struct rounded_part *overflow, const struct exact_part *from,
            double unit)
{
    if (into->squares + from->squares > LARGEST_SQUARES) {
        *overflow = unite(*overflow, round_part(from, unit));
        return;
    }
    into->sum += from->sum;
    into->squares += from->squares;
    into->count += from->count;
}

static int
moments_merge(void *into, const void *from, uint64_t seed)
{
    struct moments *to = into;
    const struct moments *other = from;

    (void)seed;
    to->others = unite(to->others, other->others);
    merge_exact(&to->integers, &to->others, &other->integers, 1);
    merge_exact(&to->decimals, &to->others, &other->decimals, (double)tens[DECIMAL_PLACES]);
    return 0;
}

static void
save_exact(const struct exact_part *part, struct tp_buf *to)
{
    tp_agg_put_whole(to, part->sum);
    tp_buf_put_char(to, ',');
    tp_agg_put_whole(to, (__int128)part->squares); /* at most LARGEST_SQUARES */
    tp_buf_put_char(to, ',');
    tp_agg_put_whole(to, part->count);
    tp_buf_put_char(to, ',');
}

static bool
load_exact(struct exact_part *part, struct tp_agg_reader *from)
{
    __int128 squares;

    if (!tp_agg_read_whole(from, &part->sum) || !tp_agg_read_char(from, ',') ||
        !tp_agg_read_whole(from, &squares) || !tp_agg_read_char(from, ',') ||
        !tp_agg_read_count(from, &part->count) || !tp_agg_read_char(from, ','))
        return false;
    part->squares = (unsigned __int128)squares;
    return squares >= 0 && part->squares <= LARGEST_SQUARES;
}

static void
moments_save(const void *cell, struct tp_buf *to)
{
    const struct moments *moments = cell;

    tp_buf_put_char(to, '[');
    save_exact(&moments->integers, to);
    save_exact(&moments->decimals, to);
    tp_agg_put_whole(to, moments->others.count);
    tp_buf_put_char(to, ',');
    tp_agg_put_real(to, moments->others.mean);
    tp_buf_put_char(to, ',');
    tp_agg_put_real(to, moments->others.deviation);
    tp_buf_put_char(to, ']');
}

static bool
moments_load(void *cell, struct tp_agg_reader *from, uint64_t seed)
{
    struct moments *moments = cell;

    (void)seed;
    return tp_agg_read_char(from, '[') && load_exact(&moments->integers, from) &&
           load_exact(&moments->decimals, from) &&
           tp_agg_read_count(from, &moments->others.count) && tp_agg_read_char(from, ',') &&
           tp_agg_read_real(from, &moments->others.mean) && tp_agg_read_char(from, ',') &&
           tp_agg_read_real(from, &moments->others.deviation) && tp_agg_read_char(from, ']');
}

const struct tp_agg_store tp_agg_moments_store = {
    .size = sizeof(struct moments),
    .align = _Alignof(struct moments),
    .accepts = TP_AGG_NUMBERS,
    .wants = "a number",
    .add = moments_add,
    .merge = moments_merge,
    .save = moments_save,
    .load = moments_load,
};

/* Divided by n - LESS; NULL where that is not above 0. */
static struct tp_value
variance(const void *cell, uint64_t less)
{
    struct rounded_part all = all_of(cell);

    if (all.count <= less)
        return tp_null();
    return tp_real(all.deviation / (double)(all.count - less));
}

static struct tp_value
root(struct tp_value value)
{
    return value.kind == TP_NULL ? value : tp_real(sqrt(value.real));
}

TP_AGG_VALUE(tp_agg_var_value)
{
    (void)quantile;
    (void)err;
    *value = variance(cell, 1);
    return 0;
}

TP_AGG_VALUE(tp_agg_var_pop_value)
{
    (void)quantile;
    (void)err;
    *value = variance(cell, 0);
    return 0;
}

TP_AGG_VALUE(tp_agg_stddev_value)
{
    (void)quantile;
    (void)err;
    *value = root(variance(cell, 1));
    return 0;
}

TP_AGG_VALUE(tp_agg_stddev_pop_value)
{
    (void)quantile;
    (void)err;
    *value = root(variance(cell, 0));
    return 0;
}
