/* What the kinds of charts on a screen share: title, legend, axes. Private to plot/screen. */
#ifndef TP_PLOT_SCREEN_PARTS_H
#define TP_PLOT_SCREEN_PARTS_H

#include "plot/canvas.h"
#include "plot/chart.h"

struct tp_screen {
    const struct tp_chart *chart;
    size_t columns, rows; /* what there is room for */
    bool colour;
    struct tp_canvas canvas;
    size_t x, y, w, h; /* the plot itself, without axes */
};

/* A canvas of ROWS rows with the title. */
int tp_screen_rows(struct tp_screen *s, size_t rows, struct tp_err *err);

/* A canvas of all rows; the plot is what title, LEGEND and the axis below leave of it. */
int tp_screen_begin(struct tp_screen *s, bool legend, struct tp_err *err);

/* The axis on the left, which takes columns of the plot. */
void tp_screen_value_axis(struct tp_screen *s, const struct tp_ticks *axis);

/* The axis below: of time, or with these marks on the first WIDTH columns. */
void tp_screen_time_axis(struct tp_screen *s);
void tp_screen_axis(struct tp_screen *s, const struct tp_ticks *ticks, size_t width);

/* Says in row Y that there are COUNT more series. */
void tp_screen_more(struct tp_screen *s, size_t y, size_t count);

uint32_t tp_screen_letter(size_t series);

int tp_screen_hist(struct tp_screen *s, struct tp_err *err);
int tp_screen_heat(struct tp_screen *s, struct tp_err *err);

#endif
