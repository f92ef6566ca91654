#include "value/regex.h"

#include <stdlib.h>

#include "unit.h"

static bool
matches(const char *pattern, unsigned flags, const char *subject)
{
    struct tp_err err;
    struct tp_regex *regex = tp_regex_new(tp_str_of(pattern), flags, &err);
    int found = regex ? tp_regex_test(regex, tp_str_of(subject), &err) : -1;

    CHECK_THAT(found >= 0, "%s: %s", pattern, err.text);
    tp_regex_free(regex);
    return found > 0;
}

static void
matching(void)
{
    CHECK(matches("^/api/", 0, "/api/x"));
    CHECK(!matches("^/api/", 0, "x/api/"));
    CHECK(matches("b+", 0, "abbbc"));
    CHECK(!matches("POST", 0, "post"));
    CHECK(matches("POST", TP_REGEX_NOCASE, "post"));
    CHECK(matches("Ä", TP_REGEX_NOCASE, "ä"));
    CHECK(matches("^.$", 0, "€"));
    CHECK(matches("", 0, ""));
    CHECK(matches("^$", 0, ""));
    CHECK(matches("a", TP_REGEX_ANY_BYTES, "\xff\xfe a"));
}

static void
refused(void)
{
    static const struct {
        const char *pattern;
        long at;
    } bad[] = {{"a(b", 3}, {"[z-a]", 3}, {"*", 0}, {"\\C", 2}};
    struct tp_err err;
    size_t i;

    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(!tp_regex_new(tp_str_of(bad[i].pattern), 0, &err));
        CHECK(err.fault == TP_FAULT_USAGE);
        CHECK_THAT(err.at == bad[i].at, "%s: at %ld", bad[i].pattern, err.at);
    }
}

/* The classic exponential ones end with an error, not with a hang. */
static void
hostile(void)
{
    static const char *const patterns[] = {"^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "^(.*a){25}$"};
    char subject[61];
    struct tp_err err;
    size_t i;

    memset(subject, 'a', sizeof subject);
    subject[59] = 'b';
    for (i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        struct tp_regex *regex = tp_regex_new(tp_str_of(patterns[i]), 0, &err);
        int found = tp_regex_test(regex, (struct tp_str){subject, 60}, &err);

        CHECK_THAT(found <= 0, "%s", patterns[i]);
        if (found < 0)
            CHECK_THAT(err.fault == TP_FAULT_RECORD, "%s", err.text);
        /* And the regex still works afterwards. */
        CHECK(tp_regex_test(regex, TP_STR("b"), &err) == 0);
        tp_regex_free(regex);
    }
}

/* A long subject with deep recursion needs more stack than JIT has: refused or matched, no crash.
 */
static void
deep(void)
{
    size_t len = 4 << 20;
    char *subject = malloc(len);
    struct tp_err err;
    struct tp_regex *regex = tp_regex_new(TP_STR("^(?:(a)|b)*c"), 0, &err);

    memset(subject, 'a', len);
    CHECK(tp_regex_test(regex, (struct tp_str){subject, len}, &err) <= 0);
    tp_regex_free(regex);
    free(subject);
}

static void
groups(void)
{
    struct tp_err err;
    struct tp_regex *regex = tp_regex_new(TP_STR("(?<verb>[A-Z]+) (x)?(/\\S*)"), 0, &err);

    CHECK(tp_regex_groups(regex) == 3);
    CHECK(tp_regex_group_number(regex, TP_STR("verb")) == 1);
    CHECK(tp_regex_group_number(regex, TP_STR("nope")) == 0);
    CHECK(tp_str_equal(tp_regex_group_name(regex, 1), TP_STR("verb")));
    CHECK(tp_regex_group_name(regex, 2).len == 0);
    CHECK(tp_regex_find(regex, TP_STR("> GET /a HTTP"), &err) == 1);
    CHECK(tp_str_equal(tp_regex_group(regex, 0), TP_STR("GET /a")));
    CHECK(tp_str_equal(tp_regex_group(regex, 1), TP_STR("GET")));
    CHECK(tp_regex_group(regex, 2).ptr == NULL);
    CHECK(tp_str_equal(tp_regex_group(regex, 3), TP_STR("/a")));
    CHECK(tp_regex_group(regex, 4).ptr == NULL);
    tp_regex_free(regex);
}

static void
check_replace(const char *pattern, const char *subject, const char *with, const char *expected)
{
    struct tp_err err;
    struct tp_regex *regex = tp_regex_new(tp_str_of(pattern), 0, &err);
    struct tp_buf to = TP_BUF_INIT;

    CHECK(tp_regex_check_replacement(regex, tp_str_of(with), &err) == 0);
    CHECK(tp_regex_replace(regex, tp_str_of(subject), tp_str_of(with), &to, &err) == 0);
    CHECK_THAT(strcmp(tp_buf_text(&to), expected) == 0, "s/%s/%s/ of %s: %s", pattern, with,
               subject, tp_buf_text(&to));
    tp_buf_release(&to);
    tp_regex_free(regex);
}

/* What Python's re.sub gives, but for the empty match next to one (as Java and Perl do). */
static void
replacing(void)
{
    check_replace("[0-9]+", "a1b22c", "#", "a#b#c");
    check_replace("(a)(b)", "abab", "$2$1", "baba");
    check_replace("x*", "abc", "-", "-a-b-c-");
    check_replace("a*", "baaac", "X", "XbXXcX");
    check_replace("", "€ä", "-", "-€-ä-");
    check_replace("b", "abc", "\\$1\\\\", "a$1\\c");
    check_replace("(b)", "abc", "${1}0", "ab0c");
    check_replace("z", "abc", "", "abc");
    check_replace("^", "", "x", "x");
}

static void
replacement_refused(void)
{
    struct tp_err err;
    struct tp_regex *regex = tp_regex_new(TP_STR("(a)"), 0, &err);

    CHECK(tp_regex_check_replacement(regex, TP_STR("x$2"), &err) < 0 && err.at == 1);
    CHECK(tp_regex_check_replacement(regex, TP_STR("$"), &err) < 0);
    CHECK(tp_regex_check_replacement(regex, TP_STR("$x"), &err) < 0);
    CHECK(tp_regex_check_replacement(regex, TP_STR("${1"), &err) < 0);
    CHECK(tp_regex_check_replacement(regex, TP_STR("a\\"), &err) < 0);
    tp_regex_free(regex);
}

int
main(void)
{
    RUN(matching);
    RUN(refused);
    RUN(hostile);
    RUN(deep);
    RUN(groups);
    RUN(replacing);
    RUN(replacement_refused);
    return unit_end();
}
