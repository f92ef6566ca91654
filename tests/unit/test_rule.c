/* rule: the two sides of an arrow, and which arrows count. */
#include "query/rule.h"

#include "unit.h"

static void
sides_are_found(void)
{
    static const char *const wanted[][3] = {
        {"a > 1 => b", "a > 1", "b"},
        {" a=>b ", "a", "b"},
        {"x = '=>' => \"y\\\"=>\"", "x = '=>'", "\"y\\\"=>\""},
        {"\"a\\\"=>\" = 1 =>\n| cat => f", "\"a\\\"=>\" = 1", "| cat => f"},
        {"=>", "", ""},
    };

    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        struct tp_err err = {.text = ""};
        struct tp_rule rule = {{"", 0}, {"", 0}};

        CHECK_THAT(tp_rule_parse(tp_str_of(wanted[i][0]), &rule, &err) == 0, "%s", err.text);
        CHECK_THAT(tp_str_equal(rule.when, tp_str_of(wanted[i][1])), "%s", wanted[i][0]);
        CHECK_THAT(tp_str_equal(rule.target, tp_str_of(wanted[i][2])), "%s", wanted[i][0]);
    }
}

static void
what_is_no_rule_is_refused(void)
{
    static const char *const wanted[][2] = {
        {"a > 1", "\"a > 1\" is not EXPR => TARGET"},
        {"", "\"\" is not EXPR => TARGET"},
        {"'a => b", "\"'a => b\" is not EXPR => TARGET"},
        {"a => 1 => b", "\"a => 1 => b\" has two =>; the comparison is written >="},
    };

    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        struct tp_err err = {.text = ""};
        struct tp_rule rule;

        CHECK(tp_rule_parse(tp_str_of(wanted[i][0]), &rule, &err) < 0);
        CHECK_THAT(err.fault == TP_FAULT_USAGE && strcmp(err.text, wanted[i][1]) == 0, "%s",
                   err.text);
    }
}

int
main(void)
{
    RUN(sides_are_found);
    RUN(what_is_no_rule_is_refused);
    return unit_end();
}
