#include "plot/bins.h"

#include <stdlib.h>
#include <string.h>

struct tp_bins {
    tp_duration span;
    unsigned shift; /* bins are 2^shift ns wide */
    int64_t first;  /* number of bin[0]: its time >> shift */
    tp_time from, to;
    bool any;
    size_t series, cap;
    struct tp_bin (*bin)[TP_BINS];
};

struct tp_bins *
tp_bins_new(tp_duration span)
{
    struct tp_bins *bins = calloc(1, sizeof *bins);

    if (bins)
        bins->span = span;
    return bins;
}

void
tp_bins_free(struct tp_bins *bins)
{
    if (!bins)
        return;
    free(bins->bin);
    free(bins);
}

int
tp_bins_add(struct tp_bins *bins, struct tp_err *err)
{
    if (bins->series == bins->cap) {
        size_t cap = bins->cap ? 2 * bins->cap : 4;
        void *more = realloc(bins->bin, cap * sizeof *bins->bin);

        if (!more)
            return tp_err_memory(err);
        bins->bin = more;
        bins->cap = cap;
    }
    memset(bins->bin[bins->series], 0, sizeof *bins->bin);
    return (int)bins->series++;
}

/* --- one bin -----------------------------------------------------------------------------------*/

static void
merge(struct tp_bin *into, const struct tp_bin *from)
{
    into->nulls += from->nulls;
    if (from->count == 0)
        return;
    if (into->count == 0 || from->min < into->min)
        into->min = from->min;
    if (into->count == 0 || from->max > into->max)
        into->max = from->max;
    if (into->count == 0 || from->last_time >= into->last_time) {
        into->last = from->last;
        into->last_time = from->last_time;
    }
    into->count += from->count;
    into->sum += from->sum;
}

/* --- where bins lie ----------------------------------------------------------------------------*/

/* Towards minus infinity, as gcc and clang shift negative numbers. */
static int64_t
bin_of(const struct tp_bins *bins, tp_time time)
{
    return time >> bins->shift;
}

/* All bins of a series move by BY places towards the first; what falls off is forgotten. */
static void
slide(struct tp_bin *bin, uint64_t by)
{
    if (by >= TP_BINS) {
        memset(bin, 0, TP_BINS * sizeof *bin);
        return;
    }
    memmove(bin, bin + by, (TP_BINS - by) * sizeof *bin);
    memset(bin + (TP_BINS - by), 0, by * sizeof *bin);
}

static void
slide_to(struct tp_bins *bins, int64_t first)
{
    for (size_t i = 0; i < bins->series; i++)
        slide(bins->bin[i], (uint64_t)first - (uint64_t)bins->first);
    bins->first = first;
}

/* Bins of a series become 2^BY as wide and bin[0] is number FIRST then. */
static void
coarsen(struct tp_bins *bins, struct tp_bin *bin, unsigned by, int64_t first)
{
    struct tp_bin merged[TP_BINS] = {0};

    for (size_t i = 0; i < TP_BINS; i++) {
        int64_t place = ((bins->first + (int64_t)i) >> by) - first;

        if (bin[i].count || bin[i].nulls)
            merge(&merged[place], &bin[i]);
    }
    memcpy(bin, merged, sizeof merged);
}

/* Makes the bins so wide that FROM..TO have room. */
static void
make_room(struct tp_bins *bins, tp_time from, tp_time to)
{
    unsigned shift = bins->shift;
    int64_t first;

    while (tp_bins_length(from >> shift, to >> shift) >= TP_BINS)
        shift++;
    first = from >> shift;
    for (size_t i = 0; i < bins->series && bins->any; i++)
        coarsen(bins, bins->bin[i], shift - bins->shift, first);
    bins->shift = shift;
    bins->first = first;
}

static tp_time
span_begin(const struct tp_bins *bins)
{
    tp_time from;

    return tp_time_subtract(bins->to, bins->span, &from) ? from : TP_TIME_MIN;
}

/* The first time of all, or one outside of what was. */
static void
extend(struct tp_bins *bins, tp_time time)
{
    tp_time from = bins->any && bins->from < time ? bins->from : time;
    tp_time to = bins->any && bins->to > time ? bins->to : time;

    make_room(bins, from, to);
    bins->from = from;
    bins->to = to;
}

/* The span ends at TIME now. Its bins are as wide as it needs from the beginning. */
static void
move_span(struct tp_bins *bins, tp_time time)
{
    int64_t first;

    while (bins->span >> bins->shift >= TP_BINS - 1)
        bins->shift++;
    bins->to = time;
    first = bin_of(bins, span_begin(bins));
    if (!bins->any)
        bins->first = first;
    else if (first > bins->first)
        slide_to(bins, first);
}

void
tp_bins_put(struct tp_bins *bins, size_t series, tp_time time, const double *value)
{
    struct tp_bin one = {.nulls = !value}, *bin;

    if (value)
        one = (struct tp_bin){1, 0, *value, *value, *value, *value, time};
    if (bins->span && bins->any && time < span_begin(bins))
        return;
    if (bins->span && (!bins->any || time > bins->to))
        move_span(bins, time);
    else if (!bins->span && (!bins->any || time < bins->from || time > bins->to))
        extend(bins, time);
    bins->any = true;
    bin = &bins->bin[series][bin_of(bins, time) - bins->first];
    merge(bin, &one);
}

/* --- reading -----------------------------------------------------------------------------------*/

bool
tp_bins_range(const struct tp_bins *bins, tp_time *from, tp_time *to)
{
    *from = bins->span ? span_begin(bins) : bins->from;
    *to = bins->to;
    return bins->any;
}

uint64_t
tp_bins_length(tp_time from, tp_time to)
{
    return (uint64_t)to - (uint64_t)from;
}

tp_time
tp_bins_middle(int64_t number, unsigned shift)
{
    tp_time begin = (tp_time)((uint64_t)number << shift);
    tp_duration half = (INT64_C(1) << shift) / 2;

    return begin > TP_TIME_MAX - half ? TP_TIME_MAX : begin + half;
}

size_t
tp_bins_column(tp_time from, tp_time to, tp_time time, size_t columns)
{
    double place;

    if (from == to)
        return columns / 2;
    if (time <= from)
        return 0;
    place = (double)tp_bins_length(from, time) / (double)tp_bins_length(from, to) *
                (double)(columns - 1) +
            0.5;
    return place >= (double)columns ? columns - 1 : (size_t)place;
}

void
tp_bins_read(const struct tp_bins *bins, size_t series, struct tp_bin *column, size_t columns)
{
    const struct tp_bin *bin = bins->bin[series];
    tp_time from, to;

    memset(column, 0, columns * sizeof *column);
    if (!tp_bins_range(bins, &from, &to))
        return;
    for (size_t i = 0; i < TP_BINS; i++) {
        tp_time time = bin[i].last_time;

        if (bin[i].count == 0 && bin[i].nulls == 0)
            continue;
        if (bin[i].count == 0)
            time = tp_bins_middle(bins->first + (int64_t)i, bins->shift);
        merge(&column[tp_bins_column(from, to, time, columns)], &bin[i]);
    }
}
