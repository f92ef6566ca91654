#include "value/num.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "unit.h"
#include "value/num_powers.h"

static uint64_t random_state = 20261121;

static uint64_t
random_word(void)
{
    return unit_random(&random_state);
}

static double
real_of_bits(uint64_t bits)
{
    double real;

    memcpy(&real, &bits, sizeof real);
    return real;
}

static bool
same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

/* Reads a NUL-terminated text that has 16 spare bytes behind it, filled with digits so that a
 * reader that goes too far is found out. */
static struct tp_value
read_text(const char *text)
{
    char *room = malloc(strlen(text) + 16);
    struct tp_value value, parsed;

    memset(room, '7', strlen(text) + 16);
    memcpy(room, text, strlen(text));
    value = tp_num_read((struct tp_str){room, strlen(text)});
    CHECK_THAT(tp_num_parse(tp_str_of(text), &parsed), "%s", text);
    CHECK_THAT(parsed.kind == value.kind && parsed.scale == value.scale, "%s", text);
    if (value.kind == TP_INT)
        CHECK(parsed.integer == value.integer);
    else
        CHECK(same_bits(parsed.real, value.real) && parsed.mantissa == value.mantissa);
    free(room);
    return value;
}

static double
real_of(struct tp_value value)
{
    return value.kind == TP_INT ? (double)value.integer : value.real;
}

static void
check_like_strtod(const char *text)
{
    double expect = strtod(text, NULL), got = real_of(read_text(text));

    if (expect == 0 && !strpbrk(text, ".eE"))
        expect = 0; /* -0 is the integer 0 */
    CHECK_THAT(same_bits(expect, got), "%s gave %.17g, not %.17g", text, got, expect);
}

/* Big natural numbers, little-endian words: enough to compute the table of powers anew. */
struct big {
    uint32_t word[80];
    int count;
};

static void
big_multiply(struct big *big, uint32_t by)
{
    uint64_t carry = 0;

    for (int i = 0; i < big->count; i++) {
        carry += (uint64_t)big->word[i] * by;
        big->word[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry)
        big->word[big->count++] = (uint32_t)carry;
}

static int
big_bits(const struct big *big)
{
    return big->count * 32 - __builtin_clz(big->word[big->count - 1]);
}

static int
big_bit(const struct big *big, int at)
{
    return at >= 0 && at < big->count * 32 && (big->word[at / 32] >> (at % 32) & 1);
}

/* rest = 2 * rest; if that is at least BY, subtracts it and says so. */
static int
big_long_division_step(struct big *rest, const struct big *by)
{
    int64_t borrow = 0;
    struct big difference;

    big_multiply(rest, 2);
    for (int i = rest->count; i <= by->count; i++)
        rest->word[i] = 0;
    difference = *rest;
    for (int i = 0; i <= by->count; i++) {
        borrow += (int64_t)rest->word[i] - (i < by->count ? by->word[i] : 0);
        difference.word[i] = (uint32_t)borrow;
        borrow >>= 32;
    }
    if (borrow < 0)
        return 0;
    *rest = difference;
    rest->count = by->count;
    while (rest->count > 1 && rest->word[rest->count - 1] == 0)
        rest->count--;
    return 1;
}

static struct tp_five
five_of(int q)
{
    struct big power = {{1}, 1}, rest = {{1}, 1};
    unsigned __int128 bits = 0;
    int top;

    for (int i = 0; i < abs(q); i++)
        big_multiply(&power, 5);
    if (q >= 0) {
        top = big_bits(&power);
        for (int i = 1; i <= 128; i++)
            bits = bits << 1 | (unsigned)big_bit(&power, top - i);
    } else {
        while (!(bits >> 127))
            bits = bits << 1 | (unsigned)big_long_division_step(&rest, &power);
        bits += q >= -27;
    }
    return (struct tp_five){(uint64_t)(bits >> 64), (uint64_t)bits};
}

static void
powers_of_five_are_what_big_integers_give(void)
{
    for (int q = TP_FIVE_MIN; q <= TP_FIVE_MAX; q++) {
        struct tp_five expect = five_of(q), got = tp_five_table[q - TP_FIVE_MIN];

        CHECK_THAT(expect.high == got.high && expect.low == got.low, "5^%d", q);
    }
}

static void
integers_are_read(void)
{
    static const struct {
        const char *text;
        int64_t integer;
    } cases[] = {
        {"0", 0},
        {"-0", 0},
        {"7", 7},
        {"-12", -12},
        {"1234567", 1234567},
        {"12345678", 12345678},
        {"123456789", 123456789},
        {"1234567890123456", 1234567890123456},
        {"999999999999999999", 999999999999999999},
        {"9223372036854775807", INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tp_value value = read_text(cases[i].text);

        CHECK_THAT(value.kind == TP_INT && value.integer == cases[i].integer, "%s", cases[i].text);
    }
    CHECK(read_text("9223372036854775808").kind == TP_REAL);
    CHECK(read_text("9223372036854775808").real == 0x1p63);
    CHECK(read_text("-9223372036854775809").real == -0x1p63);
    CHECK(read_text("18446744073709551616").real == 0x1p64); /* 2^64: a word wraps to 0 */
    CHECK(read_text("18446744073709551616").scale == TP_NO_SCALE);
}

static void
decimals_keep_mantissa_and_scale(void)
{
    static const struct {
        const char *text;
        int64_t mantissa;
        int scale;
    } cases[] = {
        {"1.0", 10, 1},
        {"1.10", 110, 2},
        {"-0.5", -5, 1},
        {"0.0", 0, 1},
        {"1e3", 1000, 0},
        {"1.5e1", 15, 0},
        {"12E-1", 12, 1},
        {"1e17", 100000000000000000, 0},
        {"1e18", 0, TP_NO_SCALE},
        {"0e400", 0, 0},
        {"0e-400", 0, 0},
        {"0.000000000000000001", 1, 18},
        {"0.0000000000000000001", 0, TP_NO_SCALE},
        {"123456789012345.678", 123456789012345678, 3},
        {"999999999999999999e-18", 999999999999999999, 18},
        {"1.000000000000000000000000000000", 1, 0},
        {"0.100000000000000000000000000000", 1, 1},
        {"0.00000000000000000000000000000", 0, 0},
        {"999999999999999999.0", 999999999999999999, 0},
        {"10e-19", 1, 18},
        {"1234567890.123456789", 0, TP_NO_SCALE}, /* 19 digits */
        {"1e-19", 0, TP_NO_SCALE},
        {"1E400", 0, TP_NO_SCALE},
        {"9223372036854775808", 0, TP_NO_SCALE},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tp_value value = read_text(cases[i].text);

        CHECK_THAT(value.kind == TP_REAL && value.scale == cases[i].scale &&
                       value.mantissa == cases[i].mantissa,
                   "%s: %lld, scale %d", cases[i].text, (long long)value.mantissa, value.scale);
    }
    CHECK(read_text("1E400").real == HUGE_VAL);
    CHECK(read_text("-1E400").real == -HUGE_VAL);
    CHECK(signbit(read_text("-0.0").real));
}

static void
reading_is_strtod_on_hard_cases(void)
{
    static const char *const cases[] = {
        "2.2250738585072012e-308", /* between subnormal and normal: the PHP and Java hang */
        "2.2250738585072011e-308",
        "4.9406564584124654e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "2.47032822920623272088284396434110686182e-324",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
        "179769313486231580793728971405301e276",
        "9007199254740993",
        "9007199254740993.0",
        "9007199254740992.9999999999999999999999999999",
        "9007199254740993.00000000000000000000000000000000001",
        "9007199254740991.4999999999999999999999999999999999",
        "1e23",
        "8.5e22",
        "-0.0",
        "0e0",
        "123456789012345678901234567890",
        "0.000000000000000000000000000000000000123456789012345678901234567890",
        "1e-400",
        "1e400",
        "1e99999999999999999999999",
        "1e-99999999999999999999999",
        "0.1e0000000000000000000000001",
        "7.2057594037927933e16",
        "6.02214076e+23",
        "3.0e-44",
        "1090544144181609348671888949248",
        "1448997445238699",
        "10000000000000000000000000000000000000000000e-43",
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_like_strtod(cases[i]);
}

static void
halfway_points_of_any_length_read_as_strtod(void)
{
    char text[1200];

    for (int i = 0; i < 3000; i++) {
        /* The exact midpoint of two doubles, then one digit more, then one less. */
        double real = real_of_bits(random_word() & INT64_MAX);
        size_t len;

        if (!isfinite(real) || fabs(log2(real)) > 900)
            continue;
        /* long double holds the midpoint exactly on x86; elsewhere this is just another number */
        snprintf(text, sizeof text, "%.780Le",
                 ((long double)real + (long double)nextafter(real, HUGE_VAL)) / 2);
        check_like_strtod(text);
        len = (size_t)(strchr(text, 'e') - text);
        text[len - 1] = '1';
        check_like_strtod(text);
    }
    memset(text, '0', sizeof text); /* 1.000…0001, longer than any buffer */
    memcpy(text, "9007199254740993.", 17);
    strcpy(text + sizeof text - 2, "1");
    check_like_strtod(text);
}

static void
random_doubles_round_trip_and_are_shortest(void)
{
    char text[64], loop[64];

    for (int i = 0; i < 300000; i++) {
        double real = real_of_bits(random_word());
        size_t len;
        int precision;

        if (i % 3 == 0) /* short decimals */
            real = (double)(int64_t)(random_word() >> (random_word() & 63)) /
                   (double)tp_ten_table[random_word() % 10];
        if (i % 3 == 1) /* powers of two and their neighbours */
            real =
                real_of_bits((random_word() & 0x7ff) << 52) * (1 + (double)(i % 5 - 2) * 0x1p-52);
        if (!isfinite(real))
            continue;
        len = tp_num_write_real(text, real);
        CHECK_THAT(len <= TP_NUM_MAX, "%zu", len);
        text[len] = '\0';
        CHECK_THAT(same_bits(strtod(text, NULL), real), "%.17g wrote %s", real, text);
        CHECK_THAT(real == real_of(read_text(text)), "%s", text);
        for (precision = 1; precision <= 17; precision++) {
            snprintf(loop, sizeof loop, "%.*e", precision - 1, real);
            if (strtod(loop, NULL) == real)
                break;
        }
        if (real != 0) {
            uint64_t digits;
            int exponent;
            char count[32];

            tp_num_shortest(real, &digits, &exponent);
            snprintf(count, sizeof count, "%llu", (unsigned long long)digits);
            CHECK_THAT((int)strlen(count) <= precision, "%.17g wrote %s, not %s", real, text, loop);
        }
    }
}

static void
random_digits_read_as_strtod(void)
{
    char text[128];

    for (int i = 0; i < 300000; i++) {
        int digits = (int)(random_word() % 25) + 1, point = (int)(random_word() % 25), at = 0;

        if (random_word() & 1)
            text[at++] = '-';
        for (int d = 0; d < digits; d++) {
            char digit = (char)('0' + random_word() % 10);

            text[at++] = d == 0 && point != 1 && digits > 1 && digit == '0' ? '1' : digit;
            if (d + 1 == point && d + 1 < digits)
                text[at++] = '.';
        }
        if (random_word() & 1)
            at += sprintf(text + at, "e%d", (int)(random_word() % 700) - 350);
        text[at] = '\0';
        check_like_strtod(text);
    }
}

static void
only_json_numbers_parse(void)
{
    static const char *const bad[] = {"",   "-",  "+1",  "01",   "1.",  ".5",   "1e",  "1e+",
                                      "1 ", " 1", "0x1", "1e1.", "--1", "1.e1", "-01", "NaN",
                                      "1,", "1a", "inf", "1e5x", "00",  "1..2"};
    struct tp_value value;
    int64_t integer;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_THAT(!tp_num_parse(tp_str_of(bad[i]), &value), "%s", bad[i]);
    CHECK(tp_num_parse_int(TP_STR("+007"), &integer) && integer == 7);
    CHECK(tp_num_parse_int(TP_STR("-9223372036854775808"), &integer) && integer == INT64_MIN);
    CHECK(tp_num_parse_int(TP_STR("9223372036854775807"), &integer) && integer == INT64_MAX);
    CHECK(!tp_num_parse_int(TP_STR("9223372036854775808"), &integer));
    CHECK(!tp_num_parse_int(TP_STR("-9223372036854775809"), &integer));
    CHECK(!tp_num_parse_int(TP_STR("99999999999999999999"), &integer));
    CHECK(!tp_num_parse_int(TP_STR(""), &integer));
    CHECK(!tp_num_parse_int(TP_STR("-"), &integer));
    CHECK(!tp_num_parse_int(TP_STR("1.0"), &integer));
    CHECK(!tp_num_parse_int(TP_STR("1e0"), &integer));
}

static void
check_written(double real, const char *expect)
{
    char text[TP_NUM_MAX + 1];

    text[tp_num_write_real(text, real)] = '\0';
    CHECK_THAT(!strcmp(text, expect), "%.17g gave %s, not %s", real, text, expect);
}

static void
reals_are_written(void)
{
    check_written(3, "3");
    check_written(-3, "-3");
    check_written(0, "0");
    check_written(-0.0, "-0.0");
    check_written(0.1, "0.1");
    check_written(0.1 + 0.2, "0.30000000000000004");
    check_written(10.5, "10.5");
    check_written(100, "100");
    check_written(1e14, "100000000000000");
    check_written(999999999999999, "999999999999999");
    check_written(1e15, "1e15");
    check_written(1234567890123456, "1.234567890123456e15");
    check_written(123456789012345.6, "123456789012345.6");
    check_written(1e-5, "0.00001");
    check_written(0.00000123, "0.00000123");
    check_written(0.000000123, "1.23e-7");
    check_written(5e-324, "5e-324");
    check_written(DBL_MAX, "1.7976931348623157e308");
    check_written(DBL_MIN, "2.2250738585072014e-308");
    check_written(9.5367431640625e-7, "9.5367431640625e-7");
    check_written(0x1p-44, "5.684341886080802e-14");
    check_written(HUGE_VAL, "null");
    check_written(-HUGE_VAL, "null");
    check_written(NAN, "null");
}

static void
integers_are_written(void)
{
    char text[TP_NUM_MAX + 1], expect[TP_NUM_MAX + 1];

    for (int i = 0; i < 100000; i++) {
        int64_t integer = (int64_t)(random_word() >> (random_word() & 63));

        if (i & 1)
            integer = -integer;
        if (i < 20)
            integer = (int64_t)tp_ten_table[i % 19];
        else if (i < 40)
            integer = (int64_t)tp_ten_table[i % 19] - 1;
        text[tp_num_write_int(text, integer)] = '\0';
        sprintf(expect, "%lld", (long long)integer);
        CHECK_THAT(!strcmp(text, expect), "%s, not %s", text, expect);
    }
    text[tp_num_write_int(text, INT64_MIN)] = '\0';
    CHECK(!strcmp(text, "-9223372036854775808"));
}

/* Digit by digit, from the last. */
static void
check_wide(__int128 integer)
{
    unsigned __int128 rest = (unsigned __int128)integer;
    char text[TP_NUM_WIDE_MAX + 1], expect[TP_NUM_WIDE_MAX + 1];
    char *at = expect + TP_NUM_WIDE_MAX;

    rest = integer < 0 ? -rest : rest;
    *at = '\0';
    do
        *--at = (char)('0' + (int)(rest % 10));
    while (rest /= 10);
    if (integer < 0)
        *--at = '-';
    text[tp_num_write_wide(text, integer)] = '\0';
    CHECK_THAT(!strcmp(text, at), "%s, not %s", text, at);
}

static void
wide_integers_are_written(void)
{
    const __int128 least = (__int128)1 << 126, exa = INT64_C(1000000000000000000);

    for (__int128 unit = 1; unit <= exa * exa; unit *= 10)
        for (int i = -1; i <= 1; i++) {
            check_wide(unit + i);
            check_wide(-unit + i);
        }
    check_wide(least - 1 + least);
    check_wide(-least - least);
    for (int i = 0; i < 100000; i++) {
        __int128 word = (__int128)((unsigned __int128)random_word() << 64 | random_word());

        check_wide(word >> (random_word() & 127));
    }
}

static void
check_sum(const char *const *terms, const char *expect)
{
    struct tp_sum sum = {0};
    struct tp_buf text = TP_BUF_INIT;

    for (; *terms; terms++)
        tp_sum_add(&sum, read_text(*terms));
    CHECK(tp_sum_write(&sum, &text) == 0);
    CHECK_THAT(!strcmp(tp_buf_text(&text), expect), "%s, not %s", tp_buf_text(&text), expect);
    tp_buf_release(&text);
}

#define SUM(expect, ...) check_sum((const char *const[]){__VA_ARGS__, NULL}, expect)

static void
sums_are_exact(void)
{
    SUM("0", "0");
    SUM("0.3", "0.1", "0.2");
    SUM("-0.3", "-0.1", "-0.2");
    SUM("-0.9", "-1", "0.1");
    SUM("0.9", "1", "-0.1");
    SUM("3", "1.5", "1.5");
    SUM("0", "0.1", "-0.1");
    SUM("9223372036854775807", "9223372036854775807", "9223372036854775807",
        "-9223372036854775807");
    SUM("9223372036854775808.5", "9223372036854775807", "1.5");
    SUM("0.000000000000000001", "1e17", "0.000000000000000001", "-1e17");
    SUM("1999999999999999998", "999999999999999999.0", "999999999999999999.0");
    SUM("null", "1e400", "-1e400");
    SUM("null", "1e400", "1");
    SUM("2", "1e300", "1", "-1e300", "1");
    SUM("1e300", "1e300", "0.1");
}

static void
integer_sums_beyond_int64_are_refused(void)
{
    struct tp_sum sum = {0};
    struct tp_buf text = TP_BUF_INIT;

    tp_sum_add(&sum, tp_int(INT64_MAX));
    tp_sum_add(&sum, tp_int(1));
    CHECK(tp_sum_write(&sum, &text) == -1);
    CHECK(text.len == 0);
    CHECK(tp_sum_real(&sum) == 0x1p63);
    tp_sum_subtract(&sum, tp_int(1));
    CHECK(tp_sum_write(&sum, &text) == 0);
    CHECK(!strcmp(tp_buf_text(&text), "9223372036854775807"));
    tp_buf_release(&text);
}

static struct tp_value
random_exact(void)
{
    struct tp_value value = tp_int((int64_t)random_word() >> (random_word() & 31));

    if (random_word() & 1) {
        value.kind = TP_REAL;
        value.scale = (int)(random_word() % 19);
        value.mantissa = (int64_t)random_word() % INT64_C(1000000000000000000);
        value.real = (double)value.mantissa / (double)tp_ten_table[value.scale];
    }
    return value;
}

static void
exact_sums_forget_order_and_splits(void)
{
    struct tp_value terms[1000];
    struct tp_sum forth = {0}, back = {0}, half[2] = {{0}, {0}};
    struct tp_buf a = TP_BUF_INIT, b = TP_BUF_INIT, c = TP_BUF_INIT;

    for (int i = 0; i < 1000; i++)
        terms[i] = random_exact();
    for (int i = 0; i < 1000; i++) {
        tp_sum_add(&forth, terms[i]);
        tp_sum_add(&back, terms[999 - i]);
        tp_sum_add(&half[i % 3 == 0], terms[i]);
    }
    tp_sum_merge(&half[0], &half[1]);
    CHECK(tp_sum_write(&forth, &a) == 0);
    CHECK(tp_sum_write(&back, &b) == 0);
    CHECK(tp_sum_write(&half[0], &c) == 0);
    CHECK_THAT(tp_str_equal(tp_buf_str(&a), tp_buf_str(&b)), "%s %s", tp_buf_text(&a),
               tp_buf_text(&b));
    CHECK(tp_str_equal(tp_buf_str(&a), tp_buf_str(&c)));
    CHECK(same_bits(tp_sum_real(&forth), strtod(tp_buf_text(&a), NULL)));
    for (int i = 0; i < 1000; i++)
        tp_sum_subtract(&forth, terms[i]);
    CHECK(forth.integers == 0 && forth.decimals == 0);
    CHECK(tp_sum_real(&forth) == 0);
    tp_buf_release(&a);
    tp_buf_release(&b);
    tp_buf_release(&c);
}

static void
subtracting_undoes_reals_too(void)
{
    struct tp_sum sum = {0};

    tp_sum_add(&sum, tp_real(HUGE_VAL));
    tp_sum_add(&sum, tp_real(1e100));
    tp_sum_add(&sum, tp_int(5));
    CHECK(isinf(tp_sum_real(&sum)));
    tp_sum_subtract(&sum, tp_real(HUGE_VAL));
    CHECK(tp_sum_real(&sum) == 1e100);
    tp_sum_add(&sum, tp_real(NAN));
    CHECK(isnan(tp_sum_real(&sum)));
    tp_sum_subtract(&sum, tp_real(NAN));
    tp_sum_subtract(&sum, tp_real(1e100));
    CHECK(tp_sum_real(&sum) == 5);
}

static void
comparison_is_exact(void)
{
    /* In order; equal ones stand in one row. */
    static const char *const order[][4] = {
        {"-1e400"},
        {"-1e300"},
        {"-9223372036854775809",
         "-9223372036854775808"}, /* beyond int64 only the double is known */
        {"-9223372036854775807"},
        {"-1.5", "-15e-1"},
        {"0", "-0.0", "0e5"},
        {"5e-324"},
        {"1e-18"},
        {"0.1", "0.10", "1e-1"},
        {"0.100000000000000001"},
        {"1", "1.0", "10e-1"},
        {"1.00000000000000001"},
        {"9007199254740992", "9007199254740992.0"},
        {"9007199254740992.5"},
        {"9007199254740993", "9007199254740993.0"},
        {"999999999999999998.0", "999999999999999998"},
        {"999999999999999999.0", "999999999999999999"},
        {"9223372036854775806"},
        {"9223372036854775807"},
        {"9223372036854775808"},
        {"1e400"},
    };
    size_t rows = sizeof order / sizeof *order;

    for (size_t i = 0; i < rows * 4; i++) {
        for (size_t j = 0; j < rows * 4; j++) {
            const char *a = order[i / 4][i % 4], *b = order[j / 4][j % 4];
            int expect = (i / 4 > j / 4) - (i / 4 < j / 4);

            if (a && b)
                CHECK_THAT(tp_num_compare(read_text(a), read_text(b)) == expect, "%s %s", a, b);
        }
    }
    CHECK(tp_num_compare(tp_real(0.5 * 0.2), read_text("0.1")) == 0);
    CHECK(tp_num_compare(tp_real(0.1 + 0.2), read_text("0.3")) > 0);
    CHECK(tp_num_compare(tp_real(0.1), read_text("0.100000000000000001")) < 0);
    CHECK(tp_num_compare(tp_real(NAN), read_text("1e400")) > 0);
    CHECK(tp_num_compare(tp_real(NAN), tp_real(NAN)) == 0);
}

static void
check_canonical(const char *text, const char *expect)
{
    struct tp_buf got = TP_BUF_INIT;

    TP_BUF_PUT(&got, "before:");
    tp_num_canonical(tp_str_of(text), &got);
    CHECK_THAT(!strcmp(tp_buf_text(&got) + 7, expect), "%s gave %s, not %s", text,
               tp_buf_text(&got) + 7, expect);
    tp_buf_release(&got);
}

static void
canonical_texts(void)
{
    static const char *const same[][5] = {
        {"1", "1.0", "10e-1", "1e0", "0.001e3"},
        {"0", "-0", "-0.0", "0e99999999999999999999", "0.000"},
        {"-1.5", "-15e-1", "-0.15E+1", "-1.50", "-1500e-3"},
        {"100", "1e2", "1.00e2", "0.1e3", "100.0"},
        {"0.05", "5e-2", "0.050", "0.005e1", "50E-3"},
        {"1e21", "1000000000000000000000", "10.0e20", "1e+21", "1e0021"},
        {"1e-7", "0.0000001", "10e-8", "0.1e-6", "0.00000010"},
        {"1.2e99999999999999999999", "12e99999999999999999998", "0.12e100000000000000000000",
         "1.20e099999999999999999999", "0.0012e100000000000000000002"},
        {"1.2e-100000000000000000000", "12e-100000000000000000001", "0.12e-99999999999999999999",
         "120e-100000000000000000002", "1200.0e-100000000000000000003"},
        {"123456789012345678901.5", "123456789012345678901.50", "1234567890123456789015e-1",
         "1.234567890123456789015e20", "123456789012345678901500e-3"},
    };

    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        for (size_t j = 0; j < 5; j++)
            check_canonical(same[i][j], same[i][0]);
}

int
main(void)
{
    RUN(powers_of_five_are_what_big_integers_give);
    RUN(integers_are_read);
    RUN(decimals_keep_mantissa_and_scale);
    RUN(reading_is_strtod_on_hard_cases);
    RUN(halfway_points_of_any_length_read_as_strtod);
    RUN(random_doubles_round_trip_and_are_shortest);
    RUN(random_digits_read_as_strtod);
    RUN(only_json_numbers_parse);
    RUN(reals_are_written);
    RUN(integers_are_written);
    RUN(wide_integers_are_written);
    RUN(sums_are_exact);
    RUN(integer_sums_beyond_int64_are_refused);
    RUN(exact_sums_forget_order_and_splits);
    RUN(subtracting_undoes_reals_too);
    RUN(comparison_is_exact);
    RUN(canonical_texts);
    return unit_end();
}
