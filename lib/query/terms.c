#include "query/terms.h"

#include <stdlib.h>

int
tp_terms_read(struct tp_terms *terms, const struct tp_slot *slots, struct tp_err *err)
{
    for (size_t i = 0; i < terms->order.count; i++)
        if (tp_expr_eval(terms->expr[i], slots, &terms->value[i], err) < 0)
            return -1;
    return 0;
}

void
tp_terms_release(struct tp_terms *terms)
{
    for (size_t i = 0; terms->expr && i < terms->order.count; i++)
        tp_expr_free(terms->expr[i]);
    free(terms->expr);
    free(terms->value);
    tp_order_release(&terms->order);
    *terms = (struct tp_terms){.expr = NULL};
}
