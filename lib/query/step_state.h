/*
 * step_state: the pieces of which saved running values are made. Private to query/step*.
 *
 * As agg_state, which reads them; but a double is an array, [0.1] or [0.1,1,1], the second and
 * third being mantissa and scale: sums must find again which of their terms were short decimals.
 * Texts are strings of the bytes that are kept, be they JSON or keys.
 */
#ifndef TP_QUERY_STEP_STATE_H
#define TP_QUERY_STEP_STATE_H

#include <stdbool.h>

#include "base/buf.h"
#include "query/agg_state.h"
#include "query/step_ring.h"
#include "value/num.h"
#include "value/value.h"

void tp_step_put_value(struct tp_buf *to, struct tp_value value);
void tp_step_put_sum(struct tp_buf *to, const struct tp_sum *sum);
void tp_step_put_ring(struct tp_buf *to, const struct tp_step_ring *ring);

/* What is expected; else false, and all is lost. The text of a value is borrowed until the next one
 * is read; a ring has none. */
bool tp_step_read_value(struct tp_agg_reader *from, struct tp_value *value);
bool tp_step_read_flag(struct tp_agg_reader *from, bool *flag);
bool tp_step_read_sum(struct tp_agg_reader *from, struct tp_sum *sum);
bool tp_step_read_ring(struct tp_agg_reader *from, struct tp_step_ring *ring);

/* `[at,value` or `,at,value`, one after the other. */
void tp_step_put_entry(struct tp_buf *to, bool first, const struct tp_step_entry *entry);
bool tp_step_read_entry(struct tp_agg_reader *from, struct tp_step_entry *entry);

#endif
