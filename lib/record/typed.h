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
#include "value/num.h"

/* Is TEXT something other than a string? Most are told by how they begin and end. */
static inline bool
tp_typed_is(struct tp_str text)
{
    char first, last;

    if (text.len == 0)
        return true;
    first = text.ptr[0];
    last = text.ptr[text.len - 1];
    if (first == '-' || (first >= '0' && first <= '9'))
        return last >= '0' && last <= '9' && tp_num_is(text);
    return last == 'e' &&
           (tp_str_equal(text, TP_STR("true")) || tp_str_equal(text, TP_STR("false")));
}

/* Appends it as JSON. */
void tp_typed_put(struct tp_str text, struct tp_buf *to);

#endif
