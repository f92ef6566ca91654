/*
 * select: lists of named expressions: what smap, keys and --set are given.
 *
 *     ip, upper(method) AS verb, user.id AS who.id, * EXCEPT (a, b), UNNEST(tags) AS tag
 *     total = price * amount, user.name = lower(user.name)
 *
 * Same grammar, failures and ownership as query/expr; a select owns its expressions. Two columns of
 * one name are refused ("use AS").
 */
#ifndef TP_QUERY_SELECT_H
#define TP_QUERY_SELECT_H

#include "base/mem.h"
#include "query/expr.h"

enum tp_item_kind {
    TP_ITEM_EXPR,   /* one value under `name` */
    TP_ITEM_ALL,    /* `*`: every member but those in `except` */
    TP_ITEM_UNNEST, /* one record for each element of the array that `expr` yields */
};

struct tp_item {
    enum tp_item_kind kind;
    struct tp_expr *expr;   /* NULL for TP_ITEM_ALL */
    struct tp_path target;  /* where the value goes: one step, or more for nested members; empty for
                               TP_ITEM_ALL */
    struct tp_str name;     /* of a target of one step: its name; else its path as text */
    struct tp_path *except; /* TP_ITEM_ALL: the members left out */
    size_t excepts;
    long at; /* where the item stands in the text */
};

struct tp_select {
    struct tp_item *item;
    size_t count, cap;
    bool sets; /* assignments */
    struct tp_arena memory;
};

/* What a list may hold besides expressions. */
#define TP_SELECT_ALL 1u    /* `*` and `* EXCEPT (…)` */
#define TP_SELECT_UNNEST 2u /* one `UNNEST(…) AS name` */
#define TP_SELECT_SIDES 4u  /* of two records: the column of `l.name`, `r.name` is called `name` */

/* Returns NULL with the reason and its place. ALLOW is a set of TP_SELECT_…; 0 for keys. */
struct tp_select *tp_select_parse(struct tp_str text, unsigned allow,
                                  const struct tp_expr_context *context, struct tp_err *err);

/* A list of assignments `name = expression`. */
struct tp_select *tp_select_parse_set(struct tp_str text, const struct tp_expr_context *context,
                                      struct tp_err *err);

void tp_select_free(struct tp_select *select);

/* Appends the list as SQL (constants folded; compiles to the same again), and the plan of each of
 * its expressions under its target. */
void tp_select_write_sql(const struct tp_select *select, struct tp_buf *to);
void tp_select_write_plan(const struct tp_select *select, struct tp_buf *to);

/* Walks the array JSON (the text of a TP_JSON value), for UNNEST: *AT starts at 0; returns true
 * and the next element as a slot into JSON, false at the end. False at once when JSON is not an
 * array. */
bool tp_select_element(struct tp_str json, size_t *at, struct tp_slot *element);

#endif
