/*
 * table: lays rows out in aligned columns, as they come.
 *
 * The first rows are held; settling fixes the widths after them and writes the header and these
 * rows. From then on a row is written at once, and one that is wider than its column shifts only
 * itself. A column that appears later makes a new header below a blank line. So what is held is
 * the rows before settling, and a width a column.
 *
 * Numbers stand right, everything else left; null is `-`, a missing member is blank. Widths are
 * those of the terminal's columns. Control characters are written as JSON escapes, so that no
 * content can move the cursor or break the layout.
 */
#ifndef TP_RECORD_TABLE_H
#define TP_RECORD_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "record/grid.h"

struct tp_table; /* opaque */

/* The columns and cells are GRID's (borrowed). NULL when memory ran out. */
struct tp_table *tp_table_new(const struct tp_grid *grid);
void tp_table_free(struct tp_table *table);

/* Header and nulls faint (ECMA-48, SGR 2). */
void tp_table_set_colour(struct tp_table *table, bool colour);

/* Cuts rows to so many terminal columns, with `…` at the cut; 0: never. */
void tp_table_set_limit(struct tp_table *table, size_t columns);

/* Numbers are written as they are. Otherwise one of more than six decimals is rounded to six
 * behind the zeros it begins with (0.30000000000000004 is 0.3, 0.000012345678 is 0.0000123457,
 * half a unit away from zero). */
void tp_table_set_exact(struct tp_table *table, bool exact);

/* The row that GRID holds now: held, or written to TO once settled. -1 when memory ran out. */
int tp_table_row(struct tp_table *table, struct tp_buf *to, struct tp_err *err);

/* Writes what is held; nothing when there is nothing. */
int tp_table_settle(struct tp_table *table, struct tp_buf *to, struct tp_err *err);

bool tp_table_is_settled(const struct tp_table *table);
size_t tp_table_held(const struct tp_table *table); /* rows */

#endif
