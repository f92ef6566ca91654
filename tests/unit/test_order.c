#include "query/order.h"
#include "query/values.h"

#include "unit.h"

static bool
term_is(const struct tp_order *order, size_t i, const char *text, bool descending, bool nulls_first)
{
    const struct tp_order_term *term = &order->term[i];

    return tp_str_equal(term->text, tp_str_of(text)) && term->descending == descending &&
           term->nulls_first == nulls_first;
}

static void
test_parse(void)
{
    struct tp_order order;
    struct tp_err err;

    CHECK(tp_order_parse(
              TP_STR("v desc, f(a, ', desc') asc NULLS LAST,\"x\"DESC nulls first, desc, nodesc"),
              &order, &err) == 0);
    CHECK(order.count == 5);
    CHECK(term_is(&order, 0, "v", true, false));
    CHECK(term_is(&order, 1, "f(a, ', desc')", false, false));
    CHECK(term_is(&order, 2, "\"x\"", true, true));
    CHECK(term_is(&order, 3, "desc", false, true));
    CHECK(term_is(&order, 4, "nodesc", false, true));
    tp_order_release(&order);
    CHECK(tp_order_parse(TP_STR(""), &order, &err) < 0);
    CHECK(tp_order_parse(TP_STR("a,"), &order, &err) < 0);
    CHECK(tp_order_parse(TP_STR("'open"), &order, &err) == 0);
    tp_order_release(&order);
}

static void
test_accept(void)
{
    struct tp_order order;
    struct tp_err err;
    struct tp_value null = tp_null(), one = tp_int(1), half = tp_real(0.5);
    struct tp_value text = tp_text(TP_STR("1"));
    struct tp_value json = {.kind = TP_JSON, .text = TP_STR("[]")};

    CHECK(tp_order_parse(TP_STR("v"), &order, &err) == 0);
    CHECK(tp_order_accept(&order, &json, &err) < 0 && err.fault == TP_FAULT_RECORD);
    CHECK(tp_order_accept(&order, &null, &err) == 0);
    CHECK(tp_order_accept(&order, &one, &err) == 0);
    CHECK(tp_order_accept(&order, &half, &err) == 0);
    CHECK(tp_order_accept(&order, &text, &err) < 0 && err.fault == TP_FAULT_RECORD);
    CHECK(tp_order_compare(&order, &half, &one) < 0);
    CHECK(tp_order_compare(&order, &null, &half) < 0);
    CHECK(tp_order_compare(&order, &null, &null) == 0);
    tp_order_release(&order);
}

static void
kinds_are_saved(void)
{
    struct tp_order order, other;
    struct tp_err err;
    struct tp_value values[] = {tp_int(1), tp_null(), tp_instant(5), tp_text(TP_STR("a"))};
    struct tp_value again[4];
    struct tp_buf saved = TP_BUF_INIT, bytes = TP_BUF_INIT;

    CHECK(tp_order_parse(TP_STR("a, b, c, d"), &order, &err) == 0);
    CHECK(tp_order_parse(TP_STR("a, b, c, d"), &other, &err) == 0);
    CHECK(tp_order_accept(&order, values, &err) == 0);
    tp_order_save(&order, &saved);
    CHECK(tp_order_load(&other, tp_buf_str(&saved), &err) == 0);
    for (size_t i = 0; i < 4; i++)
        CHECK(other.term[i].family == order.term[i].family);
    CHECK(tp_order_load(&other, TP_STR("[\"number\",\"none\",\"time\"]"), &err) < 0);
    CHECK(tp_order_load(&other, TP_STR("[1,2,3,4]"), &err) < 0);
    CHECK(tp_order_load(&other, TP_STR("{}"), &err) < 0);
    tp_buf_clear(&saved);
    tp_values_save(values, 4, &saved);
    CHECK(tp_values_load(tp_buf_str(&saved), again, 4, &bytes, &err) == 0);
    CHECK(tp_order_compare(&order, values, again) == 0);
    CHECK(tp_values_load(tp_buf_str(&saved), again, 3, &bytes, &err) < 0);
    tp_buf_release(&saved);
    tp_buf_release(&bytes);
    tp_order_release(&order);
    tp_order_release(&other);
}

int
main(void)
{
    RUN(test_parse);
    RUN(test_accept);
    RUN(kinds_are_saved);
    return unit_end();
}
