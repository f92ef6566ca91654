#include "plot/screen_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "value/text.h"

#define LEGEND_NAME 24 /* columns of a name at most */

uint32_t
tp_screen_letter(size_t series)
{
    return series < 26 ? 'a' + (uint32_t)series : '+';
}

/* The period stands on the right if both fit. */
static void
draw_title(struct tp_screen *s)
{
    struct tp_buf period = TP_BUF_INIT;
    size_t width, title;

    title = tp_canvas_text(&s->canvas, 0, 0, s->chart->title, s->columns, TP_PLAIN);
    tp_chart_put_period(s->chart, &period);
    width = tp_text_width(tp_buf_str(&period));
    if (title + 2 + width <= s->columns)
        tp_canvas_text(&s->canvas, s->columns - width, 0, tp_buf_str(&period), width, TP_FAINT);
    tp_buf_release(&period);
}

int
tp_screen_rows(struct tp_screen *s, size_t rows, struct tp_err *err)
{
    if (tp_canvas_reset(&s->canvas, s->columns, rows) < 0)
        return tp_err_memory(err);
    draw_title(s);
    return 0;
}

void
tp_screen_more(struct tp_screen *s, size_t y, size_t count)
{
    char text[40];
    size_t len = (size_t)snprintf(text, sizeof text, "\u2026 %zu more", count);

    tp_canvas_text(&s->canvas, 0, y, (struct tp_str){text, len}, s->columns, TP_FAINT);
}

/* --- legend ------------------------------------------------------------------------------------*/

static void
draw_entry(struct tp_screen *s, size_t x, size_t y, size_t series, size_t width)
{
    unsigned colour = tp_chart_colour(series);

    if (s->colour) {
        tp_canvas_put(&s->canvas, x, y, 0x2501, colour);
        tp_canvas_put(&s->canvas, x + 1, y, 0x2501, colour);
    } else {
        tp_canvas_put(&s->canvas, x, y, tp_screen_letter(series), TP_PLAIN);
    }
    tp_canvas_text(&s->canvas, x + 2 + s->colour, y, s->chart->name[series], width, TP_PLAIN);
}

/* In columns of one width, a quarter of the rows at most. Returns the rows it took. */
static size_t
draw_legend(struct tp_screen *s)
{
    size_t width = 1, count = s->chart->series, each, across, rows, shown;

    for (size_t i = 0; i < count; i++)
        width = tp_text_width(s->chart->name[i]) > width ? tp_text_width(s->chart->name[i]) : width;
    if (width > LEGEND_NAME)
        width = LEGEND_NAME;
    if (width > s->columns / 3)
        width = s->columns / 3;
    each = width + 5;
    across = (s->columns + 2) / each;
    across = across ? across : 1;
    rows = (count + across - 1) / across;
    if (rows > s->rows / 4)
        rows = s->rows / 4;
    shown = rows * across < count ? rows * across - 1 : count;
    for (size_t i = 0; i < shown; i++)
        draw_entry(s, i % across * each, 1 + i / across, i, width);
    if (shown < count) {
        char text[24];
        size_t len = (size_t)snprintf(text, sizeof text, "\u2026 +%zu", count - shown);

        tp_canvas_text(&s->canvas, shown % across * each, rows, (struct tp_str){text, len},
                       s->columns - shown % across * each, TP_FAINT);
    }
    return rows;
}

int
tp_screen_begin(struct tp_screen *s, bool legend, struct tp_err *err)
{
    if (tp_screen_rows(s, s->rows, err) < 0)
        return -1;
    s->x = 0;
    s->w = s->columns;
    s->y = 1;
    if (legend && s->chart->series > 1)
        s->y += draw_legend(s);
    s->h = s->rows - s->y - 2;
    return 0;
}

/* --- axes --------------------------------------------------------------------------------------*/

void
tp_screen_value_axis(struct tp_screen *s, const struct tp_ticks *axis)
{
    size_t width = axis->width;

    for (size_t y = 0; y < s->h; y++)
        tp_canvas_put(&s->canvas, width + 1, s->y + y, 0x2502, TP_FAINT);
    for (size_t i = 0; i < axis->count; i++) {
        size_t y = (size_t)lround((1 - axis->tick[i].at) * (double)(s->h * 4 - 1)) / 4;
        size_t len = strlen(axis->tick[i].label);

        tp_canvas_text(&s->canvas, width - len, s->y + y, (struct tp_str){axis->tick[i].label, len},
                       len, TP_PLAIN);
        tp_canvas_put(&s->canvas, width + 1, s->y + y, 0x2524, TP_FAINT);
    }
    s->x = width + 2;
    s->w = s->columns - s->x;
}

void
tp_screen_axis(struct tp_screen *s, const struct tp_ticks *ticks, size_t width)
{
    size_t y = s->y + s->h, free_from = 0;

    if (s->x)
        tp_canvas_put(&s->canvas, s->x - 1, y, 0x2514, TP_FAINT);
    for (size_t x = 0; x < s->w; x++)
        tp_canvas_put(&s->canvas, s->x + x, y, 0x2500, TP_FAINT);
    for (size_t i = 0; i < ticks->count; i++) {
        size_t x = s->x + (size_t)lround(ticks->tick[i].at * (double)(width - 1));
        size_t len = strlen(ticks->tick[i].label), from = x > len / 2 ? x - len / 2 : 0;

        if (from + len > s->columns)
            from = s->columns - len;
        tp_canvas_put(&s->canvas, x, y, 0x252c, TP_FAINT);
        if (from < free_from)
            continue;
        tp_canvas_text(&s->canvas, from, y + 1, (struct tp_str){ticks->tick[i].label, len}, len,
                       TP_PLAIN);
        free_from = from + len + 1;
    }
}

void
tp_screen_time_axis(struct tp_screen *s)
{
    struct tp_ticks ticks;
    tp_time from, to;
    double lo, hi;

    if (s->chart->density)
        tp_density_range(s->chart->density, &from, &to, &lo, &hi);
    else
        tp_bins_range(s->chart->bins, &from, &to);
    tp_ticks_times(&ticks, from, to, (double)s->w, 1, 4);
    tp_screen_axis(s, &ticks, s->w);
}
