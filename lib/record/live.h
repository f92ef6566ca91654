/*
 * live: a table of the latest row a key, drawn again in place on a terminal (ECMA-48).
 *
 * Rows stand in the order in which their keys were first seen. A frame takes no more lines than the
 * terminal has; how many rows there are beyond is said in its last line. What is held: the latest
 * record of each key.
 */
#ifndef TP_RECORD_LIVE_H
#define TP_RECORD_LIVE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "record/grid.h"

struct tp_live; /* opaque */

/* How frames look. */
struct tp_live_look {
    bool colour, exact;    /* as record/table has them */
    size_t columns, lines; /* of the terminal; 0: no limit */
};

/* GRID (borrowed) makes the columns. NULL when memory ran out. */
struct tp_live *tp_live_new(struct tp_grid *grid);
void tp_live_free(struct tp_live *live);

/* LINE is the latest of KEY; or KEY is gone. -1 when memory ran out. */
int tp_live_put(struct tp_live *live, struct tp_str key, struct tp_str line, struct tp_err *err);
void tp_live_remove(struct tp_live *live, struct tp_str key);

/* Did anything change since the last frame? */
bool tp_live_changed(const struct tp_live *live);

/* Appends a frame that takes the place of the last one. -1 when memory ran out. */
int tp_live_draw(struct tp_live *live, const struct tp_live_look *look, struct tp_buf *to,
                 struct tp_err *err);

#endif
