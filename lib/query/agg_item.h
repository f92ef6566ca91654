/*
 * agg_item: one item of a list of aggregates as it is written: `sum(bytes) FILTER (WHERE ok)`.
 * Private to query/agg*.
 */
#ifndef TP_QUERY_AGG_ITEM_H
#define TP_QUERY_AGG_ITEM_H

#include "query/agg_list.h"
#include "query/calls.h"

struct tp_agg_parser {
    struct tp_aggs *aggs;
    struct tp_calls text;
};

/* One item of the list, as it was read. */
struct tp_agg_item {
    struct tp_str name;
    struct tp_str argument[TP_AGG_MAX_ARGUMENTS + 1];
    size_t arguments;
    bool has_list; /* parentheses stood there */
    bool star, distinct;
    struct tp_str filter; /* the condition of FILTER (WHERE …); empty: none */
    struct tp_str spelled;
};

#define TP_AGG_FAIL(parser, where, ...) TP_CALLS_FAIL(&(parser)->text, where, __VA_ARGS__)

#define TP_AGG_SHOW(text) (int)(text).len, (text).ptr

/* Reads one item, without the name behind AS. */
int tp_agg_take_item(struct tp_agg_parser *parser, struct tp_agg_item *item);

#endif
