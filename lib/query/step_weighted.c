/*
 * twa: the mean over a stretch of time in which each value holds until the next one comes.
 *
 * The ring holds the values that were in force at some time of the stretch; the first of them may
 * have begun before it. `area` is what lies between the first and the last, which slides as the
 * sums of step_frame do, and is added afresh as they are.
 */
#include <stdint.h>

#include "query/step_list.h"
#include "query/step_ring.h"
#include "query/step_state.h"
#include "record/emit.h"
#include "value/num.h"

struct weighted {
    struct tp_step_ring ring; /* of doubles */
    struct tp_sum area;       /* of all values but the first and the last */
    uint64_t gone;            /* areas that left since it was added afresh */
};

/* Value times duration, of value number I until the next. */
static struct tp_value
area_of(const struct weighted *w, size_t i)
{
    const struct tp_step_entry *entry = tp_step_ring_at(&w->ring, i);

    return tp_real(entry->value.real *
                   (double)((__int128)tp_step_ring_at(&w->ring, i + 1)->at - entry->at));
}

/* The second value is in force at the beginning of the stretch: it becomes the first. */
static void
drop_weighted(struct weighted *w)
{
    if (w->ring.count > 2) {
        tp_sum_subtract(&w->area, area_of(w, 1));
        w->gone++;
    }
    tp_step_ring_drop_first(&w->ring);
    if (w->gone <= w->ring.count)
        return;
    w->area = (struct tp_sum){0};
    w->gone = 0;
    for (size_t i = 1; i + 1 < w->ring.count; i++)
        tp_sum_add(&w->area, area_of(w, i));
}

static int
push_weighted(struct weighted *w, tp_time time, struct tp_value value)
{
    double real = value.kind == TP_INT ? (double)value.integer : value.real;

    if (tp_step_ring_push(&w->ring, time, tp_real(real)) < 0)
        return -1;
    if (w->ring.count > 2)
        tp_sum_add(&w->area, area_of(w, w->ring.count - 2));
    return 0;
}

/* The mean over [LOW, NOW], as far as there were values. */
static struct tp_value
weighted_mean(const struct weighted *w, tp_time low, tp_time now)
{
    size_t count = w->ring.count;
    const struct tp_step_entry *first, *last;
    tp_time from;
    double area;

    if (count == 0)
        return tp_null();
    first = tp_step_ring_at(&w->ring, 0);
    last = tp_step_ring_at(&w->ring, count - 1);
    from = first->at > low ? first->at : low;
    if (from == now)
        return tp_null();
    if (count == 1)
        return first->value;
    area = first->value.real * (double)((__int128)tp_step_ring_at(&w->ring, 1)->at - from);
    area += last->value.real * (double)((__int128)now - last->at) + tp_sum_real(&w->area);
    return tp_real(area / (double)((__int128)now - from));
}

static int
write_twa(TP_STEP_COLUMN, const struct tp_step_row *row, struct tp_buf *to, struct tp_err *err)
{
    struct weighted *w = cell;
    struct tp_value value = row->values[column->argument];
    tp_time low = tp_step_low(&column->over, row->time);

    while (w->ring.count > 1 && tp_step_ring_at(&w->ring, 1)->at <= low)
        drop_weighted(w);
    tp_emit_value(to, weighted_mean(w, low, row->time));
    if (value.kind != TP_NULL && push_weighted(w, row->time, value) < 0)
        return tp_err_memory(err);
    return 0;
}

static void
clear_twa(void *cell)
{
    tp_step_ring_release(&((struct weighted *)cell)->ring);
}

static size_t
held_twa(const void *cell)
{
    return tp_step_ring_held(&((const struct weighted *)cell)->ring);
}

static void
save_twa(const void *cell, struct tp_buf *to)
{
    const struct weighted *w = cell;

    tp_buf_put_char(to, '[');
    tp_agg_put_whole(to, w->gone);
    tp_buf_put_char(to, ',');
    tp_step_put_sum(to, &w->area);
    tp_buf_put_char(to, ',');
    tp_step_put_ring(to, &w->ring);
    tp_buf_put_char(to, ']');
}

static bool
load_twa(void *cell, struct tp_agg_reader *from)
{
    struct weighted *w = cell;

    return tp_agg_read_char(from, '[') && tp_agg_read_count(from, &w->gone) &&
           tp_agg_read_char(from, ',') && tp_step_read_sum(from, &w->area) &&
           tp_agg_read_char(from, ',') && tp_step_read_ring(from, &w->ring) &&
           tp_agg_read_char(from, ']');
}

const struct tp_step_function tp_step_twa = {
    .name = {"twa", 3},
    .form = TP_STEP_NUMBER,
    .is_timed = true,
    .size = sizeof(struct weighted),
    .write = write_twa,
    .clear = clear_twa,
    .held = held_twa,
    .save = save_twa,
    .load = load_twa,
};
