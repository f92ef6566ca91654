/*
 * expr: SQL's scalar expressions over the members of a record (tidepipe-expr.7).
 *
 * An expression is compiled once from text, asking the scanner for the members it needs, and then
 * evaluated over the slots that the scanner fills for each line. It reads numbers and undoes
 * escapes only where an operator wants them; comparisons, arithmetic, LIKE and regular expressions
 * on slots allocate nothing. Logic is SQL's, with three values: a missing member and JSON null are
 * NULL. Where SQL engines disagree it does what Flink SQL does; tidepipe-expr.7 lists the cases.
 *
 * Failure: compiling fails with TP_FAULT_USAGE and the place in the text (err->at); evaluating
 * fails with TP_FAULT_RECORD (overflow, a bad cast, a string compared with a number, a regular
 * expression that hit its limits): that record is bad, the next one is not.
 *
 * Ownership: the expression owns all it needs but the context's stamp. A value's text is borrowed,
 * from the line or from the expression, until the line goes or the same expression is evaluated
 * again. Text in slots must be valid UTF-8 (the scanner sees to it). One thread at a time.
 */
#ifndef TP_QUERY_EXPR_H
#define TP_QUERY_EXPR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "record/path.h"
#include "record/scan.h"
#include "value/stamp.h"
#include "value/value.h"

struct tp_expr; /* opaque */

struct tp_expr_context {
    struct tp_scan *scan;    /* asked for the members; borrowed while compiling */
    struct tp_str time_name; /* path of the event-time member; empty: `@timestamp` */
    struct tp_stamp *stamp;  /* how that member is read where a timestamp is wanted; NULL: auto */
};

/* NULL with the reason and its place. TEXT is copied. */
struct tp_expr *tp_expr_compile(struct tp_str text, const struct tp_expr_context *context,
                                struct tp_err *err);
void tp_expr_free(struct tp_expr *expr);

/* The value of EXPR over SLOTS (those of the scanner it was compiled with). 0, or -1. */
int tp_expr_eval(struct tp_expr *expr, const struct tp_slot *slots, struct tp_value *out,
                 struct tp_err *err);

/* EXPR as a condition: 1 when it is TRUE, 0 when FALSE or NULL, -1 when it failed or is not a
 * boolean. */
int tp_expr_test(struct tp_expr *expr, const struct tp_slot *slots, struct tp_err *err);

/* The first of COUNT conditions (of one scanner) that is TRUE; COUNT when none is, -1 when one
 * failed, or is not a boolean, before that. Faster than asking each by itself: a member that
 * several look at is read once. */
long tp_expr_first(struct tp_expr *const *expr, size_t count, const struct tp_slot *slots,
                   struct tp_err *err);

/* The path and *SLOT (may be NULL) when EXPR is nothing but one member, else NULL: its value can be
 * copied byte for byte with tp_slot_json. Borrowed from EXPR. */
const struct tp_path *tp_expr_path(const struct tp_expr *expr, size_t *slot);

/* Appends the name of the column that EXPR gives: user.id is user_id (tp_path_column); in other
 * expressions each run of characters that no name has becomes one `_`: upper_method. */
void tp_expr_column(const struct tp_expr *expr, struct tp_buf *to);

/* Can it be a condition? -1 with the reason and its place when it never yields a boolean. */
int tp_expr_want_boolean(const struct tp_expr *expr, struct tp_err *err);

/* The members that EXPR reads, each once, for "did you mean" at the end of the run. */
struct tp_expr_member {
    struct tp_path path;
    size_t source; /* which record: 0 (joins have two) */
    size_t slot;
    bool maybe_text; /* one name in double quotes, used as an operand: `host = "a"`. When no record
                        had such a member, say: strings are written 'a' */
    long at;         /* where it first stands in the text */
};
const struct tp_expr_member *tp_expr_members(const struct tp_expr *expr, size_t *count);

/* The member number *INDEX or a later one that is maybe_text; moves *INDEX behind it. NULL: none.
 */
const struct tp_expr_member *tp_expr_suspicious_name(const struct tp_expr *expr, size_t *index);

/* Appends EXPR as SQL (constants folded; compiles to the same again), and as an indented plan. */
void tp_expr_write_sql(const struct tp_expr *expr, struct tp_buf *to);
void tp_expr_write_plan(const struct tp_expr *expr, struct tp_buf *to);

/* Appends the line of TEXT in which byte AT stands, and a caret under it, each with a newline.
 * Nothing when AT is -1. */
void tp_expr_write_caret(struct tp_str text, long at, struct tp_buf *to);

/* SQL's hash(): XXH3 with seed 0 of the value as text (numbers in canonical form: 1 = 1.0), its
 * lowest bit dropped, so 0..2^63-1; -1 for NULL. The same in every run and on every machine. */
int64_t tp_expr_hash(struct tp_value value, struct tp_buf *scratch);

#endif
