/* What the kinds of figures share. Private to plot/figure. */
#ifndef TP_PLOT_FIGURE_PARTS_H
#define TP_PLOT_FIGURE_PARTS_H

#include "plot/canvas.h"
#include "plot/chart.h"
#include "plot/paper.h"

#define TP_FIGURE_EACH 6.8 /* pixels of a character, roughly */
#define TP_FIGURE_EDGE 14.0

struct tp_figure {
    const struct tp_chart *chart;
    const struct tp_paper *paper;
    double width, height;
    double x, y, w, h; /* the plot itself */
};

void tp_figure_line(const struct tp_figure *f, double x0, double y0, double x1, double y1,
                    unsigned colour);

/* Text that takes at most WIDTH pixels, shortened if need be. */
void tp_figure_name(const struct tp_figure *f, double x, double y, struct tp_str text, double width,
                    enum tp_anchor anchor);
void tp_figure_value(const struct tp_figure *f, double x, double y, double value, bool duration,
                     enum tp_anchor anchor);

/* Says that there are COUNT more series. */
void tp_figure_more(const struct tp_figure *f, double y, size_t count);

/* Title, legend (LEGEND); the plot is what they leave. */
void tp_figure_head(struct tp_figure *f, bool legend);

/* Pixels of the longest name, LIMIT at most. */
double tp_figure_names(const struct tp_figure *f, double limit);

void tp_figure_value_axis(struct tp_figure *f, const struct tp_ticks *axis, bool rules);
void tp_figure_axis(const struct tp_figure *f, const struct tp_ticks *ticks, double width);
void tp_figure_time_axis(const struct tp_figure *f);

int tp_figure_hist(struct tp_figure *f, struct tp_err *err);
int tp_figure_heat(struct tp_figure *f, struct tp_err *err);

#endif
