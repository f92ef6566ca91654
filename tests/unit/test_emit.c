#include "record/emit.h"

#include <math.h>

#include "record/scan.h"
#include "unit.h"
#include "value/num.h"
#include "value/time.h"

static uint64_t seed = 4;

static uint64_t
random_below(uint64_t n)
{
    return unit_random(&seed) % n;
}

static bool
is_text(const struct tp_buf *buf, const char *want)
{
    return tp_str_equal(tp_buf_str(buf), tp_str_of(want));
}

static void
rows(void)
{
    struct tp_buf buf = TP_BUF_INIT;
    struct tp_emit row = tp_emit_open(&buf);

    tp_emit_close(&row);
    CHECK(is_text(&buf, "{}\n"));
    row = tp_emit_open(&buf); /* appends */
    tp_emit_time(&row, TP_STR("@timestamp"), 1500 * TP_MILLISECOND);
    tp_emit_text(&row, TP_STR("a\"b"), TP_STR("x\\\n\tüy"));
    tp_emit_json(&row, TP_STR("j"), TP_STR("[1.10, 1E400]"));
    tp_emit_int(&row, TP_STR("i"), INT64_MIN);
    tp_emit_real(&row, TP_STR("r"), 0.1);
    tp_emit_real(&row, TP_STR("n"), NAN);
    tp_emit_null(&row, TP_STR(""));
    tp_emit_name(&row, TP_STR("own"));
    TP_BUF_PUT(&buf, "true");
    tp_emit_close(&row);
    CHECK_THAT(is_text(&buf, "{}\n"
                             "{\"@timestamp\":\"1970-01-01T00:00:01.500Z\","
                             "\"a\\\"b\":\"x\\\\\\n\\tüy\",\"j\":[1.10, 1E400],"
                             "\"i\":-9223372036854775808,\"r\":0.1,\"n\":null,\"\":null,"
                             "\"own\":true}\n"),
               "%s", tp_buf_text(&buf));
    tp_buf_release(&buf);
}

static void
check_value(struct tp_value value, const char *want)
{
    struct tp_buf buf = TP_BUF_INIT;

    tp_emit_value(&buf, value);
    CHECK_THAT(is_text(&buf, want), "%s, not %s", tp_buf_text(&buf), want);
    tp_buf_release(&buf);
}

static void
values(void)
{
    check_value(tp_null(), "null");
    check_value(tp_bool(true), "true");
    check_value(tp_bool(false), "false");
    check_value(tp_int(-7), "-7");
    check_value(tp_real(2.5), "2.5");
    check_value(tp_real(INFINITY), "null");
    check_value(tp_real(-INFINITY), "null");
    check_value(tp_real(NAN), "null");
    check_value(tp_text(TP_STR("a\"\0b")), "\"a\\\"\\u0000b\"");
    check_value(tp_text((struct tp_str){NULL, 0}), "\"\"");
    check_value(tp_instant(0), "\"1970-01-01T00:00:00.000Z\"");
    check_value(tp_instant(-1), "\"1969-12-31T23:59:59.999999999Z\"");
    check_value((struct tp_value){.kind = TP_DURATION, .duration = 5400 * TP_SECOND}, "\"1h30m\"");
    check_value((struct tp_value){.kind = TP_JSON, .text = TP_STR("{\"a\": [1]}")}, "{\"a\": [1]}");
}

/* TP_REAL as value/num reads it. The padding is what tp_num_read may read behind the text. */
static struct tp_value
real_of(const char *text, char *padded, size_t cap)
{
    struct tp_value value = tp_null();

    snprintf(padded, cap, "%s                ", text);
    value = tp_num_read((struct tp_str){padded, strlen(text)});
    CHECK_THAT(value.kind == TP_REAL, "%s", text);
    return value;
}

static void
decimals_keep_their_digits(void)
{
    static const char *const same[] = {
        "0.1",
        "-0.1",
        "1234567.891",
        "0.123456789012345678",
        "-0.123456789012345678",
        "123456789012.345678",
        "-1234567890123456.78",
        "0.001234567890123456",
        "9007199254740993.5",
        "99999999999999999.9",
    };
    char padded[80];

    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        check_value(real_of(same[i], padded, sizeof padded), same[i]);
    check_value(real_of("1.10", padded, sizeof padded), "1.1");
    check_value(real_of("0.12345678901234560", padded, sizeof padded), "0.1234567890123456");
    check_value(real_of("9007199254740993.0", padded, sizeof padded), "9007199254740993");
}

/* Whatever decimal of 18 digits: what is written reads back as the same mantissa and double. */
static void
decimals_read_back(void)
{
    for (int i = 0; i < 20000; i++) {
        char text[80], padded[80];
        int scale = 1 + (int)random_below(18);
        uint64_t mantissa = random_below(1000000000000000000);
        uint64_t ten = 1;
        struct tp_value value, again;
        struct tp_buf buf = TP_BUF_INIT, one = TP_BUF_INIT, two = TP_BUF_INIT;

        for (int s = 0; s < scale; s++)
            ten *= 10;
        /* A 1 before the digits keeps their zeros; the point takes its place. */
        snprintf(text, sizeof text, "%s%llu", random_below(2) ? "-" : "",
                 (unsigned long long)(mantissa / ten));
        snprintf(padded, sizeof padded, "%llu", (unsigned long long)(ten + mantissa % ten));
        padded[0] = '.';
        strcat(text, padded);
        value = real_of(text, padded, sizeof padded);
        tp_emit_value(&buf, value);
        CHECK_THAT(tp_num_parse(tp_buf_str(&buf), &again), "%s", tp_buf_text(&buf));
        tp_num_canonical(tp_str_of(text), &one);
        tp_num_canonical(tp_buf_str(&buf), &two);
        CHECK_THAT(tp_str_equal(tp_buf_str(&one), tp_buf_str(&two)), "%s became %s", text,
                   tp_buf_text(&buf));
        tp_buf_release(&buf);
        tp_buf_release(&one);
        tp_buf_release(&two);
    }
}

static void
check_added(const char *line, size_t members, const char *first, const char *last)
{
    struct tp_buf buf = TP_BUF_INIT;

    tp_emit_first(&buf, tp_str_of(line), members, TP_STR("\"x\":1,\"y\":2"));
    CHECK_THAT(is_text(&buf, first), "%s, not %s", tp_buf_text(&buf), first);
    tp_buf_clear(&buf);
    tp_emit_last(&buf, tp_str_of(line), members, TP_STR("\"x\":1,\"y\":2"));
    CHECK_THAT(is_text(&buf, last), "%s, not %s", tp_buf_text(&buf), last);
    tp_buf_release(&buf);
}

static void
added_members(void)
{
    check_added("{}", 0, "{\"x\":1,\"y\":2}\n", "{\"x\":1,\"y\":2}\n");
    check_added("{ }", 0, "{\"x\":1,\"y\":2 }\n", "{ \"x\":1,\"y\":2}\n");
    check_added(" \t{\t} ", 0, " \t{\"x\":1,\"y\":2\t} \n", " \t{\t\"x\":1,\"y\":2} \n");
    check_added("{\"a\":1.10}", 1, "{\"x\":1,\"y\":2,\"a\":1.10}\n",
                "{\"a\":1.10,\"x\":1,\"y\":2}\n");
    check_added("{ \"a\" : {} }\r", 1, "{\"x\":1,\"y\":2, \"a\" : {} }\r\n",
                "{ \"a\" : {} ,\"x\":1,\"y\":2}\r\n");
    check_added("  {\"a\":\"}{\",\"b\":[{}]}", 2, "  {\"x\":1,\"y\":2,\"a\":\"}{\",\"b\":[{}]}\n",
                "  {\"a\":\"}{\",\"b\":[{}],\"x\":1,\"y\":2}\n");
}

static void
put_spaces(struct tp_buf *to)
{
    for (uint64_t n = random_below(3); n > 0; n--)
        tp_buf_put_char(to, " \t\r"[random_below(3)]);
}

static size_t
random_object(struct tp_buf *line)
{
    static const char *const values[] = {"1", "\"}\"", "{}", "[{\"a\":{ }}]", "\"\\\"}\"", "null"};
    size_t members = (size_t)random_below(4);

    tp_buf_clear(line);
    put_spaces(line);
    TP_BUF_PUT(line, "{");
    for (size_t i = 0; i < members; i++) {
        if (i > 0)
            TP_BUF_PUT(line, ",");
        put_spaces(line);
        tp_buf_put_str(line, random_below(2) ? TP_STR("\"{\"") : TP_STR("\"k\""));
        put_spaces(line);
        TP_BUF_PUT(line, ":");
        put_spaces(line);
        tp_buf_put_str(line, tp_str_of(values[random_below(6)]));
        put_spaces(line);
    }
    put_spaces(line);
    TP_BUF_PUT(line, "}");
    put_spaces(line);
    return members;
}

/* TEXT without what was added (and its comma) and without the newline is LINE again. */
static bool
is_line_with(struct tp_str text, struct tp_str line, struct tp_str added)
{
    const char *at = memmem(text.ptr, text.len, added.ptr, added.len);
    size_t before;

    if (!at || text.ptr[text.len - 1] != '\n' || text.len != line.len + added.len + 1)
        return false;
    before = (size_t)(at - text.ptr);
    return memcmp(text.ptr, line.ptr, before) == 0 &&
           memcmp(at + added.len, line.ptr + before, line.len - before) == 0;
}

static void
nothing_else_is_touched(void)
{
    struct tp_buf line = TP_BUF_INIT, first = TP_BUF_INIT, last = TP_BUF_INIT;

    for (int i = 0; i < 20000; i++) {
        size_t members = random_object(&line);
        struct tp_str added = TP_STR("\"@x\":\"{}\"");

        tp_buf_clear(&first);
        tp_buf_clear(&last);
        tp_emit_first(&first, tp_buf_str(&line), members, added);
        tp_emit_last(&last, tp_buf_str(&line), members, added);
        CHECK_THAT(tp_scan_validate(tp_buf_str(&first), NULL) == 0, "%s", tp_buf_text(&first));
        CHECK_THAT(tp_scan_validate(tp_buf_str(&last), NULL) == 0, "%s", tp_buf_text(&last));
        CHECK(is_line_with(tp_buf_str(&first), tp_buf_str(&line),
                           members ? TP_STR("\"@x\":\"{}\",") : added));
        CHECK(is_line_with(tp_buf_str(&last), tp_buf_str(&line),
                           members ? TP_STR(",\"@x\":\"{}\"") : added));
    }
    tp_buf_release(&line);
    tp_buf_release(&first);
    tp_buf_release(&last);
}

int
main(void)
{
    RUN(rows);
    RUN(values);
    RUN(decimals_keep_their_digits);
    RUN(decimals_read_back);
    RUN(added_members);
    RUN(nothing_else_is_touched);
    return unit_end();
}
