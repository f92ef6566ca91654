/*
 * agg_list: a parsed list of aggregates. Private to query/agg*.
 */
#ifndef TP_QUERY_AGG_LIST_H
#define TP_QUERY_AGG_LIST_H

#include "base/mem.h"
#include "query/agg.h"
#include "query/agg_function.h"

#define TP_AGG_NO_ARGUMENT SIZE_MAX

struct tp_agg_argument {
    struct tp_str text;
    size_t filter;    /* NULL where this does not hold; TP_AGG_NO_FILTER: none */
    unsigned accepts; /* kinds that all states over it take, NULL included */
};

struct tp_agg_state {
    const struct tp_agg_store *store;
    size_t argument[TP_AGG_MAX_ARGUMENTS]; /* TP_AGG_NO_ARGUMENT: none */
    size_t offset;                         /* of its cell in the block */
};

struct tp_agg_column {
    const struct tp_agg_function *function;
    struct tp_agg_quantile quantile;
    size_t state;
    struct tp_str name;
    struct tp_str spelled; /* `sum(bytes)`, as the user wrote it */
    struct tp_str before;  /* `,"sum_bytes":` */
};

struct tp_aggs {
    char *text; /* a copy of the list; arguments, filters and spellings lie in it */
    struct tp_agg_argument *argument;
    struct tp_agg_state *state;
    struct tp_agg_column *column;
    struct tp_str *filter; /* the distinct conditions of FILTER */
    size_t arguments, states, columns, filters;
    size_t checked; /* states whose store has a check */
    size_t size;
    uint64_t seed;
};

#endif
