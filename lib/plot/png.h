/*
 * png: a chart as a PNG picture, by cairo where the build found it (pkg-config cairo).
 */
#ifndef TP_PLOT_PNG_H
#define TP_PLOT_PNG_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "plot/chart.h"

/* Was cairo there? */
bool tp_png_is_there(void);

/* Appends a picture of WIDTH by HEIGHT pixels. */
int tp_png_draw(const struct tp_chart *chart, int width, int height, struct tp_buf *to,
                struct tp_err *err);

#endif
