#include "query/pair.h"

#include "unit.h"

static int
test(const char *text, const char *left, const char *right)
{
    struct tp_err err;
    struct tp_pair *pair = tp_pair_compile(tp_str_of(text), &err);
    int result = pair ? tp_pair_test(pair, tp_str_of(left), tp_str_of(right), &err) : -2;

    tp_pair_free(pair);
    return result;
}

static void
conditions(void)
{
    CHECK(test("l.a > r.a", "{\"a\":2}", "{\"a\":1.5}") == 1);
    CHECK(test("l.a > r.a", "{\"a\":1}", "{\"a\":1.0}") == 0);
    CHECK(test("l.a > r.a", "{}", "{\"a\":1}") == 0);
    CHECK(test("l.\"r\" = r.l.x", "{\"r\":\"v\"}", "{\"l\":{\"x\":\"v\"}}") == 1);
    CHECK(test("l.a + r.a > 0", "{\"a\":9223372036854775807}", "{\"a\":1}") == -1);
}

static void
refused(void)
{
    CHECK(test("a > r.a", "{}", "{}") == -2);
    CHECK(test("l.a + 1", "{}", "{}") == -2);
    CHECK(test("l.a >", "{}", "{}") == -2);
}

int
main(void)
{
    RUN(conditions);
    RUN(refused);
    return unit_end();
}
