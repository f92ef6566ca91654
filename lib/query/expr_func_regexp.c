/* Functions of regular expressions. The pattern is a constant, compiled once. */
#include "query/expr_cast.h"
#include "query/expr_func.h"

int
tp_prepare_regexp(struct tp_compile *c, struct tp_node *node)
{
    const struct tp_node *pattern = node->arg[1];
    struct tp_aux *aux;
    struct tp_err reason;

    if (pattern->value.kind != TP_TEXT || node->aux)
        return 0;
    aux = tp_node_aux(c, node);
    if (!aux)
        return -1;
    aux->regex = tp_regex_new(pattern->value.text,
                              node->op == TP_OP_MATCH_NOCASE ? TP_REGEX_NOCASE : 0, &reason);
    if (aux->regex)
        return 0;
    /* The place within the pattern is the place in the text, unless quotes were doubled. */
    return tp_compile_fail(c, pattern->at + 1 + (size_t)(reason.at > 0 ? reason.at : 0), "%s",
                           reason.text);
}

int
tp_prepare_replace(struct tp_compile *c, struct tp_node *node)
{
    const struct tp_node *replacement = node->arg[2];
    struct tp_err reason;

    if (tp_prepare_regexp(c, node) < 0)
        return -1;
    if (!node->aux || replacement->value.kind != TP_TEXT)
        return 0;
    if (tp_regex_check_replacement(node->aux->regex, replacement->value.text, &reason) < 0)
        return tp_compile_fail(c, replacement->at + 1 + (size_t)reason.at, "%s", reason.text);
    return 0;
}

int
tp_prepare_extract(struct tp_compile *c, struct tp_node *node)
{
    if (tp_prepare_regexp(c, node) < 0)
        return -1;
    if (!node->aux || node->count < 3 || !tp_is_constant(node->arg[2]) ||
        node->arg[2]->value.kind != TP_INT)
        return 0;
    if (node->arg[2]->value.integer >= 0 &&
        (size_t)node->arg[2]->value.integer <= tp_regex_groups(node->aux->regex))
        return 0;
    return tp_compile_fail(c, node->arg[2]->at, "the pattern has %zu groups",
                           tp_regex_groups(node->aux->regex));
}

/* Every match, as in Flink; PostgreSQL and DuckDB replace the first unless told `g`. */
int
tp_call_regexp_replace(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
                       struct tp_value *out)
{
    struct tp_err reason;

    tp_buf_clear(&run->temp);
    if (tp_regex_replace(node->aux->regex, arg[0].text, arg[2].text, &run->temp, &reason) < 0)
        return tp_run_fail(run, node->arg[0], "%s", reason.text);
    return tp_run_finish_text(run, node, out);
}

/* NULL when nothing matches or the group took no part, as in Flink. */
int
tp_call_regexp_extract(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
                       struct tp_value *out)
{
    struct tp_regex *regex = node->aux->regex;
    int64_t group = node->count > 2 ? arg[2].integer : 0;
    struct tp_err reason;
    struct tp_str caught;
    int found;

    if (group < 0 || (size_t)group > tp_regex_groups(regex))
        return tp_run_fail(run, node, "the pattern has no group %lld", (long long)group);
    found = tp_regex_find(regex, arg[0].text, &reason);
    if (found < 0)
        return tp_run_fail(run, node->arg[0], "%s", reason.text);
    caught = found ? tp_regex_group(regex, (size_t)group) : (struct tp_str){NULL, 0};
    *out = caught.ptr ? tp_text(caught) : tp_null();
    return 0;
}

int
tp_call_regexp_like(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
                    struct tp_value *out)
{
    struct tp_err reason;
    int found = tp_regex_test(node->aux->regex, arg[0].text, &reason);

    if (found < 0)
        return tp_run_fail(run, node->arg[0], "%s", reason.text);
    *out = tp_bool(found);
    return 0;
}
