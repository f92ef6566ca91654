/*
 * list: every value, in the order of event time, then of arrival. NULL is left out.
 *
 * Values are kept as their JSON, one behind the other, with where each begins; they are put in
 * order when the list is said, which most of them are already.
 */
#include "query/agg_function.h"

#include <stdlib.h>

#include "record/emit.h"

struct element {
    tp_time time;
    uint64_t sequence;
    size_t at, len; /* of its JSON */
};

struct series {
    struct element *element;
    size_t count, cap;
    struct tp_buf json; /* of all, in the order they came */
    struct tp_buf said;
};

static int
reserve(struct series *series, size_t more)
{
    size_t cap = series->cap + series->cap / 2 + 4;
    struct element *element;

    if (series->cap - series->count >= more)
        return 0;
    if (cap - series->count < more)
        cap = series->count + more;
    element = realloc(series->element, cap * sizeof *element);
    if (!element)
        return -1;
    series->element = element;
    series->cap = cap;
    return 0;
}

static int
series_add(void *cell, const struct tp_value *value, const struct tp_agg_input *input)
{
    struct series *series = cell;
    size_t at = series->json.len;

    if (reserve(series, 1) < 0)
        return -1;
    tp_emit_value(&series->json, *value);
    if (tp_buf_failed(&series->json)) {
        series->json.len = at; /* what it holds is still good */
        series->json.failed = false;
        return -1;
    }
    series->element[series->count++] =
        (struct element){input->time, input->sequence, at, series->json.len - at};
    return 0;
}

static int
series_merge(void *into, const void *from, uint64_t seed)
{
    struct series *series = into;
    const struct series *other = from;
    size_t shift = series->json.len;

    (void)seed;
    if (reserve(series, other->count) < 0 || !tp_buf_reserve(&series->json, other->json.len)) {
        series->json.failed = false;
        return -1;
    }
    tp_buf_put_str(&series->json, tp_buf_str(&other->json));
    for (size_t i = 0; i < other->count; i++) {
        struct element element = other->element[i];

        element.at += shift;
        series->element[series->count++] = element;
    }
    return 0;
}

static size_t
series_held(const void *cell)
{
    const struct series *series = cell;

    return series->cap * sizeof *series->element + series->json.cap + series->said.cap;
}

static void
series_clear(void *cell)
{
    struct series *series = cell;

    free(series->element);
    tp_buf_release(&series->json);
    tp_buf_release(&series->said);
}

static void
series_save(const void *cell, struct tp_buf *to)
{
    const struct series *series = cell;

    tp_buf_put_char(to, '[');
    for (size_t i = 0; i < series->count; i++) {
        const struct element *element = &series->element[i];

        tp_buf_put_str(to, i ? TP_STR(",[") : TP_STR("["));
        tp_agg_put_whole(to, element->time);
        tp_buf_put_char(to, ',');
        tp_agg_put_whole(to, element->sequence);
        tp_buf_put_char(to, ',');
        tp_buf_put(to, series->json.ptr + element->at, element->len);
        tp_buf_put_char(to, ']');
    }
    tp_buf_put_char(to, ']');
}

static bool
load_element(struct series *series, struct tp_agg_reader *from)
{
    struct element element;
    struct tp_str json;

    if (!tp_agg_read_char(from, '[') || !tp_agg_read_int(from, &element.time) ||
        !tp_agg_read_char(from, ',') || !tp_agg_read_count(from, &element.sequence) ||
        !tp_agg_read_char(from, ',') || !tp_agg_read_json(from, &json) ||
        !tp_agg_read_char(from, ']'))
        return false;
    element.at = series->json.len;
    element.len = json.len;
    tp_buf_put_str(&series->json, json);
    if (tp_buf_failed(&series->json) || reserve(series, 1) < 0) {
        from->memory = true;
        return false;
    }
    series->element[series->count++] = element;
    return true;
}

static bool
series_load(void *cell, struct tp_agg_reader *from, uint64_t seed)
{
    bool first = true, broken = !tp_agg_read_char(from, '[');

    (void)seed;
    while (!broken && tp_agg_read_more(from, &first, &broken))
        broken = !load_element(cell, from);
    return !broken;
}

const struct tp_agg_store tp_agg_series_store = {
    .size = sizeof(struct series),
    .align = _Alignof(struct series),
    .accepts = TP_AGG_ALL,
    .add = series_add,
    .merge = series_merge,
    .held = series_held,
    .clear = series_clear,
    .save = series_save,
    .load = series_load,
};

/* By time, then arrival. Elements of one record (a pane merged twice never happens) do not exist
 * twice, so that the order is total. */
static int
in_time(const void *left, const void *right)
{
    const struct element *a = left, *b = right;

    if (a->time != b->time)
        return a->time < b->time ? -1 : 1;
    return (a->sequence > b->sequence) - (a->sequence < b->sequence);
}

static void
put_in_order(struct series *series)
{
    for (size_t i = 1; i < series->count; i++)
        if (in_time(&series->element[i - 1], &series->element[i]) > 0) {
            qsort(series->element, series->count, sizeof *series->element, in_time);
            return;
        }
}

TP_AGG_VALUE(tp_agg_list_value)
{
    struct series *series = cell;
    struct tp_buf *said = &series->said;

    (void)quantile;
    *value = tp_null();
    if (series->count == 0)
        return 0;
    put_in_order(series);
    tp_buf_clear(said);
    for (size_t i = 0; i < series->count; i++) {
        tp_buf_put_char(said, i ? ',' : '[');
        tp_buf_put(said, series->json.ptr + series->element[i].at, series->element[i].len);
    }
    tp_buf_put_char(said, ']');
    if (tp_buf_failed(said))
        return tp_err_memory(err);
    *value = (struct tp_value){.kind = TP_JSON, .text = tp_buf_str(said)};
    return 0;
}
