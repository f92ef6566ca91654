#include "plot/bins.h"

#include <stdlib.h>
#include <string.h>

#include "plot/stretch.h"

/* A part of time and what came of it; of the same place but another part it is to be forgotten. */
struct kept {
    int64_t part;
    struct tp_bin bin;
};

struct tp_bins {
    struct tp_stretch stretch;
    size_t series, cap;
    struct kept (*kept)[TP_BINS];
};

struct tp_bins *
tp_bins_new(tp_duration span)
{
    struct tp_bins *bins = calloc(1, sizeof *bins);

    if (bins)
        tp_stretch_init(&bins->stretch, TP_BINS, span);
    return bins;
}

void
tp_bins_free(struct tp_bins *bins)
{
    if (!bins)
        return;
    free(bins->kept);
    free(bins);
}

int
tp_bins_add(struct tp_bins *bins, struct tp_err *err)
{
    if (bins->series == bins->cap) {
        size_t cap = bins->cap ? 2 * bins->cap : 4;
        void *more = realloc(bins->kept, cap * sizeof *bins->kept);

        if (!more)
            return tp_err_memory(err);
        bins->kept = more;
        bins->cap = cap;
    }
    memset(bins->kept[bins->series], 0, sizeof *bins->kept);
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

static bool
is_empty(const struct tp_bin *bin)
{
    return bin->count == 0 && bin->nulls == 0;
}

/* --- what came ---------------------------------------------------------------------------------*/

/* FROM goes to where PART has its place in KEPT. */
static void
put(const struct tp_bins *bins, struct kept *kept, int64_t part, const struct tp_bin *from)
{
    struct kept *to = &kept[tp_stretch_place(&bins->stretch, part)];

    if (to->part != part)
        *to = (struct kept){.part = part};
    merge(&to->bin, from);
}

/* The parts of time became 2^BY as wide. */
static void
coarsen(const struct tp_bins *bins, struct kept *kept, unsigned by)
{
    struct kept merged[TP_BINS] = {0};

    for (size_t i = 0; i < TP_BINS; i++)
        if (!is_empty(&kept[i].bin))
            put(bins, merged, kept[i].part >> by, &kept[i].bin);
    memcpy(kept, merged, sizeof merged);
}

void
tp_bins_put(struct tp_bins *bins, size_t series, tp_time time, const double *value)
{
    struct tp_bin one = {.nulls = !value};
    unsigned wider;

    if (value)
        one = (struct tp_bin){1, 0, *value, *value, *value, *value, time};
    if (!tp_stretch_take(&bins->stretch, time, &wider))
        return;
    for (size_t i = 0; i < bins->series && wider; i++)
        coarsen(bins, bins->kept[i], wider);
    put(bins, bins->kept[series], tp_stretch_part(&bins->stretch, time), &one);
}

/* --- reading -----------------------------------------------------------------------------------*/

bool
tp_bins_range(const struct tp_bins *bins, tp_time *from, tp_time *to)
{
    *from = tp_stretch_begin(&bins->stretch);
    *to = bins->stretch.to;
    return bins->stretch.any;
}

static bool
has_values(const struct tp_bins *bins, const struct kept *kept)
{
    for (size_t i = 0; i < TP_BINS; i++)
        if (kept[i].bin.count && tp_stretch_sees(&bins->stretch, kept[i].part))
            return true;
    return false;
}

bool
tp_bins_have_values(const struct tp_bins *bins)
{
    for (size_t i = 0; i < bins->series; i++)
        if (has_values(bins, bins->kept[i]))
            return true;
    return false;
}

void
tp_bins_read(const struct tp_bins *bins, size_t series, struct tp_bin *column, size_t columns)
{
    const struct tp_stretch *stretch = &bins->stretch;

    memset(column, 0, columns * sizeof *column);
    for (size_t i = 0; i < TP_BINS; i++) {
        const struct kept *kept = &bins->kept[series][i];
        tp_time time = kept->bin.last_time;

        if (is_empty(&kept->bin) || !tp_stretch_sees(stretch, kept->part))
            continue;
        if (kept->bin.count == 0)
            time = tp_stretch_middle(stretch, kept->part);
        merge(&column[tp_stretch_column(stretch, time, columns)], &kept->bin);
    }
}
