#include "query/rule.h"

/* The first `=>` of TEXT that does not stand in quotes; NULL: none. */
static const char *
find_arrow(struct tp_str text)
{
    char quote = '\0';

    for (size_t i = 0; i + 1 < text.len; i++) {
        char c = text.ptr[i];

        if (quote) {
            i += quote == '"' && c == '\\';
            quote = c == quote ? '\0' : quote;
        } else if (c == '\'' || c == '"') {
            quote = c;
        } else if (c == '=' && text.ptr[i + 1] == '>') {
            return text.ptr + i;
        }
    }
    return NULL;
}

int
tp_rule_parse(struct tp_str text, struct tp_rule *rule, struct tp_err *err)
{
    const char *arrow = find_arrow(text);

    if (!arrow)
        return tp_err_set(err, TP_FAULT_USAGE, "\"%.*s\" is not EXPR => TARGET", (int)text.len,
                          text.ptr);
    rule->when = tp_str_trim((struct tp_str){text.ptr, (size_t)(arrow - text.ptr)});
    rule->target =
        tp_str_trim((struct tp_str){arrow + 2, (size_t)(text.ptr + text.len - arrow) - 2});
    if (find_arrow(rule->target) && *rule->target.ptr != '|')
        return tp_err_set(err, TP_FAULT_USAGE,
                          "\"%.*s\" has two =>; the comparison is written >=", (int)text.len,
                          text.ptr);
    return 0;
}
