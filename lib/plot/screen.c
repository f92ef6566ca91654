#include "plot/screen.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "plot/canvas.h"
#include "plot/screen_parts.h"
#include "value/text.h"

/* --- lines -------------------------------------------------------------------------------------*/

static long
dot_row(const struct tp_screen *s, const struct tp_ticks *axis, double value)
{
    double part = (axis->hi - value) / (axis->hi - axis->lo);

    return (long)(s->y * 4) + lround(part * (double)(s->h * 4 - 1));
}

static void
draw_series(struct tp_screen *s, const struct tp_ticks *axis, const struct tp_point *point,
            unsigned colour)
{
    long last_x = 0, last_y = 0;
    bool joined = false;

    for (size_t i = 0; i < s->w * 2; i++) {
        long x = (long)(s->x * 2 + i), y;

        if (point[i].kind == TP_POINT_GAP)
            joined = false;
        if (point[i].kind != TP_POINT_VALUE)
            continue;
        y = dot_row(s, axis, point[i].value);
        if (joined)
            tp_canvas_line(&s->canvas, last_x, last_y, x, y, colour);
        else
            tp_canvas_dot(&s->canvas, x, y, colour);
        last_x = x;
        last_y = y;
        joined = true;
    }
}

#define LETTER_EVERY 14 /* columns */

/* Letters of several lines stand at different columns, so that they seldom hide each other. */
static void
draw_letters(struct tp_screen *s, const struct tp_ticks *axis, const struct tp_point *point,
             size_t series)
{
    size_t next = series * LETTER_EVERY / s->chart->series;

    for (size_t i = 0; i < s->w * 2; i++) {
        if (point[i].kind != TP_POINT_VALUE || i / 2 < next)
            continue;
        tp_canvas_put(&s->canvas, s->x + i / 2, (size_t)dot_row(s, axis, point[i].value) / 4,
                      tp_screen_letter(series), TP_PLAIN);
        next = i / 2 + LETTER_EVERY;
    }
}

static int
draw_lines(struct tp_screen *s, struct tp_err *err)
{
    struct tp_ticks axis;
    struct tp_point *point;
    double lo, hi;

    if (tp_screen_begin(s, true, err) < 0)
        return -1;
    /* The axis says how many columns are left, and they what the axis must hold. */
    point = tp_chart_read_all(s->chart, s->columns * 2, &lo, &hi, err);
    if (!point)
        return -1;
    free(point);
    tp_chart_include_zero(&lo, &hi);
    tp_ticks_numbers(&axis, lo, hi, s->h / 3 + 1, s->chart->duration);
    tp_screen_value_axis(s, &axis);
    tp_screen_time_axis(s);
    point = tp_chart_read_all(s->chart, s->w * 2, &lo, &hi, err);
    if (!point)
        return -1;
    for (size_t i = s->chart->series; i-- > 0;)
        draw_series(s, &axis, point + i * s->w * 2, tp_chart_colour(i));
    for (size_t i = 0; i < s->chart->series && s->chart->series > 1 && !s->colour; i++)
        draw_letters(s, &axis, point + i * s->w * 2, i);
    free(point);
    return 0;
}

/* --- bars --------------------------------------------------------------------------------------*/

static size_t
longest_name(const struct tp_screen *s, size_t limit)
{
    size_t width = 0;

    for (size_t i = 0; i < s->chart->series; i++) {
        size_t w = tp_text_width(s->chart->name[i]);

        width = w > width ? w : width;
    }
    return width < limit ? width : limit;
}

/* From ZERO to VALUE, both in eighths of a character from the left. */
static void
draw_bar(struct tp_screen *s, size_t y, long zero, long value, unsigned colour)
{
    long from = value < zero ? value : zero, to = value < zero ? zero : value;

    for (long x = from / 8; x < (to + 7) / 8; x++) {
        long end = to - x * 8;

        if (from - x * 8 >= 4) /* a bar to the left begins with the right half of a character */
            tp_canvas_put(&s->canvas, s->x + (size_t)x, y, 0x2590, colour);
        else
            tp_canvas_put(&s->canvas, s->x + (size_t)x, y,
                          end >= 8 ? 0x2588 : (uint32_t)(0x2590 - end), colour);
    }
}

static void
draw_bar_row(struct tp_screen *s, size_t y, size_t names, const struct tp_point *point, size_t i,
             double lo, double hi)
{
    double scale = (double)(s->w * 8) / (hi - lo);
    char label[TP_TICK_LABEL] = "-";
    size_t len = 1;

    tp_canvas_text(&s->canvas, 0, y, s->chart->name[i], names, TP_PLAIN);
    tp_canvas_put(&s->canvas, names + 1, y, 0x2502, TP_FAINT);
    if (point[i].kind == TP_POINT_VALUE) {
        len = tp_ticks_value(label, point[i].value, s->chart->duration);
        draw_bar(s, y, lround(-lo * scale), lround((point[i].value - lo) * scale),
                 tp_chart_colour(0));
    }
    tp_canvas_text(&s->canvas, s->columns - len, y, (struct tp_str){label, len}, len, TP_PLAIN);
}

static int
draw_bars(struct tp_screen *s, struct tp_err *err)
{
    size_t names = longest_name(s, s->columns / 3), rows = s->chart->series;
    struct tp_point *point;
    double lo, hi;

    if (rows + 1 > s->rows)
        rows = s->rows - 2;
    point = tp_chart_read_all(s->chart, 1, &lo, &hi, err);
    if (!point)
        return -1;
    if (tp_screen_rows(s, 1 + rows + (rows < s->chart->series), err) < 0) {
        free(point);
        return -1;
    }
    s->x = names + 2;
    s->w = s->columns - s->x - 8;
    lo = fmin(lo, 0);
    hi = fmax(hi, 0);
    if (!(hi > lo))
        hi = 1;
    for (size_t i = 0; i < rows; i++)
        draw_bar_row(s, 1 + i, names, point, i, lo, hi);
    if (rows < s->chart->series)
        tp_screen_more(s, 1 + rows, s->chart->series - rows);
    free(point);
    return 0;
}

/* --- sparklines --------------------------------------------------------------------------------*/

#define NUMBER ((size_t)8) /* columns of one behind a sparkline */

static void
put_number(struct tp_screen *s, size_t y, size_t end, double value)
{
    char label[TP_TICK_LABEL];
    size_t len = tp_ticks_value(label, value, s->chart->duration);

    tp_canvas_text(&s->canvas, end - len, y, (struct tp_str){label, len}, len, TP_PLAIN);
}

static void
draw_spark(struct tp_screen *s, size_t y, const struct tp_point *point, unsigned colour)
{
    double lo = INFINITY, hi = -INFINITY, last = 0;

    for (size_t i = 0; i < s->w; i++) {
        if (point[i].kind != TP_POINT_VALUE)
            continue;
        last = point[i].value;
        lo = fmin(lo, last);
        hi = fmax(hi, last);
    }
    if (lo > hi)
        return;
    for (size_t i = 0; i < s->w; i++) {
        long level = hi > lo ? lround((point[i].value - lo) / (hi - lo) * 7) : 3;

        if (point[i].kind == TP_POINT_VALUE)
            tp_canvas_put(&s->canvas, s->x + i, y, 0x2581 + (uint32_t)level, colour);
    }
    put_number(s, y, s->x + s->w + 1 + NUMBER, last);
    if (s->x + s->w + 1 + NUMBER == s->columns)
        return;
    put_number(s, y, s->columns - NUMBER, lo);
    put_number(s, y, s->columns, hi);
}

static void
head_numbers(struct tp_screen *s, bool all)
{
    size_t end = s->x + s->w + 1 + NUMBER;

    tp_canvas_text(&s->canvas, end - 4, 1, TP_STR("last"), 4, TP_FAINT);
    if (!all)
        return;
    tp_canvas_text(&s->canvas, end + NUMBER - 3, 1, TP_STR("min"), 3, TP_FAINT);
    tp_canvas_text(&s->canvas, end + 2 * NUMBER - 3, 1, TP_STR("max"), 3, TP_FAINT);
}

static int
draw_sparks(struct tp_screen *s, struct tp_err *err)
{
    bool all = s->columns >= 60;
    size_t names = longest_name(s, s->columns / 4), rows = s->chart->series;
    struct tp_point *point;
    double lo, hi;

    if (rows + 2 > s->rows)
        rows = s->rows - 3;
    if (tp_screen_rows(s, 2 + rows + (rows < s->chart->series), err) < 0)
        return -1;
    s->x = names + 1;
    s->w = s->columns - s->x - 1 - NUMBER * (all ? 3u : 1u);
    point = tp_chart_read_all(s->chart, s->w, &lo, &hi, err);
    if (!point)
        return -1;
    head_numbers(s, all);
    for (size_t i = 0; i < rows; i++) {
        tp_canvas_text(&s->canvas, 0, 2 + i, s->chart->name[i], names, TP_PLAIN);
        tp_chart_hold(point + i * s->w, s->w);
        draw_spark(s, 2 + i, point + i * s->w, tp_chart_colour(i));
    }
    if (rows < s->chart->series)
        tp_screen_more(s, 2 + rows, s->chart->series - rows);
    free(point);
    return 0;
}

/* --- all ---------------------------------------------------------------------------------------*/

static int
draw_message(struct tp_screen *s, struct tp_str text, struct tp_err *err)
{
    if (tp_screen_rows(s, 1, err) < 0)
        return -1;
    tp_canvas_reset(&s->canvas, s->columns, 1);
    tp_canvas_text(&s->canvas, 0, 0, text, s->columns, TP_PLAIN);
    return 0;
}

static int
draw_too_small(struct tp_screen *s, struct tp_err *err)
{
    char text[64];
    int len = snprintf(text, sizeof text, "a plot needs %dx%d, here is %zux%zu", TP_SCREEN_COLUMNS,
                       TP_SCREEN_ROWS, s->columns, s->rows);

    return draw_message(s, (struct tp_str){text, (size_t)len}, err);
}

static int
draw(struct tp_screen *s, struct tp_err *err)
{
    struct tp_str nothing = tp_chart_nothing(s->chart);

    if (s->columns < TP_SCREEN_COLUMNS || s->rows < TP_SCREEN_ROWS)
        return draw_too_small(s, err);
    if (nothing.len)
        return draw_message(s, nothing, err);
    switch (s->chart->kind) {
    case TP_CHART_LINE:
        return draw_lines(s, err);
    case TP_CHART_BAR:
        return draw_bars(s, err);
    case TP_CHART_HIST:
        return tp_screen_hist(s, err);
    case TP_CHART_HEAT:
        return tp_screen_heat(s, err);
    case TP_CHART_SPARK:
        break;
    }
    return draw_sparks(s, err);
}

int
tp_screen_draw(const struct tp_chart *chart, size_t columns, size_t rows, bool colour,
               struct tp_buf *to, size_t *lines, struct tp_err *err)
{
    struct tp_screen s = {.chart = chart, .columns = columns, .rows = rows, .colour = colour};
    int result = draw(&s, err);

    if (result == 0)
        tp_canvas_write(&s.canvas, colour, to);
    if (lines)
        *lines = s.canvas.rows;
    tp_canvas_release(&s.canvas);
    return result == 0 && tp_buf_failed(to) ? tp_err_memory(err) : result;
}
