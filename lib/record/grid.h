/*
 * grid: records as rows of named columns, for those who write tables and CSV.
 *
 * Reading a record gives one cell a column. Members of objects are columns of their own (`user.id`
 * for {"user":{"id":1}}); an array, and an empty object, is its JSON text. A name that was not seen
 * before adds a column, unless the columns are fixed; so the grid holds one entry per distinct name
 * and the cells of one row.
 */
#ifndef TP_RECORD_GRID_H
#define TP_RECORD_GRID_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

enum tp_cell_kind {
    TP_CELL_MISSING = 0, /* the record has no such member */
    TP_CELL_NULL,
    TP_CELL_NUMBER, /* as the record wrote it */
    TP_CELL_BOOL,
    TP_CELL_TEXT, /* escapes undone */
    TP_CELL_JSON,
};

struct tp_cell {
    enum tp_cell_kind kind;
    struct tp_str text; /* empty for missing and null */
};

struct tp_grid; /* opaque */

struct tp_grid *tp_grid_new(void); /* NULL when memory ran out */
void tp_grid_free(struct tp_grid *grid);

/* Takes the members whose names begin with `@` too. */
void tp_grid_show_all(struct tp_grid *grid);

/* Fixes the columns: NAMES are separated by commas. -1 with the reason. */
int tp_grid_fix(struct tp_grid *grid, struct tp_str names, struct tp_err *err);

/* LINE is a valid object. Its cells are borrowed until the next read, and as long as LINE is. -1
 * when memory ran out. */
int tp_grid_read(struct tp_grid *grid, struct tp_str line, struct tp_err *err);

size_t tp_grid_columns(const struct tp_grid *grid);
struct tp_str tp_grid_name(const struct tp_grid *grid, size_t column);
const struct tp_cell *tp_grid_cell(const struct tp_grid *grid, size_t column);

/* The text of the cell called NAME; empty when there is no such column. */
struct tp_str tp_grid_text(const struct tp_grid *grid, struct tp_str name);

#endif
