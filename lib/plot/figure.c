#include "plot/figure.h"

#include <math.h>
#include <stdlib.h>

#include "plot/figure_parts.h"

#define WIDTH 1.6  /* of lines */
#define POINTS 600 /* across, at most */

/* --- lines -------------------------------------------------------------------------------------*/

/* What a line goes through; alone it is a point. */
static void
flush(const struct tp_figure *f, const struct tp_paper_point *point, size_t count, unsigned colour)
{
    if (count == 1)
        f->paper->box(f->paper->self, point->x - 2, point->y - 2, 4, 4, colour);
    else if (count > 1)
        f->paper->line(f->paper->self, point, count, WIDTH, colour);
}

/* VALUE, one every f->w / (columns - 1), between LO and HI of a field that begins at Y. PATH is as
 * long as VALUE. */
static void
draw_series(const struct tp_figure *f, const struct tp_point *value, size_t columns, double lo,
            double hi, struct tp_paper_point *path, unsigned colour)
{
    double step = f->w / (double)(columns - 1);
    size_t count = 0;

    for (size_t i = 0; i < columns; i++) {
        if (value[i].kind == TP_POINT_VALUE) {
            path[count++] = (struct tp_paper_point){
                f->x + (double)i * step, f->y + (hi - value[i].value) / (hi - lo) * f->h};
        } else if (value[i].kind == TP_POINT_GAP) {
            flush(f, path, count, colour);
            count = 0;
        }
    }
    flush(f, path, count, colour);
}

static int
draw_lines(struct tp_figure *f, struct tp_err *err)
{
    size_t columns = f->width < POINTS ? (size_t)f->width : POINTS;
    struct tp_paper_point *path = calloc(columns, sizeof *path);
    struct tp_point *value;
    struct tp_ticks axis;
    double lo, hi;

    value = path ? tp_chart_read_all(f->chart, columns, &lo, &hi, err) : NULL;
    if (!value) {
        free(path);
        return tp_err_memory(err);
    }
    tp_figure_head(f, true);
    tp_chart_include_zero(&lo, &hi);
    tp_ticks_numbers(&axis, lo, hi, (size_t)(f->h / 45) + 1, f->chart->duration);
    tp_figure_value_axis(f, &axis, true);
    tp_figure_time_axis(f);
    for (size_t i = f->chart->series; i-- > 0;)
        draw_series(f, value + i * columns, columns, axis.lo, axis.hi, path, tp_chart_colour(i));
    free(value);
    free(path);
    return 0;
}

/* --- bars --------------------------------------------------------------------------------------*/

static void
draw_bar(const struct tp_figure *f, double y, double h, double lo, double hi, double value)
{
    double zero = f->x - lo / (hi - lo) * f->w, end = f->x + (value - lo) / (hi - lo) * f->w;

    f->paper->box(f->paper->self, fmin(zero, end), y + h * 0.12, fabs(end - zero), h * 0.76,
                  tp_chart_colour(0));
}

static int
draw_bars(struct tp_figure *f, struct tp_err *err)
{
    double lo, hi, each, names, room;
    size_t shown = f->chart->series;
    struct tp_point *value = tp_chart_read_all(f->chart, 1, &lo, &hi, err);

    if (!value)
        return -1;
    tp_figure_head(f, false);
    room = f->height - f->y - TP_FIGURE_EDGE;
    each = fmax(15, fmin(26, room / (double)shown));
    if ((double)shown * each > room + 0.01)
        shown = (size_t)(room / each) - 1;
    names = tp_figure_names(f, f->width / 3);
    f->x += names + 8;
    f->w -= names + 8 + 60;
    lo = fmin(lo, 0);
    hi = fmax(hi, 0);
    hi = hi > lo ? hi : 1;
    if (shown < f->chart->series)
        tp_figure_more(f, f->y + ((double)shown + 0.5) * each + 4, f->chart->series - shown);
    for (size_t i = 0; i < shown; i++) {
        double y = f->y + (double)i * each;

        tp_figure_name(f, f->x - 8, y + each / 2 + 4, f->chart->name[i], names + TP_FIGURE_EACH,
                       TP_ANCHOR_END);
        if (value[i].kind != TP_POINT_VALUE)
            continue;
        draw_bar(f, y, each, lo, hi, value[i].value);
        tp_figure_value(f, f->width - TP_FIGURE_EDGE, y + each / 2 + 4, value[i].value,
                        f->chart->duration, TP_ANCHOR_END);
    }
    free(value);
    return 0;
}

/* --- sparklines --------------------------------------------------------------------------------*/

static void
find_own_range(const struct tp_point *value, size_t columns, double *lo, double *hi, double *last)
{
    *lo = INFINITY;
    *hi = -INFINITY;
    *last = NAN;
    for (size_t i = 0; i < columns; i++) {
        if (value[i].kind != TP_POINT_VALUE)
            continue;
        *last = value[i].value;
        *lo = fmin(*lo, *last);
        *hi = fmax(*hi, *last);
    }
}

static void
draw_spark(struct tp_figure *f, const struct tp_point *value, size_t columns,
           struct tp_paper_point *path, size_t series)
{
    double lo, hi, last;

    find_own_range(value, columns, &lo, &hi, &last);
    if (lo > hi)
        return;
    if (hi > lo)
        draw_series(f, value, columns, lo, hi, path, tp_chart_colour(series));
    else
        draw_series(f, value, columns, lo - 1, hi + 1, path, tp_chart_colour(series));
    tp_figure_value(f, f->width - TP_FIGURE_EDGE, f->y + f->h / 2 + 4, last, f->chart->duration,
                    TP_ANCHOR_END);
}

static int
draw_sparks(struct tp_figure *f, struct tp_err *err)
{
    size_t columns = f->width < POINTS ? (size_t)f->width : POINTS;
    struct tp_paper_point *path = calloc(columns, sizeof *path);
    size_t shown = f->chart->series;
    double lo, hi, each, names, room;
    struct tp_point *value = path ? tp_chart_read_all(f->chart, columns, &lo, &hi, err) : NULL;

    if (!value) {
        free(path);
        return tp_err_memory(err);
    }
    tp_figure_head(f, false);
    room = f->height - f->y - TP_FIGURE_EDGE;
    each = fmax(18, fmin(80, room / (double)shown));
    if ((double)shown * each > room + 0.01)
        shown = (size_t)(room / each) - 1;
    if (shown < f->chart->series)
        tp_figure_more(f, f->y + ((double)shown + 0.5) * each + 4, f->chart->series - shown);
    names = tp_figure_names(f, f->width / 4);
    f->x += names + 8;
    f->w -= names + 8 + 66;
    f->h = each * 0.8;
    for (size_t i = 0; i < shown; i++) {
        tp_figure_name(f, f->x - 8, f->y + f->h / 2 + 4, f->chart->name[i], names + TP_FIGURE_EACH,
                       TP_ANCHOR_END);
        draw_spark(f, value + i * columns, columns, path, i);
        f->y += each;
    }
    free(value);
    free(path);
    return 0;
}

/* --- all ---------------------------------------------------------------------------------------*/

int
tp_figure_draw(const struct tp_chart *chart, double width, double height,
               const struct tp_paper *paper, struct tp_err *err)
{
    struct tp_figure f = {.chart = chart, .paper = paper, .width = width, .height = height};
    struct tp_str nothing = tp_chart_nothing(chart);

    if (nothing.len) {
        paper->text(paper->self, width / 2, height / 2, nothing, TP_ANCHOR_MIDDLE, TP_FAINT);
        return 0;
    }
    switch (chart->kind) {
    case TP_CHART_LINE:
        return draw_lines(&f, err);
    case TP_CHART_BAR:
        return draw_bars(&f, err);
    case TP_CHART_HIST:
        return tp_figure_hist(&f, err);
    case TP_CHART_HEAT:
        return tp_figure_heat(&f, err);
    case TP_CHART_SPARK:
        break;
    }
    return draw_sparks(&f, err);
}
