/*
 * agg_item: one item of a list of aggregates as it is written: `sum(bytes) FILTER (WHERE ok)`.
 * Private to query/agg*.
 */
#ifndef TP_QUERY_AGG_ITEM_H
#define TP_QUERY_AGG_ITEM_H

#include "query/agg_list.h"

struct tp_agg_parser {
    struct tp_aggs *aggs;
    const char *start, *at, *end;
    struct tp_err *err;
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

#define TP_AGG_FAIL(parser, where, ...) \
    tp_err_at((parser)->err, TP_FAULT_USAGE, (long)((where) - (parser)->start), __VA_ARGS__)

#define TP_AGG_SHOW(text) (int)(text).len, (text).ptr

bool tp_agg_is_word_byte(char c);
void tp_agg_skip_space(struct tp_agg_parser *parser);
bool tp_agg_take_char(struct tp_agg_parser *parser, char c);

/* A word, with points in it where POINTS (p99.9). */
struct tp_str tp_agg_take_word(struct tp_agg_parser *parser, bool points);
bool tp_agg_take_keyword(struct tp_agg_parser *parser, struct tp_str keyword);

/* Behind the quoted run that starts at AT; NULL when it is not closed. */
const char *tp_agg_skip_quoted(const char *at, const char *end);

/* Reads one item, without the name behind AS. */
int tp_agg_take_item(struct tp_agg_parser *parser, struct tp_agg_item *item);

#endif
