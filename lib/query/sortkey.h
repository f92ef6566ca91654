/*
 * sortkey: the values of an ORDER BY list as bytes that memcmp orders as the list says.
 *
 * So what sorts need not know expressions, and what is sorted can lie in a file. Keys made by one
 * list are equal exactly where tp_order_compare finds the values equal, and none is the beginning
 * of another.
 */
#ifndef TP_QUERY_SORTKEY_H
#define TP_QUERY_SORTKEY_H

#include "base/buf.h"
#include "query/order.h"

/* Appends the key of values that tp_order_accept took, one a term. */
void tp_sortkey_put(const struct tp_order *order, const struct tp_value *value, struct tp_buf *to);

/* A time alone: 8 bytes. */
#define TP_SORTKEY_TIME 8
void tp_sortkey_put_time(tp_time time, struct tp_buf *to);

#endif
