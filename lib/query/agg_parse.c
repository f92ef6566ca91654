/*
 * Reads a list of aggregates: `count, sum(bytes) AS total, quantile(x, 0.9)`.
 */
#include "query/agg_list.h"

#include <stdlib.h>

#include "base/hash.h"
#include "value/num.h"
#include "value/text.h"

#define ALIGN _Alignof(max_align_t)

struct parser {
    struct tp_aggs *aggs;
    const char *start, *at, *end;
    struct tp_err *err;
};

/* One item of the list, as it was read. */
struct item {
    struct tp_str name;
    struct tp_str argument[TP_AGG_MAX_ARGUMENTS + 1];
    size_t arguments;
    bool has_list; /* parentheses stood there */
    bool star, distinct;
    struct tp_str filter; /* the condition of FILTER (WHERE …); empty: none */
    struct tp_str spelled;
};

static long
place(const struct parser *parser, const char *at)
{
    return (long)(at - parser->start);
}

#define FAIL(parser, where, ...) \
    tp_err_at((parser)->err, TP_FAULT_USAGE, place((parser), (where)), __VA_ARGS__)

#define SHOW(text) (int)(text).len, (text).ptr

static bool
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool
is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (unsigned char)c >= 0x80;
}

static void
skip_space(struct parser *parser)
{
    while (parser->at < parser->end && is_space(*parser->at))
        parser->at++;
}

static bool
take_char(struct parser *parser, char c)
{
    skip_space(parser);
    if (parser->at == parser->end || *parser->at != c)
        return false;
    parser->at++;
    return true;
}

/* A word, with points in it where POINTS (p99.9). */
static struct tp_str
take_word(struct parser *parser, bool points)
{
    const char *from;

    skip_space(parser);
    from = parser->at;
    while (parser->at < parser->end &&
           (is_word_byte(*parser->at) || (points && *parser->at == '.' && parser->at > from)))
        parser->at++;
    return (struct tp_str){from, (size_t)(parser->at - from)};
}

static bool
take_keyword(struct parser *parser, struct tp_str keyword)
{
    const char *from = parser->at;

    if (tp_text_equal_nocase(take_word(parser, false), keyword))
        return true;
    parser->at = from;
    return false;
}

static struct tp_str
trim(const char *from, const char *end)
{
    while (from < end && is_space(*from))
        from++;
    while (end > from && is_space(end[-1]))
        end--;
    return (struct tp_str){from, (size_t)(end - from)};
}

/* Behind the quoted run that starts at AT: '…' doubles its quote, "…" escapes it. END when it is
 * not closed. */
static const char *
skip_quoted(const char *at, const char *end)
{
    char quote = *at++;

    for (; at < end; at++) {
        if (*at == '\\' && quote == '"' && at + 1 < end)
            at++;
        else if (*at == quote)
            return at + 1;
    }
    return NULL;
}

static char
closing(char open)
{
    return open == '(' ? ')' : open == '[' ? ']' : '}';
}

#define MAX_NESTING 64

/* Reads one expression, up to a comma or closing parenthesis that is not its own. */
static int
take_expression(struct parser *parser, struct tp_str *expression)
{
    char open[MAX_NESTING];
    size_t depth = 0;
    const char *from = parser->at;

    while (parser->at < parser->end) {
        char c = *parser->at;

        if (c == '\'' || c == '"') {
            const char *behind = skip_quoted(parser->at, parser->end);

            if (!behind)
                return FAIL(parser, parser->at, "unclosed %c", c);
            parser->at = behind;
            continue;
        }
        if (depth == 0 && (c == ',' || c == ')'))
            break;
        if (c == '(' || c == '[' || c == '{') {
            if (depth == MAX_NESTING)
                return FAIL(parser, parser->at, "nested too deep");
            open[depth++] = closing(c);
        } else if (c == ')' || c == ']' || c == '}') {
            if (depth == 0 || open[--depth] != c)
                return FAIL(parser, parser->at, "unexpected %c", c);
        }
        parser->at++;
    }
    *expression = trim(from, parser->at);
    if (depth)
        return FAIL(parser, parser->at, "expected %c", open[depth - 1]);
    if (expression->len == 0)
        return FAIL(parser, parser->at, "expected an expression");
    return 0;
}

/* DISTINCT with an expression behind it; alone it is a member's name. */
static bool
take_distinct(struct parser *parser)
{
    const char *from = parser->at;

    if (!take_keyword(parser, TP_STR("distinct")))
        return false;
    skip_space(parser);
    if (parser->at < parser->end && *parser->at != ')' && *parser->at != ',' && *parser->at != '.')
        return true;
    parser->at = from;
    return false;
}

/* What stands between the parentheses of a call, the closing one included. */
static int
take_arguments(struct parser *parser, struct item *item)
{
    item->has_list = true;
    if (take_char(parser, ')'))
        return 0;
    if (take_char(parser, '*')) {
        item->star = true;
        return take_char(parser, ')') ? 0 : FAIL(parser, parser->at, "expected ) behind *");
    }
    item->distinct = take_distinct(parser);
    do {
        if (item->arguments == TP_AGG_MAX_ARGUMENTS + 1)
            return FAIL(parser, parser->at, "too many arguments");
        if (take_expression(parser, &item->argument[item->arguments]) < 0)
            return -1;
        item->arguments++;
    } while (take_char(parser, ','));
    return take_char(parser, ')') ? 0 : FAIL(parser, parser->at, "expected )");
}

/* FILTER (WHERE condition) */
static int
take_filter(struct parser *parser, struct item *item)
{
    if (!take_keyword(parser, TP_STR("filter")))
        return 0;
    if (!take_char(parser, '(') || !take_keyword(parser, TP_STR("where")))
        return FAIL(parser, parser->at, "expected (WHERE condition) behind FILTER");
    if (take_expression(parser, &item->filter) < 0)
        return -1;
    return take_char(parser, ')') ? 0 : FAIL(parser, parser->at, "expected )");
}

static int
take_item(struct parser *parser, struct item *item)
{
    *item = (struct item){.arguments = 0};
    item->name = take_word(parser, true);
    if (item->name.len == 0)
        return FAIL(parser, parser->at, "expected an aggregate function, such as count");
    if (take_char(parser, '(') && take_arguments(parser, item) < 0)
        return -1;
    if (take_filter(parser, item) < 0)
        return -1;
    item->spelled = trim(item->name.ptr, parser->at);
    return 0;
}

/* ---- from item to column ---- */

static int
unknown_function(struct parser *parser, const struct item *item)
{
    const char *likest = tp_agg_function_likest(item->name);

    return FAIL(parser, item->name.ptr, "unknown aggregate function \"%.*s\"%s%s%s",
                SHOW(item->name), likest ? " (did you mean " : "", likest ? likest : "",
                likest ? "?)" : "");
}

/* count(DISTINCT x) is a function of its own. */
static const struct tp_agg_function *
find_function(struct parser *parser, const struct item *item)
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
    FAIL(parser, item->name.ptr, "only count takes DISTINCT");
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
check_arguments(struct parser *parser, const struct item *item,
                const struct tp_agg_function *function)
{
    size_t wanted = function->arguments + (function->parameter != TP_AGG_NO_PARAMETER);

    if (item->arguments == 0 && function->may_count_all)
        return 0;
    if (item->star)
        return FAIL(parser, item->name.ptr, "only count takes *");
    if (item->arguments == wanted)
        return 0;
    if (wanted == 2)
        return FAIL(parser, item->name.ptr, "%.*s takes two arguments: %.*s(x, %s)",
                    SHOW(item->name), SHOW(item->name), second_example(function));
    return FAIL(parser, item->name.ptr, "%.*s takes one argument: %.*s(x)", SHOW(item->name),
                SHOW(item->name));
}

/* A number 0 .. 1. */
static int
read_quantile(struct parser *parser, struct tp_str text, struct tp_agg_quantile *quantile)
{
    struct tp_value value;

    if (!tp_num_parse(text, &value))
        return FAIL(parser, text.ptr, "expected a number from 0 to 1");
    if (value.kind == TP_INT) {
        *quantile = (struct tp_agg_quantile){value.integer, 0};
    } else {
        if (value.scale == TP_NO_SCALE)
            return FAIL(parser, text.ptr, "expected a number from 0 to 1, of at most 18 digits");
        *quantile = (struct tp_agg_quantile){value.mantissa, value.scale};
    }
    if (tp_num_compare(value, tp_int(0)) < 0 || tp_num_compare(value, tp_int(1)) > 0)
        return FAIL(parser, text.ptr, "a quantile lies between 0 and 1");
    return 0;
}

/* A whole number 1 .. TP_AGG_MOST. */
static int
read_count(struct parser *parser, struct tp_str text, struct tp_agg_quantile *count)
{
    int64_t integer;

    if (!tp_num_parse_int(text, &integer) || integer < 1 || integer > TP_AGG_MOST)
        return FAIL(parser, text.ptr, "expected a whole number from 1 to %d", TP_AGG_MOST);
    *count = (struct tp_agg_quantile){integer, 0};
    return 0;
}

static int
read_parameter(struct parser *parser, const struct item *item, struct tp_agg_column *column)
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
argument_number(struct tp_aggs *aggs, struct tp_str text)
{
    for (size_t i = 0; i < aggs->arguments; i++)
        if (tp_str_equal(aggs->argument[i].text, text))
            return i;
    aggs->argument[aggs->arguments] = (struct tp_agg_argument){text, TP_AGG_ALL};
    return aggs->arguments++;
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
 * Aggregates ignore NULL, so a filtered one is the same aggregate over an argument that is NULL
 * where the condition does not hold: sum(x) FILTER (WHERE c) is sum(CASE WHEN c THEN x END). Its
 * ptr is NULL when memory ran out.
 */
static struct tp_str
filtered(struct tp_aggs *aggs, struct tp_str argument, struct tp_str condition)
{
    struct tp_buf text = TP_BUF_INIT;
    struct tp_str kept = {NULL, 0};

    TP_BUF_PUT(&text, "CASE WHEN ");
    tp_buf_put_str(&text, condition);
    TP_BUF_PUT(&text, " THEN ");
    tp_buf_put_str(&text, argument);
    TP_BUF_PUT(&text, " END");
    if (!tp_buf_failed(&text))
        kept = tp_arena_copy(&aggs->memory, tp_buf_str(&text));
    tp_buf_release(&text);
    return kept;
}

/* Enters the arguments of ITEM, as its filter lets them pass. */
static int
enter_arguments(struct parser *parser, const struct item *item,
                const struct tp_agg_function *function, size_t *argument)
{
    for (size_t i = item->filter.len > 0; i < item->arguments && i < function->arguments; i++)
        argument[i] = argument_number(parser->aggs, item->argument[i]);
    if (item->filter.len > 0) {
        struct tp_str first = item->arguments > 0 ? item->argument[0] : TP_STR("TRUE");
        struct tp_str text = filtered(parser->aggs, first, item->filter);

        if (!text.ptr)
            return tp_err_memory(parser->err);
        argument[0] = argument_number(parser->aggs, text);
    }
    return 0;
}

/* Appends TEXT, each run of bytes that no bare name has as one `_`. */
static void
put_name_part(struct tp_buf *to, struct tp_str text)
{
    bool gap = false, any = false;

    for (size_t i = 0; i < text.len; i++) {
        if (!is_word_byte(text.ptr[i])) {
            gap = true;
            continue;
        }
        if (gap && any)
            tp_buf_put_char(to, '_');
        tp_buf_put_char(to, text.ptr[i]);
        gap = false;
        any = true;
    }
}

/* function_argument, the function's name in lower case. */
static void
put_default_name(struct tp_buf *to, const struct item *item)
{
    for (size_t i = 0; i < item->name.len; i++) {
        char c = item->name.ptr[i];

        tp_buf_put_char(to, (char)(c == '.' ? '_' : c >= 'A' && c <= 'Z' ? c | 0x20 : c));
    }
    if (item->distinct)
        TP_BUF_PUT(to, "_distinct");
    for (size_t i = 0; i < item->arguments; i++) {
        tp_buf_put_char(to, '_');
        put_name_part(to, item->argument[i]);
    }
}

/* The name behind AS. */
static int
take_alias(struct parser *parser, struct tp_buf *to)
{
    const char *behind;
    struct tp_str word;

    skip_space(parser);
    if (parser->at < parser->end && *parser->at == '"') {
        behind = skip_quoted(parser->at, parser->end);
        if (!behind)
            return FAIL(parser, parser->at, "unclosed \"");
        word = (struct tp_str){parser->at + 1, (size_t)(behind - parser->at) - 2};
        tp_text_unescape(word, to);
        parser->at = behind;
        return 0;
    }
    word = take_word(parser, false);
    if (word.len == 0)
        return FAIL(parser, parser->at, "expected a name behind AS");
    tp_buf_put_str(to, word);
    return 0;
}

static int
take_name(struct parser *parser, const struct item *item, struct tp_agg_column *column)
{
    struct tp_buf name = TP_BUF_INIT, before = TP_BUF_INIT;
    int result = 0;

    if (take_keyword(parser, TP_STR("as")))
        result = take_alias(parser, &name);
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
        return tp_err_memory(parser->err);
    return result;
}

static int
check_clash(struct parser *parser, const struct tp_agg_column *column)
{
    const struct tp_agg_column *other = parser->aggs->column;

    for (; other < column; other++)
        if (tp_str_equal(other->name, column->name))
            return FAIL(parser, column->spelled.ptr,
                        "%.*s and %.*s would both be column \"%.*s\"; use AS", SHOW(other->spelled),
                        SHOW(column->spelled), SHOW(column->name));
    return 0;
}

static int
take_column(struct parser *parser)
{
    struct tp_aggs *aggs = parser->aggs;
    struct tp_agg_column *column = &aggs->column[aggs->columns];
    size_t argument[TP_AGG_MAX_ARGUMENTS] = {TP_AGG_NO_ARGUMENT, TP_AGG_NO_ARGUMENT};
    struct item item;

    if (take_item(parser, &item) < 0)
        return -1;
    column->function = find_function(parser, &item);
    if (!column->function || check_arguments(parser, &item, column->function) < 0)
        return -1;
    if (read_parameter(parser, &item, column) < 0)
        return -1;
    if (enter_arguments(parser, &item, column->function, argument) < 0)
        return -1;
    column->state = state_number(aggs, column->function->store, argument);
    column->spelled = item.spelled;
    aggs->columns++; /* from here on tp_aggs_free gives its names back */
    if (take_name(parser, &item, column) < 0)
        return -1;
    return check_clash(parser, column);
}

static int
take_list(struct parser *parser)
{
    do {
        if (take_column(parser) < 0)
            return -1;
    } while (take_char(parser, ','));
    skip_space(parser);
    if (parser->at < parser->end)
        return FAIL(parser, parser->at, "expected a comma or AS");
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
    if (!aggs->text || !aggs->column || !aggs->state || !aggs->argument)
        return -1;
    if (text.len)
        memcpy(aggs->text, text.ptr, text.len);
    return 0;
}

struct tp_aggs *
tp_aggs_parse(struct tp_str text, struct tp_err *err)
{
    struct tp_aggs *aggs = calloc(1, sizeof *aggs);
    struct parser parser = {.aggs = aggs, .err = err};

    if (!aggs || make_room(aggs, text) < 0) {
        tp_err_memory(err);
        tp_aggs_free(aggs);
        return NULL;
    }
    parser.start = parser.at = aggs->text;
    parser.end = aggs->text + text.len;
    if (take_list(&parser) < 0) {
        tp_aggs_free(aggs);
        return NULL;
    }
    aggs->seed = tp_hash_seed();
    aggs->size = (aggs->size + ALIGN - 1) / ALIGN * ALIGN; /* blocks may stand in an array */
    for (size_t i = 0; i < aggs->states; i++)
        aggs->checked += aggs->state[i].store->check != NULL;
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
    tp_arena_release(&aggs->memory);
    free(aggs->text);
    free(aggs->column);
    free(aggs->state);
    free(aggs->argument);
    free(aggs);
}
