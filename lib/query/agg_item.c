#include "query/agg_item.h"

#include "value/text.h"

/* DISTINCT with an expression behind it; alone it is a member's name. */
static bool
take_distinct(struct tp_agg_parser *parser)
{
    const char *from = parser->text.at;

    if (!tp_calls_take_keyword(&parser->text, TP_STR("distinct")))
        return false;
    tp_calls_skip_space(&parser->text);
    if (parser->text.at < parser->text.end && *parser->text.at != ')' && *parser->text.at != ',' &&
        *parser->text.at != '.')
        return true;
    parser->text.at = from;
    return false;
}

/* What stands between the parentheses of a call, the closing one included. */
static int
take_arguments(struct tp_agg_parser *parser, struct tp_agg_item *item)
{
    item->has_list = true;
    if (tp_calls_take_char(&parser->text, ')'))
        return 0;
    if (tp_calls_take_char(&parser->text, '*')) {
        item->star = true;
        return tp_calls_take_char(&parser->text, ')')
                   ? 0
                   : TP_AGG_FAIL(parser, parser->text.at, "expected ) behind *");
    }
    item->distinct = take_distinct(parser);
    do {
        if (item->arguments == TP_AGG_MAX_ARGUMENTS + 1)
            return TP_AGG_FAIL(parser, parser->text.at, "too many arguments");
        if (tp_calls_take_expression(&parser->text, &item->argument[item->arguments]) < 0)
            return -1;
        item->arguments++;
    } while (tp_calls_take_char(&parser->text, ','));
    return tp_calls_take_char(&parser->text, ')')
               ? 0
               : TP_AGG_FAIL(parser, parser->text.at, "expected )");
}

/* FILTER (WHERE condition) */
static int
take_filter(struct tp_agg_parser *parser, struct tp_agg_item *item)
{
    if (!tp_calls_take_keyword(&parser->text, TP_STR("filter")))
        return 0;
    if (!tp_calls_take_char(&parser->text, '(') ||
        !tp_calls_take_keyword(&parser->text, TP_STR("where")))
        return TP_AGG_FAIL(parser, parser->text.at, "expected (WHERE condition) behind FILTER");
    if (tp_calls_take_expression(&parser->text, &item->filter) < 0)
        return -1;
    return tp_calls_take_char(&parser->text, ')')
               ? 0
               : TP_AGG_FAIL(parser, parser->text.at, "expected )");
}

int
tp_agg_take_item(struct tp_agg_parser *parser, struct tp_agg_item *item)
{
    *item = (struct tp_agg_item){.arguments = 0};
    item->name = tp_calls_take_word(&parser->text, true);
    if (item->name.len == 0)
        return TP_AGG_FAIL(parser, parser->text.at,
                           "expected an aggregate function, such as count");
    if (tp_calls_take_char(&parser->text, '(') && take_arguments(parser, item) < 0)
        return -1;
    if (take_filter(parser, item) < 0)
        return -1;
    item->spelled =
        tp_str_trim((struct tp_str){item->name.ptr, (size_t)(parser->text.at - item->name.ptr)});
    return 0;
}
