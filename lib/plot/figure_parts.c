#include "plot/figure_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "value/text.h"

#define SWATCH 20.0

void
tp_figure_line(const struct tp_figure *f, double x0, double y0, double x1, double y1,
               unsigned colour)
{
    struct tp_paper_point point[2] = {{x0, y0}, {x1, y1}};

    f->paper->line(f->paper->self, point, 2, 1, colour);
}

static void
put(const struct tp_figure *f, double x, double y, struct tp_str text, enum tp_anchor anchor,
    unsigned colour)
{
    f->paper->text(f->paper->self, x, y, text, anchor, colour);
}

void
tp_figure_name(const struct tp_figure *f, double x, double y, struct tp_str text, double width,
               enum tp_anchor anchor)
{
    size_t fit = (size_t)(width / TP_FIGURE_EACH);
    struct tp_buf cut = TP_BUF_INIT;

    if (tp_text_width(text) <= fit) {
        put(f, x, y, text, anchor, TP_PLAIN);
        return;
    }
    tp_buf_put(&cut, text.ptr, tp_text_fit(text, fit ? fit - 1 : 0));
    tp_text_put(&cut, 0x2026);
    put(f, x, y, tp_buf_str(&cut), anchor, TP_PLAIN);
    tp_buf_release(&cut);
}

void
tp_figure_value(const struct tp_figure *f, double x, double y, double value, bool duration,
                enum tp_anchor anchor)
{
    char label[TP_TICK_LABEL];
    size_t len = tp_ticks_value(label, value, duration);

    put(f, x, y, (struct tp_str){label, len}, anchor, TP_PLAIN);
}

void
tp_figure_more(const struct tp_figure *f, double y, size_t count)
{
    char text[40];
    size_t len = (size_t)snprintf(text, sizeof text, "\u2026 %zu more", count);

    put(f, TP_FIGURE_EDGE, y, (struct tp_str){text, len}, TP_ANCHOR_START, TP_FAINT);
}

double
tp_figure_names(const struct tp_figure *f, double limit)
{
    size_t width = 1;

    for (size_t i = 0; i < f->chart->series; i++) {
        size_t w = tp_text_width(f->chart->name[i]);

        width = w > width ? w : width;
    }
    return fmin((double)width * TP_FIGURE_EACH, limit);
}

/* In columns of one width. */
static void
draw_legend(struct tp_figure *f)
{
    double names = tp_figure_names(f, 180), each = SWATCH + 6 + names + 18;
    double across = fmax(1, floor((f->width - 2 * TP_FIGURE_EDGE) / each));

    for (size_t i = 0; i < f->chart->series; i++) {
        double x = TP_FIGURE_EDGE + fmod((double)i, across) * each;
        double y = f->y + floor((double)i / across) * 18 + 12;
        struct tp_paper_point swatch[2] = {{x, y - 4}, {x + SWATCH, y - 4}};

        f->paper->line(f->paper->self, swatch, 2, 3, tp_chart_colour(i));
        tp_figure_name(f, x + SWATCH + 6, y, f->chart->name[i], names + TP_FIGURE_EACH,
                       TP_ANCHOR_START);
    }
    f->y += ceil((double)f->chart->series / across) * 18 + 4;
}

void
tp_figure_head(struct tp_figure *f, bool legend)
{
    double room = f->width - 2 * TP_FIGURE_EDGE;
    struct tp_buf period = TP_BUF_INIT;
    struct tp_str title = f->chart->title;

    tp_chart_put_period(f->chart, &period);
    tp_figure_name(f, TP_FIGURE_EDGE, 22, title, room, TP_ANCHOR_START);
    if (period.len && (double)(tp_text_width(title) + period.len + 2) * TP_FIGURE_EACH <= room)
        put(f, f->width - TP_FIGURE_EDGE, 22, tp_buf_str(&period), TP_ANCHOR_END, TP_FAINT);
    tp_buf_release(&period);
    f->x = TP_FIGURE_EDGE;
    f->y = 34;
    if (legend && f->chart->series > 1)
        draw_legend(f);
    f->w = room;
    f->h = f->height - f->y - 34;
}

void
tp_figure_value_axis(struct tp_figure *f, const struct tp_ticks *axis, bool rules)
{
    double labels = (double)axis->width * TP_FIGURE_EACH;

    f->x += labels + 6;
    f->w -= labels + 6;
    for (size_t i = 0; i < axis->count; i++) {
        double y = f->y + (1 - axis->tick[i].at) * f->h;

        if (rules)
            tp_figure_line(f, f->x, y, f->x + f->w, y, TP_RULE);
        put(f, f->x - 6, y + 4, tp_str_of(axis->tick[i].label), TP_ANCHOR_END, TP_PLAIN);
    }
}

void
tp_figure_axis(const struct tp_figure *f, const struct tp_ticks *ticks, double width)
{
    double y = f->y + f->h, free_from = 0;

    tp_figure_line(f, f->x, y, f->x + f->w, y, TP_FAINT);
    for (size_t i = 0; i < ticks->count; i++) {
        struct tp_str label = tp_str_of(ticks->tick[i].label);
        double x = f->x + ticks->tick[i].at * width, half = (double)label.len * TP_FIGURE_EACH / 2;
        double middle = fmin(fmax(x, half + 2), f->width - half - 2);

        tp_figure_line(f, x, y, x, y + 5, TP_FAINT);
        if (middle - half < free_from)
            continue;
        put(f, middle, y + 19, label, TP_ANCHOR_MIDDLE, TP_PLAIN);
        free_from = middle + half + 6;
    }
}

void
tp_figure_time_axis(const struct tp_figure *f)
{
    struct tp_ticks ticks;
    tp_time from, to;
    double lo, hi;

    if (f->chart->density)
        tp_density_range(f->chart->density, &from, &to, &lo, &hi);
    else
        tp_bins_range(f->chart->bins, &from, &to);
    tp_ticks_times(&ticks, from, to, f->w, TP_FIGURE_EACH, 30);
    tp_figure_axis(f, &ticks, f->w);
}
