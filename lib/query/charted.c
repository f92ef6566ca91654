#include "query/charted.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "record/key.h"
#include "value/text.h"

#define MOST 1e300 /* scales of greater values would leave the doubles */

struct tp_charted {
    struct tp_charted_settings set;
    struct tp_chart chart;
    struct tp_bins *bins;       /* one of these two */
    struct tp_density *density; /* of counted values */
    struct tp_map *groups;      /* key -> the number of its first series */
    int others;                 /* of all keys beyond; -1: none yet */
    struct tp_str *name;        /* of each series, owned */
    size_t names;
    struct tp_point *value; /* of the record at hand, one for each expression */
    struct tp_buf key, label;
    bool any_value;
};

/* --- life --------------------------------------------------------------------------------------*/

bool
tp_charted_counts(enum tp_chart_kind kind, bool keyed)
{
    return kind == TP_CHART_HIST || (kind == TP_CHART_HEAT && !keyed);
}

/* Counts of values need a grid; a histogram of all needs no time in it, but a grid has two columns.
 */
static int
make_store(struct tp_charted *c)
{
    tp_duration span = c->set.span;
    bool heat = c->set.kind == TP_CHART_HEAT;

    if (!tp_charted_counts(c->set.kind, c->set.keys->count > 0))
        c->bins = tp_bins_new(span);
    else
        c->density =
            heat ? tp_density_new(512, 256, span) : tp_density_new(span ? 64 : 2, 4096, span);
    c->groups = tp_map_new(sizeof(size_t));
    c->value = calloc(c->set.list->count, sizeof *c->value);
    c->chart.density = c->density;
    c->chart.bins = c->bins;
    return c->groups && c->value && (c->density || c->bins) ? 0 : -1;
}

struct tp_charted *
tp_charted_new(const struct tp_charted_settings *settings)
{
    struct tp_charted *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->set = *settings;
    c->others = -1;
    c->chart.kind = settings->kind;
    c->chart.timed = true;
    if (make_store(c) == 0)
        return c;
    tp_charted_free(c);
    return NULL;
}

void
tp_charted_free(struct tp_charted *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->names; i++)
        free((char *)c->name[i].ptr);
    free(c->name);
    free(c->value);
    tp_bins_free(c->bins);
    tp_density_free(c->density);
    tp_map_free(c->groups);
    tp_buf_release(&c->key);
    tp_buf_release(&c->label);
    free(c);
}

struct tp_chart *
tp_charted_chart(struct tp_charted *c)
{
    return &c->chart;
}

/* --- series ------------------------------------------------------------------------------------*/

/* What stands for KEY: its parts as people write them. */
static void
put_key_name(struct tp_charted *c, struct tp_str key)
{
    struct tp_buf part = TP_BUF_INIT;
    size_t at = 0;

    for (size_t i = 0; i < c->set.keys->count; i++) {
        tp_buf_clear(&part);
        tp_key_write(&part, tp_key_next(key, c->set.keys->count, &at));
        if (i)
            TP_BUF_PUT(&c->label, ", ");
        if (part.len >= 2 && part.ptr[0] == '"')
            tp_text_unescape((struct tp_str){part.ptr + 1, part.len - 2}, &c->label);
        else
            tp_buf_put_str(&c->label, tp_buf_str(&part));
    }
    tp_buf_release(&part);
}

static int
add_name(struct tp_charted *c, struct tp_str text, struct tp_err *err)
{
    struct tp_str *more = realloc(c->name, (c->names + 1) * sizeof *more);
    char *copy = malloc(text.len + 1);

    if (more)
        c->name = more;
    if (!more || !copy) {
        free(copy);
        return tp_err_memory(err);
    }
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    c->name[c->names].ptr = copy;
    c->name[c->names++].len = text.len;
    c->chart.name = c->name;
    c->chart.series = c->names;
    return 0;
}

/* A series for each expression, named after KEY. The number of the first, or -1. */
static int
add_series(struct tp_charted *c, struct tp_str key, bool others, struct tp_err *err)
{
    int first = -1;

    for (size_t i = 0; i < c->set.list->count; i++) {
        int number = c->bins ? tp_bins_add(c->bins, err) : 0;

        tp_buf_clear(&c->label);
        if (others)
            TP_BUF_PUT(&c->label, "others");
        else if (c->set.keys->count)
            put_key_name(c, key);
        if (c->set.keys->count && c->set.list->count > 1)
            tp_buf_put_char(&c->label, ' ');
        if (!c->set.keys->count || c->set.list->count > 1)
            tp_buf_put_str(&c->label, c->set.list->item[i].name);
        if (tp_buf_failed(&c->label))
            return tp_err_memory(err);
        if (number < 0 || add_name(c, tp_buf_str(&c->label), err) < 0)
            return -1;
        first = first < 0 ? number : first;
    }
    return first;
}

/* The first series of the record's key; all beyond the limit share one. */
static int
find_series(struct tp_charted *c, const struct tp_slot *slots, struct tp_err *err)
{
    size_t *first, count = tp_map_count(c->groups);
    bool is_new = false;
    int number;

    tp_buf_clear(&c->key);
    if (tp_keys_make(c->set.keys, slots, &c->key, err) < 0)
        return -1;
    first = tp_map_find(c->groups, tp_buf_str(&c->key));
    if (first)
        return (int)*first;
    if (count >= c->set.most_keys) {
        if (c->others < 0)
            c->others = add_series(c, TP_STR(""), true, err);
        return c->others;
    }
    number = add_series(c, tp_buf_str(&c->key), false, err);
    if (number < 0)
        return -1;
    first = tp_map_add(c->groups, tp_buf_str(&c->key), &is_new);
    if (!first)
        return tp_err_memory(err);
    *first = (size_t)number;
    return number;
}

/* --- values ------------------------------------------------------------------------------------*/

static int
take_number(struct tp_charted *c, const struct tp_item *item, double value, bool duration,
            struct tp_point *to, struct tp_err *err)
{
    if (!(fabs(value) <= MOST))
        return tp_err_set(err, TP_FAULT_RECORD, "%.*s is too large to be drawn",
                          (int)item->name.len, item->name.ptr);
    if (c->any_value && c->chart.duration != duration)
        return tp_err_set(err, TP_FAULT_RECORD, "%.*s is %s, those before were not",
                          (int)item->name.len, item->name.ptr,
                          duration ? "a duration" : "a number");
    c->any_value = true;
    c->chart.duration = duration;
    *to = (struct tp_point){TP_POINT_VALUE, value};
    return 0;
}

static int
read_value(struct tp_charted *c, size_t i, const struct tp_slot *slots, struct tp_err *err)
{
    const struct tp_item *item = &c->set.list->item[i];
    struct tp_point *to = &c->value[i];
    struct tp_value value;

    if (tp_expr_eval(item->expr, slots, &value, err) < 0)
        return -1;
    switch (value.kind) {
    case TP_NULL:
        *to = (struct tp_point){TP_POINT_GAP, 0};
        return 0;
    case TP_INT:
        return take_number(c, item, (double)value.integer, false, to, err);
    case TP_REAL:
        return take_number(c, item, value.real, false, to, err);
    case TP_DURATION:
        return take_number(c, item, (double)value.duration, true, to, err);
    default:
        break;
    }
    return tp_err_set(err, TP_FAULT_RECORD, "%.*s is %s, not a number", (int)item->name.len,
                      item->name.ptr, tp_kind_name(value.kind));
}

int
tp_charted_take(struct tp_charted *c, const struct tp_slot *slots, tp_time time, bool timed,
                struct tp_err *err)
{
    int first;

    for (size_t i = 0; i < c->set.list->count; i++)
        if (read_value(c, i, slots, err) < 0)
            return -1;
    if (!timed)
        c->chart.timed = false;
    if (c->density) {
        if (c->value[0].kind == TP_POINT_VALUE)
            tp_density_put(c->density, time, c->value[0].value);
        return 0;
    }
    first = find_series(c, slots, err);
    if (first < 0)
        return -1;
    for (size_t i = 0; i < c->set.list->count; i++)
        tp_bins_put(c->bins, (size_t)first + i, time,
                    c->value[i].kind == TP_POINT_VALUE ? &c->value[i].value : NULL);
    return 0;
}
