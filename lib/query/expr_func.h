/*
 * expr_func: the table of functions. Private to the room expr.
 *
 * A function says how many arguments it takes and of what kind; the caller evaluates them, turns
 * them into that kind or refuses, and answers NULL when one is NULL (unless the function takes
 * NULLs itself). What can be made ready from constant arguments (a pattern, a zone) is made once,
 * by `prepare`.
 */
#ifndef TP_QUERY_EXPR_FUNC_H
#define TP_QUERY_EXPR_FUNC_H

#include "query/expr_parse.h"

enum tp_param {
    TP_PARAM_ANY,
    TP_PARAM_TEXT,
    TP_PARAM_PRINTABLE, /* anything, turned into text as CAST(… AS VARCHAR) does */
    TP_PARAM_NUMBER,
    TP_PARAM_INTEGER, /* also a real without fraction */
    TP_PARAM_TIME,    /* also text or a number that reads as an event time */
    TP_PARAM_DURATION,
    TP_PARAM_CONSTANT_TEXT, /* known when compiling; `prepare` looks at it */
};

#define TP_FUNCTION_PARAMS 5
#define TP_FUNCTION_MANY TP_EXPR_ARGUMENTS

#define TP_FUNCTION_TAKES_NULL 1u /* gets NULL arguments too */
#define TP_FUNCTION_LAZY 2u       /* evaluates its arguments itself: `eval` */

typedef int tp_call_fn(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
                       struct tp_value *out);
typedef int tp_prepare_fn(struct tp_compile *c, struct tp_node *node);

struct tp_function {
    const char *name;
    const char *same_as; /* an alias: the name it is known by; the rest is then unused */
    size_t min, max;     /* arguments */
    enum tp_param param[TP_FUNCTION_PARAMS]; /* the last one holds for all that follow */
    unsigned gives;                          /* TP_SET_…; 0: what its arguments may be */
    unsigned flags;
    tp_call_fn *call;
    tp_eval_fn *eval; /* TP_FUNCTION_LAZY */
    tp_prepare_fn *prepare;
};

/* The function NAME (any case, aliases resolved), or NULL. */
const struct tp_function *tp_function_find(struct tp_str name);

/* The likest name, or an empty text. */
struct tp_str tp_function_likest(struct tp_str name);

enum tp_param tp_function_param(const struct tp_function *function, size_t i);

/* Evaluates a call: arguments, NULLs, kinds, then function->call. */
tp_eval_fn tp_eval_call;

/* Text, patterns, numbers, times, records: expr_func_*.c. */
tp_call_fn tp_call_lower, tp_call_upper, tp_call_trim, tp_call_ltrim, tp_call_rtrim, tp_call_substr,
    tp_call_left, tp_call_right, tp_call_length, tp_call_octet_length, tp_call_replace,
    tp_call_split_part, tp_call_concat, tp_call_concat_ws, tp_call_starts_with, tp_call_ends_with,
    tp_call_contains, tp_call_position, tp_call_lpad, tp_call_rpad, tp_call_reverse, tp_call_repeat,
    tp_call_regexp_replace, tp_call_regexp_extract, tp_call_regexp_like;
tp_call_fn tp_call_abs, tp_call_ceil, tp_call_floor, tp_call_round, tp_call_trunc, tp_call_sqrt,
    tp_call_ln, tp_call_log10, tp_call_log2, tp_call_exp, tp_call_power, tp_call_sign, tp_call_mod,
    tp_call_greatest, tp_call_least, tp_call_nullif, tp_call_geohash, tp_call_haversine,
    tp_call_hash;
tp_call_fn tp_call_date_trunc, tp_call_time_bucket, tp_call_date_part, tp_call_format_time,
    tp_call_parse_time, tp_call_epoch_s, tp_call_epoch_ms, tp_call_epoch_us, tp_call_epoch_ns;
tp_call_fn tp_call_json_type, tp_call_array_length, tp_call_array_contains, tp_call_env;
tp_eval_fn tp_eval_coalesce;
tp_prepare_fn tp_prepare_regexp, tp_prepare_replace, tp_prepare_extract, tp_prepare_date_trunc,
    tp_prepare_date_part, tp_prepare_format_time, tp_prepare_parse_time;

/* The zone named by the constant argument I of NODE, into its aux; nothing when it has none. */
int tp_prepare_zone(struct tp_compile *c, struct tp_node *node, size_t i);

/* How far that zone (none: UTC) is ahead of UTC at TIME; and *LOCAL, its time of TIME as if it were
 * UTC. */
tp_duration tp_local_offset(const struct tp_node *node, tp_time time);
int tp_to_local(const struct tp_node *node, struct tp_run *run, tp_time time, tp_time *local);

/* The week of ISO 8601: that with the year's first Thursday is number 1. *YEAR is its year. */
int tp_iso_week(int64_t days, int64_t *year);

/* A / B rounded down. */
static inline int64_t
tp_floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* The number of a unit of time (`hour`, `HOURS`), or -1. */
int tp_unit_find(struct tp_str name);

#endif
