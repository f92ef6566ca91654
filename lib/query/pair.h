/*
 * pair: expressions over two records: a condition, `l.price > r.reserve AND r.open`, or a list that
 * makes a row of them, `l.price, r.reserve AS least`.
 *
 * The members of the left are `l.name`, those of the right `r.name`; all else is query/expr. Both
 * records are scanned again for each pair, as one object {"l":…,"r":…}: for conditions that keys
 * and bounds of time cannot say.
 */
#ifndef TP_QUERY_PAIR_H
#define TP_QUERY_PAIR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct tp_pair; /* opaque */

/* NULL with the reason and its place in TEXT (err->at). */
struct tp_pair *tp_pair_compile(struct tp_str text, struct tp_err *err);
/* The same of a list (query/select); its columns take the names of the members. It may read the
 * bounds of a window, too (`window_start`, `window_end`). */
struct tp_pair *tp_pair_select(struct tp_str text, struct tp_err *err);
void tp_pair_free(struct tp_pair *pair);

/* Puts the names of the members that it reads of the side `l` or `r`, each once, behind the *COUNT
 * that stand in NAMES, where there is room for CAP; borrowed. False: there are more, or it reads
 * the record as a whole. */
bool tp_pair_reads(const struct tp_pair *pair, char side, struct tp_str *names, size_t cap,
                   size_t *count);

/* 1 when the condition is TRUE of LEFT and RIGHT (valid objects), 0 when FALSE or NULL, -1 when it
 * failed (TP_FAULT_RECORD) or memory ran out. */
int tp_pair_test(struct tp_pair *pair, struct tp_str left, struct tp_str right, struct tp_err *err);

/*
 * Appends the row that the list makes of OBJECT, `{"@timestamp":…,"l":…,"r":…,"@op":…}` with a
 * newline, all but one side optional; to which padding is added. -1 when it failed
 * (TP_FAULT_RECORD, nothing is appended) or memory ran out.
 */
int tp_pair_write(struct tp_pair *pair, struct tp_buf *object, struct tp_buf *to,
                  struct tp_err *err);

#endif
