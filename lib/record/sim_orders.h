/*
 * sim_orders: orders and their payments, for joins.
 *
 * Even events are orders, odd ones payments. A payment comes 3 to 255 events after its order, not
 * in the order of the orders. One order in 20 is never paid (its payment's event has no line), one
 * payment in 50 is short of the amount.
 */
#ifndef TP_RECORD_SIM_ORDERS_H
#define TP_RECORD_SIM_ORDERS_H

#include "record/sim_write.h"

enum tp_orders_sort { TP_ORDERS_ORDER, TP_ORDERS_PAYMENT };

/* Appends the event's line, with its newline, or nothing. */
void tp_sim_orders(const struct tp_sim_event *event, struct tp_buf *to);

#endif
