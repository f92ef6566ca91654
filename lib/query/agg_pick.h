/*
 * agg_pick: a value kept by an aggregate, and how values are ordered. Private to query/agg*.
 */
#ifndef TP_QUERY_AGG_PICK_H
#define TP_QUERY_AGG_PICK_H

#include "query/agg_function.h"

#define TP_AGG_ORDERED                                                                     \
    (TP_AGG_NUMBERS | TP_AGG_KIND(TP_TEXT) | TP_AGG_KIND(TP_BOOL) | TP_AGG_KIND(TP_TIME) | \
     TP_AGG_KIND(TP_DURATION))

/* A value, with memory for its text. */
struct tp_agg_pick {
    struct tp_value value; /* TP_NULL: nothing yet */
    bool mixed;            /* parts of different types were merged: there is no least or greatest */
    char *memory;
    size_t cap;
};

/* Memory for VALUE, so that setting it cannot fail. What is kept stays. */
int tp_agg_pick_reserve(struct tp_agg_pick *pick, struct tp_value value);
int tp_agg_pick_set(struct tp_agg_pick *pick, struct tp_value value);

/* As two JSON values, with the comma between them. */
void tp_agg_pick_save(const struct tp_agg_pick *pick, struct tp_buf *to);
bool tp_agg_pick_load(struct tp_agg_pick *pick, struct tp_agg_reader *from);

/* Whether VALUE has an order with what is kept: "got a string after numbers". */
int tp_agg_pick_check(const struct tp_agg_pick *pick, const struct tp_value *value,
                      struct tp_err *err);

/* The records of both parts were taken; that they do not go together is only seen when they are
 * merged, and no reason to end the run: true when the result cannot be said. */
bool tp_agg_pick_mix(struct tp_agg_pick *into, const struct tp_agg_pick *from);

/* Of two values of one family (TP_AGG_ORDERED). */
int tp_agg_compare(struct tp_value a, struct tp_value b);

#endif
