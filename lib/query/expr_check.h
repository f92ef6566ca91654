/*
 * expr_check: gives a parsed tree its types, refuses what can never work, makes ready what is
 * constant, and folds constants. Private to the room expr.
 */
#ifndef TP_QUERY_EXPR_CHECK_H
#define TP_QUERY_EXPR_CHECK_H

#include "query/expr_parse.h"

/* The tree below NODE. -1 with the reason and its place. */
int tp_check(struct tp_compile *c, struct tp_node *node);

/* "a string", "a number", … for a set of kinds. */
const char *tp_kinds_name(unsigned kinds);

#endif
