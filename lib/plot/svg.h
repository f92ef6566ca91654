/*
 * svg: a chart as SVG 1.1: nothing but lines, boxes and text, the same bytes for the same chart.
 */
#ifndef TP_PLOT_SVG_H
#define TP_PLOT_SVG_H

#include "base/buf.h"
#include "base/err.h"
#include "plot/chart.h"

/* Appends a picture of WIDTH by HEIGHT pixels. -1 when memory ran out. */
int tp_svg_draw(const struct tp_chart *chart, double width, double height, struct tp_buf *to,
                struct tp_err *err);

#endif
