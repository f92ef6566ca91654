#include "plot/ticks.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct unit {
    double size;
    const char *name;
};

static const struct unit suffixes[] = {
    {1e18, "E"}, {1e15, "P"}, {1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}, {1, ""},
};
static const struct unit durations[] = {
    {86400e9, "d"}, {3600e9, "h"}, {60e9, "m"}, {1e9, "s"}, {1e6, "ms"}, {1e3, "us"}, {1, "ns"},
};

double
tp_nice_number(double x, bool round)
{
    double power = pow(10, floor(log10(x))), part = x / power;

    if (round)
        return (part < 1.5 ? 1 : part < 3 ? 2 : part < 7 ? 5 : 10) * power;
    return (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10) * power;
}

static const struct unit *
unit_of(double size, bool duration)
{
    const struct unit *unit = duration ? durations : suffixes;
    size_t count =
        duration ? sizeof durations / sizeof *durations : sizeof suffixes / sizeof *suffixes;

    for (size_t i = 0; i + 1 < count; i++)
        if (size >= unit[i].size)
            return &unit[i];
    return &unit[count - 1];
}

/* Takes zeros behind the point away. */
static void
trim_zeros(char *text)
{
    size_t len = strlen(text);

    if (!strchr(text, '.'))
        return;
    while (text[len - 1] == '0')
        len--;
    if (text[len - 1] == '.')
        len--;
    text[len] = 0;
}

static bool
needs_exponent(double size)
{
    return size >= 1e21 || (size > 0 && size < 1e-4);
}

size_t
tp_ticks_value(char *to, double value, bool duration)
{
    double size = fabs(value);
    const struct unit *unit;
    char number[TP_TICK_LABEL - 4];
    int digits;

    if (!(size > 0))
        return (size_t)snprintf(to, TP_TICK_LABEL, duration ? "0s" : "0");
    if (needs_exponent(size))
        return (size_t)snprintf(to, TP_TICK_LABEL, "%.3g", value);
    /* 999.96 is 1k and not 1000. */
    unit = unit_of(size * (duration ? 1 : 1.00005), duration);
    digits = 3 - (int)floor(log10(size / unit->size));
    snprintf(number, sizeof number, "%.*f", digits > 0 ? digits : 0, value / unit->size);
    trim_zeros(number);
    return (size_t)snprintf(to, TP_TICK_LABEL, "%s%s", number, unit->name);
}

/* --- numbers -----------------------------------------------------------------------------------*/

/* All labels of an axis have one unit and as many decimals as its step needs. */
static void
write_label(char *to, double value, double step, const struct unit *unit, double most)
{
    int digits = (int)ceil(-log10(step / unit->size) - 1e-9);

    if (fabs(value) < step / 2)
        snprintf(to, TP_TICK_LABEL, "0");
    else if (needs_exponent(most))
        snprintf(to, TP_TICK_LABEL, "%.3g", value);
    else
        snprintf(to, TP_TICK_LABEL, "%.*f%s",
                 digits < 0   ? 0
                 : digits > 9 ? 9
                              : digits,
                 value / unit->size, unit->name);
}

static void
note_width(struct tp_ticks *ticks, const char *label)
{
    size_t width = strlen(label);

    if (width > ticks->width)
        ticks->width = width;
}

static void
mark_numbers(struct tp_ticks *ticks, double step, bool duration)
{
    double most = fmax(fabs(ticks->lo), fabs(ticks->hi));
    const struct unit *unit = unit_of(most, duration);
    double first = ceil(ticks->lo / step - 1e-6);

    ticks->count = ticks->width = 0;
    for (; ticks->count < TP_TICKS; ticks->count++) {
        double value = (first + (double)ticks->count) * step;
        struct tp_tick *tick = &ticks->tick[ticks->count];

        if (value > ticks->hi + step * 1e-6)
            break;
        tick->at = (value - ticks->lo) / (ticks->hi - ticks->lo);
        write_label(tick->label, value, step, unit, most);
        note_width(ticks, tick->label);
    }
}

/* A range of nothing, or one so small beside its numbers that doubles cannot tell its marks. */
static void
widen(double *lo, double *hi)
{
    double most = fmax(fabs(*lo), fabs(*hi));

    if (*hi - *lo > most * 1e-9)
        return;
    if (!(most > 0)) {
        *hi = 1;
        return;
    }
    *lo -= most / 10;
    *hi += most / 10;
}

static double
step_of(double lo, double hi, size_t most)
{
    return tp_nice_number((hi - lo) / (double)(most > 1 ? most - 1 : 1), true);
}

void
tp_ticks_numbers(struct tp_ticks *ticks, double lo, double hi, size_t most, bool duration)
{
    double step, size;

    widen(&lo, &hi);
    size = duration ? unit_of(fmax(fabs(lo), fabs(hi)), true)->size : 1;
    step = step_of(lo / size, hi / size, most) * size;
    ticks->lo = floor(lo / step + 1e-6) * step;
    ticks->hi = ceil(hi / step - 1e-6) * step;
    mark_numbers(ticks, step, duration);
}

void
tp_ticks_within(struct tp_ticks *ticks, double lo, double hi, size_t most, bool duration)
{
    widen(&lo, &hi);
    ticks->lo = lo;
    ticks->hi = hi;
    mark_numbers(ticks, step_of(lo, hi, most), duration);
}
