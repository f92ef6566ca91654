#include "value/num.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "value/num_digits.h"
#include "value/num_powers.h"

#define USUAL 24                /* bytes that most numbers fit into */
#define READ_BEHIND 16          /* bytes tp_num_read may look at behind its text */
#define DIGITS_SUFFICE 800      /* 767 digits decide any double; a 1 behind them stands for more */
#define EXPONENT_LIMIT 10000000 /* with so few digits: beyond it lie only 0 and infinity */

/* What a number's text says, before it becomes a value. */
struct parts {
    const char *digits, *end; /* the integer digits, the point and the decimals */
    uint64_t word;            /* all digits as one integer, modulo 2^64 */
    size_t count;             /* of digits, leading zeros included */
    size_t decimals;
    int64_t exponent;     /* as written */
    bool negative, plain; /* plain: neither point nor exponent */
};

/* Appends the digits at FROM to *WORD; returns where they end. Bytes up to READABLE may be read. */
static inline const char *
take_digits(const char *from, const char *end, const char *readable, uint64_t *word)
{
    while (readable - from >= 8 && from < end) {
        uint64_t bytes = tp_num_load(from);
        size_t count = tp_num_leading_digits(bytes);

        if (count > (size_t)(end - from))
            count = (size_t)(end - from);
        if (count == 0)
            return from;
        bytes = (bytes - UINT64_C(0x3030303030303030)) << (64 - 8 * count);
        *word = *word * tp_ten_table[count] + tp_num_join_eight(bytes);
        from += count;
        if (count < 8)
            return from;
    }
    for (; from < end && *from >= '0' && *from <= '9'; from++)
        *word = *word * 10 + (uint64_t)(*from - '0');
    return from;
}

/* The exponent behind `e`, saturated where no text of a possible length could bring it back. */
static int64_t
read_exponent(const char *from, const char *end)
{
    bool negative = *from == '-';
    int64_t exponent = 0;

    if (*from == '-' || *from == '+')
        from++;
    for (; from < end; from++)
        if (exponent < INT64_MAX / 100)
            exponent = exponent * 10 + (*from - '0');
    return negative ? -exponent : exponent;
}

static inline struct parts
split(struct tp_str text, size_t behind)
{
    const char *at = text.ptr, *end = at + text.len, *readable = end + behind, *point;
    struct parts parts = {.plain = true};

    if (at < end && *at == '-') {
        parts.negative = true;
        at++;
    }
    parts.digits = at;
    at = take_digits(at, end, readable, &parts.word);
    parts.count = (size_t)(at - parts.digits);
    if (at < end && *at == '.') {
        point = at + 1;
        at = take_digits(point, end, readable, &parts.word);
        parts.decimals = (size_t)(at - point);
        parts.count += parts.decimals;
        parts.plain = false;
    }
    parts.end = at;
    if (at < end) {
        parts.exponent = read_exponent(at + 1, end);
        parts.plain = false;
    }
    return parts;
}

/* The significant digits, without zeros in front and behind, as strtod's text in the C locale. */
static double
read_by_strtod(const char *digits, const char *end, int64_t exponent)
{
    char text[DIGITS_SUFFICE + 32];
    size_t len = 0;
    bool more = false;
    locale_t c_locale;
    double real;

    for (; digits < end; digits++) {
        if (*digits == '.')
            continue;
        if (len < DIGITS_SUFFICE) {
            text[len++] = *digits;
            continue;
        }
        more = more || *digits != '0';
        exponent++;
    }
    if (more) {
        text[len++] = '1';
        exponent--;
    }
    if (exponent > EXPONENT_LIMIT || exponent < -EXPONENT_LIMIT)
        return exponent > 0 ? HUGE_VAL : 0.0;
    text[len++] = 'e';
    len += tp_num_write_int(text + len, exponent);
    text[len] = '\0';
    c_locale =
        newlocale(LC_ALL_MASK, "C", NULL); /* a constant of the C library: allocates nothing */
    real = strtod_l(text, NULL, c_locale);
    freelocale(c_locale);
    return real;
}

/* word * 10^exponent as a short decimal, if it is one: mantissa and scale of VALUE. */
static inline void
set_decimal(struct tp_value *value, uint64_t word, int64_t exponent, bool negative)
{
    if (word == 0 && (exponent > 0 || exponent < -18))
        exponent = 0;
    for (; (word >= tp_ten_table[18] || exponent < -18) && word % 10 == 0 && word; word /= 10)
        exponent++;
    if (word >= tp_ten_table[18] || exponent < -18 || exponent > 17)
        return;
    if (exponent > 0) {
        if (word >= tp_ten_table[18 - exponent])
            return;
        word *= tp_ten_table[exponent];
        exponent = 0;
    }
    value->mantissa = negative ? -(int64_t)word : (int64_t)word;
    value->scale = (int)-exponent;
}

static inline struct tp_value
real_value(double real, uint64_t word, int64_t exponent, bool negative)
{
    struct tp_value value = tp_real(negative ? -real : real);

    set_decimal(&value, word, exponent, negative);
    return value;
}

/* More digits than fit a word: takes leading and trailing zeros away; if more than 19 remain, the
 * first 19 mostly decide already, whatever follows. */
static __attribute__((noinline)) struct tp_value
read_long(const struct parts *parts)
{
    const char *from = parts->digits, *end = parts->end, *at;
    int64_t exponent = parts->exponent - (int64_t)parts->decimals, upper;
    size_t count = parts->count, taken = 0;
    uint64_t word = 0;
    double real;

    for (; from < end && (*from == '0' || *from == '.'); from++)
        count -= *from == '0';
    for (; end > from && (end[-1] == '0' || end[-1] == '.'); end--) {
        count -= end[-1] == '0';
        exponent += end[-1] == '0';
    }
    for (at = from; at < end && taken < 19; at++) {
        if (*at == '.')
            continue;
        word = word * 10 + (uint64_t)(*at - '0');
        taken++;
    }
    upper = exponent + (int64_t)(count - taken);
    real = tp_num_double(word, upper);
    if (count <= 19)
        return real_value(real, word, exponent, parts->negative);
    if (real != tp_num_double(word + 1, upper))
        real = read_by_strtod(from, end, exponent);
    return tp_real(parts->negative ? -real : real);
}

static inline struct tp_value
value_of_parts(struct parts parts)
{
    int64_t exponent = parts.exponent - (int64_t)parts.decimals;

    if (__builtin_expect(parts.count > 19, 0)) {
        struct parts copy = parts; /* so that the other's address is never taken */

        return read_long(&copy);
    }
    if (parts.plain && parts.word <= (uint64_t)INT64_MAX + parts.negative)
        return tp_int((int64_t)(parts.negative ? 0 - parts.word : parts.word));
    return real_value(tp_num_double(parts.word, exponent), parts.word, exponent, parts.negative);
}

/* Most decimals: at most seven digits and a point behind the first WHOLE of them, LEN bytes in all;
 * OTHER says which bytes of the text are no digits. The point is taken out of the word, so that its
 * place, which is not foreseeable, costs no branch. False: of another shape. */
static inline bool
read_short_decimal(uint64_t bytes, uint64_t other, size_t len, struct tp_value *value)
{
    unsigned at = (unsigned)__builtin_ctzll(other) & 56U;
    uint64_t front = (UINT64_C(1) << at) - 1;
    uint64_t digits = (bytes & front) | (bytes >> 8 & ~front);
    size_t scale = len - 1 - at / 8;

    if (at == 0 || (bytes >> at & 0xff) != '.' || (other >> at & ~UINT64_C(0xff)) != 0)
        return false;
    value->kind = TP_REAL;
    value->scale = (int)scale;
    value->mantissa = tp_num_join(digits, len - 1);
    /* Both are exact as doubles, so the quotient is rounded once (Clinger 1990). */
    value->real = (double)value->mantissa / (double)(int64_t)tp_ten_table[scale];
    return true;
}

static __attribute__((noinline)) void
read_any(struct tp_str text, struct tp_value *value)
{
    *value = value_of_parts(split(text, READ_BEHIND));
}

void
tp_num_read_into(struct tp_str text, struct tp_value *value)
{
    if (text.len <= 8) {
        uint64_t bytes = tp_num_load(text.ptr);
        uint64_t other = tp_num_no_digits(bytes) << (64 - 8 * text.len) >> (64 - 8 * text.len);

        if (other) {
            if (read_short_decimal(bytes, other, text.len, value))
                return;
        } else {
            value->kind = TP_INT;
            value->integer = tp_num_join(bytes, text.len);
            return;
        }
    }
    read_any(text, value);
}

static size_t
digits_at(const char *at, const char *end)
{
    const char *from = at;

    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return (size_t)(at - from);
}

/* RFC 8259, section 6. */
bool
tp_num_is(struct tp_str text)
{
    const char *at = text.ptr, *end = at + text.len;
    size_t digits;

    if (at < end && *at == '-')
        at++;
    digits = digits_at(at, end);
    if (digits == 0 || (digits > 1 && *at == '0'))
        return false;
    at += digits;
    if (at < end && *at == '.') {
        digits = digits_at(at + 1, end);
        if (digits == 0)
            return false;
        at += 1 + digits;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        digits = digits_at(at, end);
        if (digits == 0)
            return false;
        at += digits;
    }
    return at == end;
}

bool
tp_num_parse(struct tp_str text, struct tp_value *value)
{
    char copy[USUAL + READ_BEHIND] = {0};

    if (!tp_num_is(text))
        return false;
    if (text.len <= USUAL) {
        memcpy(copy, text.ptr, text.len);
        *value = tp_num_read((struct tp_str){copy, text.len});
    } else {
        *value = value_of_parts(split(text, 0));
    }
    return true;
}

bool
tp_num_parse_int(struct tp_str text, int64_t *integer)
{
    const char *at = text.ptr, *end = at + text.len;
    bool negative = text.len > 0 && *at == '-';
    uint64_t limit = (uint64_t)INT64_MAX + negative, word = 0;

    if (text.len > 0 && (*at == '-' || *at == '+'))
        at++;
    if (at == end)
        return false;
    for (; at < end; at++) {
        uint64_t digit = (uint64_t)(unsigned char)*at - '0';

        if (digit > 9 || word > (limit - digit) / 10)
            return false;
        word = word * 10 + digit;
    }
    *integer = (int64_t)(negative ? 0 - word : word);
    return true;
}

/*
 * The exact value digits * 10^exponent that a number stands for. A double without a decimal is the
 * shortest decimal that reads back as it, as in Java's BigDecimal.valueOf, unless it is whole: so
 * 0.5 * 0.2 equals 0.1, and the order is transitive.
 */
static void
decimal_of(struct tp_value value, __int128 *digits, int *exponent)
{
    uint64_t shortest;

    *exponent = 0;
    if (value.kind == TP_INT) {
        *digits = value.integer;
    } else if (value.scale != TP_NO_SCALE) {
        *digits = value.mantissa;
        *exponent = -value.scale;
    } else if (value.real == trunc(value.real)) {
        *digits = (__int128)value.real;
    } else {
        tp_num_shortest(value.real, &shortest, exponent);
        *digits = value.real < 0 ? -(__int128)shortest : (__int128)shortest;
    }
}

/* Two numbers that are equal as doubles, at least one of them an integer or a decimal: so their
 * size is at most 2^63, and either, brought to the smaller exponent, stays below 10^37. */
static int
compare_tied(struct tp_value a, struct tp_value b)
{
    __int128 x, y;
    int x_exponent, y_exponent;

    decimal_of(a, &x, &x_exponent);
    decimal_of(b, &y, &y_exponent);
    for (; x_exponent > y_exponent; x_exponent--)
        x *= 10;
    for (; y_exponent > x_exponent; y_exponent--)
        y *= 10;
    return (x > y) - (x < y);
}

static bool
is_bare_double(struct tp_value value)
{
    return value.kind == TP_REAL && value.scale == TP_NO_SCALE;
}

int
tp_num_compare(struct tp_value a, struct tp_value b)
{
    double x, y;

    if (a.kind == TP_INT && b.kind == TP_INT)
        return (a.integer > b.integer) - (a.integer < b.integer);
    x = a.kind == TP_INT ? (double)a.integer : a.real;
    y = b.kind == TP_INT ? (double)b.integer : b.real;
    /* Rounding keeps order: different doubles decide. */
    if (x < y)
        return -1;
    if (x > y)
        return 1;
    if (isnan(x) || isnan(y))
        return (isnan(x) != 0) - (isnan(y) != 0);
    return is_bare_double(a) && is_bare_double(b) ? 0 : compare_tied(a, b);
}
