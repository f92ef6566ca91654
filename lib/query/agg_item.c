#include "query/agg_item.h"

#include "value/text.h"

static bool
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool
tp_agg_is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (unsigned char)c >= 0x80;
}

void
tp_agg_skip_space(struct tp_agg_parser *parser)
{
    while (parser->at < parser->end && is_space(*parser->at))
        parser->at++;
}

bool
tp_agg_take_char(struct tp_agg_parser *parser, char c)
{
    tp_agg_skip_space(parser);
    if (parser->at == parser->end || *parser->at != c)
        return false;
    parser->at++;
    return true;
}

/* A word, with points in it where POINTS (p99.9). */
struct tp_str
tp_agg_take_word(struct tp_agg_parser *parser, bool points)
{
    const char *from;

    tp_agg_skip_space(parser);
    from = parser->at;
    while (parser->at < parser->end && (tp_agg_is_word_byte(*parser->at) ||
                                        (points && *parser->at == '.' && parser->at > from)))
        parser->at++;
    return (struct tp_str){from, (size_t)(parser->at - from)};
}

bool
tp_agg_take_keyword(struct tp_agg_parser *parser, struct tp_str keyword)
{
    const char *from = parser->at;

    if (tp_text_equal_nocase(tp_agg_take_word(parser, false), keyword))
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
const char *
tp_agg_skip_quoted(const char *at, const char *end)
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
take_expression(struct tp_agg_parser *parser, struct tp_str *expression)
{
    char open[MAX_NESTING];
    size_t depth = 0;
    const char *from = parser->at;

    while (parser->at < parser->end) {
        char c = *parser->at;

        if (c == '\'' || c == '"') {
            const char *behind = tp_agg_skip_quoted(parser->at, parser->end);

            if (!behind)
                return TP_AGG_FAIL(parser, parser->at, "unclosed %c", c);
            parser->at = behind;
            continue;
        }
        if (depth == 0 && (c == ',' || c == ')'))
            break;
        if (c == '(' || c == '[' || c == '{') {
            if (depth == MAX_NESTING)
                return TP_AGG_FAIL(parser, parser->at, "nested too deep");
            open[depth++] = closing(c);
        } else if (c == ')' || c == ']' || c == '}') {
            if (depth == 0 || open[--depth] != c)
                return TP_AGG_FAIL(parser, parser->at, "unexpected %c", c);
        }
        parser->at++;
    }
    *expression = trim(from, parser->at);
    if (depth)
        return TP_AGG_FAIL(parser, parser->at, "expected %c", open[depth - 1]);
    if (expression->len == 0)
        return TP_AGG_FAIL(parser, parser->at, "expected an expression");
    return 0;
}

/* DISTINCT with an expression behind it; alone it is a member's name. */
static bool
take_distinct(struct tp_agg_parser *parser)
{
    const char *from = parser->at;

    if (!tp_agg_take_keyword(parser, TP_STR("distinct")))
        return false;
    tp_agg_skip_space(parser);
    if (parser->at < parser->end && *parser->at != ')' && *parser->at != ',' && *parser->at != '.')
        return true;
    parser->at = from;
    return false;
}

/* What stands between the parentheses of a call, the closing one included. */
static int
take_arguments(struct tp_agg_parser *parser, struct tp_agg_item *item)
{
    item->has_list = true;
    if (tp_agg_take_char(parser, ')'))
        return 0;
    if (tp_agg_take_char(parser, '*')) {
        item->star = true;
        return tp_agg_take_char(parser, ')')
                   ? 0
                   : TP_AGG_FAIL(parser, parser->at, "expected ) behind *");
    }
    item->distinct = take_distinct(parser);
    do {
        if (item->arguments == TP_AGG_MAX_ARGUMENTS + 1)
            return TP_AGG_FAIL(parser, parser->at, "too many arguments");
        if (take_expression(parser, &item->argument[item->arguments]) < 0)
            return -1;
        item->arguments++;
    } while (tp_agg_take_char(parser, ','));
    return tp_agg_take_char(parser, ')') ? 0 : TP_AGG_FAIL(parser, parser->at, "expected )");
}

/* FILTER (WHERE condition) */
static int
take_filter(struct tp_agg_parser *parser, struct tp_agg_item *item)
{
    if (!tp_agg_take_keyword(parser, TP_STR("filter")))
        return 0;
    if (!tp_agg_take_char(parser, '(') || !tp_agg_take_keyword(parser, TP_STR("where")))
        return TP_AGG_FAIL(parser, parser->at, "expected (WHERE condition) behind FILTER");
    if (take_expression(parser, &item->filter) < 0)
        return -1;
    return tp_agg_take_char(parser, ')') ? 0 : TP_AGG_FAIL(parser, parser->at, "expected )");
}

int
tp_agg_take_item(struct tp_agg_parser *parser, struct tp_agg_item *item)
{
    *item = (struct tp_agg_item){.arguments = 0};
    item->name = tp_agg_take_word(parser, true);
    if (item->name.len == 0)
        return TP_AGG_FAIL(parser, parser->at, "expected an aggregate function, such as count");
    if (tp_agg_take_char(parser, '(') && take_arguments(parser, item) < 0)
        return -1;
    if (take_filter(parser, item) < 0)
        return -1;
    item->spelled = trim(item->name.ptr, parser->at);
    return 0;
}
