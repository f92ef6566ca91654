#include "query/agg.h"

#include <math.h>
#include <stdlib.h>

#include "query/agg_list.h"
#include "record/emit.h"
#include "value/text.h"

#define EXCERPT 40 /* columns of a value shown in a message */

size_t
tp_aggs_arguments(const struct tp_aggs *aggs)
{
    return aggs->arguments;
}

struct tp_str
tp_aggs_argument(const struct tp_aggs *aggs, size_t i)
{
    return aggs->argument[i].text;
}

size_t
tp_aggs_filters(const struct tp_aggs *aggs)
{
    return aggs->filters;
}

struct tp_str
tp_aggs_filter(const struct tp_aggs *aggs, size_t i)
{
    return aggs->filter[i];
}

size_t
tp_aggs_argument_filter(const struct tp_aggs *aggs, size_t i)
{
    return aggs->argument[i].filter;
}

size_t
tp_aggs_columns(const struct tp_aggs *aggs)
{
    return aggs->columns;
}

struct tp_str
tp_aggs_column(const struct tp_aggs *aggs, size_t i)
{
    return aggs->column[i].name;
}

size_t
tp_aggs_size(const struct tp_aggs *aggs)
{
    return aggs->size;
}

size_t
tp_aggs_size_behind(const struct tp_aggs *aggs, size_t head)
{
    size_t align = _Alignof(max_align_t);

    return (head + aggs->size + align - 1) / align * align;
}

static void *
cell_of(const struct tp_agg_state *state, const void *acc)
{
    return (char *)acc + state->offset;
}

/* How the first column that reads STATE was written. */
static struct tp_str
spelling(const struct tp_aggs *aggs, const struct tp_agg_state *state)
{
    for (size_t i = 0; i < aggs->columns; i++)
        if (&aggs->state[aggs->column[i].state] == state)
            return aggs->column[i].spelled;
    return TP_STR("aggregate");
}

/* Puts "sum(bytes): " in front of what a store or function said. */
static int
name_fault(struct tp_err *err, struct tp_str spelled, const struct tp_err *fault)
{
    if (fault->fault == TP_FAULT_MACHINE)
        return tp_err_set(err, fault->fault, "%s", fault->text);
    return tp_err_set(err, fault->fault, "%.*s: %.300s", (int)spelled.len, spelled.ptr,
                      fault->text);
}

/* What STATE wants ARGUMENT to be, where it does not take KIND; NULL where it does. */
static const char *
unmet_want(const struct tp_agg_state *state, size_t argument, enum tp_kind kind)
{
    if (kind == TP_NULL)
        return NULL;
    if (state->argument[0] == argument && !(state->store->accepts >> kind & 1))
        return state->store->wants;
    if (state->argument[1] == argument && !(state->store->accepts_second >> kind & 1))
        return state->store->wants_second;
    return NULL;
}

static int
refuse_kind(const struct tp_aggs *aggs, size_t argument, const struct tp_value *value,
            struct tp_err *err)
{
    const struct tp_agg_state *state = aggs->state;
    struct tp_str spelled;
    const char *wants;

    while (!(wants = unmet_want(state, argument, value->kind)))
        state++;
    spelled = spelling(aggs, state);
    if (value->kind == TP_TEXT)
        return tp_err_set(err, TP_FAULT_RECORD, "%.*s: not %s: %s (\"%.*s\"%s)", (int)spelled.len,
                          spelled.ptr, wants, tp_kind_name(value->kind),
                          (int)tp_text_fit(value->text, EXCERPT), value->text.ptr,
                          tp_text_fit(value->text, EXCERPT) < value->text.len ? "..." : "");
    return tp_err_set(err, TP_FAULT_RECORD, "%.*s: not %s: %s", (int)spelled.len, spelled.ptr,
                      wants, tp_kind_name(value->kind));
}

/* Inline: every record comes through here. */
static inline int
check_kinds(const struct tp_aggs *aggs, const struct tp_value *values, struct tp_err *err)
{
    for (size_t i = 0; i < aggs->arguments; i++)
        if (!(aggs->argument[i].accepts >> values[i].kind & 1))
            return refuse_kind(aggs, i, &values[i], err);
    return 0;
}

int
tp_aggs_check(const struct tp_aggs *aggs, const struct tp_value *values, struct tp_err *err)
{
    return check_kinds(aggs, values, err);
}

bool
tp_aggs_check_suffices(const struct tp_aggs *aggs)
{
    return aggs->checked == 0;
}

/* What depends on the values there already: min of numbers, then of a string. */
static int
check_states(const struct tp_aggs *aggs, const void *acc, const struct tp_value *values,
             struct tp_err *err)
{
    for (size_t i = 0; i < aggs->states; i++) {
        const struct tp_agg_state *state = &aggs->state[i];
        const struct tp_value *value, *second = NULL;
        struct tp_err fault;

        if (!state->store->check)
            continue;
        value = &values[state->argument[0]];
        if (state->argument[1] != TP_AGG_NO_ARGUMENT)
            second = &values[state->argument[1]];
        if (value->kind != TP_NULL &&
            state->store->check(cell_of(state, acc), value, second, &fault) < 0)
            return name_fault(err, spelling(aggs, state), &fault);
    }
    return 0;
}

int
tp_aggs_check_add(const struct tp_aggs *aggs, const void *acc, const struct tp_value *values,
                  struct tp_err *err)
{
    if (check_kinds(aggs, values, err) < 0)
        return -1;
    return aggs->checked ? check_states(aggs, acc, values, err) : 0;
}

/* What count(*) counts. */
static const struct tp_value every_record = {.kind = TP_BOOL, .boolean = true};

int
tp_aggs_add(const struct tp_aggs *aggs, void *acc, const struct tp_value *values, tp_time time,
            uint64_t sequence, struct tp_err *err)
{
    struct tp_agg_input input = {.time = time, .sequence = sequence, .seed = aggs->seed};

    if (check_kinds(aggs, values, err) < 0 ||
        (aggs->checked && check_states(aggs, acc, values, err) < 0))
        return -1;
    for (const struct tp_agg_state *state = aggs->state, *end = state + aggs->states; state < end;
         state++) {
        const struct tp_value *value = &every_record;

        if (state->argument[0] != TP_AGG_NO_ARGUMENT)
            value = &values[state->argument[0]];
        if (value->kind == TP_NULL)
            continue;
        if (state->argument[1] != TP_AGG_NO_ARGUMENT)
            input.second = &values[state->argument[1]];
        if (state->store->add(cell_of(state, acc), value, &input) < 0)
            return tp_err_memory(err);
    }
    return 0;
}

struct tp_str
tp_aggs_lasting(const struct tp_aggs *aggs)
{
    for (size_t i = 0; i < aggs->columns; i++)
        if (!aggs->state[aggs->column[i].state].store->subtract)
            return aggs->column[i].spelled;
    return TP_STR("");
}

int
tp_aggs_subtract(const struct tp_aggs *aggs, void *acc, const struct tp_value *values,
                 struct tp_err *err)
{
    if (tp_aggs_check(aggs, values, err) < 0)
        return -1;
    for (size_t i = 0; i < aggs->states; i++) {
        const struct tp_agg_state *state = &aggs->state[i];
        const struct tp_value *value = &every_record;

        if (state->argument[0] != TP_AGG_NO_ARGUMENT)
            value = &values[state->argument[0]];
        if (value->kind != TP_NULL && state->store->subtract(cell_of(state, acc), value) < 0)
            return tp_err_memory(err);
    }
    return 0;
}

bool
tp_aggs_is_empty(const struct tp_aggs *aggs, const void *acc)
{
    for (size_t i = 0; i < aggs->states; i++)
        if (!aggs->state[i].store->is_empty(cell_of(&aggs->state[i], acc)))
            return false;
    return true;
}

int
tp_aggs_merge(const struct tp_aggs *aggs, void *into, const void *from, struct tp_err *err)
{
    for (size_t i = 0; i < aggs->states; i++) {
        const struct tp_agg_state *state = &aggs->state[i];

        if (state->store->merge(cell_of(state, into), cell_of(state, from), aggs->seed) < 0)
            return tp_err_memory(err);
    }
    return 0;
}

int
tp_aggs_save(const struct tp_aggs *aggs, const void *acc, struct tp_buf *to, struct tp_err *err)
{
    tp_buf_put_char(to, '[');
    for (size_t i = 0; i < aggs->states; i++) {
        if (i)
            tp_buf_put_char(to, ',');
        aggs->state[i].store->save(cell_of(&aggs->state[i], acc), to);
    }
    tp_buf_put_char(to, ']');
    return tp_buf_failed(to) ? tp_err_memory(err) : 0;
}

static bool
load_states(const struct tp_aggs *aggs, void *acc, struct tp_agg_reader *from)
{
    for (size_t i = 0; i < aggs->states; i++) {
        const struct tp_agg_state *state = &aggs->state[i];

        if (!tp_agg_read_char(from, i ? ',' : '[') ||
            !state->store->load(cell_of(state, acc), from, aggs->seed))
            return false;
    }
    return tp_agg_read_char(from, ']') && from->at == from->end;
}

int
tp_aggs_load(const struct tp_aggs *aggs, void *acc, struct tp_str json, struct tp_err *err)
{
    struct tp_agg_reader from = {.at = json.ptr, .end = json.ptr + json.len};
    bool loaded = load_states(aggs, acc, &from);

    tp_buf_release(&from.text);
    if (loaded)
        return 0;
    tp_aggs_clear(aggs, acc);
    if (from.memory)
        return tp_err_memory(err);
    return tp_err_at(err, TP_FAULT_RECORD, (long)(from.at - json.ptr),
                     "no accumulator of these aggregates, from byte %zu on",
                     (size_t)(from.at - json.ptr) + 1);
}

static int
write_column(const struct tp_agg_column *column, void *cell, struct tp_buf *to, struct tp_err *err)
{
    struct tp_value value;
    int result;

    tp_buf_put_str(to, column->before);
    if (column->function->write)
        return column->function->write(cell, to, err);
    result = column->function->value(cell, column->quantile, &value, err);
    tp_emit_value(to, value);
    if (result == 0 && value.kind == TP_REAL && !isfinite(value.real))
        return tp_err_set(err, TP_FAULT_RECORD, "beyond the range of doubles");
    return result;
}

int
tp_aggs_write(const struct tp_aggs *aggs, void *acc, struct tp_buf *to, struct tp_err *err)
{
    int result = 0;

    for (size_t i = 0; i < aggs->columns; i++) {
        const struct tp_agg_column *column = &aggs->column[i];
        struct tp_err fault;

        if (write_column(column, cell_of(&aggs->state[column->state], acc), to, &fault) < 0)
            result = name_fault(err, column->spelled, &fault);
    }
    return tp_buf_failed(to) ? tp_err_memory(err) : result;
}

int
tp_aggs_values(const struct tp_aggs *aggs, void *acc, struct tp_value *values, struct tp_err *err)
{
    int result = 0;

    for (size_t i = 0; i < aggs->columns; i++) {
        const struct tp_agg_column *column = &aggs->column[i];
        struct tp_err fault;

        if (column->function->value(cell_of(&aggs->state[column->state], acc), column->quantile,
                                    &values[i], &fault) < 0)
            result = name_fault(err, column->spelled, &fault);
    }
    return result;
}

size_t
tp_aggs_held(const struct tp_aggs *aggs, const void *acc)
{
    size_t held = 0;

    for (size_t i = 0; i < aggs->states; i++)
        if (aggs->state[i].store->held)
            held += aggs->state[i].store->held(cell_of(&aggs->state[i], acc));
    return held;
}

void
tp_aggs_clear(const struct tp_aggs *aggs, void *acc)
{
    for (size_t i = 0; i < aggs->states; i++)
        if (aggs->state[i].store->clear)
            aggs->state[i].store->clear(cell_of(&aggs->state[i], acc));
    if (aggs->size)
        memset(acc, 0, aggs->size);
}
