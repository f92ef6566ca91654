/*
 * expr_eval: what operators do. Private to the room expr.
 */
#ifndef TP_QUERY_EXPR_EVAL_H
#define TP_QUERY_EXPR_EVAL_H

#include "query/expr_node.h"

/* Sets node->eval and node->test, the fastest that fit its arguments, which have theirs already. */
void tp_eval_choose(struct tp_node *node);

/* The kinds that the arithmetic operator OP gives for kinds of its operands; 0: for none. */
unsigned tp_arithmetic_kinds(enum tp_op op, unsigned left, unsigned right);

/* expr_arith.c, expr_test.c, expr_eval.c */
tp_eval_fn tp_eval_constant, tp_eval_member, tp_eval_arithmetic, tp_eval_negate, tp_eval_concat,
    tp_eval_case, tp_eval_case_of, tp_eval_cast, tp_eval_try_cast, tp_eval_test;
tp_test_fn tp_test_or, tp_test_and, tp_test_not, tp_test_compare, tp_test_compare_int,
    tp_test_compare_number, tp_test_equal_text, tp_test_distinct, tp_test_is_null,
    tp_test_member_is_null, tp_test_is_truth, tp_test_in, tp_test_between, tp_test_like,
    tp_test_match, tp_test_value;

#endif
