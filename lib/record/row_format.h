/*
 * row_format: the row that a grid holds as a line of text: CSV, TSV, Markdown, LTSV, logfmt.
 *
 * What has columns takes the first COLUMNS of the grid; a header is the row of their names.
 *
 *   csv       strings that read like something else stand in quotes (record/csv): sfrom csv gives
 *             the same records back
 *   tsv       \t \n \r \\ within values
 *   markdown  a table of GitHub's kind: numbers stand right, what is Markdown is escaped, null is
 *             empty
 *   ltsv      name:value; a tab, newline and carriage return as \t \n \r; `:` in a name as `_`
 *   logfmt    as record/logfmt reads it, with the same types
 *
 * In the last two a member that is missing is left out.
 */
#ifndef TP_RECORD_ROW_FORMAT_H
#define TP_RECORD_ROW_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "record/grid.h"

void tp_row_put_csv(const struct tp_grid *grid, size_t columns, bool header, struct tp_buf *to);
void tp_row_put_tsv(const struct tp_grid *grid, size_t columns, bool header, struct tp_buf *to);
void tp_row_put_markdown(const struct tp_grid *grid, size_t columns, bool header,
                         struct tp_buf *to);
void tp_row_put_ltsv(const struct tp_grid *grid, struct tp_buf *to);
void tp_row_put_logfmt(const struct tp_grid *grid, struct tp_buf *to);

#endif
