/*
 * Reads a list of running functions:
 *     row_number(), lag(x), lag(x, 3), lag(x, 1d), sum(x) OVER (ROWS 5), max(x) OVER (RANGE 10m),
 *     lead(x, 2) WITHIN 1h, ewma(x, 30s), alarm(x > 90, clear x < 80, for 5m) AS hot
 */
#include <stdlib.h>

#include "query/calls.h"
#include "query/step_list.h"
#include "value/num.h"
#include "value/text.h"

#define ALIGN _Alignof(max_align_t)
#define MAX_ARGUMENTS 3

struct parser {
    struct tp_steps *steps;
    struct tp_calls text;
};

/* One item of the list, as it was read. */
struct item {
    struct tp_str name;
    struct tp_str argument[MAX_ARGUMENTS];
    size_t arguments;
    bool star;
    struct tp_str frame; /* what stands in OVER (…) */
    bool has_frame;
    struct tp_str within; /* the duration behind WITHIN; ptr NULL: not written */
    struct tp_str spelled;
};

#define FAIL(parser, where, ...) TP_CALLS_FAIL(&(parser)->text, where, __VA_ARGS__)

#define SHOW(text) (int)(text).len, (text).ptr

/* ---- words ---- */

/* Splits the first word off TEXT when it is KEYWORD. */
static bool
cut_keyword(struct tp_str *text, struct tp_str keyword)
{
    size_t len = 0;

    while (len < text->len && tp_calls_is_word_byte(text->ptr[len]))
        len++;
    if (!tp_text_equal_nocase((struct tp_str){text->ptr, len}, keyword))
        return false;
    *text = tp_str_trim((struct tp_str){text->ptr + len, text->len - len});
    return true;
}

/* ---- an item ---- */

/* What stands between the parentheses of a call, the closing one included. */
static int
take_arguments(struct parser *parser, struct item *item)
{
    if (tp_calls_take_char(&parser->text, ')'))
        return 0;
    if (tp_calls_take_char(&parser->text, '*')) {
        item->star = true;
        return tp_calls_take_char(&parser->text, ')')
                   ? 0
                   : FAIL(parser, parser->text.at, "expected ) behind *");
    }
    do {
        if (item->arguments == MAX_ARGUMENTS)
            return FAIL(parser, parser->text.at, "too many arguments");
        if (tp_calls_take_expression(&parser->text, &item->argument[item->arguments]) < 0)
            return -1;
        item->arguments++;
    } while (tp_calls_take_char(&parser->text, ','));
    return tp_calls_take_char(&parser->text, ')') ? 0 : FAIL(parser, parser->text.at, "expected )");
}

static int
take_item(struct parser *parser, struct item *item)
{
    *item = (struct item){.arguments = 0};
    item->name = tp_calls_take_word(&parser->text, false);
    if (item->name.len == 0)
        return FAIL(parser, parser->text.at, "expected a function, such as delta(x)");
    if (tp_calls_take_char(&parser->text, '(') && take_arguments(parser, item) < 0)
        return -1;
    item->has_frame = tp_calls_take_keyword(&parser->text, TP_STR("over"));
    if (item->has_frame) {
        if (!tp_calls_take_char(&parser->text, '(') ||
            tp_calls_take_expression(&parser->text, &item->frame) < 0 ||
            !tp_calls_take_char(&parser->text, ')'))
            return FAIL(parser, parser->text.at, "expected (ROWS 5) or (RANGE 10m) behind OVER");
    }
    if (tp_calls_take_keyword(&parser->text, TP_STR("within"))) {
        tp_calls_skip_space(&parser->text);
        item->within = tp_calls_take_word(&parser->text, true);
    }
    item->spelled =
        tp_str_trim((struct tp_str){item->name.ptr, (size_t)(parser->text.at - item->name.ptr)});
    return 0;
}

/* ---- from item to column ---- */

static const struct tp_step_function *
find_function(struct parser *parser, const struct item *item)
{
    const struct tp_step_function *function = tp_step_function_find(item->name);
    const char *likest;

    if (function)
        return function;
    likest = tp_step_function_likest(item->name);
    FAIL(parser, item->name.ptr, "unknown function \"%.*s\"%s%s%s", SHOW(item->name),
         likest ? " (did you mean " : "", likest ? likest : "", likest ? "?)" : "");
    return NULL;
}

/* A duration above 0. */
static int
read_duration(struct parser *parser, struct tp_str text, int64_t *size)
{
    struct tp_err why;

    if (tp_duration_parse(text, size, &why) < 0)
        return FAIL(parser, text.ptr, "%s", why.text);
    return *size > 0 ? 0 : FAIL(parser, text.ptr, "expected a duration above 0");
}

static int
read_rows(struct parser *parser, struct tp_str text, int64_t least, int64_t *rows)
{
    if (!tp_num_parse_int(text, rows) || *rows < least)
        return FAIL(parser, text.ptr, "expected a number of rows, %d or more", (int)least);
    return 0;
}

/* `ROWS 5` is the last five rows, this one among them; SQL's `ROWS 4 PRECEDING` is the same. */
static int
read_row_frame(struct parser *parser, struct tp_str text, bool preceding,
               struct tp_step_frame *over)
{
    if (read_rows(parser, text, preceding ? 0 : 1, &over->size) < 0)
        return -1;
    over->size -= !preceding;
    return 0;
}

static int
read_frame(struct parser *parser, struct tp_str text, struct tp_step_frame *over)
{
    size_t len = 0;
    struct tp_str extent, behind;
    bool preceding;

    over->is_range = cut_keyword(&text, TP_STR("range"));
    if (!over->is_range && !cut_keyword(&text, TP_STR("rows")))
        return FAIL(parser, text.ptr, "expected ROWS or RANGE");
    while (len < text.len && !tp_is_space(text.ptr[len]))
        len++;
    extent = (struct tp_str){text.ptr, len};
    behind = tp_str_trim((struct tp_str){text.ptr + len, text.len - len});
    preceding = cut_keyword(&behind, TP_STR("preceding"));
    if (behind.len)
        return FAIL(parser, behind.ptr, "expected nothing but PRECEDING behind \"%.*s\"",
                    SHOW(extent));
    over->is_bounded = !tp_text_equal_nocase(extent, TP_STR("unbounded"));
    if (!over->is_bounded)
        return 0;
    return over->is_range ? read_duration(parser, extent, &over->size)
                          : read_row_frame(parser, extent, preceding, over);
}

/* The second argument of lag: rows, or a stretch of time. */
static int
read_lag(struct parser *parser, const struct item *item, struct tp_step_frame *over)
{
    struct tp_str text = item->argument[1];
    int64_t rows;

    *over = (struct tp_step_frame){.is_bounded = true, .size = 1};
    if (item->arguments < 2)
        return 0;
    if (tp_num_parse_int(text, &rows))
        return read_rows(parser, text, 1, &over->size);
    over->is_range = true;
    return read_duration(parser, text, &over->size);
}

/* lead(x, 2) WITHIN 10m: how many records on, and how long they are waited for. */
static int
read_lead(struct parser *parser, const struct item *item, struct tp_step_column *column)
{
    column->ahead = 1;
    column->over.is_range = true;
    if (item->arguments == 2 && read_rows(parser, item->argument[1], 1, &column->ahead) < 0)
        return -1;
    if (!item->within.ptr)
        return FAIL(parser, item->name.ptr,
                    "lead waits for what comes: how long? lead(x) WITHIN 10m");
    return read_duration(parser, item->within, &column->over.size);
}

static size_t
argument_number(struct tp_steps *steps, struct tp_str text, enum tp_step_form form,
                struct tp_str spelled)
{
    for (size_t i = 0; i < steps->arguments; i++)
        if (steps->argument[i].form == form && tp_str_equal(steps->argument[i].text, text))
            return i;
    steps->argument[steps->arguments] = (struct tp_step_argument){text, form, spelled};
    return steps->arguments++;
}

/* What stands behind the condition of an alarm. */
static int
read_alarm(struct parser *parser, const struct item *item, struct tp_step_column *column)
{
    bool has_for = false;

    for (size_t i = 1; i < item->arguments; i++) {
        struct tp_str text = item->argument[i];

        if (!has_for && cut_keyword(&text, TP_STR("for"))) {
            has_for = column->over.is_range = true;
            if (read_duration(parser, text, &column->over.size) < 0)
                return -1;
        } else if (!column->has_second && cut_keyword(&text, TP_STR("clear")) && text.len) {
            column->has_second = true;
            column->second = argument_number(parser->steps, text, TP_STEP_CONDITION, item->spelled);
        } else {
            return FAIL(parser, item->argument[i].ptr, "expected clear CONDITION or for DURATION");
        }
    }
    return 0;
}

/* How many arguments there may be. */
static int
check_arguments(struct parser *parser, const struct item *item,
                const struct tp_step_function *function)
{
    size_t least = function->form == TP_STEP_NOTHING ? 0 : 1, most = least;

    if (item->has_frame && !function->takes_frame)
        return FAIL(parser, item->name.ptr, "%.*s takes no OVER", SHOW(item->name));
    if (item->within.ptr && function != &tp_step_lead)
        return FAIL(parser, item->name.ptr, "%.*s takes no WITHIN", SHOW(item->name));
    if (item->star && function != &tp_step_count)
        return FAIL(parser, item->name.ptr, "only count takes *");
    if (item->arguments == 0 && function->may_count_all)
        return 0;
    if (function == &tp_step_ewma || function == &tp_step_twa)
        least = most = 2;
    else if (function == &tp_step_lag || function == &tp_step_lead)
        most = 2;
    else if (function == &tp_step_alarm)
        most = 3;
    if (item->arguments >= least && item->arguments <= most)
        return 0;
    if (function == &tp_step_ewma)
        return FAIL(parser, item->name.ptr, "ewma takes a number and its half-life: ewma(x, 30s)");
    if (function == &tp_step_twa)
        return FAIL(parser, item->name.ptr, "twa takes a number and how far back: twa(x, 10m)");
    return FAIL(parser, item->name.ptr, "%.*s takes %s", SHOW(item->name),
                most == 0                   ? "no argument"
                : most == 1                 ? "one argument"
                : function == &tp_step_lead ? "one argument, and how many rows on: lead(x, 3)"
                : most == 2 ? "one argument, and how far back: lag(x, 3), lag(x, 1d)"
                            : "a condition: alarm(x > 90, clear x < 80, for 5m)");
}

static int
read_arguments(struct parser *parser, const struct item *item, struct tp_step_column *column)
{
    const struct tp_step_function *function = column->function;
    struct tp_str first = item->arguments ? item->argument[0] : TP_STR("TRUE");

    if (function->form != TP_STEP_NOTHING)
        column->argument = argument_number(parser->steps, first, function->form, item->spelled);
    if (function == &tp_step_lag)
        return read_lag(parser, item, &column->over);
    if (function == &tp_step_lead)
        return read_lead(parser, item, column);
    if (function == &tp_step_ewma || function == &tp_step_twa)
        return read_duration(parser, item->argument[1], &column->over.size);
    if (function == &tp_step_alarm)
        return read_alarm(parser, item, column);
    return item->has_frame ? read_frame(parser, item->frame, &column->over) : 0;
}

/* ---- names, as those of aggregates ---- */

static int
take_name(struct parser *parser, const struct item *item, struct tp_step_column *column)
{
    struct tp_buf name = TP_BUF_INIT, before = TP_BUF_INIT;
    int result = 0;

    if (tp_calls_take_keyword(&parser->text, TP_STR("as"))) {
        result = tp_calls_take_alias(&parser->text, &name);
    } else {
        tp_buf_put_str(&name, column->function->name);
        for (size_t i = 0; i < item->arguments; i++) {
            tp_buf_put_char(&name, '_');
            tp_calls_put_name_part(&name, item->argument[i]);
        }
    }
    tp_buf_text(&name); /* so that even an empty one has a place */
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
check_clash(struct parser *parser, const struct tp_step_column *column)
{
    const struct tp_step_column *other = parser->steps->column;

    for (; other < column; other++)
        if (tp_str_equal(other->name, column->name))
            return FAIL(parser, column->spelled.ptr,
                        "%.*s and %.*s would both be member \"%.*s\"; use AS", SHOW(other->spelled),
                        SHOW(column->spelled), SHOW(column->name));
    return 0;
}

/* ---- the list ---- */

static int
take_column(struct parser *parser)
{
    struct tp_steps *steps = parser->steps;
    struct tp_step_column *column = &steps->column[steps->columns];
    struct item item;

    if (take_item(parser, &item) < 0)
        return -1;
    column->spelled = item.spelled;
    column->function = find_function(parser, &item);
    if (!column->function || check_arguments(parser, &item, column->function) < 0 ||
        read_arguments(parser, &item, column) < 0)
        return -1;
    column->offset = steps->size;
    steps->size += (column->function->size + ALIGN - 1) / ALIGN * ALIGN;
    steps->columns++; /* from here on tp_steps_free gives its names back */
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
    } while (tp_calls_take_char(&parser->text, ','));
    tp_calls_skip_space(&parser->text);
    return parser->text.at == parser->text.end
               ? 0
               : FAIL(parser, parser->text.at, "expected a comma, OVER or AS");
}

/* Room for as many columns as there can be: one more than commas; alarm has two arguments, and then
 * a comma between them. */
static int
make_room(struct tp_steps *steps, struct tp_str text)
{
    size_t most = 1;

    for (size_t i = 0; i < text.len; i++)
        most += text.ptr[i] == ',';
    steps->text = malloc(text.len + 1);
    steps->column = calloc(most, sizeof *steps->column);
    steps->argument = calloc(most, sizeof *steps->argument);
    if (!steps->text || !steps->column || !steps->argument)
        return -1;
    if (text.len)
        memcpy(steps->text, text.ptr, text.len);
    steps->size = ALIGN; /* how many rows there were stands in front */
    return 0;
}

struct tp_steps *
tp_steps_parse(struct tp_str text, struct tp_err *err)
{
    struct tp_steps *steps = calloc(1, sizeof *steps);
    struct parser parser = {.steps = steps, .text = {.err = err}};

    if (!steps || make_room(steps, text) < 0) {
        tp_err_memory(err);
        tp_steps_free(steps);
        return NULL;
    }
    parser.text.start = parser.text.at = steps->text;
    parser.text.end = steps->text + text.len;
    if (take_list(&parser) < 0) {
        tp_steps_free(steps);
        return NULL;
    }
    return steps;
}

void
tp_steps_free(struct tp_steps *steps)
{
    if (!steps)
        return;
    for (size_t i = 0; i < steps->columns; i++) {
        free((char *)steps->column[i].name.ptr);
        free((char *)steps->column[i].before.ptr);
    }
    free(steps->text);
    free(steps->column);
    free(steps->argument);
    free(steps);
}
