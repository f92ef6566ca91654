/*
 * arguments: what aggregates want to know of a record, and what the record at hand says.
 *
 * Each condition of FILTER is tested once a record, however many aggregates have it. All zero is
 * valid: no arguments. filter/operator compiles them (tp_stage_want_arguments).
 */
#ifndef TP_QUERY_ARGUMENTS_H
#define TP_QUERY_ARGUMENTS_H

#include "query/agg.h"
#include "query/expr.h"

struct tp_arguments {
    const struct tp_aggs *aggs; /* borrowed */
    struct tp_expr **expr;
    struct tp_value *value; /* as read last: for tp_aggs_add and the like */
    size_t count;
    struct tp_expr **filter;
    bool *holds; /* likewise */
    size_t filters;
};

/* Room for the arguments of AGGS, not yet compiled. -1: no memory; what there is, is to be
 * released.
 */
int tp_arguments_init(struct tp_arguments *arguments, const struct tp_aggs *aggs,
                      struct tp_err *err);
void tp_arguments_release(struct tp_arguments *arguments);

/* Evaluates all over SLOTS; text in the values is borrowed as tp_expr_eval's is. -1: the record is
 * bad. */
int tp_arguments_read(struct tp_arguments *arguments, const struct tp_slot *slots,
                      struct tp_err *err);

#endif
