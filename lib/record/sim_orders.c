#include "record/sim_orders.h"

#define BLOCK 64 /* orders that are paid in an order of their own, a block later */
#define FIRST_ORDER 1000

/* What order number ORDER says, wherever it is asked. */
struct order {
    uint64_t customer, items;
    int64_t cents;
    const char *shop;
    bool unpaid;
    int64_t paid; /* cents */
};

static struct order
order_of(uint64_t seed, uint64_t number)
{
    static const struct tp_sim_choice shops[] = {
        {40, "berlin"}, {25, "hamburg"}, {20, "leipzig"}, {15, "ulm"}};
    struct tp_draw draw = tp_draw_of(seed, number);
    struct order order = {
        .customer = 1 + tp_draw_popular(&draw, 2000),
        .items = 1 + tp_draw_popular(&draw, 12),
        .shop = TP_SIM_PICK(&draw, shops),
    };

    order.cents = 1 + (int64_t)(order.items * tp_draw_size(&draw, 1500));
    order.unpaid = tp_draw_below(&draw, 20) == 0;
    order.paid = order.cents;
    if (tp_draw_below(&draw, 50) == 0)
        order.paid -= (int64_t)tp_draw_below(&draw, (uint64_t)order.cents);
    return order;
}

static void
put_order(const struct tp_sim_event *event, uint64_t number, struct tp_buf *to)
{
    struct order order = order_of(event->seed, number);

    tp_sim_begin(event, "order", to);
    TP_BUF_PUT(to, "\"time\":\"");
    tp_sim_put_time(event->time, to);
    TP_BUF_PUT(to, "\",\"order\":");
    tp_sim_put_int(FIRST_ORDER + number, to);
    TP_BUF_PUT(to, ",\"customer\":\"c");
    tp_sim_put_int(order.customer, to);
    TP_BUF_PUT(to, "\",\"shop\":\"");
    tp_sim_put_text(order.shop, to);
    TP_BUF_PUT(to, "\",\"items\":");
    tp_sim_put_int(order.items, to);
    TP_BUF_PUT(to, ",\"eur\":");
    tp_sim_put_cents(order.cents, to);
    TP_BUF_PUT(to, "}\n");
}

/* The order that the payment in place NUMBER is for: those of a block in the order that an odd
 * factor and a start, drawn for it, give them. */
static uint64_t
paid_order(uint64_t seed, uint64_t number)
{
    uint64_t block = number / BLOCK - 1;
    struct tp_draw draw = tp_draw_of(seed ^ 0xb10c, block);
    uint64_t factor = 2 * tp_draw_below(&draw, BLOCK / 2) + 1;

    return block * BLOCK + (number % BLOCK * factor + tp_draw_below(&draw, BLOCK)) % BLOCK;
}

static void
put_payment(const struct tp_sim_event *event, uint64_t number, struct tp_buf *to)
{
    static const struct tp_sim_choice methods[] = {{60, "card"}, {25, "transfer"}, {15, "wallet"}};
    uint64_t paid = paid_order(event->seed, number);
    struct order order = order_of(event->seed, paid);
    struct tp_draw draw = tp_draw_of(event->seed ^ 0xfee, number);

    if (order.unpaid)
        return;
    tp_sim_begin(event, "payment", to);
    TP_BUF_PUT(to, "\"time\":\"");
    tp_sim_put_time(event->time, to);
    TP_BUF_PUT(to, "\",\"payment\":");
    tp_sim_put_int(number, to);
    TP_BUF_PUT(to, ",\"order\":");
    tp_sim_put_int(FIRST_ORDER + paid, to);
    TP_BUF_PUT(to, ",\"method\":\"");
    tp_sim_put_text(TP_SIM_PICK(&draw, methods), to);
    TP_BUF_PUT(to, "\",\"eur\":");
    tp_sim_put_cents(order.paid, to);
    TP_BUF_PUT(to, "}\n");
}

void
tp_sim_orders(const struct tp_sim_event *event, struct tp_buf *to)
{
    int sort = event->number % 2 ? TP_ORDERS_PAYMENT : TP_ORDERS_ORDER;
    uint64_t number = event->number / 2;

    if (event->only != TP_SIM_ALL && event->only != sort)
        return;
    if (sort == TP_ORDERS_ORDER)
        put_order(event, number, to);
    else if (number >= BLOCK) /* none of the first block's is due before */
        put_payment(event, number, to);
}
