/*
 * figure: lays a chart out on paper of WIDTH by HEIGHT pixels. How wide text will be is estimated
 * (fonts differ); names that may be too long are shortened.
 */
#ifndef TP_PLOT_FIGURE_H
#define TP_PLOT_FIGURE_H

#include "base/err.h"
#include "plot/chart.h"
#include "plot/paper.h"

/* -1 when memory ran out. */
int tp_figure_draw(const struct tp_chart *chart, double width, double height,
                   const struct tp_paper *paper, struct tp_err *err);

#endif
