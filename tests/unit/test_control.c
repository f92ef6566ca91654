#include "record/control.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

#define NOON (INT64_C(1795262400) * TP_SECOND) /* 2026-11-21T12:00:00Z */

static uint64_t seed = 5;

static uint64_t
random_below(uint64_t n)
{
    return unit_random(&seed) % n;
}

static void
recognition(void)
{
    static const char *const control[] = {
        "{\"@watermark\":\"end\"}",       " {\"@watermark\":\"end\"}", "{ \"@watermark\":\"end\"}",
        "\t{\t\"@barrier\"\t:\t1\t}\t\r", "{\"@barrier\":1",           "{\"@watermark\":nonsense",
    };
    static const char *const data[] = {
        "",
        " ",
        "{",
        "{ ",
        "{}",
        "{\"@watermark",
        "{\"@watermark\"",
        "{\"@watermark\" ",
        "{\"@watermark\" 1}",
        "{\"@watermarks\":\"end\"}",
        "{\"@Watermark\":\"end\"}",
        "{\"@barriers\":1}",
        "{\"a\":1,\"@watermark\":\"end\"}",
        "{\"\\u0040watermark\":\"end\"}",
        "{\"watermark\":\"end\"}",
        "[{\"@watermark\":\"end\"}]",
        "\"@watermark\":\"end\"",
        "\v{\"@watermark\":\"end\"}",
        "x{\"@watermark\":\"end\"}",
        "{\"@timestamp\":\"2026-11-21T12:00:00.000Z\"}",
    };

    for (size_t i = 0; i < sizeof control / sizeof *control; i++) {
        CHECK_THAT(tp_control_is(tp_str_of(control[i])), "%s", control[i]);
        CHECK_THAT(tp_control_maybe(control[i]), "%s", control[i]);
    }
    for (size_t i = 0; i < sizeof data / sizeof *data; i++)
        CHECK_THAT(!tp_control_is(tp_str_of(data[i])), "%s", data[i]);
    CHECK(!tp_control_maybe("{\"@timestamp\""));
    CHECK(!tp_control_maybe("{\"a\":1}"));
    CHECK(!tp_control_is((struct tp_str){NULL, 0}));
}

/* Against a look at each line. */
static void
skipping(void)
{
    static const char *const parts[] = {
        "{\"@watermark\":1}\n",
        " { \"@barrier\" : 2}",
        "\n",
        "\n",
        "@w",
        "@b",
        "@",
        "{\"@timestamp\":3}",
        "{\"a\":\"@watermark\"}\n",
        "x\n",
        "a line that is longer than sixteen bytes, much longer",
    };

    for (int round = 0; round < 3000; round++) {
        struct tp_buf text = TP_BUF_INIT;
        struct tp_str lines, got;
        uint64_t count, expected = 0;
        const char *p, *end;

        for (uint64_t n = random_below(40); n > 0; n--) {
            /* Rarely a control line, so that long beginnings are seen, too. */
            uint64_t which = random_below(round % 2 ? 11 : 9) + (round % 2 ? 0 : 2);

            tp_buf_put_str(&text, tp_str_of(parts[which]));
        }
        tp_buf_put_char(&text, '\n');
        lines = tp_buf_str(&text);
        end = lines.ptr + lines.len;
        for (p = lines.ptr; p < end; expected++) {
            const char *newline = memchr(p, '\n', (size_t)(end - p));

            if (tp_control_is((struct tp_str){p, (size_t)(newline - p)}))
                break;
            p = newline + 1;
        }
        got = tp_control_skip(lines, &count);
        CHECK(got.ptr == lines.ptr && got.len == (size_t)(p - lines.ptr) && count == expected);
        tp_buf_release(&text);
    }
}

static struct tp_control
parsed(const char *line)
{
    struct tp_control control;
    struct tp_err err = {.text = ""};

    CHECK_THAT(tp_control_is(tp_str_of(line)), "%s", line);
    CHECK_THAT(tp_control_parse(tp_str_of(line), &control, &err) == 0, "%s: %s", line, err.text);
    return control;
}

static void
watermarks(void)
{
    struct tp_control c;

    CHECK(parsed("{\"@watermark\":\"start\"}").kind == TP_CONTROL_START);
    CHECK(parsed("{\"@watermark\":\"start\"}").delay == -1);
    CHECK(parsed("{\"@watermark\":\"start\",\"delay\":\"1m\"}").delay == TP_MINUTE);
    CHECK(parsed("{\"@watermark\":\"none\"}").kind == TP_CONTROL_NONE);
    CHECK(parsed("{\"@watermark\":\"idle\"}").kind == TP_CONTROL_IDLE);
    CHECK(parsed("{\"@watermark\":\"\\u0065nd\"}").kind == TP_CONTROL_END);
    c = parsed("{\"@watermark\":\"2026-11-21T12:00:00.000Z\"}");
    CHECK(c.kind == TP_CONTROL_WATERMARK && c.watermark == NOON && c.held_by.len == 0);
    c = parsed(" { \"@watermark\" : \"2026-11-21T13:00:00.0009999+01:00\" } \r");
    CHECK(c.kind == TP_CONTROL_WATERMARK && c.watermark == NOON);
    c = parsed("{\"@watermark\":\"1969-12-31T23:59:59.9999Z\"}");
    CHECK(c.watermark == -TP_MILLISECOND);
    c = parsed("{\"@watermark\":\"2026-11-21T12:00:00Z\",\"held_by\":\"a.log\"}");
    CHECK(tp_str_equal(c.held_by, TP_STR("a.log")) && !c.held_by_escaped);
    c = parsed("{\"@watermark\":\"2026-11-21T12:00:00Z\",\"held_by\":\"a\\\"b\"}");
    CHECK(tp_str_equal(c.held_by, TP_STR("a\\\"b")) && c.held_by_escaped);
}

static void
ledgers(void)
{
    struct tp_control c = parsed("{\"@watermark\":\"end\"}");

    CHECK(c.kind == TP_CONTROL_END && c.ledger.rejected == 0 && c.ledger.late == 0);
    c = parsed("{\"@watermark\":\"end\",\"rejected\":12,\"late\":3}");
    CHECK(c.ledger.rejected == 12 && c.ledger.late == 3);
    c = parsed("{\"@watermark\":\"end\",\"late\":18446744073709551615,\"rejected\":0}");
    CHECK(c.ledger.rejected == 0 && c.ledger.late == UINT64_MAX);
}

static void
barriers(void)
{
    struct tp_control c = parsed("{\"@barrier\":1763712000000}");

    CHECK(c.kind == TP_CONTROL_BARRIER && c.barrier == 1763712000000 && !c.last);
    CHECK(c.restore.len == 0);
    c = parsed("{\"@barrier\":9223372036854775807,\"last\":true}");
    CHECK(c.barrier == INT64_MAX && c.last);
    CHECK(!parsed("{\"@barrier\":0,\"last\":false}").last);
    c = parsed("{\"@barrier\":0, \"restore\" : {\"hourly\": 3, \"x\":[{\"}\":1}]} }");
    CHECK(tp_str_equal(c.restore, TP_STR("{\"hourly\": 3, \"x\":[{\"}\":1}]}")));
    c = parsed("{\"@barrier\":0,\"restore\":{}}");
    CHECK(tp_str_equal(c.restore, TP_STR("{}")));
}

static void
unknown_members_and_duplicates(void)
{
    struct tp_control c;

    c = parsed("{\"@watermark\":\"end\",\"x\":{\"late\":7},\"y\":[\"late\",{\"rejected\":1}],"
               "\"rejecte\":5,\"@barrier\":\"no\",\"late\":1}");
    CHECK(c.kind == TP_CONTROL_END && c.ledger.late == 1 && c.ledger.rejected == 0);
    c = parsed("{\"@watermark\":\"idle\",\"late\":-1,\"held_by\":5}");
    CHECK(c.kind == TP_CONTROL_IDLE);
    c = parsed("{\"@watermark\":5,\"@watermark\":\"idle\"}");
    CHECK(c.kind == TP_CONTROL_IDLE);
    c = parsed("{\"@watermark\":5,\"\\u0040watermark\":\"idle\"}");
    CHECK(c.kind == TP_CONTROL_IDLE);
    c = parsed(
        "{\"@barrier\":1,\"last\":true,\"@watermark\":\"end\",\"last\":false,\"@barrier\":2}");
    CHECK(c.kind == TP_CONTROL_BARRIER && c.barrier == 2 && !c.last);
    c = parsed("{\"@watermark\":\"end\",\"l\\u0061te\":4,\"a\\\\\":1,\"\\\"\":\"\\\\\"}");
    CHECK(c.ledger.late == 4);
}

static void
check_refused(const char *line, const char *reason)
{
    struct tp_control control;
    struct tp_err err = {.text = ""};

    CHECK_THAT(tp_control_parse(tp_str_of(line), &control, &err) == -1, "%s", line);
    CHECK_THAT(err.fault == TP_FAULT_RECORD && strstr(err.text, reason), "%s: %s", line, err.text);
}

static void
refusals(void)
{
    check_refused("{\"@watermark\":\"foo\"}",
                  "@watermark: neither a time nor start, none, idle, end: \"foo\"");
    check_refused("{\"@watermark\":1763712000000}",
                  "@watermark: neither a time nor start, none, idle, end: 1763712000000");
    check_refused("{\"@watermark\":null}", "neither a time nor");
    check_refused("{\"@watermark\":{}}", "neither a time nor");
    check_refused("{\"@watermark\":\"\"}", "neither a time nor");
    check_refused("{\"@watermark\":\"End\"}", "neither a time nor");
    check_refused("{\"@watermark\":\"2026-11-21T12:00:00\"}", "without Z or an offset");
    check_refused("{\"@watermark\":\"2026-11-21\"}", "without Z or an offset");
    check_refused("{\"@watermark\":\"2026-13-21T12:00:00Z\"}", "@watermark: ");
    check_refused("{\"@watermark\":\"9999-01-01T00:00:00Z\"}", "@watermark: ");
    check_refused("{\"@watermark\":\"2026-11-21T12:00:00Z\",\"held_by\":null}", "held_by: not a");
    check_refused("{\"@watermark\":\"end\",\"late\":-1}", "late: not a count: -1");
    check_refused("{\"@watermark\":\"end\",\"late\":1.0}", "late: not a count: 1.0");
    check_refused("{\"@watermark\":\"end\",\"rejected\":\"1\"}", "rejected: not a count: \"1\"");
    check_refused("{\"@watermark\":\"end\",\"rejected\":18446744073709551616}", "not a count");
    check_refused("{\"@barrier\":-1}", "@barrier: not an ID, a whole number from 0: -1");
    check_refused("{\"@barrier\":1e3}", "@barrier: not an ID");
    check_refused("{\"@barrier\":\"1\"}", "@barrier: not an ID");
    check_refused("{\"@barrier\":9223372036854775808}", "@barrier: not an ID");
    check_refused("{\"@barrier\":1,\"last\":1}", "last: neither true nor false: 1");
    check_refused("{\"@barrier\":1,\"restore\":[]}", "restore: not an object: []");
    check_refused("{\"@barrier\":1,}", "");
    check_refused("{\"@barrier\":1} x", "");
    check_refused("{\"@watermark\":\"end\"", "");
    check_refused("{\"a\":1}", "not a control line");
}

static void
long_values_are_cut_between_characters(void)
{
    struct tp_control control;
    struct tp_err err;
    struct tp_buf line = TP_BUF_INIT;

    TP_BUF_PUT(&line, "{\"@watermark\":\"");
    for (int i = 0; i < 1000; i++)
        TP_BUF_PUT(&line, "ü");
    TP_BUF_PUT(&line, "\"}");
    CHECK(tp_control_parse(tp_buf_str(&line), &control, &err) == -1);
    CHECK_THAT(strlen(err.text) < 140 && strstr(err.text, "üü..."), "%s", err.text);
    tp_buf_release(&line);
}

static void
check_written(struct tp_control control, const char *want)
{
    struct tp_buf buf = TP_BUF_INIT;

    tp_control_write(&buf, &control);
    CHECK_THAT(strcmp(tp_buf_text(&buf), want) == 0, "%s, not %s", tp_buf_text(&buf), want);
    CHECK(tp_control_maybe(want));
    tp_buf_release(&buf);
}

static void
writing(void)
{
    check_written((struct tp_control){.kind = TP_CONTROL_START, .delay = -1},
                  "{\"@watermark\":\"start\"}\n");
    check_written((struct tp_control){.kind = TP_CONTROL_START, .delay = 90 * TP_SECOND},
                  "{\"@watermark\":\"start\",\"delay\":\"1m30s\"}\n");
    check_written((struct tp_control){.kind = TP_CONTROL_NONE}, "{\"@watermark\":\"none\"}\n");
    check_written((struct tp_control){.kind = TP_CONTROL_IDLE}, "{\"@watermark\":\"idle\"}\n");
    check_written((struct tp_control){.kind = TP_CONTROL_END, .ledger = {12, 3}},
                  "{\"@watermark\":\"end\",\"rejected\":12,\"late\":3}\n");
    check_written((struct tp_control){.kind = TP_CONTROL_WATERMARK, .watermark = NOON},
                  "{\"@watermark\":\"2026-11-21T12:00:00.000Z\"}\n");
    check_written((struct tp_control){.kind = TP_CONTROL_WATERMARK,
                                      .watermark = NOON,
                                      .held_by = TP_STR("a\"b")},
                  "{\"@watermark\":\"2026-11-21T12:00:00.000Z\",\"held_by\":\"a\\\"b\"}\n");
    check_written((struct tp_control){.kind = TP_CONTROL_BARRIER, .barrier = 7, .last = true},
                  "{\"@barrier\":7,\"last\":true}\n");
    check_written(
        (struct tp_control){.kind = TP_CONTROL_BARRIER, .restore = TP_STR("{\"hourly\":3}")},
        "{\"@barrier\":0,\"restore\":{\"hourly\":3}}\n");
}

static bool
same(const struct tp_control *a, const struct tp_control *b)
{
    return a->kind == b->kind && a->watermark == b->watermark &&
           tp_str_equal(a->held_by, b->held_by) && a->held_by_escaped == b->held_by_escaped &&
           a->ledger.rejected == b->ledger.rejected && a->ledger.late == b->ledger.late &&
           a->barrier == b->barrier && a->last == b->last && tp_str_equal(a->restore, b->restore);
}

/* Damages valid lines at random: what is still read is written and read back as the same. The copy
 * is exactly as long as the line, so that the sanitizer sees a read behind it. */
static void
damaged_lines(void)
{
    static const char *const lines[] = {
        "{\"@watermark\":\"2026-11-21T12:00:00.000Z\",\"held_by\":\"a\\\"\\u0041.log\"}",
        "{ \"@watermark\" : \"end\" , \"rejected\" : 12 , \"late\" : 3 }",
        "{\"@barrier\":1763712000000,\"last\":true,\"restore\":{\"x\":[1,{\"y\":\"}\"}]}}",
        "{\"@watermark\":\"idle\",\"x\":[{},[],\"\\\\\",-1.5e3,null,true]}",
    };
    static const char bytes[] = "{}[]\",:\\ \t\r\n0159-eu@ab\x80";
    int read = 0;

    for (int i = 0; i < 100000; i++) {
        const char *from = lines[random_below(4)];
        size_t len = strlen(from);
        char *copy = malloc(len);
        struct tp_str line = {copy, len};
        struct tp_control one, two;
        struct tp_buf written = TP_BUF_INIT;

        memcpy(copy, from, len);
        for (uint64_t n = random_below(4); n > 0; n--)
            copy[random_below(len)] = bytes[random_below(sizeof bytes - 1)];
        if (random_below(8) == 0)
            line.len = (size_t)random_below(len);
        if (tp_control_is(line) && tp_control_parse(line, &one, NULL) == 0) {
            tp_control_write(&written, &one);
            CHECK(tp_control_parse((struct tp_str){written.ptr, written.len - 1}, &two, NULL) == 0);
            CHECK_THAT(same(&one, &two), "%.*s", (int)len, copy);
            read++;
        }
        tp_buf_release(&written);
        free(copy);
    }
    CHECK_THAT(read > 20000, "only %d were read", read);
}

int
main(void)
{
    RUN(recognition);
    RUN(skipping);
    RUN(watermarks);
    RUN(ledgers);
    RUN(barriers);
    RUN(unknown_members_and_duplicates);
    RUN(refusals);
    RUN(long_values_are_cut_between_characters);
    RUN(writing);
    RUN(damaged_lines);
    return unit_end();
}
