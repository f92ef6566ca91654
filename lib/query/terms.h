/*
 * terms: an ORDER BY list with its expressions, and what they say of the record at hand.
 *
 * All zero is valid: no terms. filter/operator compiles them (tp_stage_want_terms).
 */
#ifndef TP_QUERY_TERMS_H
#define TP_QUERY_TERMS_H

#include "query/expr.h"
#include "query/order.h"

struct tp_terms {
    struct tp_order order;
    struct tp_expr **expr;  /* one a term */
    struct tp_value *value; /* likewise, as read last */
};

/* Evaluates all over SLOTS; text in the values is borrowed as tp_expr_eval's is. -1: the record is
 * bad. */
int tp_terms_read(struct tp_terms *terms, const struct tp_slot *slots, struct tp_err *err);

void tp_terms_release(struct tp_terms *terms);

#endif
