/*
 * pair: a condition over two records: `l.price > r.reserve AND r.open`.
 *
 * The members of the left are `l.name`, those of the right `r.name`; all else is query/expr. Both
 * records are scanned again for each pair, as one object {"l":…,"r":…}: for conditions that keys
 * and bounds of time cannot say.
 */
#ifndef TP_QUERY_PAIR_H
#define TP_QUERY_PAIR_H

#include "base/err.h"
#include "base/str.h"

struct tp_pair; /* opaque */

/* NULL with the reason and its place in TEXT (err->at). */
struct tp_pair *tp_pair_compile(struct tp_str text, struct tp_err *err);
void tp_pair_free(struct tp_pair *pair);

/* 1 when the condition is TRUE of LEFT and RIGHT (valid objects), 0 when FALSE or NULL, -1 when it
 * failed (TP_FAULT_RECORD) or memory ran out. */
int tp_pair_test(struct tp_pair *pair, struct tp_str left, struct tp_str right, struct tp_err *err);

#endif
