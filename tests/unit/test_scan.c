#include "record/scan.h"

#include <stdlib.h>

#include "unit.h"

/* Lines in a block of their exact size plus padding, so that a sanitizer sees reads beyond. */
struct block {
    char *ptr;
    const char *end;
};

static struct block
block_of(const void *text, size_t len)
{
    struct block block = {.ptr = malloc(len + TP_SCAN_PADDING)};

    memcpy(block.ptr, text, len);
    memset(block.ptr + len, '"', TP_SCAN_PADDING);
    block.end = block.ptr + len;
    return block;
}

static struct tp_scan *
scan_for(const char *const *wanted, size_t count, bool guessing)
{
    struct tp_scan *scan = tp_scan_new();
    struct tp_path path;
    struct tp_err err;

    for (size_t i = 0; i < count; i++) {
        CHECK(tp_path_parse(&path, tp_str_of(wanted[i]), &err) == 0);
        CHECK(tp_scan_want(scan, &path, &err) == (int)i);
        tp_path_release(&path);
    }
    tp_scan_set_guessing(scan, guessing);
    return scan;
}

#define WANTED_MAX 8

/* Scans LINES (each ends with a newline) and appends what the slots hold: the JSON text of each,
 * `-` for a missing one, a line each; for a refused line `! AT WHY`. */
static void
put_answers(struct tp_scan *scan, const char *lines, size_t len, struct tp_buf *to)
{
    struct block block = block_of(lines, len);
    const char *line = block.ptr;
    struct tp_slot slot[WANTED_MAX];
    struct tp_err err;

    while (line < block.end) {
        const char *next = tp_scan_line(scan, line, block.end, slot, NULL, &err);

        if (!next) {
            tp_buf_printf(to, "! %ld %s\n", err.at, err.text);
            line = (const char *)memchr(line, '\n', (size_t)(block.end - line)) + 1;
            continue;
        }
        for (size_t i = 0; i < tp_scan_slots(scan); i++) {
            if (i)
                tp_buf_put_char(to, ' ');
            if (slot[i].kind == TP_SLOT_MISSING)
                tp_buf_put_char(to, '-');
            else
                tp_buf_put_str(to, tp_slot_json(&slot[i]));
        }
        tp_buf_put_char(to, '\n');
        line = next;
    }
    free(block.ptr);
}

static const char *const wanted[] = {"a", "b", "a.b", "a[1]", "a[0].c"};

/* Without prediction, and with it when all has been seen before. */
static void
check_answer(const char *lines, const char *expected)
{
    for (int guessing = 0; guessing <= 1; guessing++) {
        struct tp_scan *scan = scan_for(wanted, 5, guessing);
        struct tp_buf got = TP_BUF_INIT;

        for (int round = 0; round < 4; round++) {
            tp_buf_clear(&got);
            put_answers(scan, lines, strlen(lines), &got);
            CHECK_THAT(strcmp(tp_buf_text(&got), expected) == 0, "%s gives %s", lines,
                       tp_buf_text(&got));
        }
        tp_buf_release(&got);
        tp_scan_free(scan);
    }
}

static void
members_are_found(void)
{
    check_answer("{}\n", "- - - - -\n");
    check_answer(" { } \r\n", "- - - - -\n");
    check_answer("{\"a\":1}\n", "1 - - - -\n");
    check_answer("{\"a\":-0,\"b\":1.50}\n", "-0 1.50 - - -\n");
    check_answer("{\"a\":\"x\",\"b\":\"\"}\n", "\"x\" \"\" - - -\n");
    check_answer("{\"a\":true,\"b\":null}\n", "true null - - -\n");
    check_answer("{\"b\":false,\"a\":\"\\u00e9\\n\"}\n", "\"\\u00e9\\n\" false - - -\n");
    check_answer("\t{ \"a\" : { \"b\" : 2 } , \"b\" : [ ] }\r\n", "{ \"b\" : 2 } [ ] 2 - -\n");
    check_answer("{\"a\":[{\"c\":3},4],\"x\":{\"a\":5}}\n", "[{\"c\":3},4] - - 4 3\n");
    check_answer("{\"a\":[[1],{\"c\":3}]}\n", "[[1],{\"c\":3}] - - {\"c\":3} -\n");
    check_answer("{\"a\":{\"1\":1,\"0\":{\"c\":1}}}\n", "{\"1\":1,\"0\":{\"c\":1}} - - - -\n");
    check_answer("{\"a\":1}\n{\"b\":2}\n{\"a\":3,\"b\":4}\n", "1 - - - -\n- 2 - - -\n3 4 - - -\n");
}

static void
keys_are_compared_without_escapes(void)
{
    check_answer("{\"\\u0061\":1}\n", "1 - - - -\n");
    check_answer("{\"\\u0061\":{\"\\u0062\":1}}\n", "{\"\\u0062\":1} - 1 - -\n");
    check_answer("{\"a\\u0000\":1}\n", "- - - - -\n");
    check_answer("{\"aa\":1,\"A\":2,\"\":3}\n", "- - - - -\n");
}

static void
surrogate_pairs_in_keys(void)
{
    static const char *const name[] = {"\"\xf0\x9f\x98\x80\""};
    struct tp_scan *scan = scan_for(name, 1, true);
    struct tp_buf got = TP_BUF_INIT;
    const char *line = "{\"\\ud83d\\ude00\":1}\n{\"\xf0\x9f\x98\x80\":2}\n";

    put_answers(scan, line, strlen(line), &got);
    CHECK(strcmp(tp_buf_text(&got), "1\n2\n") == 0);
    tp_buf_release(&got);
    tp_scan_free(scan);
}

static void
the_last_of_duplicates_wins(void)
{
    check_answer("{\"a\":1,\"a\":2}\n", "2 - - - -\n");
    check_answer("{\"a\":{\"b\":1},\"a\":{\"c\":2}}\n", "{\"c\":2} - - - -\n");
    check_answer("{\"a\":{\"b\":1},\"a\":5}\n", "5 - - - -\n");
    check_answer("{\"a\":{\"b\":1},\"a\":\"x\"}\n", "\"x\" - - - -\n");
    check_answer("{\"a\":{\"b\":1},\"a\":null}\n", "null - - - -\n");
    check_answer("{\"a\":{\"b\":1},\"a\":{}}\n", "{} - - - -\n");
    check_answer("{\"a\":5,\"a\":{\"b\":1,\"b\":2}}\n", "{\"b\":1,\"b\":2} - 2 - -\n");
    check_answer("{\"a\":[{\"c\":1},2],\"\\u0061\":[3]}\n", "[3] - - - -\n");
    check_answer("{\"a\":[{\"c\":1},2],\"a\":{\"b\":[]}}\n", "{\"b\":[]} - [] - -\n");
}

static void
faults_say_what_was_expected(void)
{
    check_answer("\n", "! 0 expected '{'\n");
    check_answer("[1]\n", "! 0 expected '{'\n");
    check_answer("\xef\xbb\xbf{}\n", "! 0 expected '{'\n");
    check_answer("{\n", "! 1 expected a member name in double quotes\n");
    check_answer("{a:1}\n", "! 1 expected a member name in double quotes\n");
    check_answer("{\"a\":1,}\n", "! 7 expected a member name in double quotes\n");
    check_answer("{\"a\" 1}\n", "! 5 expected ':' after a member name\n");
    check_answer("{\"a\":}\n", "! 5 expected a value\n");
    check_answer("{\"a\":[1,]}\n", "! 8 expected a value\n");
    check_answer("{\"a\":[,1]}\n", "! 6 expected a value\n");
    check_answer("{\"a\":1\n", "! 6 expected ',' or '}'\n");
    check_answer("{\"a\":1]\n", "! 6 expected ',' or '}'\n");
    check_answer("{\"a\":[1}\n", "! 7 expected ',' or ']'\n");
    check_answer("{\"a\":1 \"b\":2}\n", "! 7 expected ',' or '}'\n");
    check_answer("{\"a\":1}}\n", "! 7 expected nothing behind the object\n");
    check_answer("{\"a\":1} {}\n", "! 8 expected nothing behind the object\n");
    check_answer("{\"a\":\"b\n", "! 7 expected the closing quote of a string\n");
    check_answer("{\"a\":\"b\tc\"}\n", "! 7 control character in a string\n");
    check_answer("{\"a\":\"\x1f\"}\n", "! 6 control character in a string\n");
    check_answer("{\"a\":\"\\x\"}\n", "! 6 unknown escape in a string\n");
    check_answer("{\"a\":\"\\u12G4\"}\n", "! 6 expected four hexadecimal digits after \\u\n");
    check_answer("{\"a\":\"\\u12\n", "! 6 expected four hexadecimal digits after \\u\n");
    check_answer("{\"a\":\"\\ud83d\"}\n", "! 6 lone surrogate in a \\u escape\n");
    check_answer("{\"a\":\"\\ud83d\\u0041\"}\n", "! 6 lone surrogate in a \\u escape\n");
    check_answer("{\"a\":\"\\ude00\"}\n", "! 6 lone surrogate in a \\u escape\n");
    check_answer("{\"a\":tru}\n", "! 5 expected a value\n");
    check_answer("{\"a\":truex}\n", "! 9 expected ',' or '}'\n");
    check_answer("{\"a\":NaN}\n", "! 5 expected a value\n");
    check_answer("{\"a\":'b'}\n", "! 5 expected a value\n");
}

static void
bad_numbers_are_refused(void)
{
    check_answer("{\"a\":01}\n", "! 5 a number cannot begin with a zero\n");
    check_answer("{\"a\":-01}\n", "! 6 a number cannot begin with a zero\n");
    check_answer("{\"a\":00}\n", "! 5 a number cannot begin with a zero\n");
    check_answer("{\"a\":00.5}\n", "! 5 a number cannot begin with a zero\n");
    check_answer("{\"a\":+1}\n", "! 5 expected a value\n");
    check_answer("{\"a\":.5}\n", "! 5 expected a value\n");
    check_answer("{\"a\":-}\n", "! 6 expected a digit\n");
    check_answer("{\"a\":-.5}\n", "! 6 expected a digit\n");
    check_answer("{\"a\":1.}\n", "! 7 expected a digit\n");
    check_answer("{\"a\":1.e5}\n", "! 7 expected a digit\n");
    check_answer("{\"a\":1e}\n", "! 7 expected a digit\n");
    check_answer("{\"a\":1e+}\n", "! 8 expected a digit\n");
    check_answer("{\"a\":1.2.3}\n", "! 8 expected ',' or '}'\n");
    check_answer("{\"a\":0x10}\n", "! 6 expected ',' or '}'\n");
    check_answer("{\"a\":1-2}\n", "! 6 expected ',' or '}'\n");
}

/* Numbers of every length around the block sizes, as the only and as a learned value. */
static void
good_numbers_keep_their_text(void)
{
    static const char *const tail[] = {
        "", ".5", ".25e1", "e7", "E+07", "e-3", ".000000000000000001"};
    char digits[64], line[256], expected[256];

    for (size_t len = 1; len <= 40; len++) {
        memset(digits, '7', len);
        digits[len] = '\0';
        for (size_t i = 0; i < sizeof tail / sizeof *tail; i++) {
            snprintf(line, sizeof line, "{\"a\":%s%s,\"b\":-%s%s}\n", digits, tail[i], digits,
                     tail[i]);
            snprintf(expected, sizeof expected, "%s%s -%s%s - - -\n", digits, tail[i], digits,
                     tail[i]);
            check_answer(line, expected);
        }
    }
}

static void
slots_know_their_kind(void)
{
    static const struct {
        const char *value;
        enum tp_slot_kind kind;
    } cases[] = {
        {"null", TP_SLOT_NULL},
        {"false", TP_SLOT_FALSE},
        {"true", TP_SLOT_TRUE},
        {"12", TP_SLOT_INTEGER},
        {"-0", TP_SLOT_INTEGER},
        {"1.0", TP_SLOT_REAL},
        {"1e3", TP_SLOT_REAL},
        {"\"x\"", TP_SLOT_TEXT},
        {"\"\xc3\xa9\"", TP_SLOT_TEXT},
        {"\"\\/\"", TP_SLOT_ESCAPED},
        {"{\"x\":1}", TP_SLOT_OBJECT},
        {"[1]", TP_SLOT_ARRAY},
        {"[]", TP_SLOT_ARRAY},
        {"{}", TP_SLOT_OBJECT},
        {"12345678901234567890123", TP_SLOT_INTEGER},
    };
    char text[128];

    for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        size_t at = i / 2;
        struct tp_scan *scan = scan_for(wanted, 1, i % 2);
        struct block block;
        struct tp_slot slot;

        block =
            block_of(text, (size_t)snprintf(text, sizeof text, "{\"a\":%s}\n", cases[at].value));
        for (int round = 0; round < 3; round++) {
            CHECK(tp_scan_line(scan, block.ptr, block.end, &slot, NULL, NULL) == block.end);
            CHECK_THAT(slot.kind == cases[at].kind, "%s is %d", cases[at].value, (int)slot.kind);
        }
        free(block.ptr);
        tp_scan_free(scan);
    }
}

static size_t
members_of(struct tp_scan *scan, const char *line)
{
    struct block block = block_of(line, strlen(line));
    struct tp_slot slot[WANTED_MAX];
    size_t members = 99;

    CHECK(tp_scan_line(scan, block.ptr, block.end, slot, &members, NULL) == block.end);
    free(block.ptr);
    return members;
}

static void
members_are_counted(void)
{
    struct tp_scan *scan = scan_for(wanted, 5, true);

    for (int round = 0; round < 3; round++) {
        CHECK(members_of(scan, "{}\n") == 0);
        CHECK(members_of(scan, "{\"a\":{\"b\":1,\"c\":2}}\n") == 1);
        CHECK(members_of(scan, "{\"x\":{},\"y\":[],\"z\":{\"a\":[{\"q\":1}]}}\n") == 3);
        CHECK(members_of(scan, "{\"x\":1,\"x\":1}\n") == 2);
    }
    tp_scan_free(scan);
}

/* Strings of every length up to 200 with something at every place. */
static void
strings_of_every_length(void)
{
    static const char *const odd[] = {
        "\\\"",         "\\u00e9",          "\xc3\xa9",
        "\xe6\xb5\x81", "\xf0\x9f\x98\x80", "\xe6\xb5\x81\xe6\xb0\xb4"};
    static const char *const bad[] = {
        "\x01",     "\xff",         "\xc3",         "\xe6\xb5",
        "\\q",      "\xed\xa0\x80", "\xe0\x80\x80", "\xf4\x90\x80\x80",
        "\xc0\x80", "\x80"};
    struct tp_scan *scan = scan_for(wanted, 1, true), *plain = scan_for(wanted, 1, false);
    struct tp_slot slot, same;

    for (size_t len = 0; len < 150; len++) {
        for (size_t i = 0; i < 6 + 10; i++) {
            const char *what = i < 6 ? odd[i] : bad[i - 6];
            char text[512] = "{\"a\":\"";
            size_t at = 6 + len / 3 * (i % 4);
            struct block block;
            const char *next;

            memset(text + 6, 'x', 400);
            memcpy(text + at, what, strlen(what));
            memcpy(text + at + strlen(what) + len, "\"}\n", 4);
            block = block_of(text, strlen(text));
            next = tp_scan_line(scan, block.ptr, block.end, &slot, NULL, NULL);
            CHECK(next == (i < 6 ? block.end : NULL));
            CHECK(tp_scan_line(plain, block.ptr, block.end, &same, NULL, NULL) == next);
            if (next)
                CHECK(slot.ptr == same.ptr && slot.len == same.len && slot.kind == same.kind &&
                      slot.len == strlen(text) - 9);
            free(block.ptr);
        }
    }
    tp_scan_free(scan);
    tp_scan_free(plain);
}

/* Forty lines with VALUE, and then one with OTHER in its place, that ends in END. */
static void
check_change(struct tp_scan *const scan[2], const char *value, const char *other, const char *end)
{
    struct tp_buf lines = TP_BUF_INIT, got[2] = {TP_BUF_INIT, TP_BUF_INIT};

    for (int line = 0; line < 40; line++)
        tp_buf_printf(&lines, "{\"z\":1,\"a\":%s,\"b\":12}\n", value);
    tp_buf_printf(&lines, "{\"z\":1,\"a\":%s%s\n", other, end);
    for (int guessing = 0; guessing <= 1; guessing++)
        put_answers(scan[guessing], lines.ptr, lines.len, &got[guessing]);
    CHECK_THAT(tp_str_equal(tp_buf_str(&got[0]), tp_buf_str(&got[1])), "%s, then %s%s", value,
               other, end);
    tp_buf_release(&lines);
    tp_buf_release(&got[0]);
    tp_buf_release(&got[1]);
}

/* After many values of one length, which are then foreseen to go on, comes any other: one byte is
 * another, or missing, or one too many. */
static void
steady_values_that_change(void)
{
    static const char *const usual[] = {
        "\"\"",
        "\"GET\"",
        "\"0123456789abcdef\"",
        "\"2026-11-20T23:59:59.596Z\"",
        "\"0123456789abcdef0123456789abcdef\"",
        "\"0123456789abcdef0123456789abcdef0123456789abcde\"",
        "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"",
        "7",
        "200",
        "0.472",
        "12.5",
        "1700000000",
        "-1.25",
        "true",
        "null"};
    static const char odd[] = "\"\\\x01\xc3.e0-x,]}";
    static const char *const end[] = {"", "}", ",\"b\":345}"};
    static const char *const asked[] = {"a", "b"};

    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        struct tp_scan *const scan[] = {scan_for(asked, 2, false), scan_for(asked, 2, true)};
        size_t len = strlen(usual[i]);

        for (size_t at = 0; at <= len; at++) {
            for (size_t j = 0; j < sizeof odd; j++) {
                char other[80];

                memcpy(other, usual[i], len + 1);
                other[at] = odd[j]; /* the last is NUL: cut off */
                other[len + 1] = '\0';
                for (size_t k = 0; k < 3; k++)
                    check_change(scan, usual[i], other, end[k]);
            }
        }
        tp_scan_free(scan[0]);
        tp_scan_free(scan[1]);
    }
}

/* Wrong answers that guessing has given before it was tested like this. */
static void
guesses_that_were_wrong_once(void)
{
    /* a borrow from `\\` in the portable block made a mark of the `]` behind it */
    check_answer("{\"a\":\"[/|\\\\]^`=\",\"b\":\"\\\"#\\\"#!\"}\n",
                 "\"[/|\\\\]^`=\" \"\\\"#\\\"#!\" - - -\n");
    check_answer("{\"a\":581,\"b\":1}\n{\"a\":581.291,\"b\":1}\n{\"a\":581e2,\"b\":1}\n",
                 "581 1 - - -\n581.291 1 - - -\n581e2 1 - - -\n");
    check_answer("{\"a\":1,\"b\":2}\n,\"b\":2}\n{\"b\":2}\n",
                 "1 2 - - -\n! 0 expected '{'\n- 2 - - -\n");
    check_answer("{\"a\":\"x\"}\n{\"a\":\"x\n{\"a\":\"x\"\n",
                 "\"x\" - - - -\n! 7 expected the closing quote of a string\n"
                 "! 8 expected ',' or '}'\n");
    check_answer("\n{\"a\":1}\n\n{\"a\":1}\n",
                 "! 0 expected '{'\n1 - - - -\n! 0 expected '{'\n1 - - - -\n");
    check_answer("{\"a\":1}\n{\"a\":\"1\"}\n{\"a\":[1]}\n{\"a\":true}\n{\"a\":}\n",
                 "1 - - - -\n\"1\" - - - -\n[1] - - - -\ntrue - - - -\n! 5 expected a value\n");
}

/* Endless new keys: the pools fill and are emptied, answers stay right, and so does the memory of
 * names. */
static void
hostile_keys_are_bounded(void)
{
    struct tp_scan *scan = scan_for(wanted, 2, true);
    const struct tp_str *names;
    struct tp_slot slot[2];
    char text[256];

    for (int i = 0; i < 20000; i++) {
        int key = i % 3 ? i : i % 7;
        struct block block = block_of(
            text,
            (size_t)snprintf(text, sizeof text,
                             "{\"k%d\":{\"x\":[%d]},\"a\":%d,\"long%050d\":\"\",\"b\":true}\n", key,
                             i, i, key));

        CHECK(tp_scan_line(scan, block.ptr, block.end, slot, NULL, NULL) == block.end);
        CHECK(slot[0].kind == TP_SLOT_INTEGER && atoi(slot[0].ptr) == i);
        CHECK(slot[1].kind == TP_SLOT_TRUE);
        free(block.ptr);
    }
    CHECK(tp_scan_names(scan, &names) <= 4096 && tp_scan_names(scan, &names) > 3000);
    CHECK(tp_str_equal(names[0], TP_STR("k0")) && tp_str_equal(names[1], TP_STR("a")));
    tp_scan_free(scan);
}

static void
names_are_kept_once_in_order(void)
{
    struct tp_scan *scan = scan_for(wanted, 5, true);
    const struct tp_str *names;

    for (int i = 0; i < 3; i++) {
        members_of(scan, "{\"z\":{\"inner\":1},\"a\":2,\"\\u007a\":3}\n");
        members_of(scan, "{\"status\":1,\"z\":2}\n");
    }
    CHECK(tp_scan_names(scan, &names) == 3);
    CHECK(tp_str_equal(names[0], TP_STR("z")) && tp_str_equal(names[1], TP_STR("a")) &&
          tp_str_equal(names[2], TP_STR("status")));
    tp_scan_free(scan);
}

static void
put_nested(struct tp_buf *to, size_t depth, bool closed)
{
    for (size_t i = 0; i < depth; i++)
        tp_buf_put_char(to, '[');
    for (size_t i = 0; closed && i < depth; i++)
        tp_buf_put_char(to, ']');
}

static void
depth_is_capped(void)
{
    static const size_t depth[] = {1, 31, 32, 33, 34, 63, 64, 65, 66, 500, 998, 999, 1000, 100000};

    for (size_t i = 0; i < sizeof depth / sizeof *depth; i++) {
        struct tp_buf line = TP_BUF_INIT, expected = TP_BUF_INIT;

        TP_BUF_PUT(&line, "{\"a\":");
        put_nested(&line, depth[i], true);
        if (depth[i] < TP_SCAN_DEPTH) {
            put_nested(&expected, depth[i], true);
            tp_buf_printf(&expected, " - - - -\n");
        } else {
            tp_buf_printf(&expected, "! %d nested deeper than 1000\n", 5 + TP_SCAN_DEPTH - 1);
        }
        TP_BUF_PUT(&line, "}\n");
        check_answer(tp_buf_text(&line), tp_buf_text(&expected));
        tp_buf_release(&line);
        tp_buf_release(&expected);
    }
}

static void
a_path_of_full_length_is_found(void)
{
    struct tp_buf text = TP_BUF_INIT, line = TP_BUF_INIT;
    struct tp_buf got = TP_BUF_INIT;
    const char *name[1];
    struct tp_scan *scan;

    TP_BUF_PUT(&text, "a");
    TP_BUF_PUT(&line, "{\"a\":");
    for (int i = 1; i < TP_PATH_MAX_STEPS; i++) {
        TP_BUF_PUT(&text, "[1]");
        TP_BUF_PUT(&line, "[0,");
    }
    TP_BUF_PUT(&line, "[[7]]");
    for (int i = 1; i < TP_PATH_MAX_STEPS; i++)
        tp_buf_put_char(&line, ']');
    TP_BUF_PUT(&line, "}\n");
    name[0] = tp_buf_text(&text);
    scan = scan_for(name, 1, true);
    for (int i = 0; i < 3; i++)
        put_answers(scan, line.ptr, line.len, &got);
    CHECK(strcmp(tp_buf_text(&got), "[[7]]\n[[7]]\n[[7]]\n") == 0);
    tp_scan_free(scan);
    tp_buf_release(&text);
    tp_buf_release(&line);
    tp_buf_release(&got);
}

static void
wants_have_numbers(void)
{
    struct tp_scan *scan = tp_scan_new();
    struct tp_path a, b;
    struct tp_err err;

    CHECK(tp_path_parse(&a, TP_STR("a.b"), &err) == 0 && tp_path_parse(&b, TP_STR("a"), &err) == 0);
    CHECK(tp_scan_want(scan, &a, &err) == 0 && tp_scan_want(scan, &b, &err) == 1);
    CHECK(tp_scan_want(scan, &a, &err) == 0 && tp_scan_slots(scan) == 2);
    members_of(scan, "{}\n");
    CHECK(tp_scan_want(scan, &a, &err) == -1);
    tp_path_release(&a);
    tp_path_release(&b);
    tp_scan_free(scan);
    tp_scan_free(NULL);
}

static void
slots_give_values(void)
{
    const char *line =
        "{\"a\":\"x\\ny\",\"b\":42}\n{\"a\":\"z\",\"b\":1.5}\n{\"a\":{},\"b\":false}\n{}\n";
    struct block block = block_of(line, strlen(line));
    struct tp_scan *scan = scan_for(wanted, 2, true);
    struct tp_buf scratch = TP_BUF_INIT;
    struct tp_slot slot[2];
    struct tp_value value;
    const char *p = block.ptr;

    p = tp_scan_line(scan, p, block.end, slot, NULL, NULL);
    value = tp_slot_value(&slot[0], &scratch);
    CHECK(value.kind == TP_TEXT && tp_str_equal(value.text, TP_STR("x\ny")));
    value = tp_slot_value(&slot[1], &scratch);
    CHECK(value.kind == TP_INT && value.integer == 42);
    p = tp_scan_line(scan, p, block.end, slot, NULL, NULL);
    value = tp_slot_value(&slot[0], &scratch);
    CHECK(value.kind == TP_TEXT && tp_str_equal(value.text, TP_STR("z")));
    value = tp_slot_value(&slot[1], &scratch);
    CHECK(value.kind == TP_REAL && value.real == 1.5);
    p = tp_scan_line(scan, p, block.end, slot, NULL, NULL);
    value = tp_slot_value(&slot[0], &scratch);
    CHECK(value.kind == TP_JSON && tp_str_equal(value.text, TP_STR("{}")));
    value = tp_slot_value(&slot[1], &scratch);
    CHECK(value.kind == TP_BOOL && !value.boolean);
    p = tp_scan_line(scan, p, block.end, slot, NULL, NULL);
    CHECK(p == block.end && tp_slot_value(&slot[0], &scratch).kind == TP_NULL);
    CHECK(tp_str_equal(tp_slot_json(&slot[0]), TP_STR("null")));
    tp_buf_release(&scratch);
    tp_scan_free(scan);
    free(block.ptr);
}

static void
check_valid(const char *text, long fault)
{
    struct tp_err err = {.at = -1};
    int result = tp_scan_validate(tp_str_of(text), &err);

    CHECK_THAT(result == (fault < 0 ? 0 : -1) && err.at == fault, "%s: %ld %s", text, err.at,
               err.text);
}

static void
any_text_is_validated(void)
{
    check_valid("1", -1);
    check_valid("\n[\n1,\r\n\t{\"a\":\nnull}]\n\n", -1);
    check_valid("\"\"", -1);
    check_valid(" null ", -1);
    check_valid("", 0);
    check_valid("\n", 1);
    check_valid("1 2", 2);
    check_valid("\"a\nb\"", 2);
    check_valid("\"a", 2);
    check_valid("[1", 2);
    check_valid("{\"a\":1,}", 7);
}

/* Eight members, in an order that a seeded generator gives; every other line has spaces. */
static void
put_disorder(struct tp_buf *lines, unsigned *state)
{
    static const char *const member[] = {
        "\"a\":1",
        "\"b\":\"x\"",
        "\"c\":{\"a\":2.5}",
        "\"d\":null",
        "\"long_name_of_more_bytes\":\"y\"",
        "\"e\":[1,2]",
        "\"f\":\"\\n\"",
        "\"g\":-3e4",
    };
    const char *comma = "{";

    for (size_t left = 8, used = 0; left; left--) {
        size_t at;

        do {
            *state = *state * 1664525u + 1013904223u; /* Numerical Recipes */
            at = *state >> 16 & 7;
        } while (used >> at & 1);
        used |= (size_t)1 << at;
        tp_buf_printf(lines, "%s%s", comma, member[at]);
        comma = lines->len % 2 ? ", " : ",";
    }
    tp_buf_printf(lines, "}\n");
}

/* Enough lines for the scanner to find out that there is no order, and then bad ones. */
static void
members_in_no_order(void)
{
    static const char *const asked[] = {"a", "c.a", "e[1]", "f", "long_name_of_more_bytes"};
    static const char bad[] = "\n,\"a\":1}\n{\"a\":.5}\n{\"a\":1}}\n{\"b\":\"x}\n\n{\"d\":nul}\n"
                              "{\"a\":1,}\n{}\n\n{\"e\":[1,2]}\n";
    struct tp_buf lines = TP_BUF_INIT, guessed = TP_BUF_INIT, walked = TP_BUF_INIT;
    unsigned state = 1;

    for (int i = 0; i < 1500; i++) {
        put_disorder(&lines, &state);
        if (i % 50 == 49)
            tp_buf_put(&lines, bad, sizeof bad - 1);
    }
    for (int guessing = 0; guessing <= 1; guessing++) {
        struct tp_scan *scan = scan_for(asked, 5, guessing);

        put_answers(scan, lines.ptr, lines.len, guessing ? &guessed : &walked);
        tp_scan_free(scan);
    }
    CHECK(tp_str_equal(tp_buf_str(&guessed), tp_buf_str(&walked)));
    tp_buf_release(&lines);
    tp_buf_release(&guessed);
    tp_buf_release(&walked);
}

/* Behind an object stands a newline, before one it is a fault: both are outside of everything. */
static void
an_empty_line_is_refused_in_disorder(void)
{
    static const char *const asked[] = {"a"};
    struct tp_scan *scan = scan_for(asked, 1, true);
    struct tp_buf got = TP_BUF_INIT;

    tp_scan_expect_disorder(scan);
    put_answers(scan, "{}\n{\"a\":1}\n\n{\"a\":1}\n", 20, &got);
    CHECK_THAT(tp_str_equal(tp_buf_str(&got), tp_str_of("-\n1\n! 0 expected '{'\n1\n")), "%.*s",
               (int)got.len, got.ptr);
    tp_buf_release(&got);
    tp_scan_free(scan);
}

int
main(void)
{
    RUN(members_are_found);
    RUN(keys_are_compared_without_escapes);
    RUN(surrogate_pairs_in_keys);
    RUN(the_last_of_duplicates_wins);
    RUN(faults_say_what_was_expected);
    RUN(bad_numbers_are_refused);
    RUN(good_numbers_keep_their_text);
    RUN(slots_know_their_kind);
    RUN(members_are_counted);
    RUN(strings_of_every_length);
    RUN(steady_values_that_change);
    RUN(guesses_that_were_wrong_once);
    RUN(members_in_no_order);
    RUN(an_empty_line_is_refused_in_disorder);
    RUN(hostile_keys_are_bounded);
    RUN(names_are_kept_once_in_order);
    RUN(depth_is_capped);
    RUN(a_path_of_full_length_is_found);
    RUN(wants_have_numbers);
    RUN(slots_give_values);
    RUN(any_text_is_validated);
    return unit_end();
}
