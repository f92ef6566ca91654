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

static int
compare(const char *order, const char *a, const char *b)
{
    struct tp_err err;
    struct tp_pair *pair = tp_pair_order(tp_str_of(order), &err);
    struct tp_buf rank[2] = {TP_BUF_INIT, TP_BUF_INIT};
    int result;

    CHECK(pair);
    for (int i = 0; i < 2; i++) {
        struct tp_pair_sides sides = {.text = {tp_str_of(i ? b : a), TP_STR("{\"x\":3}")}};

        CHECK(tp_pair_rank(pair, &sides, &rank[i], &err) == 0);
    }
    result = tp_str_compare(tp_buf_str(&rank[0]), tp_buf_str(&rank[1]));
    tp_buf_release(&rank[0]);
    tp_buf_release(&rank[1]);
    tp_pair_free(pair);
    return result;
}

static void
orders(void)
{
    struct tp_pair_sides sides = {.text = {TP_STR("{\"a\":[]}"), TP_STR("{}")}};
    struct tp_buf rank = TP_BUF_INIT;
    struct tp_err err;
    struct tp_pair *pair = tp_pair_order(TP_STR("l.a"), &err);

    CHECK(compare("l.a DESC, l.b", "{\"a\":2,\"b\":1}", "{\"a\":1.5,\"b\":0}") < 0);
    CHECK(compare("l.a DESC, l.b", "{\"a\":2,\"b\":1}", "{\"a\":2.0,\"b\":0}") > 0);
    CHECK(compare("abs(l.a - r.x)", "{\"a\":2}", "{\"a\":4}") == 0);
    CHECK(compare("l.a NULLS LAST", "{}", "{\"a\":4}") > 0);
    CHECK(tp_pair_rank(pair, &sides, &rank, &err) < 0 && err.fault == TP_FAULT_RECORD);
    CHECK(rank.len == 0);
    tp_buf_release(&rank);
    tp_pair_free(pair);
    CHECK(!tp_pair_order(TP_STR("l.a, b"), &err) && err.at == 5);
    CHECK(!tp_pair_order(TP_STR("l.a,"), &err));
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
    RUN(orders);
    RUN(refused);
    return unit_end();
}
