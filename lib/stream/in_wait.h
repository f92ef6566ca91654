/*
 * in_wait: what waiting needs to know of an input. Private to the room `in`.
 */
#ifndef TP_STREAM_IN_WAIT_H
#define TP_STREAM_IN_WAIT_H

#include <stdbool.h>

#include "stream/in.h"

/* What tp_in_next would answer without a read that might find nothing. */
bool tp_in_has_something(const struct tp_in *in);

/* What to poll: until tp_in_next can answer, and until there is something to drain. -1: nothing. */
int tp_in_descriptor(const struct tp_in *in);
int tp_in_drainable(const struct tp_in *in);

/* Takes what the descriptor has now into memory or the temporary file. */
int tp_in_drain(struct tp_in *in, struct tp_err *err);

#endif
