/*
 * order: SQL's ORDER BY list: `count DESC, host`, `lower(name) NULLS LAST`.
 *
 * A term is an expression, then ASC (the default, as in SQL) or DESC, then NULLS FIRST or LAST.
 * NULL is the least value unless that says otherwise: first in ascending order, last in descending,
 * as in Flink SQL. Numbers compare exactly, NaN is the greatest; strings compare by code point,
 * false is before true.
 */
#ifndef TP_QUERY_ORDER_H
#define TP_QUERY_ORDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "value/value.h"

struct tp_order_term {
    struct tp_str text; /* the expression, in the text that was parsed */
    bool descending, nulls_first;
    enum tp_kind family; /* of the values accepted so far; TP_NULL: none yet */
};

struct tp_order {
    struct tp_order_term *term;
    size_t count;
};

/* TEXT is borrowed for life; its expressions are not compiled here. -1 with the reason. */
int tp_order_parse(struct tp_str text, struct tp_order *order, struct tp_err *err);
void tp_order_release(struct tp_order *order);

/* Takes the values of a record, one a term, if they can be compared with all taken before: what has
 * an order and is of one kind. -1 (TP_FAULT_RECORD) otherwise, and nothing is changed. */
int tp_order_accept(struct tp_order *order, const struct tp_value *value, struct tp_err *err);

/* For saved state: the kinds of the values accepted so far, as a JSON array; and takes such an
 * array (valid JSON). -1: it is none of this order. */
void tp_order_save(const struct tp_order *order, struct tp_buf *to);
int tp_order_load(struct tp_order *order, struct tp_str array, struct tp_err *err);

/* <0, 0, >0: of values that were accepted, which comes first. */
int tp_order_compare(const struct tp_order *order, const struct tp_value *a,
                     const struct tp_value *b);

#endif
