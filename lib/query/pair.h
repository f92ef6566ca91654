/*
 * pair: expressions over two records: a condition, `l.price > r.reserve AND r.open`, a list that
 * makes a row of them, `l.price, r.reserve AS least`, or an order of pairs, `l.price DESC`.
 *
 * The members of the left are `l.name`, those of the right `r.name`; all else is query/expr. For
 * conditions that keys and bounds of time cannot say. Both records are scanned again for each pair,
 * as one object {"l":…,"r":…}, unless somebody else has read what is asked for.
 */
#ifndef TP_QUERY_PAIR_H
#define TP_QUERY_PAIR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "record/scan.h"

struct tp_pair; /* opaque */

/* NULL with the reason and its place in TEXT (err->at). */
struct tp_pair *tp_pair_compile(struct tp_str text, struct tp_err *err);
/* The same of a list (query/select); its columns take the names of the members. It may read the
 * bounds of a window, too (`window_start`, `window_end`). */
struct tp_pair *tp_pair_select(struct tp_str text, struct tp_err *err);
/* The same of an ORDER BY list (query/order). */
struct tp_pair *tp_pair_order(struct tp_str text, struct tp_err *err);
void tp_pair_free(struct tp_pair *pair);

/* Puts the names of the members that it reads of the side `l` or `r`, each once, behind the *COUNT
 * that stand in NAMES, where there is room for CAP; borrowed. False: there are more, or it reads
 * the record as a whole. */
bool tp_pair_reads(const struct tp_pair *pair, char side, struct tp_str *names, size_t cap,
                   size_t *count);

/* From here on the outermost members of these NAMES are read by the caller, where he can. */
void tp_pair_expect(struct tp_pair *pair, const struct tp_str *const names[2],
                    const size_t count[2]);

/* Two records. */
struct tp_pair_sides {
    struct tp_str text[2];         /* left, right: valid objects; ptr NULL: missing */
    const struct tp_slot *slot[2]; /* their members in the order of tp_pair_expect; both NULL: not
                                      read */
    bool roomy; /* behind these, and what is in a head, there is room to read (TP_SCAN_PADDING) */
};

/* 1 when the condition is TRUE of them, 0 when FALSE or NULL, -1 when it failed (TP_FAULT_RECORD)
 * or memory ran out. */
int tp_pair_test(struct tp_pair *pair, const struct tp_pair_sides *sides, struct tp_err *err);

/* Appends the place of the pair in the order, as bytes that memcmp orders (query/sortkey). -1 when
 * it has none (TP_FAULT_RECORD, nothing is appended) or memory ran out. */
int tp_pair_rank(struct tp_pair *pair, const struct tp_pair_sides *sides, struct tp_buf *to,
                 struct tp_err *err);

/* The order, for saved state: what kinds of values it has compared. */
struct tp_order *tp_pair_terms(struct tp_pair *pair);

/* What a row has beside them. */
enum tp_pair_head {
    TP_PAIR_TIME, /* `@timestamp` */
    TP_PAIR_OP,   /* `@op` */
    TP_PAIR_WINDOW_START,
    TP_PAIR_WINDOW_END,
    TP_PAIR_HEAD,
};

/* Appends the row that the list makes of them, with a newline. -1 when it failed (TP_FAULT_RECORD,
 * nothing is appended) or memory ran out. */
int tp_pair_write(struct tp_pair *pair, const struct tp_slot head[TP_PAIR_HEAD],
                  const struct tp_pair_sides *sides, struct tp_buf *to, struct tp_err *err);

#endif
