#include "query/arguments.h"

#include <stdlib.h>

int
tp_arguments_init(struct tp_arguments *a, const struct tp_aggs *aggs, struct tp_err *err)
{
    *a = (struct tp_arguments){
        .aggs = aggs,
        .count = tp_aggs_arguments(aggs),
        .filters = tp_aggs_filters(aggs),
    };
    a->expr = calloc(a->count + 1, sizeof(struct tp_expr *));
    a->value = calloc(a->count + 1, sizeof *a->value);
    a->filter = calloc(a->filters + 1, sizeof(struct tp_expr *));
    a->holds = calloc(a->filters + 1, sizeof *a->holds);
    return a->expr && a->value && a->filter && a->holds ? 0 : tp_err_memory(err);
}

void
tp_arguments_release(struct tp_arguments *a)
{
    for (size_t i = 0; a->expr && i < a->count; i++)
        tp_expr_free(a->expr[i]);
    for (size_t i = 0; a->filter && i < a->filters; i++)
        tp_expr_free(a->filter[i]);
    free(a->expr);
    free(a->value);
    free(a->filter);
    free(a->holds);
    *a = (struct tp_arguments){.aggs = NULL};
}

static int
test_filters(struct tp_arguments *a, const struct tp_slot *slots, struct tp_err *err)
{
    for (size_t i = 0; i < a->filters; i++) {
        int truth = tp_expr_test(a->filter[i], slots, err);

        if (truth < 0)
            return -1;
        a->holds[i] = truth;
    }
    return 0;
}

int
tp_arguments_read(struct tp_arguments *a, const struct tp_slot *slots, struct tp_err *err)
{
    if (test_filters(a, slots, err) < 0)
        return -1;
    for (size_t i = 0; i < a->count; i++) {
        size_t filter = tp_aggs_argument_filter(a->aggs, i);

        if (filter != TP_AGG_NO_FILTER && !a->holds[filter])
            a->value[i] = tp_null();
        else if (tp_expr_eval(a->expr[i], slots, &a->value[i], err) < 0)
            return -1;
    }
    return 0;
}
