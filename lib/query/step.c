#include "query/step_list.h"

#include "record/emit.h"
#include "record/key.h"
#include "value/text.h"

static const struct tp_step_function *const functions[] = {
    &tp_step_row_number, &tp_step_lag,         &tp_step_delta,      &tp_step_rate,
    &tp_step_sum,        &tp_step_avg,         &tp_step_min,        &tp_step_max,
    &tp_step_count,      &tp_step_first_value, &tp_step_last_value, &tp_step_changed,
    &tp_step_ewma,       &tp_step_alarm,       &tp_step_twa,        &tp_step_lead,
};

#define FUNCTIONS (sizeof functions / sizeof *functions)

const struct tp_step_function *
tp_step_function_find(struct tp_str name)
{
    for (size_t i = 0; i < FUNCTIONS; i++)
        if (tp_text_equal_nocase(functions[i]->name, name))
            return functions[i];
    return NULL;
}

const char *
tp_step_function_likest(struct tp_str name)
{
    struct tp_str names[FUNCTIONS];
    const struct tp_str *likest;

    for (size_t i = 0; i < FUNCTIONS; i++)
        names[i] = functions[i]->name;
    likest = tp_text_likest(name, names, FUNCTIONS);
    return likest ? likest->ptr : NULL;
}

/* ---- what there is ---- */

size_t
tp_steps_arguments(const struct tp_steps *steps)
{
    return steps->arguments;
}

struct tp_str
tp_steps_argument(const struct tp_steps *steps, size_t i)
{
    return steps->argument[i].text;
}

bool
tp_steps_argument_is_condition(const struct tp_steps *steps, size_t i)
{
    return steps->argument[i].form == TP_STEP_CONDITION;
}

size_t
tp_steps_columns(const struct tp_steps *steps)
{
    return steps->columns;
}

struct tp_str
tp_steps_column(const struct tp_steps *steps, size_t i)
{
    return steps->column[i].name;
}

struct tp_str
tp_steps_timed(const struct tp_steps *steps)
{
    for (size_t i = 0; i < steps->columns; i++)
        if (steps->column[i].function->is_timed || steps->column[i].over.is_range)
            return steps->column[i].spelled;
    return (struct tp_str){NULL, 0};
}

tp_duration
tp_steps_ahead(const struct tp_steps *steps)
{
    tp_duration most = 0;

    for (size_t i = 0; i < steps->columns; i++)
        if (steps->column[i].ahead > 0 && steps->column[i].over.size > most)
            most = steps->column[i].over.size;
    return most;
}

size_t
tp_steps_size(const struct tp_steps *steps)
{
    return steps->size;
}

/* ---- reading arguments ---- */

static int
read_json(struct tp_expr *expr, const struct tp_slot *slots, struct tp_buf *bytes,
          struct tp_err *err)
{
    struct tp_value value;
    size_t slot;

    if (tp_expr_path(expr, &slot)) {
        tp_buf_put_str(bytes, tp_slot_json(&slots[slot]));
        return 0;
    }
    if (tp_expr_eval(expr, slots, &value, err) < 0)
        return -1;
    tp_emit_value(bytes, value);
    return 0;
}

static int
read_key(struct tp_expr *expr, const struct tp_slot *slots, struct tp_buf *bytes,
         struct tp_err *err)
{
    struct tp_value value;
    size_t slot;

    if (tp_expr_path(expr, &slot)) {
        tp_key_put_slot(bytes, &slots[slot]);
        return 0;
    }
    if (tp_expr_eval(expr, slots, &value, err) < 0)
        return -1;
    tp_key_put_value(bytes, value);
    return 0;
}

static int
read_bytes(enum tp_step_form form, struct tp_expr *expr, const struct tp_slot *slots,
           struct tp_buf *bytes, struct tp_value *value, struct tp_err *err)
{
    size_t from = bytes->len;
    int result = form == TP_STEP_KEY ? read_key(expr, slots, bytes, err)
                                     : read_json(expr, slots, bytes, err);

    if (result < 0)
        return -1;
    if (tp_buf_failed(bytes))
        return tp_err_memory(err);
    *value = (struct tp_value){.kind = TP_JSON};
    value->text = (struct tp_str){NULL, bytes->len - from};
    return 0;
}

static int
read_number(const struct tp_step_argument *argument, struct tp_expr *expr,
            const struct tp_slot *slots, struct tp_value *value, struct tp_err *err)
{
    if (tp_expr_eval(expr, slots, value, err) < 0)
        return -1;
    if (value->kind == TP_NULL || value->kind == TP_INT || value->kind == TP_REAL)
        return 0;
    return tp_err_at(err, TP_FAULT_RECORD, -1, "%.*s takes a number, not %s",
                     (int)argument->spelled.len, argument->spelled.ptr, tp_kind_name(value->kind));
}

static int
read_any(struct tp_expr *expr, const struct tp_slot *slots, struct tp_value *value,
         struct tp_err *err)
{
    if (tp_expr_eval(expr, slots, value, err) < 0)
        return -1;
    if (value->kind != TP_NULL)
        *value = tp_bool(true);
    return 0;
}

int
tp_steps_read(const struct tp_steps *steps, size_t i, struct tp_expr *expr,
              const struct tp_slot *slots, struct tp_buf *bytes, struct tp_value *value,
              struct tp_err *err)
{
    const struct tp_step_argument *argument = &steps->argument[i];
    int test;

    if (argument->form == TP_STEP_NUMBER)
        return read_number(argument, expr, slots, value, err);
    if (argument->form == TP_STEP_ANY)
        return read_any(expr, slots, value, err);
    if (argument->form != TP_STEP_CONDITION)
        return read_bytes(argument->form, expr, slots, bytes, value, err);
    test = tp_expr_test(expr, slots, err);
    *value = tp_bool(test > 0);
    return test < 0 ? -1 : 0;
}

/* ---- stepping ---- */

static void *
cell_of(void *state, const struct tp_step_column *column)
{
    return (char *)state + column->offset;
}

int
tp_steps_enter(const struct tp_steps *steps, void *state, const struct tp_value *values,
               tp_time time, struct tp_err *err)
{
    struct tp_step_row row = {.values = values, .time = time};
    const struct tp_step_column *column = steps->column;

    for (; column < steps->column + steps->columns; column++)
        if (column->function->take && column->over.is_range &&
            column->function->take(column, cell_of(state, column), &row) < 0)
            return tp_err_memory(err);
    return 0;
}

static int
step_column(const struct tp_step_column *column, void *cell, const struct tp_step_row *row,
            struct tp_buf *to, struct tp_err *err)
{
    const struct tp_step_function *function = column->function;

    if (function->take && !column->over.is_range && function->take(column, cell, row) < 0)
        return tp_err_memory(err);
    return function->write(column, cell, row, to, err);
}

int
tp_steps_step(const struct tp_steps *steps, void *state, struct tp_steps_row record,
              struct tp_steps_view view, struct tp_buf *to, struct tp_err *err)
{
    int64_t rows = tp_step_rows(state) + 1;
    struct tp_step_row row = {record.values, record.time, rows, view};
    const struct tp_step_column *column = steps->column;
    int result = 0;

    tp_step_set_rows(state, rows);
    for (; column < steps->column + steps->columns; column++) {
        if (column > steps->column)
            tp_buf_put_char(to, ',');
        tp_buf_put_str(to, column->before);
        if (step_column(column, cell_of(state, column), &row, to, err) == 0)
            continue;
        if (err->fault == TP_FAULT_MACHINE)
            return -1;
        TP_BUF_PUT(to, "null");
        result = 1;
    }
    return tp_buf_failed(to) ? tp_err_memory(err) : result;
}

size_t
tp_steps_held(const struct tp_steps *steps, const void *state)
{
    const struct tp_step_column *column = steps->column;
    size_t held = 0;

    for (; column < steps->column + steps->columns; column++)
        if (column->function->held)
            held += column->function->held((const char *)state + column->offset);
    return held;
}

void
tp_steps_clear(const struct tp_steps *steps, void *state)
{
    const struct tp_step_column *column = steps->column;

    for (; column < steps->column + steps->columns; column++)
        if (column->function->clear)
            column->function->clear(cell_of(state, column));
}
