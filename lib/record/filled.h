/*
 * filled: a record for an instant that has none, made of those around it.
 *
 * It has the members of the record before it and `"@fill":HOW` behind them; its event time, written
 * the way it was, is the instant. `window_start` and `window_end` move with it, so that a row of
 * swindow becomes that of a later window. Memory failure shows in the buffers.
 */
#ifndef TP_RECORD_FILLED_H
#define TP_RECORD_FILLED_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "value/value.h"

enum tp_fill {
    TP_FILL_PREVIOUS, /* as the record before it */
    TP_FILL_NULL,     /* every outermost member null */
    TP_FILL_LINEAR,   /* outermost numbers on the line from the record before to the one behind, or
                         null where that has no number; all else as before */
};

/* The text of a value in a line; len 0: not there. */
struct tp_span {
    uint32_t at, len;
};

/* A line, a valid object, and what stays in it as it is. */
struct tp_fillable {
    struct tp_str line;
    struct tp_span time;
    const struct tp_span *key; /* values, anywhere in the line */
    size_t keys;
};

struct tp_fill_place {
    tp_time from, at; /* the time of the record before, and the instant */
    double share;     /* TP_FILL_LINEAR: how far on the way to BEHIND, 0 to 1 */
    struct tp_str behind;
};

/* Appends the record and its newline. SCRATCH is overwritten. */
void tp_fill_write(enum tp_fill how, const struct tp_fillable *before,
                   const struct tp_fill_place *place, struct tp_buf *scratch, struct tp_buf *to);

#endif
