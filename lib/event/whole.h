/*
 * whole: the one window of all records, said at the end of input.
 *
 * Its bounds are the least and the greatest time seen, both inclusive; records need none. Groups
 * come in the order of their keys' first records. State: one accumulator for each key.
 */
#ifndef TP_EVENT_WHOLE_H
#define TP_EVENT_WHOLE_H

#include <stdbool.h>

#include "base/err.h"
#include "event/row.h"
#include "event/saving.h"
#include "query/agg.h"

struct tp_whole; /* opaque */

/* AGGS is borrowed for life. NULL when memory ran out. */
struct tp_whole *tp_whole_new(const struct tp_aggs *aggs, struct tp_row_to to);
void tp_whole_free(struct tp_whole *whole);

/* HAS_TIME: arrival->time is one. 1: added. -1: the record is bad (and was not added), or memory
 * ran out. */
int tp_whole_add(struct tp_whole *whole, const struct tp_arrival *arrival, bool has_time,
                 struct tp_err *err);

/* Adds what was taken and not added yet (event/ahead): before state is saved. */
int tp_whole_settle(struct tp_whole *whole, struct tp_err *err);

int tp_whole_say(struct tp_whole *whole, struct tp_err *err);

bool tp_whole_any(const struct tp_whole *whole); /* is there something to say? */

/* Saved state: a line whose first member is `whole`, and one a key (`key`). */
int tp_whole_save(const struct tp_whole *whole, const struct tp_saving *saving,
                  struct tp_save *save, struct tp_err *err);
int tp_whole_load(struct tp_whole *whole, struct tp_saving *saving, struct tp_str line,
                  struct tp_err *err);

#endif
