#include "value/text.h"

#include <stdlib.h>

#include "unit.h"

static uint64_t random_state = 7;

static uint64_t
random_word(void)
{
    return unit_random(&random_state);
}

static void
every_character_survives(void)
{
    struct tp_buf text = TP_BUF_INIT;

    for (uint32_t code = 0; code <= 0x10ffff; code++) {
        size_t at = 0;

        if (code >= 0xd800 && code < 0xe000)
            continue;
        tp_buf_clear(&text);
        tp_text_put(&text, code);
        if (!tp_text_is_utf8(tp_buf_str(&text)) || tp_text_next(tp_buf_str(&text), &at) != code ||
            at != text.len)
            CHECK_THAT(false, "U+%04X", (unsigned)code);
    }
    tp_buf_clear(&text);
    tp_text_put(&text, 0xd800);
    CHECK(tp_str_equal(tp_buf_str(&text), TP_STR("\xef\xbf\xbd")));
    tp_buf_release(&text);
}

static void
invalid_utf8_is_found(void)
{
    static const char *const bad[] = {
        "\x80",             /* a continuation alone */
        "\xc0\x80",         /* overlong NUL */
        "\xc1\xbf",         /* overlong DEL */
        "\xe0\x9f\xbf",     /* overlong U+07FF */
        "\xf0\x8f\xbf\xbf", /* overlong U+FFFF */
        "\xed\xa0\x80",     /* U+D800 */
        "\xed\xbf\xbf",     /* U+DFFF */
        "\xf4\x90\x80\x80", /* U+110000 */
        "\xf5\x80\x80\x80",
        "\xff",
        "\xe2\x82",
        "\xc3",
        "abcdefgh\xc3",
        "\xe2\x28\xa1",
        "12345678\xf0\x9f\x98",
        "\xc3\xa9\xa9",
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_THAT(!tp_text_is_utf8(tp_str_of(bad[i])), "case %zu", i);
    CHECK(tp_text_is_utf8(TP_STR("")));
    CHECK(tp_text_is_utf8(TP_STR("a\0b")));
    CHECK(tp_text_is_utf8(TP_STR("12345678é€😀\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf")));
}

static void
check_unescape(const char *inside, struct tp_str expect)
{
    struct tp_buf text = TP_BUF_INIT;

    tp_text_unescape(tp_str_of(inside), &text);
    CHECK_THAT(tp_str_equal(tp_buf_str(&text), expect), "%s gave %s", inside, tp_buf_text(&text));
    tp_buf_release(&text);
}

static void
escapes_are_undone(void)
{
    check_unescape("", TP_STR(""));
    check_unescape("plain", TP_STR("plain"));
    check_unescape("\\\"\\\\\\/\\b\\f\\n\\r\\t", TP_STR("\"\\/\b\f\n\r\t"));
    check_unescape("a\\u0000b", TP_STR("a\0b"));
    check_unescape("\\u00e9\\u20AC\\ud83d\\uDE00!", TP_STR("é€😀!"));
    check_unescape("\\ud83d\\n",
                   TP_STR("\xef\xbf\xbd\n")); /* a lone half: never from the scanner */
    check_unescape("\\ude00x", TP_STR("\xef\xbf\xbdx"));
    check_unescape("\\u12", TP_STR("\xef\xbf\xbd"));
}

static void
check_quote(struct tp_str text, const char *expect)
{
    struct tp_buf got = TP_BUF_INIT;

    tp_text_quote(text, &got);
    CHECK_THAT(!strcmp(tp_buf_text(&got), expect), "%s, not %s", tp_buf_text(&got), expect);
    tp_buf_release(&got);
}

static void
strings_are_quoted(void)
{
    check_quote(TP_STR(""), "\"\"");
    check_quote(TP_STR("plain text of some length"), "\"plain text of some length\"");
    check_quote(TP_STR("say \"hi\" \\ /"), "\"say \\\"hi\\\" \\\\ /\"");
    check_quote(TP_STR("\0\1\b\t\n\v\f\r\x1f\x7f"),
                "\"\\u0000\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f\x7f\"");
    check_quote(TP_STR("é€😀"), "\"é€😀\"");
    check_quote(TP_STR("12345678é\xff\xc3"), "\"12345678é\xef\xbf\xbd\xef\xbf\xbd\"");
}

/* Quoting then unescaping gives the bytes back, wherever in a word the odd ones stand. */
static void
quoting_round_trips(void)
{
    static const char *const pieces[] = {"a",  "b ",   "xyz", "\"", "\\",
                                         "\n", "\x01", "é",   "😀",  "!#[]"};
    struct tp_buf text = TP_BUF_INIT, quoted = TP_BUF_INIT, back = TP_BUF_INIT;

    for (int i = 0; i < 20000; i++) {
        tp_buf_clear(&text);
        tp_buf_clear(&quoted);
        tp_buf_clear(&back);
        for (uint64_t n = random_word() % 20; n > 0; n--) {
            const char *piece = pieces[random_word() % (sizeof pieces / sizeof *pieces)];

            tp_buf_put(&text, piece, strlen(piece));
        }
        tp_text_quote(tp_buf_str(&text), &quoted);
        for (size_t at = 0; at < quoted.len; at++)
            CHECK((unsigned char)quoted.ptr[at] >= 0x20);
        tp_text_unescape((struct tp_str){quoted.ptr + 1, quoted.len - 2}, &back);
        CHECK(tp_str_equal(tp_buf_str(&text), tp_buf_str(&back)));
    }
    tp_buf_release(&text);
    tp_buf_release(&quoted);
    tp_buf_release(&back);
}

static void
widths(void)
{
    CHECK(tp_text_width(TP_STR("")) == 0);
    CHECK(tp_text_width(TP_STR("plain")) == 5);
    CHECK(tp_text_width(TP_STR("caf\u00e9")) == 4);
    CHECK(tp_text_width(TP_STR("cafe\u0301")) == 4);
    CHECK(tp_text_width(TP_STR("日本語")) == 6);
    CHECK(tp_text_width(TP_STR("한국")) == 4);
    CHECK(tp_text_width(TP_STR("\u1112\u1161\u11ab")) == 2); /* one syllable of three letters */
    CHECK(tp_text_width(TP_STR("😀")) == 2);
    CHECK(tp_text_width(TP_STR("→")) == 1);
    CHECK(tp_text_width(TP_STR("a\tb\x7f\xc2\x85")) == 2);
    CHECK(tp_text_width(TP_STR("\u200b\u00ad")) == 1);
    CHECK(tp_text_width(TP_STR("\xff\xff")) == 2); /* two replacement characters */
    CHECK(tp_text_fit(TP_STR("日本語"), 5) == 6);
    CHECK(tp_text_fit(TP_STR("日本語"), 6) == 9);
    CHECK(tp_text_fit(TP_STR("日本語"), 0) == 0);
    CHECK(tp_text_fit(TP_STR("cafe\u0301s"), 4) == 6);
    CHECK(tp_text_fit(TP_STR("abc"), 10) == 3);
}

static void
distances(void)
{
    CHECK(tp_text_distance(TP_STR("kitten"), TP_STR("sitting"), 9) == 3);
    CHECK(tp_text_distance(TP_STR("stauts"), TP_STR("status"), 9) == 1);
    CHECK(tp_text_distance(TP_STR("abcdef"), TP_STR("badcfe"), 9) == 3);
    CHECK(tp_text_distance(TP_STR("abcdef"), TP_STR("badcfe"), 2) == 3);
    CHECK(tp_text_distance(TP_STR("abcdefgh"), TP_STR("badcfehg"), 3) == 4);
    CHECK(tp_text_distance(TP_STR("abcdefgh"), TP_STR("badcfehg"), 4) == 4);
    CHECK(tp_text_distance(TP_STR(""), TP_STR("abc"), 9) == 3);
    CHECK(tp_text_distance(TP_STR(""), TP_STR("abc"), 1) == 2);
    CHECK(tp_text_distance(TP_STR("same"), TP_STR("same"), 0) == 0);
    CHECK(tp_text_distance(TP_STR("Same"), TP_STR("same"), 0) == 1);
}

static void
likeness(void)
{
    static const struct tp_str names[] = {
        {"count", 5}, {"status", 6}, {"sum", 3}, {"state", 5}, {"quantile", 8}};
    size_t count = sizeof names / sizeof *names;

    CHECK(tp_text_likest(TP_STR("stauts"), names, count) == &names[1]);
    CHECK(tp_text_likest(TP_STR("STATE"), names, count) == &names[3]);
    CHECK(tp_text_likest(TP_STR("TSAUTS"), names, count) == &names[1]);
    CHECK(tp_text_likest(TP_STR("quantil"), names, count) == &names[4]);
    CHECK(tp_text_likest(TP_STR("smu"), names, count) == &names[2]);
    CHECK(tp_text_likest(TP_STR("elephant"), names, count) == NULL);
    CHECK(tp_text_likest(TP_STR("x"), names, 0) == NULL);
    CHECK(tp_text_equal_nocase(TP_STR("CoUnT"), TP_STR("cOuNt")));
    CHECK(!tp_text_equal_nocase(TP_STR("count"), TP_STR("counts")));
    CHECK(!tp_text_equal_nocase(TP_STR("[\\]"), TP_STR("{|}")));
}

/* In memory that ends where the text ends: words are read from within it. */
static void
what_is_quoted_is_found_anywhere(void)
{
    static const struct tp_str special[] = {{"\"", 1}, {"\\", 1}, {"\x1f", 1}};

    for (size_t len = 1; len <= 33; len++)
        for (size_t at = 0; at < len; at++)
            for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
                char *text = malloc(len);
                struct tp_buf quoted = TP_BUF_INIT;

                memset(text, '~', len);
                text[at] = special[i].ptr[0];
                tp_text_quote((struct tp_str){text, len}, &quoted);
                CHECK(quoted.len == len + (i < 2 ? 3 : 7));
                CHECK(quoted.ptr[1 + at] == '\\');
                free(text);
                tp_buf_release(&quoted);
            }
}

int
main(void)
{
    RUN(every_character_survives);
    RUN(invalid_utf8_is_found);
    RUN(escapes_are_undone);
    RUN(strings_are_quoted);
    RUN(quoting_round_trips);
    RUN(what_is_quoted_is_found_anywhere);
    RUN(widths);
    RUN(distances);
    RUN(likeness);
    return unit_end();
}
