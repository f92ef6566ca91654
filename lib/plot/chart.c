#include "plot/chart.h"

#include <math.h>
#include <stdlib.h>

#include "plot/canvas.h"

static bool
range_of(const struct tp_chart *chart, tp_time *from, tp_time *to)
{
    double lo, hi;

    return chart->density ? tp_density_range(chart->density, from, to, &lo, &hi)
                          : tp_bins_range(chart->bins, from, to);
}

struct tp_str
tp_chart_nothing(const struct tp_chart *chart)
{
    tp_time from, to;

    if (!range_of(chart, &from, &to))
        return TP_STR("nothing to plot");
    if (chart->bins && !tp_bins_have_values(chart->bins))
        return TP_STR("nothing to plot: all values are null");
    return TP_STR("");
}

unsigned
tp_chart_colour(size_t series)
{
    return series < TP_SERIES_COLOURS ? TP_SERIES + (unsigned)series : TP_FAINT;
}

/* --- series ------------------------------------------------------------------------------------*/

static double
shown(const struct tp_bin *bin, enum tp_chart_show show)
{
    switch (show) {
    case TP_SHOW_LAST:
        return bin->last;
    case TP_SHOW_MIN:
        return bin->min;
    case TP_SHOW_MAX:
        return bin->max;
    case TP_SHOW_SUM:
        return bin->sum;
    case TP_SHOW_COUNT:
        return (double)bin->count;
    case TP_SHOW_MEAN:
        break;
    }
    return bin->sum / (double)bin->count;
}

int
tp_chart_read(const struct tp_chart *chart, size_t series, struct tp_point *point, size_t columns,
              struct tp_err *err)
{
    struct tp_bin *bin = calloc(columns, sizeof *bin);

    if (!bin)
        return tp_err_memory(err);
    tp_bins_read(chart->bins, series, bin, columns);
    for (size_t i = 0; i < columns; i++) {
        point[i] = (struct tp_point){bin[i].nulls ? TP_POINT_GAP : TP_POINT_NONE, 0};
        if (bin[i].count)
            point[i] = (struct tp_point){TP_POINT_VALUE, shown(&bin[i], chart->show)};
    }
    free(bin);
    return 0;
}

static void
find_extremes(const struct tp_point *point, size_t count, double *lo, double *hi)
{
    *lo = INFINITY;
    *hi = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        if (point[i].kind != TP_POINT_VALUE)
            continue;
        *lo = fmin(*lo, point[i].value);
        *hi = fmax(*hi, point[i].value);
    }
    if (*lo > *hi)
        *lo = *hi = 0;
}

struct tp_point *
tp_chart_read_all(const struct tp_chart *chart, size_t columns, double *lo, double *hi,
                  struct tp_err *err)
{
    struct tp_point *point = calloc(chart->series * columns + 1, sizeof *point);

    if (!point) {
        tp_err_memory(err);
        return NULL;
    }
    for (size_t i = 0; i < chart->series; i++) {
        if (tp_chart_read(chart, i, point + i * columns, columns, err) < 0) {
            free(point);
            return NULL;
        }
    }
    find_extremes(point, chart->series * columns, lo, hi);
    return point;
}

void
tp_chart_hold(struct tp_point *point, size_t columns)
{
    size_t values = 0, last = columns;

    for (size_t i = 0; i < columns; i++)
        values += point[i].kind == TP_POINT_VALUE;
    for (size_t i = 0; i < columns; i++) {
        if (point[i].kind != TP_POINT_NONE)
            last = point[i].kind == TP_POINT_VALUE ? i : columns;
        else if (last < i && (i - last) * values * 2 <= 3 * columns)
            point[i] = point[last];
    }
}

void
tp_chart_include_zero(double *lo, double *hi)
{
    if (*lo > 0 && *lo < *hi / 4)
        *lo = 0;
    if (*hi < 0 && *hi > *lo / 4)
        *hi = 0;
}

/* --- distributions -----------------------------------------------------------------------------*/

int
tp_chart_hist(const struct tp_chart *chart, size_t most, struct tp_chart_hist *hist,
              struct tp_err *err)
{
    tp_time from, to;
    double lo = 0, hi = 0, least;
    struct tp_ticks axis;

    tp_density_range(chart->density, &from, &to, &lo, &hi);
    tp_ticks_numbers(&axis, lo, hi, 2, chart->duration); /* widens what is but one value */
    least = fmax(hi - lo, (axis.hi - axis.lo) / 2) / (double)(most > 2 ? most - 1 : 1);
    hist->step = tp_nice_number(least, false);
    hist->lo = floor(lo / hist->step + 1e-9) * hist->step;
    hist->count = (size_t)floor((hi - hist->lo) / hist->step + 1e-9) + 1;
    if (hist->count == 1) { /* one value stands in the middle */
        hist->lo -= 2 * hist->step;
        hist->count = 5;
    }
    hist->bar = calloc(hist->count, sizeof *hist->bar);
    if (!hist->bar)
        return tp_err_memory(err);
    tp_density_read(chart->density, hist->lo, hist->lo + (double)hist->count * hist->step,
                    hist->bar, 1, hist->count);
    hist->most = 0;
    for (size_t i = 0; i < hist->count; i++)
        if (hist->bar[i] > hist->most)
            hist->most = hist->bar[i];
    return 0;
}

static unsigned char
shade_of(double value, double least, double most, unsigned levels)
{
    double part = most > least ? (value - least) / (most - least) : 1;
    unsigned level = (unsigned)(part * levels);

    return (unsigned char)(level >= levels ? levels : level + 1);
}

static int
heat_of_density(const struct tp_chart *chart, unsigned levels, struct tp_chart_heat *heat,
                struct tp_err *err)
{
    size_t cells = heat->columns * heat->rows;
    uint64_t *count = calloc(cells + 1, sizeof *count), most = 0;
    struct tp_ticks axis;
    tp_time from, to;

    if (!count)
        return tp_err_memory(err);
    heat->lo = heat->hi = 0;
    tp_density_range(chart->density, &from, &to, &heat->lo, &heat->hi);
    tp_ticks_numbers(&axis, heat->lo, heat->hi, heat->rows / 3 + 2, chart->duration);
    heat->lo = axis.lo;
    heat->hi = axis.hi;
    tp_density_read(chart->density, heat->lo, heat->hi, count, heat->columns, heat->rows);
    for (size_t i = 0; i < cells; i++)
        if (count[i] > most)
            most = count[i];
    for (size_t i = 0; i < cells; i++)
        if (count[i])
            heat->shade[i / heat->rows + i % heat->rows * heat->columns] =
                shade_of(log((double)count[i]), 0, log((double)most), levels);
    heat->least = most > 0;
    heat->most = (double)most;
    free(count);
    return 0;
}

static int
heat_of_series(const struct tp_chart *chart, unsigned levels, struct tp_chart_heat *heat,
               struct tp_err *err)
{
    struct tp_point *point =
        tp_chart_read_all(chart, heat->columns, &heat->least, &heat->most, err);

    if (!point)
        return -1;
    for (size_t i = 0; i < chart->series; i++)
        tp_chart_hold(point + i * heat->columns, heat->columns);
    for (size_t i = 0; i < heat->columns * heat->rows && i < heat->columns * chart->series; i++)
        if (point[i].kind == TP_POINT_VALUE)
            heat->shade[i] = shade_of(point[i].value, heat->least, heat->most, levels);
    free(point);
    return 0;
}

int
tp_chart_heat(const struct tp_chart *chart, size_t columns, size_t rows, unsigned levels,
              struct tp_chart_heat *heat, struct tp_err *err)
{
    int result;

    *heat = (struct tp_chart_heat){.columns = columns, .rows = rows};
    heat->shade = calloc(columns * rows + 1, 1);
    if (!heat->shade)
        return tp_err_memory(err);
    result = chart->density ? heat_of_density(chart, levels, heat, err)
                            : heat_of_series(chart, levels, heat, err);
    if (result < 0)
        free(heat->shade);
    return result;
}

/* --- words -------------------------------------------------------------------------------------*/

static void
put_date(const struct tp_civil *c, struct tp_buf *to)
{
    tp_buf_printf(to, "%04d-%02d-%02d ", (int)c->year, c->month, c->day);
}

void
tp_chart_put_period(const struct tp_chart *chart, struct tp_buf *to)
{
    struct tp_civil a, b;
    tp_time from, until;

    if (!chart->timed || !range_of(chart, &from, &until))
        return;
    a = tp_civil_of_time(from);
    b = tp_civil_of_time(until);
    put_date(&a, to);
    if (from / TP_SECOND != until / TP_SECOND)
        tp_buf_printf(to, "%02d:%02d:%02d\u2013", a.hour, a.minute, a.second);
    if (a.day != b.day || a.month != b.month || a.year != b.year)
        put_date(&b, to);
    tp_buf_printf(to, "%02d:%02d:%02d UTC", b.hour, b.minute, b.second);
}
