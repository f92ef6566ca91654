#include "plot/density.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plot/bins.h"

/* A value's row number is below 2^52, so that doubles count rows exactly. */
#define EXACT 0x1p52

struct tp_density {
    size_t columns, rows;
    tp_duration span;
    unsigned shift; /* columns are 2^shift ns wide */
    int exponent;   /* rows are 2^exponent high */
    int64_t first;  /* number of column 0 */
    double lowest;  /* number of row 0 */
    tp_time from, to;
    double lo, hi;
    bool any;
    uint64_t *count; /* column by column */
    uint64_t *scratch;
};

struct tp_density *
tp_density_new(size_t columns, size_t rows, tp_duration span)
{
    struct tp_density *density = calloc(1, sizeof *density);

    if (!density)
        return NULL;
    density->count = calloc(2 * columns * rows, sizeof *density->count);
    if (!density->count) {
        free(density);
        return NULL;
    }
    density->scratch = density->count + columns * rows;
    density->columns = columns;
    density->rows = rows;
    density->span = span;
    return density;
}

void
tp_density_free(struct tp_density *density)
{
    if (!density)
        return;
    free(density->count < density->scratch ? density->count : density->scratch);
    free(density);
}

static double
row_number(double value, int exponent)
{
    return floor(ldexp(value, -exponent));
}

/* Where everything goes when column 0 is FIRST at SHIFT, and row 0 LOWEST at EXPONENT. */
static void
regrid(struct tp_density *d, unsigned shift, int64_t first, int exponent, double lowest)
{
    uint64_t *old = d->count;

    memset(d->scratch, 0, d->columns * d->rows * sizeof *d->scratch);
    for (size_t i = 0; i < d->columns * d->rows; i++) {
        int64_t column = d->first + (int64_t)(i / d->rows);
        double row = d->lowest + (double)(i % d->rows);
        int64_t x = (column >> (shift - d->shift)) - first;

        if (old[i] == 0 || x < 0) /* nothing; or older than the span */
            continue;
        row = floor(ldexp(row, d->exponent - exponent)) - lowest;
        d->scratch[(size_t)x * d->rows + (size_t)row] += old[i];
    }
    d->count = d->scratch;
    d->scratch = old;
    d->shift = shift;
    d->first = first;
    d->exponent = exponent;
    d->lowest = lowest;
}

/* --- time --------------------------------------------------------------------------------------*/

static tp_time
span_begin(const struct tp_density *d)
{
    tp_time from;

    return tp_time_subtract(d->to, d->span, &from) ? from : TP_TIME_MIN;
}

static void
fit_time(struct tp_density *d)
{
    tp_time from = d->span ? span_begin(d) : d->from;
    unsigned shift = d->shift;

    if (d->columns == 1) /* a histogram of all: time is not asked */
        return;
    while (tp_bins_length(from >> shift, d->to >> shift) + (d->span > 0) >= d->columns)
        shift++;
    if (shift != d->shift || from >> shift != d->first)
        regrid(d, shift, from >> shift, d->exponent, d->lowest);
}

/* --- values ------------------------------------------------------------------------------------*/

/* Makes room for VALUE, an extreme. Free rows lie on its side: values that rise or fall one by one
 * move the grid now and then, not each time. */
static void
fit_value(struct tp_density *d, double value)
{
    double most = fmax(fabs(d->lo), fabs(d->hi)), rows = (double)d->rows;
    int exponent = d->exponent;
    double low, high;

    while (ldexp(most, -exponent) >= EXACT ||
           row_number(d->hi, exponent) - row_number(d->lo, exponent) >= rows)
        exponent++;
    low = row_number(d->lo, exponent);
    high = row_number(d->hi, exponent);
    if (exponent > d->exponent || low < d->lowest || high - d->lowest >= rows)
        regrid(d, d->shift, d->first, exponent, value == d->lo ? high - (rows - 1) : low);
}

/* The finest grid that a first value allows. */
static void
begin(struct tp_density *d, tp_time time, double value)
{
    int exponent;

    frexp(value, &exponent);
    d->exponent = fabs(value) > 0 ? exponent - 52 : -1074;
    if (d->exponent < -1074)
        d->exponent = -1074;
    d->lowest = row_number(value, d->exponent);
    d->from = d->to = time;
    d->lo = d->hi = value;
    d->any = true;
    d->first = d->span ? span_begin(d) : time;
    fit_time(d);
}

void
tp_density_put(struct tp_density *d, tp_time time, double value)
{
    size_t column, row;

    if (!d->any)
        begin(d, time, value);
    if (d->span && time < span_begin(d))
        return;
    if (time < d->from || time > d->to) {
        d->from = time < d->from ? time : d->from;
        d->to = time > d->to ? time : d->to;
        fit_time(d);
    }
    if (value < d->lo || value > d->hi) {
        d->lo = fmin(d->lo, value);
        d->hi = fmax(d->hi, value);
        fit_value(d, value);
    }
    column = d->columns == 1 ? 0 : (size_t)((time >> d->shift) - d->first);
    row = (size_t)(row_number(value, d->exponent) - d->lowest);
    d->count[column * d->rows + row]++;
}

/* --- reading -----------------------------------------------------------------------------------*/

static double
row_begin(const struct tp_density *d, size_t row)
{
    return ldexp(d->lowest + (double)row, d->exponent);
}

bool
tp_density_range(const struct tp_density *d, tp_time *from, tp_time *to, double *lo, double *hi)
{
    size_t least = d->rows, most = 0;

    for (size_t i = 0; i < d->columns * d->rows && d->any; i++) {
        size_t row = i % d->rows;

        if (d->count[i] && row < least)
            least = row;
        if (d->count[i] && row > most)
            most = row;
    }
    *from = d->span ? span_begin(d) : d->from;
    *to = d->to;
    /* Rows tell what is still there, the extremes where in them it began and ended. */
    *lo = fmax(d->lo, row_begin(d, least));
    *hi = fmin(d->hi, row_begin(d, most + 1));
    return d->any;
}

/* The place of VALUE in LO..HI, 0 .. ROWS - 1. */
static size_t
place_of(double value, double lo, double hi, size_t rows)
{
    double place = (value - lo) / (hi - lo) * (double)rows;

    return !(place > 0) ? 0 : place >= (double)rows ? rows - 1 : (size_t)place;
}

void
tp_density_read(const struct tp_density *d, double lo, double hi, uint64_t *count, size_t columns,
                size_t rows)
{
    tp_time from = d->span ? span_begin(d) : d->from;
    double height = ldexp(1, d->exponent);

    memset(count, 0, columns * rows * sizeof *count);
    for (size_t i = 0; i < d->columns * d->rows && d->any; i++) {
        tp_time middle = tp_bins_middle(d->first + (int64_t)(i / d->rows), d->shift);
        double value = row_begin(d, i % d->rows) + height / 2;

        if (d->count[i])
            count[tp_bins_column(from, d->to, middle, columns) * rows +
                  place_of(value, lo, hi, rows)] += d->count[i];
    }
}
