#include "query/pair.h"

#include "unit.h"

static int
test(const char *text, const char *left, const char *right)
{
    struct tp_err err;
    struct tp_pair *pair = tp_pair_compile(tp_str_of(text), &err);
    const struct tp_pair_sides sides = {.text = {tp_str_of(left), tp_str_of(right)}};
    int result = pair ? tp_pair_test(pair, &sides, &err) : -2;

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

/* Of sides that the caller has read nothing is scanned: their texts are not looked at. */
static void
reads_what_was_read(void)
{
    static const struct tp_str left[] = {{"x", 1}, {"a", 1}}, right[] = {{"a", 1}};
    static const struct tp_str *const names[] = {left, right};
    static const size_t count[] = {2, 1};
    const struct tp_slot two[] = {{"0", 1, TP_SLOT_INTEGER}, {"2", 1, TP_SLOT_INTEGER}};
    const struct tp_slot one[] = {{"1", 1, TP_SLOT_INTEGER}};
    static const char quoted[] = "\"upsert\"";
    const struct tp_slot head[TP_PAIR_HEAD] = {[TP_PAIR_OP] = {&quoted[1], 6, TP_SLOT_TEXT}};
    struct tp_pair_sides sides = {.text = {{"?", 1}, {"?", 1}}, .slot = {two, one}};
    struct tp_buf row = TP_BUF_INIT;
    struct tp_err err;
    struct tp_pair *pair = tp_pair_compile(TP_STR("l.a > r.a"), &err);
    struct tp_pair *list = tp_pair_select(TP_STR("l.a + r.a AS sum, window_end"), &err);
    struct tp_pair *deep = tp_pair_compile(TP_STR("l.a.b > r.a"), &err);

    CHECK(pair && list && deep);
    tp_pair_expect(pair, names, count);
    tp_pair_expect(list, names, count);
    tp_pair_expect(deep, names, count);
    CHECK(tp_pair_test(pair, &sides, &err) == 1);
    CHECK(tp_pair_write(list, head, &sides, &row, &err) == 0);
    CHECK(tp_str_equal(tp_buf_str(&row),
                       TP_STR("{\"sum\":3,\"window_end\":null,\"@op\":\"upsert\"}\n")));
    CHECK(tp_pair_test(deep, &sides, &err) == -1); /* it must look */
    sides = (struct tp_pair_sides){.text = {TP_STR("{\"a\":0}"), TP_STR("{\"a\":1}")}};
    CHECK(tp_pair_test(pair, &sides, &err) == 0);
    tp_buf_release(&row);
    tp_pair_free(pair);
    tp_pair_free(list);
    tp_pair_free(deep);
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
    RUN(reads_what_was_read);
    RUN(refused);
    return unit_end();
}
