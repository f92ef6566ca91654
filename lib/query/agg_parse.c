/*
 * Reads a list of aggregates: `count, sum(bytes) AS total, quantile(x, 0.9)`.
 */
#include "query/agg_item.h"

#include <stdlib.h>

#include "base/hash.h"
#include "value/num.h"
#include "value/text.h"

static int
unknown_function(struct tp_agg_parser *parser, const struct tp_agg_item *item)
{
    const char *likest = tp_agg_function_likest(item->name);

    return TP_AGG_FAIL(parser, item->name.ptr, "unknown aggregate function \"%.*s\"%s%s%s",
                       TP_AGG_SHOW(item->name), likest ? " (did you mean " : "",
                       likest ? likest : "", likest ? "?)" : "");
}

/* count(DISTINCT x) is a function of its own. */
static const struct tp_agg_function *
find_function(struct tp_agg_parser *parser, const struct tp_agg_item *item)
{
    const struct tp_agg_function *function = tp_agg_function_find(item->name);

    if (!function) {
        unknown_function(parser, item);
        return NULL;
    }
    if (!item->distinct)
        return function;
    if (function->may_count_all)
        return tp_agg_function_find(TP_STR("count_distinct"));
    TP_AGG_FAIL(parser, item->name.ptr, "only count takes DISTINCT");
    return NULL;
}

static const char *
second_example(const struct tp_agg_function *function)
{
    switch (function->parameter) {
    case TP_AGG_TAKES_QUANTILE:
        return "0.9";
    case TP_AGG_TAKES_COUNT:
        return "10";
    case TP_AGG_NO_PARAMETER:
        break;
    }
    return "y";
}

static int
check_arguments(struct tp_agg_parser *parser, const struct tp_agg_item *item,
                const struct tp_agg_function *function)
{
    size_t wanted = function->arguments + (function->parameter != TP_AGG_NO_PARAMETER);

    if (item->arguments == 0 && function->may_count_all)
        return 0;
    if (item->star)
        return TP_AGG_FAIL(parser, item->name.ptr, "only count takes *");
    if (item->arguments == wanted)
        return 0;
    if (wanted == 2)
        return TP_AGG_FAIL(parser, item->name.ptr, "%.*s takes two arguments: %.*s(x, %s)",
                           TP_AGG_SHOW(item->name), TP_AGG_SHOW(item->name),
                           second_example(function));
    return TP_AGG_FAIL(parser, item->name.ptr, "%.*s takes one argument: %.*s(x)",
                       TP_AGG_SHOW(item->name), TP_AGG_SHOW(item->name));
}

/* A number 0 .. 1. */
static int
read_quantile(struct tp_agg_parser *parser, struct tp_str text, struct tp_agg_quantile *quantile)
{
    struct tp_value value;

    if (!tp_num_parse(text, &value))
        return TP_AGG_FAIL(parser, text.ptr, "expected a number from 0 to 1");
    if (value.kind == TP_INT) {
        *quantile = (struct tp_agg_quantile){value.integer, 0};
    } else {
        if (value.scale == TP_NO_SCALE)
            return TP_AGG_FAIL(parser, text.ptr,
                               "expected a number from 0 to 1, of at most 18 digits");
        *quantile = (struct tp_agg_quantile){value.mantissa, value.scale};
    }
    if (tp_num_compare(value, tp_int(0)) < 0 || tp_num_compare(value, tp_int(1)) > 0)
        return TP_AGG_FAIL(parser, text.ptr, "a quantile lies between 0 and 1");
    return 0;
}

/* A whole number 1 .. TP_AGG_MOST. */
static int
read_count(struct tp_agg_parser *parser, struct tp_str text, struct tp_agg_quantile *count)
{
    int64_t integer;

    if (!tp_num_parse_int(text, &integer) || integer < 1 || integer > TP_AGG_MOST)
        return TP_AGG_FAIL(parser, text.ptr, "expected a whole number from 1 to %d", TP_AGG_MOST);
    *count = (struct tp_agg_quantile){integer, 0};
    return 0;
}

static int
read_parameter(struct tp_agg_parser *parser, const struct tp_agg_item *item,
               struct tp_agg_column *column)
{
    struct tp_str text = item->argument[item->arguments ? item->arguments - 1 : 0];

    column->quantile = column->function->quantile;
    tp_agg_percentile(item->name, &column->quantile);
    switch (column->function->parameter) {
    case TP_AGG_TAKES_QUANTILE:
        return read_quantile(parser, text, &column->quantile);
    case TP_AGG_TAKES_COUNT:
        return read_count(parser, text, &column->quantile);
    case TP_AGG_NO_PARAMETER:
        break;
    }
    return 0;
}

static size_t
argument_number(struct tp_aggs *aggs, struct tp_str text, size_t filter)
{
    for (size_t i = 0; i < aggs->arguments; i++)
        if (aggs->argument[i].filter == filter && tp_str_equal(aggs->argument[i].text, text))
            return i;
    aggs->argument[aggs->arguments] = (struct tp_agg_argument){text, filter, TP_AGG_ALL};
    return aggs->arguments++;
}

static size_t
filter_number(struct tp_aggs *aggs, struct tp_str text)
{
    for (size_t i = 0; i < aggs->filters; i++)
        if (tp_str_equal(aggs->filter[i], text))
            return i;
    aggs->filter[aggs->filters] = text;
    return aggs->filters++;
}

/* The state with this store over these arguments: one that is there, or a new one. */
static size_t
state_number(struct tp_aggs *aggs, const struct tp_agg_store *store, const size_t *argument)
{
    struct tp_agg_state *state = aggs->state;

    for (; state < aggs->state + aggs->states; state++)
        if (state->store == store && !memcmp(state->argument, argument, sizeof state->argument))
            return (size_t)(state - aggs->state);
    *state = (struct tp_agg_state){.store = store};
    memcpy(state->argument, argument, sizeof state->argument);
    state->offset = (aggs->size + store->align - 1) / store->align * store->align;
    aggs->size = state->offset + store->size;
    if (argument[0] != TP_AGG_NO_ARGUMENT)
        aggs->argument[argument[0]].accepts &= store->accepts | TP_AGG_KIND(TP_NULL);
    if (argument[1] != TP_AGG_NO_ARGUMENT)
        aggs->argument[argument[1]].accepts &= store->accepts_second | TP_AGG_KIND(TP_NULL);
    return aggs->states++;
}

/*
 * Enters the arguments of ITEM. Aggregates ignore NULL, so a filtered one is the same aggregate
 * over an argument that is NULL where the condition does not hold: count counts TRUE then.
 */
static void
enter_arguments(struct tp_aggs *aggs, const struct tp_agg_item *item,
                const struct tp_agg_function *function, size_t *argument)
{
    bool filtered = item->filter.len > 0;

    for (size_t i = filtered; i < item->arguments && i < function->arguments; i++)
        argument[i] = argument_number(aggs, item->argument[i], TP_AGG_NO_FILTER);
    if (filtered)
        argument[0] =
            argument_number(aggs, item->arguments > 0 ? item->argument[0] : TP_STR("TRUE"),
                            filter_number(aggs, item->filter));
}

/* function_argument, the function's name in lower case. */
static void
put_default_name(struct tp_buf *to, const struct tp_agg_item *item)
{
    for (size_t i = 0; i < item->name.len; i++) {
        char c = item->name.ptr[i];

        tp_buf_put_char(to, (char)(c == '.' ? '_' : c >= 'A' && c <= 'Z' ? c | 0x20 : c));
    }
    if (item->distinct)
        TP_BUF_PUT(to, "_distinct");
    for (size_t i = 0; i < item->arguments; i++) {
        tp_buf_put_char(to, '_');
        tp_calls_put_name_part(to, item->argument[i]);
    }
}

static int
take_name(struct tp_agg_parser *parser, const struct tp_agg_item *item,
          struct tp_agg_column *column)
{
    struct tp_buf name = TP_BUF_INIT, before = TP_BUF_INIT;
    int result = 0;

    if (tp_calls_take_keyword(&parser->text, TP_STR("as")))
        result = tp_calls_take_alias(&parser->text, &name);
    else
        put_default_name(&name, item);
    tp_buf_text(&name); /* so that even an empty one has a place */
    tp_buf_put_char(&before, ',');
    if (!tp_buf_failed(&name))
        tp_text_quote(tp_buf_str(&name), &before);
    tp_buf_put_char(&before, ':');
    column->name = tp_buf_str(&name);
    column->before = tp_buf_str(&before);
    if (result == 0 && (tp_buf_failed(&name) || tp_buf_failed(&before)))
        return tp_err_memory(parser->text.err);
    return result;
}

static int
check_clash(struct tp_agg_parser *parser, const struct tp_agg_column *column)
{
    const struct tp_agg_column *other = parser->aggs->column;

    for (; other < column; other++)
        if (tp_str_equal(other->name, column->name))
            return TP_AGG_FAIL(parser, column->spelled.ptr,
                               "%.*s and %.*s would both be column \"%.*s\"; use AS",
                               TP_AGG_SHOW(other->spelled), TP_AGG_SHOW(column->spelled),
                               TP_AGG_SHOW(column->name));
    return 0;
}

static int
take_column(struct tp_agg_parser *parser)
{
    struct tp_aggs *aggs = parser->aggs;
    struct tp_agg_column *column = &aggs->column[aggs->columns];
    size_t argument[TP_AGG_MAX_ARGUMENTS] = {TP_AGG_NO_ARGUMENT, TP_AGG_NO_ARGUMENT};
    struct tp_agg_item item;

    if (tp_agg_take_item(parser, &item) < 0)
        return -1;
    column->function = find_function(parser, &item);
    if (!column->function || check_arguments(parser, &item, column->function) < 0)
        return -1;
    if (read_parameter(parser, &item, column) < 0)
        return -1;
    enter_arguments(aggs, &item, column->function, argument);
    column->state = state_number(aggs, column->function->store, argument);
    column->spelled = item.spelled;
    aggs->columns++; /* from here on tp_aggs_free gives its names back */
    if (take_name(parser, &item, column) < 0)
        return -1;
    return check_clash(parser, column);
}

static int
take_list(struct tp_agg_parser *parser)
{
    do {
        if (take_column(parser) < 0)
            return -1;
    } while (tp_calls_take_char(&parser->text, ','));
    tp_calls_skip_space(&parser->text);
    if (parser->text.at < parser->text.end)
        return TP_AGG_FAIL(parser, parser->text.at, "expected a comma or AS");
    return 0;
}

/* Room for as many columns as there can be: one more than commas. */
static int
make_room(struct tp_aggs *aggs, struct tp_str text)
{
    size_t most = 1;

    for (size_t i = 0; i < text.len; i++)
        most += text.ptr[i] == ',';
    aggs->text = malloc(text.len + 1);
    aggs->column = calloc(most, sizeof *aggs->column);
    aggs->state = calloc(most, sizeof *aggs->state);
    aggs->argument = calloc(most * (TP_AGG_MAX_ARGUMENTS + 1), sizeof *aggs->argument);
    aggs->filter = calloc(most, sizeof *aggs->filter);
    if (!aggs->text || !aggs->column || !aggs->state || !aggs->argument || !aggs->filter)
        return -1;
    if (text.len)
        memcpy(aggs->text, text.ptr, text.len);
    return 0;
}

/* Blocks may stand in an array. */
static void
round_size(struct tp_aggs *aggs)
{
    size_t align = 1;

    for (size_t i = 0; i < aggs->states; i++)
        if (aggs->state[i].store->align > align)
            align = aggs->state[i].store->align;
    aggs->size = (aggs->size + align - 1) / align * align;
}

struct tp_aggs *
tp_aggs_parse(struct tp_str text, struct tp_err *err)
{
    struct tp_aggs *aggs = calloc(1, sizeof *aggs);
    struct tp_agg_parser parser = {.aggs = aggs, .text = {.err = err}};

    if (!aggs || make_room(aggs, text) < 0) {
        tp_err_memory(err);
        tp_aggs_free(aggs);
        return NULL;
    }
    parser.text.start = parser.text.at = aggs->text;
    parser.text.end = aggs->text + text.len;
    if (take_list(&parser) < 0) {
        tp_aggs_free(aggs);
        return NULL;
    }
    aggs->seed = tp_hash_seed();
    for (size_t i = 0; i < aggs->states; i++)
        aggs->checked += aggs->state[i].store->check != NULL;
    round_size(aggs);
    return aggs;
}

void
tp_aggs_free(struct tp_aggs *aggs)
{
    if (!aggs)
        return;
    for (size_t i = 0; i < aggs->columns; i++) {
        free((char *)aggs->column[i].name.ptr);
        free((char *)aggs->column[i].before.ptr);
    }
    free(aggs->text);
    free(aggs->filter);
    free(aggs->column);
    free(aggs->state);
    free(aggs->argument);
    free(aggs);
}
