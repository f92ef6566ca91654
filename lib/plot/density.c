#include "plot/density.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plot/stretch.h"

/* A value's row number is below 2^52, so that doubles count rows exactly. */
#define EXACT 0x1p52

/* The least exponent of a double, and the most that numbers of rows can be shifted by. */
#define LEAST_EXPONENT (-1074)
#define MOST_SHIFT 63

/*
 * The cell of a part of time and a row stands at the place of the part (plot/stretch) and, in the
 * same way, at the row's number modulo ROWS: less than that many rows lie between the least and the
 * greatest value that ever came.
 */
struct grid {
    int64_t *part;   /* of each column: counts of another part than it should have are none */
    uint64_t *count; /* column by column */
};

struct tp_density {
    struct tp_stretch stretch;
    size_t rows;
    int exponent; /* rows are 2^exponent high */
    double lo, hi;
    struct grid grid, scratch; /* scratch: so that no value is lost when memory runs out */
    uint64_t rebuilds;
};

static void
release(struct grid *grid)
{
    free(grid->part);
    free(grid->count);
}

static bool
make(struct grid *grid, size_t columns, size_t rows)
{
    grid->part = calloc(columns, sizeof *grid->part);
    grid->count = calloc(columns * rows, sizeof *grid->count);
    return grid->part && grid->count;
}

struct tp_density *
tp_density_new(size_t columns, size_t rows, tp_duration span)
{
    struct tp_density *density = calloc(1, sizeof *density);

    if (!density)
        return NULL;
    tp_stretch_init(&density->stretch, columns, span);
    density->rows = rows;
    if (make(&density->grid, columns, rows) && make(&density->scratch, columns, rows))
        return density;
    tp_density_free(density);
    return NULL;
}

void
tp_density_free(struct tp_density *density)
{
    if (!density)
        return;
    release(&density->grid);
    release(&density->scratch);
    free(density);
}

/* --- the grid ----------------------------------------------------------------------------------*/

static int64_t
row_of(double value, int exponent)
{
    return (int64_t)floor(ldexp(value, -exponent));
}

static size_t
row_place(const struct tp_density *d, int64_t row)
{
    return (size_t)row & (d->rows - 1);
}

/* The counts of PART. What stood at its place before is over. */
static uint64_t *
column_of(const struct tp_density *d, const struct grid *grid, int64_t part)
{
    size_t place = tp_stretch_place(&d->stretch, part);
    uint64_t *column = grid->count + place * d->rows;

    if (grid->part[place] != part) {
        memset(column, 0, d->rows * sizeof *column);
        grid->part[place] = part;
    }
    return column;
}

/* Columns became 2^WIDER as wide, rows are to become 2^HIGHER as high. */
static void
rebuild(struct tp_density *d, unsigned wider, unsigned higher)
{
    struct grid old = d->grid;
    int64_t low = row_of(d->lo, d->exponent), high = row_of(d->hi, d->exponent);
    unsigned shift = higher < MOST_SHIFT ? higher : MOST_SHIFT;

    d->grid = d->scratch;
    d->scratch = old;
    memset(d->grid.count, 0, d->stretch.parts * d->rows * sizeof *d->grid.count);
    for (size_t i = 0; i < d->stretch.parts; i++) {
        const uint64_t *from = old.count + i * d->rows;
        int64_t part = old.part[i] >> wider;
        uint64_t *to;

        if (!tp_stretch_sees(&d->stretch, part))
            continue;
        to = column_of(d, &d->grid, part);
        for (int64_t row = low; row <= high; row++)
            to[row_place(d, row >> shift)] += from[row_place(d, row)];
    }
    d->exponent += (int)higher;
    d->rebuilds++;
}

/* --- what comes --------------------------------------------------------------------------------*/

/* The finest rows that a first value allows. */
static void
begin(struct tp_density *d, double value)
{
    int exponent;

    frexp(value, &exponent);
    d->exponent = fabs(value) > 0 ? exponent - 52 : LEAST_EXPONENT;
    if (d->exponent < LEAST_EXPONENT)
        d->exponent = LEAST_EXPONENT;
    d->lo = d->hi = value;
}

/* By which power of two rows must become higher for LO..HI. */
static unsigned
higher_for(const struct tp_density *d, double lo, double hi)
{
    double most = fmax(fabs(lo), fabs(hi));
    int exponent = d->exponent;

    while (ldexp(most, -exponent) >= EXACT ||
           row_of(hi, exponent) - row_of(lo, exponent) >= (int64_t)d->rows)
        exponent++;
    return (unsigned)(exponent - d->exponent);
}

void
tp_density_put(struct tp_density *d, tp_time time, double value)
{
    unsigned wider, higher = 0;
    bool is_first = !d->stretch.any;
    int64_t row;

    if (!tp_stretch_take(&d->stretch, time, &wider))
        return;
    if (is_first)
        begin(d, value);
    if (value < d->lo || value > d->hi)
        higher = higher_for(d, fmin(d->lo, value), fmax(d->hi, value));
    if (wider || higher)
        rebuild(d, wider, higher);
    d->lo = fmin(d->lo, value);
    d->hi = fmax(d->hi, value);
    row = row_of(value, d->exponent);
    column_of(d, &d->grid, tp_stretch_part(&d->stretch, time))[row_place(d, row)]++;
}

uint64_t
tp_density_rebuilds(const struct tp_density *d)
{
    return d->rebuilds;
}

/* --- reading -----------------------------------------------------------------------------------*/

/* The counts of column PLACE, NULL when they are over. */
static const uint64_t *
seen_column(const struct tp_density *d, size_t place)
{
    return tp_stretch_sees(&d->stretch, d->grid.part[place]) ? d->grid.count + place * d->rows
                                                             : NULL;
}

bool
tp_density_range(const struct tp_density *d, tp_time *from, tp_time *to, double *lo, double *hi)
{
    int64_t low = row_of(d->lo, d->exponent), high = row_of(d->hi, d->exponent);
    int64_t least = high, most = low;

    for (size_t i = 0; i < d->stretch.parts; i++) {
        const uint64_t *column = seen_column(d, i);

        for (int64_t row = low; column && row <= high; row++) {
            if (column[row_place(d, row)] == 0)
                continue;
            least = row < least ? row : least;
            most = row > most ? row : most;
        }
    }
    *from = tp_stretch_begin(&d->stretch);
    *to = d->stretch.to;
    /* Rows tell what is still there, the extremes where in them it began and ended. */
    *lo = fmax(d->lo, ldexp((double)least, d->exponent));
    *hi = fmin(d->hi, ldexp((double)most + 1, d->exponent));
    return d->stretch.any;
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
    int64_t low = row_of(d->lo, d->exponent), high = row_of(d->hi, d->exponent);

    memset(count, 0, columns * rows * sizeof *count);
    for (size_t i = 0; i < d->stretch.parts; i++) {
        const uint64_t *from = seen_column(d, i);
        uint64_t *to;

        if (!from)
            continue;
        to = count + rows * tp_stretch_column(&d->stretch,
                                              tp_stretch_middle(&d->stretch, d->grid.part[i]),
                                              columns);
        for (int64_t row = low; row <= high; row++) {
            double middle = ldexp((double)row + 0.5, d->exponent);

            if (from[row_place(d, row)])
                to[place_of(middle, lo, hi, rows)] += from[row_place(d, row)];
        }
    }
}
