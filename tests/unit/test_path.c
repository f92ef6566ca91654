#include "record/path.h"

#include "unit.h"

static void
check_round(const char *text, const char *written, const char *column)
{
    struct tp_path path, again, copy;
    struct tp_buf buf = TP_BUF_INIT;
    struct tp_err err;

    if (tp_path_parse(&path, tp_str_of(text), &err) < 0) {
        CHECK_THAT(0, "%s: %s", text, err.text);
        return;
    }
    tp_path_write(&path, &buf);
    CHECK_THAT(strcmp(tp_buf_text(&buf), written) == 0, "%s", tp_buf_text(&buf));
    CHECK(tp_path_parse(&again, tp_buf_str(&buf), &err) == 0);
    CHECK(tp_path_equal(&path, &again));
    CHECK(tp_path_copy(&copy, &path, &err) == 0);
    tp_path_release(&path);
    CHECK(tp_path_equal(&copy, &again));
    tp_buf_clear(&buf);
    tp_path_column(&copy, &buf);
    CHECK_THAT(strcmp(tp_buf_text(&buf), column) == 0, "%s", tp_buf_text(&buf));
    tp_path_release(&again);
    tp_path_release(&copy);
    tp_buf_release(&buf);
}

static void
paths_round_trip(void)
{
    check_round("status", "status", "status");
    check_round(".status", "status", "status");
    check_round("user.id", "user.id", "user_id");
    check_round(".user.id", "user.id", "user_id");
    check_round("tags[0]", "tags[0]", "tags_0");
    check_round("a[0][12].c", "a[0][12].c", "a_0_12_c");
    check_round("@timestamp", "@timestamp", "@timestamp");
    check_round("\"odd name\"", "\"odd name\"", "odd name");
    check_round("\"odd name\".x-y", "\"odd name\".x-y", "odd_name_x_y");
    check_round("\"\\u0061\\n\\ud83d\\ude00\"", "\"a\\n\xf0\x9f\x98\x80\"", "a\n\xf0\x9f\x98\x80");
    check_round("stra\xc3\x9f"
                "e.$x",
                "stra\xc3\x9f"
                "e.$x",
                "stra\xc3\x9f"
                "e__x");
    check_round("a.\"\"", "a.\"\"", "a_");
    check_round("0.1", "0.1", "0_1");
}

static void
check_refused(const char *text, long at, const char *why)
{
    struct tp_path path;
    struct tp_err err = {.at = -2};

    CHECK_THAT(tp_path_parse(&path, tp_str_of(text), &err) == -1, "%s", text);
    CHECK_THAT(err.at == at && strstr(err.text, why), "%s: %ld %s", text, err.at, err.text);
    CHECK(path.count == 0 && !path.step && err.fault == TP_FAULT_USAGE);
}

static void
bad_paths_say_why(void)
{
    check_refused("", 0, "expected a member name");
    check_refused(".", 1, "expected a member name");
    check_refused("a.", 2, "expected a member name");
    check_refused("a..b", 2, "expected a member name");
    check_refused("[0]", 0, "begins with a member name");
    check_refused("a[]", 2, "expected an index");
    check_refused("a[-1]", 2, "expected an index");
    check_refused("a[1", 3, "expected ']'");
    check_refused("a[99999999999999999999999]", 21, "too large");
    check_refused("a b", 1, "expected '.'");
    check_refused("a[0]b", 4, "expected '.'");
    check_refused("\"a", 2, "closing quote");
    check_refused("\"a\\", 3, "closing quote");
    check_refused("\"\\x\"", 2, "unknown escape");
    check_refused("\"\\u12g4\"", 2, "four hexadecimal");
    check_refused("\"\\ud83d\"", 2, "lone surrogate");
    check_refused("\"\\ude00\"", 2, "lone surrogate");
    check_refused("a.\xff", 2, "invalid UTF-8");
}

static void
prefixes_stop_where_the_path_ends(void)
{
    static const struct {
        const char *text;
        size_t used;
    } cases[] = {{"status", 6}, {"status = 1", 6}, {"a.b[3]+1", 6}, {"\"x y\",z", 5}, {"a)", 1}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tp_path path;
        struct tp_err err;
        size_t used = 0;

        CHECK(tp_path_parse_prefix(&path, tp_str_of(cases[i].text), &used, &err) == 0);
        CHECK_THAT(used == cases[i].used, "%s: %zu", cases[i].text, used);
        tp_path_release(&path);
    }
}

static void
steps_are_limited(void)
{
    struct tp_buf text = TP_BUF_INIT;
    struct tp_path path;
    struct tp_err err;

    TP_BUF_PUT(&text, "a");
    for (int i = 1; i < TP_PATH_MAX_STEPS; i++)
        TP_BUF_PUT(&text, ".a");
    CHECK(tp_path_parse(&path, tp_buf_str(&text), &err) == 0);
    CHECK(path.count == TP_PATH_MAX_STEPS);
    tp_path_release(&path);
    TP_BUF_PUT(&text, "[0]");
    CHECK(tp_path_parse(&path, tp_buf_str(&text), &err) == -1);
    tp_buf_release(&text);
}

static void
different_paths_differ(void)
{
    static const char *const text[] = {"a", "b", "a.b", "a.\"0\"", "a[0]", "a[1]", "a.b.c"};

    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        for (size_t j = 0; j < sizeof text / sizeof *text; j++) {
            struct tp_path a, b;
            struct tp_err err;

            CHECK(tp_path_parse(&a, tp_str_of(text[i]), &err) == 0);
            CHECK(tp_path_parse(&b, tp_str_of(text[j]), &err) == 0);
            CHECK(tp_path_equal(&a, &b) == (i == j));
            tp_path_release(&a);
            tp_path_release(&b);
        }
    }
}

int
main(void)
{
    RUN(paths_round_trip);
    RUN(bad_paths_say_why);
    RUN(prefixes_stop_where_the_path_ends);
    RUN(steps_are_limited);
    RUN(different_paths_differ);
    return unit_end();
}
