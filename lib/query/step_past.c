/* Functions that give values of other records back, as the JSON text they had. */
#include <stdlib.h>

#include "query/step_list.h"
#include "query/step_ring.h"
#include "query/step_state.h"
#include "record/emit.h"
#include "value/text.h"

/* ---- row_number ---- */

static int
write_row_number(TP_STEP_COLUMN, const struct tp_step_row *row, struct tp_buf *to,
                 struct tp_err *err)
{
    (void)column;
    (void)cell;
    (void)err;
    tp_emit_value(to, tp_int(row->number));
    return 0;
}

const struct tp_step_function tp_step_row_number = {
    .name = {"row_number", 10},
    .may_count_all = true,
    .write = write_row_number,
};

/* ---- lag ---- */

struct lag {
    struct tp_step_ring ring; /* of copies */
    size_t bytes;             /* of them */
};

/* What malloc takes beside a small block, about. */
#define BLOCK 16

static void
drop_kept(struct lag *lag)
{
    struct tp_str text = tp_step_ring_at(&lag->ring, 0)->value.text;

    lag->bytes -= BLOCK + text.len;
    free((char *)text.ptr);
    tp_step_ring_drop_first(&lag->ring);
}

static int
keep(struct lag *lag, int64_t at, struct tp_str text)
{
    char *copy = malloc(text.len ? text.len : 1);

    if (!copy)
        return -1;
    memcpy(copy, text.ptr, text.len);
    if (tp_step_ring_push(&lag->ring, at, tp_text((struct tp_str){copy, text.len})) < 0) {
        free(copy);
        return -1;
    }
    lag->bytes += BLOCK + text.len; // NOLINT(clang-analyzer-unix.Malloc): the ring keeps the copy
    return 0;
}

/* The last one at or before position - size: rows are all there, so that is the row itself. */
static int
write_lag(TP_STEP_COLUMN, const struct tp_step_row *row, struct tp_buf *to, struct tp_err *err)
{
    int64_t position = tp_step_position(&column->over, row);
    int64_t low = tp_step_low(&column->over, position);
    struct lag *lag = cell;
    struct tp_step_ring *ring = &lag->ring;

    while (ring->count > 1 && tp_step_ring_at(ring, 1)->at <= low)
        drop_kept(lag);
    if (ring->count && tp_step_ring_at(ring, 0)->at <= low)
        tp_buf_put_str(to, tp_step_ring_at(ring, 0)->value.text);
    else
        TP_BUF_PUT(to, "null");
    if (keep(lag, position, row->values[column->argument].text) < 0)
        return tp_err_memory(err);
    return 0;
}

static void
clear_lag(void *cell)
{
    struct tp_step_ring *ring = &((struct lag *)cell)->ring;

    for (size_t i = 0; i < ring->count; i++)
        free((char *)tp_step_ring_at(ring, i)->value.text.ptr);
    tp_step_ring_release(ring);
}

static size_t
held_lag(const void *cell)
{
    const struct lag *lag = cell;

    return tp_step_ring_held(&lag->ring) + lag->bytes;
}

static void
save_lag(const void *cell, struct tp_buf *to)
{
    const struct tp_step_ring *ring = &((const struct lag *)cell)->ring;

    tp_step_put_ring(to, ring);
}

static bool
load_lag(void *cell, struct tp_agg_reader *from)
{
    struct tp_step_entry entry;
    bool first = true, broken = false;

    if (!tp_agg_read_char(from, '['))
        return false;
    while (tp_agg_read_more(from, &first, &broken)) {
        if (!tp_step_read_entry(from, &entry) || entry.value.kind != TP_TEXT)
            return false;
        if (keep(cell, entry.at, entry.value.text) < 0) {
            from->memory = true;
            return false;
        }
    }
    return !broken;
}

const struct tp_step_function tp_step_lag = {
    .name = {"lag", 3},
    .form = TP_STEP_JSON,
    .size = sizeof(struct lag),
    .write = write_lag,
    .clear = clear_lag,
    .held = held_lag,
    .save = save_lag,
    .load = load_lag,
};

/* ---- lead ---- */

static int
write_lead(TP_STEP_COLUMN, const struct tp_step_row *row, struct tp_buf *to, struct tp_err *err)
{
    struct tp_steps_row next;

    (void)cell;
    (void)err;
    if (row->view.look && row->view.look(row->view.context, column->ahead, &next) &&
        (__int128)next.time - row->time <= column->over.size)
        tp_buf_put_str(to, next.values[column->argument].text);
    else
        TP_BUF_PUT(to, "null");
    return 0;
}

const struct tp_step_function tp_step_lead = {
    .name = {"lead", 4},
    .form = TP_STEP_JSON,
    .is_timed = true,
    .write = write_lead,
};

/* ---- first_value, last_value: NULL is passed over ---- */

static bool
is_null(struct tp_str json)
{
    return tp_str_equal(json, TP_STR("null"));
}

static void
write_kept(const struct tp_buf *kept, struct tp_buf *to)
{
    if (kept->len)
        tp_buf_put_str(to, tp_buf_str(kept));
    else
        TP_BUF_PUT(to, "null");
}

static int
write_first_value(TP_STEP_COLUMN, const struct tp_step_row *row, struct tp_buf *to,
                  struct tp_err *err)
{
    struct tp_str json = row->values[column->argument].text;
    struct tp_buf *kept = cell;

    if (kept->len == 0 && !is_null(json))
        tp_buf_put_str(kept, json);
    if (tp_buf_failed(kept))
        return tp_err_memory(err);
    write_kept(kept, to);
    return 0;
}

static int
write_last_value(TP_STEP_COLUMN, const struct tp_step_row *row, struct tp_buf *to,
                 struct tp_err *err)
{
    struct tp_str json = row->values[column->argument].text;
    struct tp_buf *kept = cell;

    write_kept(kept, to);
    if (is_null(json))
        return 0;
    tp_buf_clear(kept);
    tp_buf_put_str(kept, json);
    return tp_buf_failed(kept) ? tp_err_memory(err) : 0;
}

static void
clear_kept(void *cell)
{
    tp_buf_release(cell);
}

static size_t
held_kept(const void *cell)
{
    return ((const struct tp_buf *)cell)->cap;
}

/* What is kept is never empty: null is nothing. */
static void
save_kept(const void *cell, struct tp_buf *to)
{
    const struct tp_buf *kept = cell;

    if (kept->len)
        tp_text_quote(tp_buf_str(kept), to);
    else
        TP_BUF_PUT(to, "null");
}

static bool
load_kept(void *cell, struct tp_agg_reader *from)
{
    struct tp_value value;

    if (!tp_step_read_value(from, &value))
        return false;
    if (value.kind == TP_TEXT)
        tp_buf_put_str(cell, value.text);
    from->memory |= tp_buf_failed(cell);
    return !from->memory && (value.kind == TP_TEXT || value.kind == TP_NULL);
}

const struct tp_step_function tp_step_first_value = {
    .name = {"first_value", 11},
    .form = TP_STEP_JSON,
    .size = sizeof(struct tp_buf),
    .write = write_first_value,
    .clear = clear_kept,
    .held = held_kept,
    .save = save_kept,
    .load = load_kept,
};

const struct tp_step_function tp_step_last_value = {
    .name = {"last_value", 10},
    .form = TP_STEP_JSON,
    .size = sizeof(struct tp_buf),
    .write = write_last_value,
    .clear = clear_kept,
    .held = held_kept,
    .save = save_kept,
    .load = load_kept,
};

/* ---- changed: x IS DISTINCT FROM lag(x), and true for the first record ---- */

static int
write_changed(TP_STEP_COLUMN, const struct tp_step_row *row, struct tp_buf *to, struct tp_err *err)
{
    struct tp_str key = row->values[column->argument].text;
    struct tp_buf *kept = cell;
    bool changed = row->number == 1 || !tp_str_equal(tp_buf_str(kept), key);

    tp_emit_value(to, tp_bool(changed));
    if (!changed)
        return 0;
    tp_buf_clear(kept);
    tp_buf_put_str(kept, key);
    return tp_buf_failed(kept) ? tp_err_memory(err) : 0;
}

const struct tp_step_function tp_step_changed = {
    .name = {"changed", 7},
    .form = TP_STEP_KEY,
    .size = sizeof(struct tp_buf),
    .write = write_changed,
    .clear = clear_kept,
    .held = held_kept,
    .save = save_kept,
    .load = load_kept,
};
