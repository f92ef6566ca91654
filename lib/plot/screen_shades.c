/* Histograms and heat maps. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plot/screen.h"
#include "plot/screen_parts.h"
#include "value/text.h"

/* --- histogram ---------------------------------------------------------------------------------*/

static void
draw_column(struct tp_screen *s, size_t x, double eighths)
{
    size_t height = (size_t)lround(eighths);

    if (height == 0 && eighths > 0)
        height = 1; /* what came is seen */
    for (size_t y = 0; y * 8 < height; y++) {
        size_t rest = height - y * 8;

        tp_canvas_put(&s->canvas, x, s->y + s->h - 1 - y,
                      rest >= 8 ? 0x2588 : 0x2580 + (uint32_t)rest, tp_chart_colour(0));
    }
}

static void
draw_columns(struct tp_screen *s, const struct tp_chart_hist *hist, const struct tp_ticks *axis,
             size_t each)
{
    for (size_t i = 0; i < hist->count; i++)
        for (size_t x = 0; x + (each > 2) < each; x++)
            draw_column(s, s->x + i * each + x,
                        (double)hist->bar[i] / axis->hi * (double)(s->h * 8));
}

int
tp_screen_hist(struct tp_screen *s, struct tp_err *err)
{
    struct tp_chart_hist hist;
    struct tp_ticks axis, below;
    size_t each;

    if (tp_screen_begin(s, false, err) < 0 ||
        tp_chart_hist(s->chart, (s->columns - 8) / 2, &hist, err) < 0)
        return -1;
    tp_ticks_numbers(&axis, 0, (double)hist.most, s->h / 3 + 1, false);
    tp_screen_value_axis(s, &axis);
    each = s->w / hist.count > 0 ? s->w / hist.count : 1;
    draw_columns(s, &hist, &axis, each);
    tp_ticks_within(&below, hist.lo, hist.lo + (double)hist.count * hist.step,
                    hist.count * each / 10 + 1, s->chart->duration);
    tp_screen_axis(s, &below, hist.count * each + 1);
    free(hist.bar);
    return 0;
}

/* --- heat map ----------------------------------------------------------------------------------*/

#define SHADES 4

static void
put_shade(struct tp_screen *s, size_t x, size_t y, unsigned shade)
{
    static const uint32_t shades[SHADES + 1] = {' ', 0x2591, 0x2592, 0x2593, 0x2588};

    if (shade && s->colour)
        tp_canvas_put(&s->canvas, x, y, 0x2588, TP_HEAT + shade - 1);
    else if (shade)
        tp_canvas_put(&s->canvas, x, y, shades[shade], TP_PLAIN);
}

/* `1 ░▒▓█ 250` */
static void
draw_scale(struct tp_screen *s, const struct tp_chart_heat *heat, unsigned levels)
{
    char label[TP_TICK_LABEL];
    bool duration = s->chart->duration && !s->chart->density;
    size_t x, len = tp_ticks_value(label, heat->least, duration);

    x = tp_canvas_text(&s->canvas, 0, 1, (struct tp_str){label, len}, len, TP_PLAIN) + 1;
    for (unsigned i = 1; i <= levels; i++)
        put_shade(s, x++, 1, i);
    len = tp_ticks_value(label, heat->most, duration);
    tp_canvas_text(&s->canvas, x + 1, 1, (struct tp_str){label, len}, len, TP_PLAIN);
}

/* Lowest values below, first series above. */
static void
draw_shades(struct tp_screen *s, const struct tp_chart_heat *heat)
{
    for (size_t y = 0; y < heat->rows; y++)
        for (size_t x = 0; x < heat->columns; x++)
            put_shade(s, s->x + x, s->y + (s->chart->density ? heat->rows - 1 - y : y),
                      heat->shade[y * heat->columns + x]);
}

static void
name_rows(struct tp_screen *s, size_t rows)
{
    size_t width = 1, limit = s->columns / 3;

    for (size_t i = 0; i < rows; i++) {
        size_t w = tp_text_width(s->chart->name[i]);

        width = w > width ? w : width;
    }
    width = width < limit ? width : limit;
    for (size_t i = 0; i < rows; i++) {
        tp_canvas_text(&s->canvas, 0, s->y + i, s->chart->name[i], width, TP_PLAIN);
        tp_canvas_put(&s->canvas, width + 1, s->y + i, 0x2502, TP_FAINT);
    }
    s->x = width + 2;
    s->w = s->columns - s->x;
    s->h = rows;
}

/* Of those that have no row a last line tells. */
static void
draw_names(struct tp_screen *s)
{
    size_t series = s->chart->series, shown = series <= s->h ? series : s->h - 1;

    name_rows(s, shown);
    if (shown < series)
        tp_screen_more(s, s->rows - 1, series - shown);
}

/* The axis on the left, before the columns are known. */
static int
draw_left(struct tp_screen *s, unsigned levels, struct tp_err *err)
{
    struct tp_chart_heat heat;
    struct tp_ticks axis;

    if (!s->chart->density) {
        draw_names(s);
        return 0;
    }
    if (tp_chart_heat(s->chart, 1, s->h, levels, &heat, err) < 0)
        return -1;
    free(heat.shade);
    tp_ticks_numbers(&axis, heat.lo, heat.hi, s->h / 3 + 2, s->chart->duration);
    tp_screen_value_axis(s, &axis);
    return 0;
}

int
tp_screen_heat(struct tp_screen *s, struct tp_err *err)
{
    unsigned levels = s->colour ? TP_HEAT_COLOURS : SHADES;
    struct tp_chart_heat heat;

    if (!s->chart->density && s->chart->series + 4 < s->rows)
        s->rows = s->chart->series + 4; /* no more than there are keys */
    if (tp_screen_begin(s, false, err) < 0)
        return -1;
    s->y++;
    s->h--;
    if (draw_left(s, levels, err) < 0 ||
        tp_chart_heat(s->chart, s->w, s->h, levels, &heat, err) < 0)
        return -1;
    draw_shades(s, &heat);
    draw_scale(s, &heat, levels);
    tp_screen_time_axis(s);
    free(heat.shade);
    return 0;
}
