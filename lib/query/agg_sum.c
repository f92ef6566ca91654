/*
 * sum and avg.
 *
 * Most sums are of integers or short decimals and fit 64 bits: a cell of 16 bytes, so that the
 * groups of many keys lie close together. One that does not fit (a double, an overflow, very many
 * terms) becomes a tp_sum, which takes anything, beyond the cell; never back.
 */
#include <math.h>
#include <stdlib.h>

#include "query/agg_function.h"

#include "value/num.h"

struct cell {
    union {
        int64_t units;       /* the sum, in units of 10^-scale; */
        struct tp_sum *wide; /* ... or, where scale is WIDE, all of it */
    };
    uint64_t integers : 29, decimals : 29; /* terms of each kind */
    uint64_t scale : 6;                    /* of the decimal with most places; or WIDE */
};

enum { WIDE = 63, MOST_TERMS = (1 << 29) - 1 };

static struct tp_sum
sum_of(const struct cell *cell)
{
    int64_t whole;

    if (cell->scale == WIDE)
        return *cell->wide;
    whole = (int64_t)tp_ten_table[cell->scale];
    return (struct tp_sum){
        .whole = cell->units / whole,
        .fraction = cell->units % whole * (__int128)tp_ten_table[18 - cell->scale],
        .integers = cell->integers,
        .decimals = cell->decimals,
    };
}

/* The sum of CELL, to be changed, where it can hold anything. NULL: memory ran out. */
static struct tp_sum *
widened(struct cell *cell)
{
    struct tp_sum *wide;

    if (cell->scale == WIDE)
        return cell->wide;
    wide = malloc(sizeof *wide);
    if (!wide)
        return NULL;
    *wide = sum_of(cell);
    *cell = (struct cell){.wide = wide, .scale = WIDE};
    return wide;
}

/* Of so many terms, MOST_TERMS of a kind at most. */
static inline struct cell
short_of(int64_t units, unsigned scale, uint64_t integers, uint64_t decimals)
{
    return (struct cell){.units = units,
                         .integers = integers & MOST_TERMS,
                         .decimals = decimals & MOST_TERMS,
                         .scale = scale & WIDE};
}

/* SUM of units of 10^-SCALE, and UNITS of 10^-OTHER, in units of the smaller; false: that
 * overflows.
 */
static inline bool
add_units(int64_t *sum, unsigned *scale, int64_t units, unsigned other)
{
    if (other < *scale) {
        if (__builtin_mul_overflow(units, (int64_t)tp_ten_table[*scale - other], &units))
            return false;
    } else if (other > *scale) {
        if (__builtin_mul_overflow(*sum, (int64_t)tp_ten_table[other - *scale], sum))
            return false;
        *scale = other;
    }
    return !__builtin_add_overflow(*sum, units, sum);
}

/* Adds so many units and terms to CELL; false: it does not hold them and is as it was. */
static inline bool
add_short(struct cell *cell, int64_t units, unsigned scale, uint64_t integers, uint64_t decimals)
{
    int64_t sum = cell->units;
    unsigned finer = cell->scale;

    integers += cell->integers;
    decimals += cell->decimals;
    if (finer == WIDE || integers > MOST_TERMS || decimals > MOST_TERMS ||
        !add_units(&sum, &finer, units, scale))
        return false;
    *cell = short_of(sum, finer, integers, decimals);
    return true;
}

static inline bool
add_term(struct cell *cell, const struct tp_value *value)
{
    if (value->kind == TP_INT)
        return add_short(cell, value->integer, 0, 1, 0);
    return value->scale != TP_NO_SCALE &&
           add_short(cell, value->mantissa, (unsigned)value->scale, 0, 1);
}

static int
sum_add(void *at, const struct tp_value *value, const struct tp_agg_input *input)
{
    struct tp_sum *wide;

    (void)input;
    if (add_term(at, value))
        return 0;
    wide = widened(at);
    if (!wide)
        return -1;
    tp_sum_add(wide, *value);
    return 0;
}

/* What was never added can be taken out, too: then there are fewer terms than none, until it comes.
 */
static int
sum_subtract(void *at, const struct tp_value *value)
{
    struct cell *cell = at;
    bool is_int = value->kind == TP_INT;
    int64_t units = is_int ? value->integer : value->mantissa;
    struct tp_sum *wide;

    if ((is_int ? cell->integers : cell->decimals) > 0 && (is_int || value->scale != TP_NO_SCALE) &&
        units != INT64_MIN && add_short(cell, -units, is_int ? 0 : (unsigned)value->scale, 0, 0)) {
        cell->integers -= is_int;
        cell->decimals -= !is_int;
        return 0;
    }
    wide = widened(cell);
    if (!wide)
        return -1;
    tp_sum_subtract(wide, *value);
    return 0;
}

static uint64_t
terms(const struct tp_sum *sum)
{
    return sum->integers + sum->decimals + sum->reals;
}

static bool
sum_is_empty(const void *at)
{
    struct tp_sum sum = sum_of(at);

    return terms(&sum) == 0;
}

static int
sum_merge(void *into, const void *from, uint64_t seed)
{
    const struct cell *other = from;
    struct tp_sum sum, *wide;

    (void)seed;
    if (other->scale != WIDE &&
        add_short(into, other->units, other->scale, other->integers, other->decimals))
        return 0;
    wide = widened(into);
    if (!wide)
        return -1;
    sum = sum_of(other);
    tp_sum_merge(wide, &sum);
    return 0;
}

static size_t
sum_held(const void *at)
{
    return ((const struct cell *)at)->scale == WIDE ? sizeof(struct tp_sum) : 0;
}

static void
sum_clear(void *at)
{
    struct cell *cell = at;

    if (cell->scale == WIDE)
        free(cell->wide);
}

/* --- saved state -------------------------------------------------------------------------------*/

static void
sum_save(const void *at, struct tp_buf *to)
{
    struct tp_sum sum = sum_of(at);

    tp_agg_put_sum(to, &sum);
}

/* SUM in a cell that does not hold more than its 64 bits; false: it does. */
static bool
shorten(const struct tp_sum *sum, struct cell *cell)
{
    const __int128 unit = tp_ten_table[18];
    __int128 units = sum->whole + sum->fraction / unit, rest = sum->fraction % unit;
    unsigned scale = 0;

    if (sum->reals > 0 || sum->integers > MOST_TERMS || sum->decimals > MOST_TERMS)
        return false;
    for (; rest != 0 && units == (int64_t)units; scale++) {
        units = units * 10 + rest * 10 / unit;
        rest = rest * 10 % unit;
    }
    if (units != (int64_t)units)
        return false;
    *cell = short_of((int64_t)units, scale, sum->integers, sum->decimals);
    return true;
}

static bool
sum_load(void *at, struct tp_agg_reader *from, uint64_t seed)
{
    struct tp_sum sum = {0}, *wide;

    (void)seed;
    if (!tp_agg_read_sum(from, &sum))
        return false;
    if (shorten(&sum, at))
        return true;
    wide = widened(at);
    if (!wide) {
        from->memory = true;
        return false;
    }
    *wide = sum;
    return true;
}

const struct tp_agg_store tp_agg_sum_store = {
    .size = sizeof(struct cell),
    .align = _Alignof(struct cell),
    .accepts = TP_AGG_NUMBERS,
    .wants = "a number",
    .add = sum_add,
    .merge = sum_merge,
    .subtract = sum_subtract,
    .is_empty = sum_is_empty,
    .save = sum_save,
    .load = sum_load,
    .held = sum_held,
    .clear = sum_clear,
};

/* --- results -----------------------------------------------------------------------------------*/

static int
write_wide(const struct tp_sum *sum, struct tp_buf *to, struct tp_err *err)
{
    char digits[TP_NUM_WIDE_MAX];

    if (terms(sum) == 0) {
        TP_BUF_PUT(to, "null");
        return 0;
    }
    if (sum->reals && !isfinite(tp_sum_real(sum))) {
        TP_BUF_PUT(to, "null");
        return tp_err_set(err, TP_FAULT_RECORD, "beyond the range of doubles");
    }
    if (tp_sum_write(sum, to) == 0)
        return 0;
    TP_BUF_PUT(to, "null");
    return tp_err_set(err, TP_FAULT_RECORD, "%.*s does not fit int64",
                      (int)tp_num_write_wide(digits, sum->whole), digits);
}

int
tp_agg_sum_write(void *cell, struct tp_buf *to, struct tp_err *err)
{
    const struct cell *sum = cell;
    char *room;

    if (sum->scale == WIDE)
        return write_wide(sum->wide, to, err);
    if (sum->integers + sum->decimals == 0) {
        TP_BUF_PUT(to, "null");
        return 0;
    }
    room = tp_buf_reserve(to, TP_NUM_MAX);
    if (room)
        to->len += tp_num_write_decimal(room, sum->units, (int)sum->scale);
    return 0;
}

TP_AGG_VALUE(tp_agg_sum_value)
{
    struct tp_sum sum = sum_of(cell);
    struct tp_buf text = TP_BUF_INIT;
    int result;

    (void)quantile;
    *value = tp_null();
    if (terms(&sum) == 0)
        return 0;
    if (sum.reals) {
        *value = tp_real(tp_sum_real(&sum));
        return 0;
    }
    result = write_wide(&sum, &text, err);
    if (tp_buf_failed(&text))
        result = tp_err_memory(err);
    else if (result == 0)
        tp_num_parse(tp_buf_str(&text), value);
    tp_buf_release(&text);
    return result;
}

TP_AGG_VALUE(tp_agg_avg_value)
{
    struct tp_sum sum = sum_of(cell);

    (void)quantile;
    (void)err;
    *value = terms(&sum) ? tp_real(tp_sum_real(&sum) / (double)terms(&sum)) : tp_null();
    return 0;
}
