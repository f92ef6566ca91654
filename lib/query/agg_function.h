/*
 * agg_function: what an aggregate function is made of. Private to query/agg*.
 *
 * A *store* is a kind of accumulator: a running sum, a set of values. A *state* is one store over
 * one argument; functions that need the same one share it (sum(x) and avg(x), all quantiles of x).
 * A *function* is a row of the table in agg_function.c: its name, its store, and how a result is
 * read from that. A *column* is one function as the user wrote it. A new function is a new row, and
 * a new store where none fits; the core knows neither by name.
 *
 * A zeroed cell is an empty accumulator. Every cell is plain data plus what it allocated, so that
 * it can be said in JSON when state is saved.
 */
#ifndef TP_QUERY_AGG_FUNCTION_H
#define TP_QUERY_AGG_FUNCTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "query/agg_state.h"
#include "value/value.h"

#define TP_AGG_KIND(kind) (1U << (kind))
#define TP_AGG_NUMBERS (TP_AGG_KIND(TP_INT) | TP_AGG_KIND(TP_REAL))
#define TP_AGG_ALL (~0U)
#define TP_AGG_MAX_ARGUMENTS 2

/* What a store sees of a record besides its (first) argument. */
struct tp_agg_input {
    const struct tp_value *second; /* argument, of stores that take two */
    tp_time time;
    uint64_t sequence;
    uint64_t seed; /* for hashing; the same for all cells of a list */
};

struct tp_agg_store {
    size_t size, align;
    unsigned accepts; /* kinds that the first argument may have (TP_AGG_KIND); NULL it never sees */
    const char *wants;       /* what it is otherwise not: "a number" */
    unsigned accepts_second; /* of stores that take two: kinds of the other; NULL it may see */
    const char *wants_second;

    /* Whether a value fits to those there already: -1 with the reason (the text behind
     * "min(x): "). May be NULL: any does. SECOND is NULL for stores that take one. */
    int (*check)(const void *cell, const struct tp_value *value, const struct tp_value *second,
                 struct tp_err *err);

    /* VALUE is never NULL (an argument that is was left out); for count(*) it says nothing. -1 only
     * when memory ran out; the cell is then as before. */
    int (*add)(void *cell, const struct tp_value *value, const struct tp_agg_input *input);
    int (*merge)(void *into, const void *from, uint64_t seed);

    /* Takes VALUE, that was added, out again, -1 as for add; and is nothing left? May be NULL: it
     * cannot. */
    int (*subtract)(void *cell, const struct tp_value *value);
    bool (*is_empty)(const void *cell);

    /* The cell as one JSON value; and an empty cell from that. False: it is not what save writes,
     * or memory ran out (from->memory); the cell can still be cleared. */
    void (*save)(const void *cell, struct tp_buf *to);
    bool (*load)(void *cell, struct tp_agg_reader *from, uint64_t seed);

    /* Of what lies beyond the cell. May be NULL: nothing does. */
    size_t (*held)(const void *cell);
    void (*clear)(void *cell);
};

/* A function's constant: a fraction 0..1, exactly, as numerator / 10^scale; or a count, as
 * numerator. */
struct tp_agg_quantile {
    int64_t numerator;
    int scale;
};

enum tp_agg_parameter {
    TP_AGG_NO_PARAMETER,
    TP_AGG_TAKES_QUANTILE, /* a number 0..1 */
    TP_AGG_TAKES_COUNT,    /* a whole number 1..TP_AGG_MOST */
};

#define TP_AGG_MOST 1000

struct tp_agg_function {
    const char *name;
    const struct tp_agg_store *store;
    unsigned arguments;              /* expressions it takes */
    enum tp_agg_parameter parameter; /* and then a constant */
    bool may_count_all;              /* without arguments, or `*`: every record */
    struct tp_agg_quantile quantile; /* a fixed one: median */

    /* The result; TP_NULL of an empty cell. -1 with the reason (the text behind "sum(x): ") and
     * TP_NULL when it cannot be said. May reorder what the cell keeps. */
    int (*value)(void *cell, struct tp_agg_quantile quantile, struct tp_value *value,
                 struct tp_err *err);
    /* The same, written as JSON. May be NULL: the value is. */
    int (*write)(void *cell, struct tp_buf *to, struct tp_err *err);
};

/* The value that KEY (record/key, of one part) was made of; text is borrowed from it. */
struct tp_value tp_agg_value_of_key(struct tp_str key);

/* The row of NAME (case ignored), or NULL. */
const struct tp_agg_function *tp_agg_function_find(struct tp_str name);

/* The name likest to NAME, or NULL. */
const char *tp_agg_function_likest(struct tp_str name);

/* Of `p99`, `p99.9`, `p99_9`: true and the quantile. */
bool tp_agg_percentile(struct tp_str name, struct tp_agg_quantile *quantile);

extern const struct tp_agg_store tp_agg_count_store, tp_agg_sum_store, tp_agg_moments_store,
    tp_agg_min_store, tp_agg_max_store, tp_agg_first_store, tp_agg_last_store, tp_agg_values_store,
    tp_agg_distinct_store, tp_agg_arg_min_store, tp_agg_arg_max_store, tp_agg_tally_store,
    tp_agg_series_store, tp_agg_rate_store, tp_agg_truth_store, tp_agg_approx_quantile_store,
    tp_agg_approx_distinct_store, tp_agg_approx_top_store;

#define TP_AGG_VALUE(name)                                                        \
    int name(void *cell, struct tp_agg_quantile quantile, struct tp_value *value, \
             struct tp_err *err)

TP_AGG_VALUE(tp_agg_count_value);
TP_AGG_VALUE(tp_agg_sum_value);
TP_AGG_VALUE(tp_agg_avg_value);
TP_AGG_VALUE(tp_agg_var_value);
TP_AGG_VALUE(tp_agg_var_pop_value);
TP_AGG_VALUE(tp_agg_stddev_value);
TP_AGG_VALUE(tp_agg_stddev_pop_value);
TP_AGG_VALUE(tp_agg_extreme_value);
TP_AGG_VALUE(tp_agg_edge_value);
TP_AGG_VALUE(tp_agg_quantile_value);
TP_AGG_VALUE(tp_agg_distinct_value);
TP_AGG_VALUE(tp_agg_arg_value);
TP_AGG_VALUE(tp_agg_mode_value);
TP_AGG_VALUE(tp_agg_set_value);
TP_AGG_VALUE(tp_agg_topk_value);
TP_AGG_VALUE(tp_agg_histogram_value);
TP_AGG_VALUE(tp_agg_list_value);
TP_AGG_VALUE(tp_agg_rate_value);
TP_AGG_VALUE(tp_agg_bool_and_value);
TP_AGG_VALUE(tp_agg_bool_or_value);
TP_AGG_VALUE(tp_agg_approx_quantile_value);
TP_AGG_VALUE(tp_agg_approx_distinct_value);
TP_AGG_VALUE(tp_agg_approx_top_value);
int tp_agg_sum_write(void *cell, struct tp_buf *to, struct tp_err *err);

#endif
