/*
 * screen: a chart as lines of text: braille, blocks, and shades.
 *
 * Without colour several lines are told apart by letters on them.
 */
#ifndef TP_PLOT_SCREEN_H
#define TP_PLOT_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "plot/chart.h"

/* The smallest size that holds a plot; on anything smaller stands what it would need. */
#define TP_SCREEN_COLUMNS 20
#define TP_SCREEN_ROWS 6

/* Appends the frame: at most COLUMNS by ROWS. *LINES (may be NULL): how many lines it has. -1 when
 * memory ran out. */
int tp_screen_draw(const struct tp_chart *chart, size_t columns, size_t rows, bool colour,
                   struct tp_buf *to, size_t *lines, struct tp_err *err);

#endif
