#include "query/order.h"

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

int
main(void)
{
    RUN(test_parse);
    RUN(test_accept);
    return unit_end();
}
