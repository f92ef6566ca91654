#include "query/step_state.h"

#include "query/agg_function.h"
#include "query/step_list.h"
#include "record/emit.h"
#include "value/text.h"

/* ---- values ---- */

static void
put_real(struct tp_buf *to, struct tp_value value)
{
    tp_buf_put_char(to, '[');
    tp_agg_put_real(to, value.real);
    if (value.scale != TP_NO_SCALE)
        tp_buf_printf(to, ",%lld,%d", (long long)value.mantissa, value.scale);
    tp_buf_put_char(to, ']');
}

void
tp_step_put_value(struct tp_buf *to, struct tp_value value)
{
    if (value.kind == TP_REAL)
        put_real(to, value);
    else if (value.kind == TP_TIME || value.kind == TP_DURATION)
        tp_agg_put_value(to, value);
    else if (value.kind == TP_TEXT || value.kind == TP_JSON)
        tp_text_quote(value.text, to);
    else
        tp_emit_value(to, value);
}

/* What is behind the `[`. */
static bool
read_real(struct tp_agg_reader *from, struct tp_value *value)
{
    int64_t mantissa, scale;
    double real;

    if (!tp_agg_read_real(from, &real))
        return false;
    *value = tp_real(real);
    if (tp_agg_read_char(from, ']'))
        return true;
    if (!tp_agg_read_char(from, ',') || !tp_agg_read_int(from, &mantissa) ||
        !tp_agg_read_char(from, ',') || !tp_agg_read_int(from, &scale) || scale < 0 || scale > 18)
        return false;
    value->mantissa = mantissa;
    value->scale = (int)scale;
    return tp_agg_read_char(from, ']');
}

bool
tp_step_read_value(struct tp_agg_reader *from, struct tp_value *value)
{
    if (tp_agg_read_char(from, '['))
        return read_real(from, value);
    return tp_agg_read_value(from, value) && value->kind != TP_REAL && value->kind != TP_JSON;
}

bool
tp_step_read_flag(struct tp_agg_reader *from, bool *flag)
{
    struct tp_value value;

    if (!tp_agg_read_value(from, &value) || value.kind != TP_BOOL)
        return false;
    *flag = value.boolean;
    return true;
}

void
tp_step_put_sum(struct tp_buf *to, const struct tp_sum *sum)
{
    tp_agg_put_sum(to, sum);
}

bool
tp_step_read_sum(struct tp_agg_reader *from, struct tp_sum *sum)
{
    return tp_agg_read_sum(from, sum);
}

/* ---- rings ---- */

void
tp_step_put_entry(struct tp_buf *to, bool first, const struct tp_step_entry *entry)
{
    if (!first)
        tp_buf_put_char(to, ',');
    tp_agg_put_whole(to, entry->at);
    tp_buf_put_char(to, ',');
    tp_step_put_value(to, entry->value);
}

bool
tp_step_read_entry(struct tp_agg_reader *from, struct tp_step_entry *entry)
{
    return tp_agg_read_int(from, &entry->at) && tp_agg_read_char(from, ',') &&
           tp_step_read_value(from, &entry->value);
}

void
tp_step_put_ring(struct tp_buf *to, const struct tp_step_ring *ring)
{
    tp_buf_put_char(to, '[');
    for (size_t i = 0; i < ring->count; i++)
        tp_step_put_entry(to, i == 0, tp_step_ring_at(ring, i));
    tp_buf_put_char(to, ']');
}

bool
tp_step_read_ring(struct tp_agg_reader *from, struct tp_step_ring *ring)
{
    struct tp_step_entry entry;
    bool first = true, broken = false;

    if (!tp_agg_read_char(from, '['))
        return false;
    while (tp_agg_read_more(from, &first, &broken)) {
        if (!tp_step_read_entry(from, &entry) || entry.value.kind == TP_TEXT)
            return false;
        if (tp_step_ring_push(ring, entry.at, entry.value) < 0) {
            from->memory = true;
            return false;
        }
    }
    return !broken;
}

/* ---- states ---- */

static const void *
cell_of(const void *state, const struct tp_step_column *column)
{
    return (const char *)state + column->offset;
}

void
tp_steps_save(const struct tp_steps *steps, const void *state, struct tp_buf *to)
{
    tp_buf_put_char(to, '[');
    tp_agg_put_whole(to, tp_step_rows(state));
    for (size_t i = 0; i < steps->columns; i++) {
        const struct tp_step_column *column = &steps->column[i];

        tp_buf_put_char(to, ',');
        if (column->function->save)
            column->function->save(cell_of(state, column), to);
        else
            TP_BUF_PUT(to, "null");
    }
    tp_buf_put_char(to, ']');
}

static bool
load_cells(const struct tp_steps *steps, void *state, struct tp_agg_reader *from)
{
    struct tp_value none;
    int64_t rows;

    if (!tp_agg_read_char(from, '[') || !tp_agg_read_int(from, &rows))
        return false;
    tp_step_set_rows(state, rows);
    for (size_t i = 0; i < steps->columns; i++) {
        const struct tp_step_column *column = &steps->column[i];

        if (!tp_agg_read_char(from, ','))
            return false;
        if (!column->function->load ? !tp_step_read_value(from, &none)
                                    : !column->function->load((char *)state + column->offset, from))
            return false;
    }
    return tp_agg_read_char(from, ']') && from->at == from->end;
}

/* Gives back what the reader held. */
static int
conclude(struct tp_agg_reader *from, bool loaded, struct tp_err *err)
{
    tp_buf_release(&from->text);
    if (loaded)
        return 0;
    if (from->memory)
        return tp_err_memory(err);
    return tp_err_set(err, TP_FAULT_MACHINE, "saved running values: not as they are written");
}

int
tp_steps_load(const struct tp_steps *steps, void *state, struct tp_str json, struct tp_err *err)
{
    struct tp_agg_reader from = {.at = json.ptr, .end = json.ptr + json.len};

    return conclude(&from, load_cells(steps, state, &from), err);
}

/* ---- the values of a record ---- */

void
tp_steps_save_values(const struct tp_steps *steps, const struct tp_value *values, struct tp_buf *to)
{
    tp_buf_put_char(to, '[');
    for (size_t i = 0; i < steps->arguments; i++) {
        if (i > 0)
            tp_buf_put_char(to, ',');
        tp_step_put_value(to, values[i]);
    }
    tp_buf_put_char(to, ']');
}

/* Does VALUE have the form in which an argument is kept? */
static bool
fits(enum tp_step_form form, struct tp_value value)
{
    switch (form) {
    case TP_STEP_NOTHING:
        return true;
    case TP_STEP_NUMBER:
        return value.kind == TP_NULL || value.kind == TP_INT || value.kind == TP_REAL;
    case TP_STEP_ANY:
        return value.kind == TP_NULL || value.kind == TP_BOOL;
    case TP_STEP_JSON:
    case TP_STEP_KEY:
        return value.kind == TP_TEXT;
    case TP_STEP_CONDITION:
        return value.kind == TP_BOOL;
    }
    return false;
}

static bool
load_values(const struct tp_steps *steps, struct tp_agg_reader *from, struct tp_buf *bytes,
            struct tp_value *values)
{
    if (!tp_agg_read_char(from, '['))
        return false;
    for (size_t i = 0; i < steps->arguments; i++) {
        struct tp_value *value = &values[i];

        if ((i > 0 && !tp_agg_read_char(from, ',')) || !tp_step_read_value(from, value) ||
            !fits(steps->argument[i].form, *value))
            return false;
        if (value->kind != TP_TEXT)
            continue;
        tp_buf_put_str(bytes, value->text);
        from->memory |= tp_buf_failed(bytes);
        value->kind = TP_JSON;
        value->text.ptr = NULL;
    }
    return tp_agg_read_char(from, ']') && from->at == from->end && !from->memory;
}

int
tp_steps_load_values(const struct tp_steps *steps, struct tp_str json, struct tp_buf *bytes,
                     struct tp_value *values, struct tp_err *err)
{
    struct tp_agg_reader from = {.at = json.ptr, .end = json.ptr + json.len};

    return conclude(&from, load_values(steps, &from, bytes, values), err);
}
