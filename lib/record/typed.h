/*
 * typed: what a text says when nothing else tells its type, as in a field of CSV without quotes.
 *
 *   (empty)        null
 *   12, -2.5, 1e3  the number, exactly as written (JSON's grammar: not 007, +1 or .5)
 *   true, false    a boolean
 *
 * Everything else is a string.
 */
#ifndef TP_RECORD_TYPED_H
#define TP_RECORD_TYPED_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

/* Is TEXT something other than a string? */
bool tp_typed_is(struct tp_str text);

/* Appends it as JSON. */
void tp_typed_put(struct tp_str text, struct tp_buf *to);

#endif
