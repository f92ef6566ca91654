/*
 * Exact quantiles: median, quantile(x, q), p50 .. p99.9.
 *
 * All values are kept, 8 bytes each. Numbers that a double holds are kept as one, in a form that
 * orders as integers do; integers beyond 2^53, which it might not hold, apart as they are. Decimals
 * of more than 15 digits count as the nearest double. Between two values the result is
 * interpolated linearly (SQL's PERCENTILE_CONT): exactly, where both are short decimals.
 */
#include "query/agg_function.h"

#include <math.h>
#include <stdlib.h>

#include "query/agg_select.h"
#include "value/num.h"

#define DOUBLE_EXACT (INT64_C(1) << 53) /* up to here a double holds every integer */

struct words {
    int64_t *word;
    size_t count, cap;
};

struct values {
    struct words doubles;
    struct words integers; /* beyond 2^53 either way */
};

static int
words_reserve(struct words *words, size_t more)
{
    size_t cap = words->cap + words->cap / 2 + 8;
    int64_t *word;

    if (words->cap - words->count >= more)
        return 0;
    if (cap - words->count < more)
        cap = words->count + more;
    word = realloc(words->word, cap * sizeof *word); /* no overflow: what is added exists already */
    if (!word)
        return -1;
    words->word = word;
    words->cap = cap;
    return 0;
}

static int
words_add(struct words *words, int64_t word)
{
    if (words->count == words->cap && words_reserve(words, 1) < 0)
        return -1;
    words->word[words->count++] = word;
    return 0;
}

static void
words_append(struct words *into, const struct words *from)
{
    if (from->count)
        memcpy(into->word + into->count, from->word, from->count * sizeof *from->word);
    into->count += from->count;
}

/* Negative doubles order backwards as integers: their other bits are turned over. */
static int64_t
ordered(double real)
{
    int64_t bits;

    if (isnan(real))
        real = (double)NAN; /* one NaN, above all numbers */
    real += 0.0;            /* -0 becomes 0 */
    memcpy(&bits, &real, sizeof bits);
    return bits < 0 ? bits ^ INT64_MAX : bits;
}

static double
unordered(int64_t word)
{
    double real;

    if (word < 0)
        word ^= INT64_MAX;
    memcpy(&real, &word, sizeof real);
    return real;
}

static int
values_add(void *cell, const struct tp_value *value, const struct tp_agg_input *input)
{
    struct values *values = cell;

    (void)input;
    if (value->kind == TP_REAL)
        return words_add(&values->doubles, ordered(value->real));
    if (value->integer >= -DOUBLE_EXACT && value->integer <= DOUBLE_EXACT)
        return words_add(&values->doubles, ordered((double)value->integer));
    return words_add(&values->integers, value->integer);
}

static int
values_merge(void *into, const void *from, uint64_t seed)
{
    struct values *values = into;
    const struct values *other = from;

    (void)seed;
    if (words_reserve(&values->doubles, other->doubles.count) < 0 ||
        words_reserve(&values->integers, other->integers.count) < 0)
        return -1;
    words_append(&values->doubles, &other->doubles);
    words_append(&values->integers, &other->integers);
    return 0;
}

static size_t
values_held(const void *cell)
{
    const struct values *values = cell;

    return (values->doubles.cap + values->integers.cap) * sizeof(int64_t);
}

static void
values_clear(void *cell)
{
    struct values *values = cell;

    free(values->doubles.word);
    free(values->integers.word);
}

static void
values_save(const void *cell, struct tp_buf *to)
{
    const struct values *values = cell;

    TP_BUF_PUT(to, "[[");
    for (size_t i = 0; i < values->doubles.count; i++) {
        if (i)
            tp_buf_put_char(to, ',');
        tp_agg_put_real(to, unordered(values->doubles.word[i]));
    }
    TP_BUF_PUT(to, "],[");
    for (size_t i = 0; i < values->integers.count; i++) {
        if (i)
            tp_buf_put_char(to, ',');
        tp_agg_put_whole(to, values->integers.word[i]);
    }
    TP_BUF_PUT(to, "]]");
}

static bool
load_word(struct words *words, struct tp_agg_reader *from, bool is_real)
{
    int64_t word;
    double real;

    if (is_real ? !tp_agg_read_real(from, &real) : !tp_agg_read_int(from, &word))
        return false;
    if (is_real)
        word = ordered(real);
    from->memory = words_add(words, word) < 0;
    return !from->memory;
}

static bool
load_words(struct words *words, struct tp_agg_reader *from, bool are_real)
{
    bool first = true, broken = !tp_agg_read_char(from, '[');

    while (!broken && tp_agg_read_more(from, &first, &broken))
        broken = !load_word(words, from, are_real);
    return !broken;
}

static bool
values_load(void *cell, struct tp_agg_reader *from, uint64_t seed)
{
    struct values *values = cell;

    (void)seed;
    return tp_agg_read_char(from, '[') && load_words(&values->doubles, from, true) &&
           tp_agg_read_char(from, ',') && load_words(&values->integers, from, false) &&
           tp_agg_read_char(from, ']');
}

const struct tp_agg_store tp_agg_values_store = {
    .size = sizeof(struct values),
    .align = _Alignof(struct values),
    .accepts = TP_AGG_NUMBERS,
    .wants = "a number",
    .add = values_add,
    .merge = values_merge,
    .held = values_held,
    .clear = values_clear,
    .save = values_save,
    .load = values_load,
};

/* ---- results ---- */

static struct tp_value
value_of_word(int64_t word)
{
    double real = unordered(word);
    char text[TP_NUM_MAX];
    struct tp_value value;
    size_t len;

    if (fabs(real) <= (double)DOUBLE_EXACT && real == trunc(real))
        return tp_int((int64_t)real);
    if (!isfinite(real))
        return tp_real(real);
    len = tp_num_write_real(text, real);
    return tp_num_parse((struct tp_str){text, len}, &value) ? value : tp_real(real);
}

/* The values of rank K and K + 1 (the same where there is no next). */
static void
select_pair(struct words *words, size_t k, int64_t *low, int64_t *high)
{
    tp_agg_select(words->word, words->count, k);
    *low = *high = words->word[k];
    if (k + 1 == words->count)
        return;
    *high = words->word[k + 1];
    for (size_t i = k + 2; i < words->count; i++)
        if (words->word[i] < *high)
            *high = words->word[i];
}

/* The next in order of two sorted runs. */
static struct tp_value
take_next(const struct values *values, size_t *doubles, size_t *integers)
{
    struct tp_value a = tp_null(), b = tp_null();

    if (*doubles < values->doubles.count)
        a = value_of_word(values->doubles.word[*doubles]);
    if (*integers < values->integers.count)
        b = tp_int(values->integers.word[*integers]);
    if (b.kind == TP_NULL || (a.kind != TP_NULL && tp_num_compare(a, b) <= 0)) {
        ++*doubles;
        return a;
    }
    ++*integers;
    return b;
}

/* Where huge integers stand beside doubles (rare): both are sorted, then walked. */
static void
walk_pair(struct values *values, size_t k, struct tp_value *low, struct tp_value *high)
{
    size_t doubles = 0, integers = 0;

    tp_agg_sort(values->doubles.word, values->doubles.count);
    tp_agg_sort(values->integers.word, values->integers.count);
    for (size_t i = 0; i <= k; i++)
        *low = take_next(values, &doubles, &integers);
    *high = take_next(values, &doubles, &integers);
    if (high->kind == TP_NULL)
        *high = *low;
}

static void
ranked_pair(struct values *values, size_t k, struct tp_value *low, struct tp_value *high)
{
    int64_t a, b;

    if (values->integers.count == 0) {
        select_pair(&values->doubles, k, &a, &b);
        *low = value_of_word(a);
        *high = value_of_word(b);
    } else if (values->doubles.count == 0) {
        select_pair(&values->integers, k, &a, &b);
        *low = tp_int(a);
        *high = tp_int(b);
    } else {
        walk_pair(values, k, low, high);
    }
}

static const int64_t tens[19] = {
    1,
    10,
    100,
    1000,
    10000,
    100000,
    1000000,
    10000000,
    100000000,
    1000000000,
    10000000000,
    100000000000,
    1000000000000,
    10000000000000,
    100000000000000,
    1000000000000000,
    10000000000000000,
    100000000000000000,
    1000000000000000000,
};

/* VALUE in units of 10^-SCALE; false when that is more than 64 bits or VALUE is no short decimal.
 */
static bool
in_units(struct tp_value value, int scale, __int128 *units)
{
    if (value.kind == TP_INT)
        *units = (__int128)value.integer * tens[scale];
    else if (value.scale != TP_NO_SCALE)
        *units = (__int128)value.mantissa * tens[scale - value.scale];
    else
        return false;
    return *units <= INT64_MAX && *units >= INT64_MIN;
}

static int
scale_of(struct tp_value value)
{
    return value.kind == TP_REAL && value.scale != TP_NO_SCALE ? value.scale : 0;
}

/* LOW + (HIGH - LOW) * part / 10^scale, all in whole numbers: below 2^63 * 10^18 * 2 in size. */
static bool
interpolate_exactly(struct tp_value low, struct tp_value high, struct tp_agg_quantile part,
                    struct tp_value *value)
{
    int scale = scale_of(low) > scale_of(high) ? scale_of(low) : scale_of(high);
    char text[TP_NUM_WIDE_MAX + 8];
    __int128 a, b, result;
    size_t len;

    if (!in_units(low, scale, &a) || !in_units(high, scale, &b))
        return false;
    result = a * tens[part.scale] + (b - a) * part.numerator;
    for (scale += part.scale; scale > 0 && result % 10 == 0; scale--)
        result /= 10;
    len = tp_num_write_wide(text, result);
    if (scale) {
        text[len++] = 'e';
        len += tp_num_write_int(text + len, -scale);
    }
    return tp_num_parse((struct tp_str){text, len}, value);
}

static double
real_of(struct tp_value value)
{
    return value.kind == TP_INT ? (double)value.integer : value.real;
}

static struct tp_value
interpolate(struct tp_value low, struct tp_value high, struct tp_agg_quantile part)
{
    double fraction = (double)part.numerator / (double)tens[part.scale];
    double a = real_of(low), b = real_of(high);
    struct tp_value value;

    if (part.numerator == 0 || tp_num_compare(low, high) == 0)
        return low;
    if (interpolate_exactly(low, high, part, &value))
        return value;
    if (isfinite(b - a))
        return tp_real(a + (b - a) * fraction);
    return tp_real(a * (1 - fraction) + b * fraction); /* the difference overflowed */
}

TP_AGG_VALUE(tp_agg_quantile_value)
{
    struct values *values = cell;
    size_t count = values->doubles.count + values->integers.count;
    struct tp_value low, high;
    __int128 position;

    (void)err;
    *value = tp_null();
    if (count == 0)
        return 0;
    position = (__int128)(count - 1) * quantile.numerator;
    ranked_pair(values, (size_t)(position / tens[quantile.scale]), &low, &high);
    quantile.numerator = (int64_t)(position % tens[quantile.scale]);
    *value = interpolate(low, high, quantile);
    return 0;
}
