/*
 * chart: what is to be drawn, whatever it is drawn on: series over time, or how often values came.
 *
 * It borrows all it points to. What draws it asks here for as many points as it has room for.
 */
#ifndef TP_PLOT_CHART_H
#define TP_PLOT_CHART_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "plot/bins.h"
#include "plot/density.h"
#include "plot/ticks.h"

enum tp_chart_kind {
    TP_CHART_LINE,
    TP_CHART_BAR,  /* one value a series */
    TP_CHART_HIST, /* how often which values came */
    TP_CHART_HEAT, /* the same over time; or, without density, a row a series */
    TP_CHART_SPARK,
};

/* What stands for the values of one bin. */
enum tp_chart_show {
    TP_SHOW_MEAN,
    TP_SHOW_LAST,
    TP_SHOW_MIN,
    TP_SHOW_MAX,
    TP_SHOW_SUM,
    TP_SHOW_COUNT,
};

struct tp_chart {
    enum tp_chart_kind kind;
    enum tp_chart_show show;
    struct tp_str title;
    bool duration; /* values are nanoseconds */
    bool timed;    /* there is a time to be told */
    const struct tp_bins *bins;
    const struct tp_density *density; /* TP_CHART_HIST and TP_CHART_HEAT */
    const struct tp_str *name;        /* of each series */
    size_t series;
};

enum tp_point_kind {
    TP_POINT_NONE, /* nothing came: a line goes on to the next point */
    TP_POINT_GAP,  /* only records without a value came: a line ends */
    TP_POINT_VALUE,
};

struct tp_point {
    enum tp_point_kind kind;
    double value;
};

/* Why there is nothing to draw, for people; empty when there is. */
struct tp_str tp_chart_nothing(const struct tp_chart *chart);

/* COLUMNS points of SERIES in POINT. -1 when memory ran out. */
int tp_chart_read(const struct tp_chart *chart, size_t series, struct tp_point *point,
                  size_t columns, struct tp_err *err);

/* COLUMNS points of every series, one series behind the other, to be freed; and the least and the
 * greatest value among them (0 and 0 when there is none). NULL when memory ran out. */
struct tp_point *tp_chart_read_all(const struct tp_chart *chart, size_t columns, double *lo,
                                   double *hi, struct tp_err *err);

/* Bars of a histogram: N of them from LO, each STEP wide, at most MOST. The counts are to be freed.
 */
struct tp_chart_hist {
    double lo, step;
    size_t count;
    uint64_t *bar, most;
};
int tp_chart_hist(const struct tp_chart *chart, size_t most, struct tp_chart_hist *hist,
                  struct tp_err *err);

/* Shades of a heat map, 0 (nothing) .. LEVELS, COLUMNS by ROWS with the lowest row first, to be
 * freed; what the least and the greatest shade stand for; and, with density, the values of the
 * rows. Counts are shaded by their logarithm, values as they are. */
struct tp_chart_heat {
    unsigned char *shade;
    size_t columns, rows;
    double least, most;
    double lo, hi;
};
int tp_chart_heat(const struct tp_chart *chart, size_t columns, size_t rows, unsigned levels,
                  struct tp_chart_heat *heat, struct tp_err *err);

/* Points where nothing came because values are fewer than columns take the value before them: up to
 * one and a half times what usually lies between two. Longer holes stay. */
void tp_chart_hold(struct tp_point *point, size_t columns);

/* The axis of values LO..HI takes in 0 when that is not far. */
void tp_chart_include_zero(double *lo, double *hi);

/* Appends `2026-01-01 00:00:00–00:05:00 UTC`; nothing when there is no time to be told. */
void tp_chart_put_period(const struct tp_chart *chart, struct tp_buf *to);

/* The colour of a series (plot/canvas). */
unsigned tp_chart_colour(size_t series);

#endif
