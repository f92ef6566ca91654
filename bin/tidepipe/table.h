/*
 * table: rows of text in aligned columns, for people.
 */
#ifndef TIDEPIPE_TABLE_H
#define TIDEPIPE_TABLE_H

#include <stdbool.h>

#include "base/buf.h"

enum { TABLE_COLUMNS = 16 };

/* FROM is lines of COLUMNS cells, each cell ended by a tab, the last of a line by a newline
 * instead. Writes them to TO with two blanks between columns. A column whose bit is set in RIGHT is
 * set right. */
void table_write(struct tp_buf *to, const struct tp_buf *from, unsigned right);

#endif
