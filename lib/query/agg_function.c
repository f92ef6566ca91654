#include "query/agg_function.h"

#include "value/text.h"

static const struct tp_agg_function functions[] = {
    {.name = "count",
     .store = &tp_agg_count_store,
     .arguments = 1,
     .may_count_all = true,
     .value = tp_agg_count_value},
    {.name = "sum",
     .store = &tp_agg_sum_store,
     .arguments = 1,
     .value = tp_agg_sum_value,
     .write = tp_agg_sum_write},
    {.name = "avg", .store = &tp_agg_sum_store, .arguments = 1, .value = tp_agg_avg_value},
    {.name = "min", .store = &tp_agg_min_store, .arguments = 1, .value = tp_agg_extreme_value},
    {.name = "max", .store = &tp_agg_max_store, .arguments = 1, .value = tp_agg_extreme_value},
    {.name = "first", .store = &tp_agg_first_store, .arguments = 1, .value = tp_agg_edge_value},
    {.name = "last", .store = &tp_agg_last_store, .arguments = 1, .value = tp_agg_edge_value},
    {.name = "var", .store = &tp_agg_moments_store, .arguments = 1, .value = tp_agg_var_value},
    {.name = "var_samp", .store = &tp_agg_moments_store, .arguments = 1, .value = tp_agg_var_value},
    {.name = "var_pop",
     .store = &tp_agg_moments_store,
     .arguments = 1,
     .value = tp_agg_var_pop_value},
    {.name = "stddev",
     .store = &tp_agg_moments_store,
     .arguments = 1,
     .value = tp_agg_stddev_value},
    {.name = "stddev_samp",
     .store = &tp_agg_moments_store,
     .arguments = 1,
     .value = tp_agg_stddev_value},
    {.name = "stddev_pop",
     .store = &tp_agg_moments_store,
     .arguments = 1,
     .value = tp_agg_stddev_pop_value},
    {.name = "median",
     .store = &tp_agg_values_store,
     .arguments = 1,
     .quantile = {5, 1},
     .value = tp_agg_quantile_value},
    {.name = "quantile",
     .store = &tp_agg_values_store,
     .arguments = 1,
     .parameter = TP_AGG_TAKES_QUANTILE,
     .value = tp_agg_quantile_value},
    {.name = "count_distinct",
     .store = &tp_agg_distinct_store,
     .arguments = 1,
     .value = tp_agg_distinct_value},
    {.name = "arg_min", .store = &tp_agg_arg_min_store, .arguments = 2, .value = tp_agg_arg_value},
    {.name = "arg_max", .store = &tp_agg_arg_max_store, .arguments = 2, .value = tp_agg_arg_value},
    {.name = "mode", .store = &tp_agg_tally_store, .arguments = 1, .value = tp_agg_mode_value},
    {.name = "set", .store = &tp_agg_tally_store, .arguments = 1, .value = tp_agg_set_value},
    {.name = "topk",
     .store = &tp_agg_tally_store,
     .arguments = 1,
     .parameter = TP_AGG_TAKES_COUNT,
     .value = tp_agg_topk_value},
    {.name = "histogram",
     .store = &tp_agg_tally_store,
     .arguments = 1,
     .value = tp_agg_histogram_value},
    {.name = "list", .store = &tp_agg_series_store, .arguments = 1, .value = tp_agg_list_value},
    {.name = "rate", .store = &tp_agg_rate_store, .arguments = 1, .value = tp_agg_rate_value},
    {.name = "bool_and",
     .store = &tp_agg_truth_store,
     .arguments = 1,
     .value = tp_agg_bool_and_value},
    {.name = "bool_or",
     .store = &tp_agg_truth_store,
     .arguments = 1,
     .value = tp_agg_bool_or_value},
    {.name = "approx_quantile",
     .store = &tp_agg_approx_quantile_store,
     .arguments = 1,
     .parameter = TP_AGG_TAKES_QUANTILE,
     .value = tp_agg_approx_quantile_value},
    {.name = "approx_count_distinct",
     .store = &tp_agg_approx_distinct_store,
     .arguments = 1,
     .value = tp_agg_approx_distinct_value},
    {.name = "approx_topk",
     .store = &tp_agg_approx_top_store,
     .arguments = 1,
     .parameter = TP_AGG_TAKES_COUNT,
     .value = tp_agg_approx_top_value},
};

#define FUNCTIONS (sizeof functions / sizeof *functions)

/* p50 .. p99.9 are this one, with the quantile taken from the name. */
static const struct tp_agg_function percentile = {
    .name = "p99", .store = &tp_agg_values_store, .arguments = 1, .value = tp_agg_quantile_value};

const struct tp_agg_function *
tp_agg_function_find(struct tp_str name)
{
    struct tp_agg_quantile ignored;

    for (size_t i = 0; i < FUNCTIONS; i++)
        if (tp_text_equal_nocase(name, tp_str_of(functions[i].name)))
            return &functions[i];
    return tp_agg_percentile(name, &ignored) ? &percentile : NULL;
}

const char *
tp_agg_function_likest(struct tp_str name)
{
    struct tp_str names[FUNCTIONS];
    const struct tp_str *likest;

    for (size_t i = 0; i < FUNCTIONS; i++)
        names[i] = tp_str_of(functions[i].name);
    likest = tp_text_likest(name, names, FUNCTIONS);
    return likest ? likest->ptr : NULL;
}

bool
tp_agg_percentile(struct tp_str name, struct tp_agg_quantile *quantile)
{
    int64_t numerator = 0, whole = 100;
    int scale = 2; /* per cent */
    bool point = false, any = false;

    if (name.len < 2 || name.len > 16 || (name.ptr[0] | 0x20) != 'p')
        return false;
    for (size_t i = 1; i < name.len; i++) {
        char c = name.ptr[i];

        if (c >= '0' && c <= '9') {
            numerator = numerator * 10 + (c - '0');
            scale += point;
            whole *= point ? 10 : 1;
            any = true;
        } else if ((c == '.' || c == '_') && any && !point && i + 1 < name.len) {
            point = true;
        } else {
            return false;
        }
    }
    *quantile = (struct tp_agg_quantile){numerator, scale};
    return numerator <= whole;
}
