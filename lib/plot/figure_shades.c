/* Histograms and heat maps. */
#include <math.h>
#include <stdlib.h>

#include "plot/figure_parts.h"

int
tp_figure_hist(struct tp_figure *f, struct tp_err *err)
{
    struct tp_chart_hist hist;
    struct tp_ticks axis, below;
    double each;

    if (tp_chart_hist(f->chart, 50, &hist, err) < 0)
        return -1;
    tp_figure_head(f, false);
    tp_ticks_numbers(&axis, 0, (double)hist.most, (size_t)(f->h / 45) + 1, false);
    tp_figure_value_axis(f, &axis, true);
    each = f->w / (double)hist.count;
    for (size_t i = 0; i < hist.count; i++) {
        double h = (double)hist.bar[i] / axis.hi * f->h;

        if (hist.bar[i])
            f->paper->box(f->paper->self, f->x + (double)i * each + 0.5, f->y + f->h - h, each - 1,
                          h, tp_chart_colour(0));
    }
    tp_ticks_within(&below, hist.lo, hist.lo + (double)hist.count * hist.step,
                    (size_t)(f->w / 80) + 1, f->chart->duration);
    tp_figure_axis(f, &below, f->w);
    free(hist.bar);
    return 0;
}

/* Neighbours of one shade are one box. */
static void
draw_row(const struct tp_figure *f, const unsigned char *shade, size_t columns, double y, double h)
{
    double each = f->w / (double)columns;

    for (size_t x = 0, end; x < columns; x = end) {
        for (end = x + 1; end < columns && shade[end] == shade[x];)
            end++;
        if (shade[x])
            f->paper->box(f->paper->self, f->x + (double)x * each, y, (double)(end - x) * each, h,
                          TP_HEAT + shade[x] - 1u);
    }
}

static void
draw_scale(const struct tp_figure *f, const struct tp_chart_heat *heat)
{
    bool duration = f->chart->duration && !f->chart->density;
    double x = TP_FIGURE_EDGE + 50, y = 34;

    tp_figure_value(f, x - 6, y + 11, heat->least, duration, TP_ANCHOR_END);
    for (unsigned i = 0; i < TP_HEAT_COLOURS; i++)
        f->paper->box(f->paper->self, x + i * 14, y, 14, 14, TP_HEAT + i);
    tp_figure_value(f, x + TP_HEAT_COLOURS * 14 + 6, y + 11, heat->most, duration, TP_ANCHOR_START);
}

static void
draw_names(struct tp_figure *f, double each)
{
    double names = tp_figure_names(f, f->width / 3);
    size_t step = (size_t)ceil(14 / each); /* rows that are lower than their names */

    f->x += names + 8;
    f->w -= names + 8;
    for (size_t i = 0; i < f->chart->series; i += step)
        tp_figure_name(f, f->x - 8, f->y + ((double)i + 0.5) * each + 4, f->chart->name[i],
                       names + TP_FIGURE_EACH, TP_ANCHOR_END);
}

int
tp_figure_heat(struct tp_figure *f, struct tp_err *err)
{
    bool counts = f->chart->density != NULL;
    size_t rows = counts ? (size_t)(f->height / 10) : f->chart->series;
    struct tp_chart_heat heat;
    struct tp_ticks axis;
    double each;

    if (tp_chart_heat(f->chart, (size_t)(f->width / 6), rows, TP_HEAT_COLOURS, &heat, err) < 0)
        return -1;
    tp_figure_head(f, false);
    f->y += 26;
    f->h -= 26;
    each = f->h / (double)rows;
    if (counts) {
        tp_ticks_numbers(&axis, heat.lo, heat.hi, (size_t)(f->h / 45) + 1, f->chart->duration);
        tp_figure_value_axis(f, &axis, false);
    } else {
        draw_names(f, each);
    }
    for (size_t y = 0; y < rows; y++)
        draw_row(f, heat.shade + y * heat.columns, heat.columns,
                 f->y + (double)(counts ? rows - 1 - y : y) * each, each);
    draw_scale(f, &heat);
    tp_figure_time_axis(f);
    free(heat.shade);
    return 0;
}
