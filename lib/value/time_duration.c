#include "value/time.h"

#include <string.h>

#include "value/cursor.h"

#define WHOLE_MAX ((unsigned __int128)1 << 64) /* more than any duration */
#define FRACTION_DIGITS 18

struct unit {
    struct tp_str name;
    int64_t length;
};

static const struct unit units[] = {
    {{"ns", 2}, 1},
    {{"us", 2}, TP_MICROSECOND},
    {{"\xC2\xB5s", 3}, TP_MICROSECOND}, /* U+00B5 micro sign */
    {{"\xCE\xBCs", 3}, TP_MICROSECOND}, /* U+03BC Greek mu */
    {{"ms", 2}, TP_MILLISECOND},
    {{"s", 1}, TP_SECOND},
    {{"m", 1}, TP_MINUTE},
    {{"h", 1}, TP_HOUR},
    {{"d", 1}, TP_DAY},
    {{"w", 1}, 7 * TP_DAY},
};

static const struct unit *
find_unit(struct tp_str name)
{
    size_t i;

    for (i = 0; i < sizeof units / sizeof *units; i++) {
        if (tp_str_equal(units[i].name, name))
            return &units[i];
    }
    return NULL;
}

/* A decimal number: whole part, and fraction / 10^digits. */
struct amount {
    unsigned __int128 whole;
    uint64_t fraction;
    int digits;
};

static const char *
read_fraction(struct tp_cursor *cursor, struct amount *amount)
{
    const char *start = cursor->at;

    for (; cursor->at < cursor->end && tp_is_digit(*cursor->at); cursor->at++) {
        if (amount->digits == FRACTION_DIGITS && *cursor->at != '0')
            return "finer than a nanosecond";
        if (amount->digits == FRACTION_DIGITS)
            continue;
        amount->fraction = amount->fraction * 10 + (uint64_t)(*cursor->at - '0');
        amount->digits++;
    }
    return cursor->at == start ? "expected digits after the point" : NULL;
}

static const char *
read_amount(struct tp_cursor *cursor, struct amount *amount)
{
    const char *start = cursor->at;

    *amount = (struct amount){0};
    for (; cursor->at < cursor->end && tp_is_digit(*cursor->at); cursor->at++) {
        amount->whole = amount->whole * 10 + (unsigned)(*cursor->at - '0');
        if (amount->whole > WHOLE_MAX)
            amount->whole = WHOLE_MAX;
    }
    if (cursor->at == start)
        return "expected a number and a unit, such as 90s or 1h30m";
    return tp_cursor_skip(cursor, '.') ? read_fraction(cursor, amount) : NULL;
}

static const char *
read_unit(struct tp_cursor *cursor, const struct unit **unit)
{
    struct tp_str name = {cursor->at, 0};

    while (cursor->at < cursor->end && !tp_is_digit(*cursor->at) && *cursor->at != '.' &&
           *cursor->at != '-' && *cursor->at != '+')
        cursor->at++;
    name.len = (size_t)(cursor->at - name.ptr);
    *unit = find_unit(name);
    if (*unit)
        return NULL;
    cursor->at = name.ptr;
    if (name.len == 0)
        return "a number needs a unit: 5s, 5m";
    if (tp_str_equal(name, TP_STR("mo")) || tp_str_equal(name, TP_STR("y")))
        return "months and years have no fixed length: write days, as in 30d";
    return "unknown unit; there are ns us ms s m h d w";
}

/* AMOUNT units in ns, exactly. */
static const char *
measure(const struct amount *amount, const struct unit *unit, unsigned __int128 *length)
{
    unsigned __int128 part = (unsigned __int128)amount->fraction * (uint64_t)unit->length;
    int i;

    for (i = 0; i < amount->digits; i++) {
        if (part % 10 != 0)
            return "finer than a nanosecond";
        part /= 10;
    }
    *length = amount->whole * (uint64_t)unit->length + part;
    return NULL;
}

/* The magnitude: a sum of amounts with units. */
static const char *
read_magnitude(struct tp_cursor *cursor, unsigned __int128 *magnitude)
{
    struct amount amount;
    const struct unit *unit;
    unsigned __int128 length;
    const char *fault;

    *magnitude = 0;
    do {
        fault = read_amount(cursor, &amount);
        if (!fault)
            fault = read_unit(cursor, &unit);
        if (!fault)
            fault = measure(&amount, unit, &length);
        if (fault)
            return fault;
        *magnitude += length;
        if (*magnitude > WHOLE_MAX)
            return "longer than 292 years";
    } while (cursor->at < cursor->end);
    return NULL;
}

static int
refuse(struct tp_err *err, struct tp_str text, long at, const char *reason)
{
    return tp_err_at(err, TP_FAULT_USAGE, at, "no duration: \"%s\" (%s)", tp_excerpt_of(text).text,
                     reason);
}

int
tp_duration_parse(struct tp_str text, tp_duration *duration, struct tp_err *err)
{
    struct tp_cursor cursor = {text.ptr, text.ptr + text.len};
    bool negative = tp_cursor_skip(&cursor, '-');
    unsigned __int128 magnitude;
    const char *fault;

    if (!negative)
        tp_cursor_skip(&cursor, '+');
    if (cursor.end - cursor.at == 1 && *cursor.at == '0') {
        *duration = 0;
        return 0;
    }
    fault = read_magnitude(&cursor, &magnitude);
    if (fault)
        return refuse(err, text, cursor.at - text.ptr, fault);
    if (magnitude > (uint64_t)INT64_MAX + negative)
        return refuse(err, text, -1, "longer than 292 years");
    /* Negated unsigned: the magnitude of INT64_MIN is no int64. */
    *duration = (tp_duration)(negative ? -(uint64_t)magnitude : (uint64_t)magnitude);
    return 0;
}

static char *
put_number(char *to, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    memcpy(to, digits + at, sizeof digits - at);
    return to + (sizeof digits - at);
}

/* AMOUNT in units of LENGTH, with as many decimals as it needs. */
static char *
put_decimal(char *to, uint64_t amount, uint64_t length, const char *name)
{
    uint64_t rest;

    to = put_number(to, amount / length);
    if (amount % length != 0)
        *to++ = '.';
    /* Long division; what is multiplied is below 10^9. */
    for (rest = amount % length * 10; rest != 0; rest = rest % length * 10)
        *to++ = (char)('0' + rest / length);
    while (*name != '\0')
        *to++ = *name++;
    return to;
}

static char *
put_below_minute(char *to, uint64_t rest)
{
    if (rest >= (uint64_t)TP_SECOND)
        return put_decimal(to, rest, (uint64_t)TP_SECOND, "s");
    if (rest >= (uint64_t)TP_MILLISECOND)
        return put_decimal(to, rest, (uint64_t)TP_MILLISECOND, "ms");
    if (rest >= (uint64_t)TP_MICROSECOND)
        return put_decimal(to, rest, (uint64_t)TP_MICROSECOND, "us");
    return put_decimal(to, rest, 1, "ns");
}

size_t
tp_duration_write(char *to, tp_duration duration)
{
    static const struct {
        uint64_t length;
        char name;
    } parts[] = {{(uint64_t)TP_DAY, 'd'}, {(uint64_t)TP_HOUR, 'h'}, {(uint64_t)TP_MINUTE, 'm'}};
    uint64_t rest = duration < 0 ? -(uint64_t)duration : (uint64_t)duration;
    char *end = to;
    size_t i;

    if (duration == 0) {
        memcpy(to, "0s", 2);
        return 2;
    }
    if (duration < 0)
        *end++ = '-';
    for (i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (rest < parts[i].length)
            continue;
        end = put_number(end, rest / parts[i].length);
        *end++ = parts[i].name;
        rest %= parts[i].length;
    }
    if (rest != 0)
        end = put_below_minute(end, rest);
    return (size_t)(end - to);
}
