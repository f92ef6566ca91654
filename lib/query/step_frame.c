/*
 * sum, avg, count, min, max over a frame: everything so far, or the last rows or stretch of time.
 *
 * A sliding sum adds what comes and subtracts what leaves, which is exact for integers and short
 * decimals. What other doubles leave behind in rounding is bounded by summing afresh once as many
 * of them have left as are there: constant work a record.
 */
#include <stdint.h>

#include "query/step_list.h"
#include "query/step_ring.h"
#include "query/step_state.h"
#include "record/emit.h"
#include "value/num.h"

/* ---- sum, avg, count ---- */

struct total {
    struct tp_sum sum;
    uint64_t count;
    struct tp_step_ring ring; /* bounded frames */
    uint64_t rounded;         /* doubles that left since the sum was made afresh */
};

static void
add_afresh(struct total *t)
{
    t->sum = (struct tp_sum){0};
    t->rounded = 0;
    for (size_t i = 0; i < t->ring.count; i++)
        tp_sum_add(&t->sum, tp_step_ring_at(&t->ring, i)->value);
}

static void
drop_total(struct total *t)
{
    struct tp_value value = tp_step_ring_at(&t->ring, 0)->value;

    tp_step_ring_drop_first(&t->ring);
    t->count--;
    if (value.kind == TP_INT || value.kind == TP_REAL) {
        tp_sum_subtract(&t->sum, value);
        t->rounded += value.kind == TP_REAL && value.scale == TP_NO_SCALE;
    }
}

static int
take_total(TP_STEP_COLUMN, const struct tp_step_row *row)
{
    const struct tp_step_frame *over = &column->over;
    int64_t position = tp_step_position(over, row), low = tp_step_low(over, position);
    bool counts_all = column->function->form == TP_STEP_ANY;
    struct tp_value value = row->values[column->argument];
    struct total *t = cell;

    while (t->ring.count && tp_step_ring_at(&t->ring, 0)->at < low)
        drop_total(t);
    if (t->rounded > t->ring.count)
        add_afresh(t);
    if (value.kind == TP_NULL)
        return 0;
    if (over->is_bounded && tp_step_ring_push(&t->ring, position, value) < 0)
        return -1;
    t->count++;
    if (!counts_all)
        tp_sum_add(&t->sum, value);
    return 0;
}

static void
clear_total(void *cell)
{
    tp_step_ring_release(&((struct total *)cell)->ring);
}

static size_t
held_total(const void *cell)
{
    return tp_step_ring_held(&((const struct total *)cell)->ring);
}

static void
save_total(const void *cell, struct tp_buf *to)
{
    const struct total *t = cell;

    tp_buf_put_char(to, '[');
    tp_agg_put_whole(to, t->count);
    tp_buf_put_char(to, ',');
    tp_agg_put_whole(to, t->rounded);
    tp_buf_put_char(to, ',');
    tp_step_put_sum(to, &t->sum);
    tp_buf_put_char(to, ',');
    tp_step_put_ring(to, &t->ring);
    tp_buf_put_char(to, ']');
}

static bool
load_total(void *cell, struct tp_agg_reader *from)
{
    struct total *t = cell;

    return tp_agg_read_char(from, '[') && tp_agg_read_count(from, &t->count) &&
           tp_agg_read_char(from, ',') && tp_agg_read_count(from, &t->rounded) &&
           tp_agg_read_char(from, ',') && tp_step_read_sum(from, &t->sum) &&
           tp_agg_read_char(from, ',') && tp_step_read_ring(from, &t->ring) &&
           tp_agg_read_char(from, ']');
}

static int
write_sum(TP_STEP_COLUMN, const struct tp_step_row *row, struct tp_buf *to, struct tp_err *err)
{
    const struct total *t = cell;

    (void)row;
    if (t->count == 0)
        TP_BUF_PUT(to, "null");
    else if (tp_sum_write(&t->sum, to) < 0)
        return tp_err_set(err, TP_FAULT_RECORD, "%.*s: the sum is beyond 64 bits",
                          (int)column->spelled.len, column->spelled.ptr);
    return 0;
}

static int
write_avg(TP_STEP_COLUMN, const struct tp_step_row *row, struct tp_buf *to, struct tp_err *err)
{
    const struct total *t = cell;

    (void)column;
    (void)row;
    (void)err;
    if (t->count == 0)
        TP_BUF_PUT(to, "null");
    else
        tp_emit_value(to, tp_real(tp_sum_real(&t->sum) / (double)t->count));
    return 0;
}

static int
write_count(TP_STEP_COLUMN, const struct tp_step_row *row, struct tp_buf *to, struct tp_err *err)
{
    const struct total *t = cell;

    (void)column;
    (void)row;
    (void)err;
    tp_emit_value(to, tp_int((int64_t)t->count));
    return 0;
}

const struct tp_step_function tp_step_sum = {
    .name = {"sum", 3},
    .form = TP_STEP_NUMBER,
    .takes_frame = true,
    .size = sizeof(struct total),
    .take = take_total,
    .write = write_sum,
    .clear = clear_total,
    .held = held_total,
    .save = save_total,
    .load = load_total,
};

const struct tp_step_function tp_step_avg = {
    .name = {"avg", 3},
    .form = TP_STEP_NUMBER,
    .takes_frame = true,
    .size = sizeof(struct total),
    .take = take_total,
    .write = write_avg,
    .clear = clear_total,
    .held = held_total,
    .save = save_total,
    .load = load_total,
};

const struct tp_step_function tp_step_count = {
    .name = {"count", 5},
    .form = TP_STEP_ANY,
    .may_count_all = true,
    .takes_frame = true,
    .size = sizeof(struct total),
    .take = take_total,
    .write = write_count,
    .clear = clear_total,
    .held = held_total,
    .save = save_total,
    .load = load_total,
};

/* ---- min, max ---- */

/*
 * The ring holds the values that may still become the extreme, best first: one that is older and
 * no better than a newer one never can (the monotonic queue). Unbounded frames keep only the best.
 */
static bool
is_better(const struct tp_step_column *column, struct tp_value a, struct tp_value b)
{
    int order = tp_num_compare(a, b);

    return column->function == &tp_step_min ? order < 0 : order > 0;
}

static int
take_extreme(TP_STEP_COLUMN, const struct tp_step_row *row)
{
    const struct tp_step_frame *over = &column->over;
    int64_t position = tp_step_position(over, row), low = tp_step_low(over, position);
    struct tp_value value = row->values[column->argument];
    struct tp_step_ring *ring = cell;

    while (over->is_bounded && ring->count && tp_step_ring_at(ring, 0)->at < low)
        tp_step_ring_drop_first(ring);
    if (value.kind == TP_NULL)
        return 0;
    while (ring->count && !is_better(column, tp_step_ring_at(ring, ring->count - 1)->value, value))
        tp_step_ring_drop_last(ring);
    if (!over->is_bounded && ring->count)
        return 0;
    return tp_step_ring_push(ring, position, value);
}

static int
write_extreme(TP_STEP_COLUMN, const struct tp_step_row *row, struct tp_buf *to, struct tp_err *err)
{
    const struct tp_step_ring *ring = cell;

    (void)column;
    (void)row;
    (void)err;
    tp_emit_value(to, ring->count ? tp_step_ring_at(ring, 0)->value : tp_null());
    return 0;
}

static void
clear_extreme(void *cell)
{
    tp_step_ring_release(cell);
}

static size_t
held_extreme(const void *cell)
{
    return tp_step_ring_held(cell);
}

static void
save_extreme(const void *cell, struct tp_buf *to)
{
    tp_step_put_ring(to, cell);
}

static bool
load_extreme(void *cell, struct tp_agg_reader *from)
{
    return tp_step_read_ring(from, cell);
}

const struct tp_step_function tp_step_min = {
    .name = {"min", 3},
    .form = TP_STEP_NUMBER,
    .takes_frame = true,
    .size = sizeof(struct tp_step_ring),
    .take = take_extreme,
    .write = write_extreme,
    .clear = clear_extreme,
    .held = held_extreme,
    .save = save_extreme,
    .load = load_extreme,
};

const struct tp_step_function tp_step_max = {
    .name = {"max", 3},
    .form = TP_STEP_NUMBER,
    .takes_frame = true,
    .size = sizeof(struct tp_step_ring),
    .take = take_extreme,
    .write = write_extreme,
    .clear = clear_extreme,
    .held = held_extreme,
    .save = save_extreme,
    .load = load_extreme,
};
