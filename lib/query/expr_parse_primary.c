#include "query/expr_parse.h"

#include <stdlib.h>

#include "query/expr_cast.h"
#include "query/expr_func.h"
#include "value/text.h"

static int
next(struct tp_compile *c)
{
    return tp_lex_next(c->lex, c->err);
}

static int
grow_members(struct tp_compile *c)
{
    struct tp_expr *expr = c->expr;
    size_t cap = expr->member_cap ? 2 * expr->member_cap : 4;
    struct tp_expr_member *grown = realloc(expr->member, cap * sizeof *grown);

    if (!grown)
        return tp_err_memory(c->err);
    expr->member = grown;
    expr->member_cap = cap;
    return 0;
}

/* The number in expr->member of PATH, which is taken over. */
static int
member_index(struct tp_compile *c, struct tp_path *path, size_t at, bool quoted, size_t *index)
{
    struct tp_expr *expr = c->expr;
    struct tp_err reason;
    int slot;
    size_t i;

    for (i = 0; i < expr->members; i++) {
        if (!tp_path_equal(&expr->member[i].path, path))
            continue;
        expr->member[i].maybe_text = expr->member[i].maybe_text && quoted;
        tp_path_release(path);
        *index = i;
        return 0;
    }
    if (expr->members == expr->member_cap && grow_members(c) < 0)
        return -1;
    slot = tp_scan_want(c->context->scan, path, &reason);
    if (slot < 0)
        return tp_compile_fail(c, at, "%s", reason.text);
    expr->member[expr->members] = (struct tp_expr_member){
        .path = *path, .slot = (size_t)slot, .maybe_text = quoted, .at = (long)at};
    *index = expr->members++;
    return 0;
}

static struct tp_node *
parse_path(struct tp_compile *c)
{
    size_t at = c->lex->token.at, end = tp_lex_path_end(c->lex), index = 0;
    struct tp_str text = {c->lex->text.ptr + at, end - at};
    bool quoted = c->lex->token.kind == TP_TOKEN_QUOTED && end == c->lex->at;
    struct tp_node *node;
    struct tp_path path = {0};
    struct tp_err reason;
    bool row_time;

    if (tp_path_parse(&path, text, &reason) < 0) {
        tp_compile_fail(c, at + (size_t)(reason.at > 0 ? reason.at : 0), "%s", reason.text);
        return NULL;
    }
    row_time = tp_path_equal(&path, &c->row_time);
    if (member_index(c, &path, at, quoted, &index) < 0) {
        tp_path_release(&path);
        return NULL;
    }
    node = tp_node_new(c, TP_OP_MEMBER, at);
    if (!node)
        return NULL;
    node->member.slot = c->expr->member[index].slot;
    node->member.index = index;
    node->is_row_time = row_time;
    c->lex->at = end;
    return next(c) < 0 ? NULL : tp_node_closed(c, node);
}

static struct tp_node *
parse_parentheses(struct tp_compile *c)
{
    size_t at = c->lex->token.at;
    struct tp_node *node;

    if (next(c) < 0)
        return NULL;
    node = tp_parse_expr(c);
    if (!node || tp_parse_expect(c, ")") < 0)
        return NULL;
    node->at = at;
    node->parenthesized = true;
    return tp_node_closed(c, node);
}

static int
add_when(struct tp_compile *c, struct tp_node *node)
{
    if (tp_node_add(c, node, tp_parse_expr(c)) < 0 || tp_parse_expect_word(c, "THEN") < 0)
        return -1;
    return tp_node_add(c, node, tp_parse_expr(c));
}

static struct tp_node *
parse_case(struct tp_compile *c)
{
    struct tp_node *node = tp_node_new(c, TP_OP_CASE, c->lex->token.at);
    char found[48];

    if (!node || next(c) < 0)
        return NULL;
    if (!tp_lex_is_word(c->lex, "when")) {
        node->op = TP_OP_CASE_OF;
        if (tp_node_add(c, node, tp_parse_expr(c)) < 0)
            return NULL;
    }
    if (!tp_lex_is_word(c->lex, "when")) {
        tp_compile_fail(c, c->lex->token.at, "expected WHEN, found %s",
                        tp_parse_found(c->lex, found));
        return NULL;
    }
    while (tp_lex_is_word(c->lex, "when"))
        if (next(c) < 0 || add_when(c, node) < 0)
            return NULL;
    if (tp_lex_is_word(c->lex, "else")) {
        if (next(c) < 0 || tp_node_add(c, node, tp_parse_expr(c)) < 0)
            return NULL;
    } else if (tp_node_add(c, node, tp_node_constant(c, tp_null(), c->lex->token.at)) < 0) {
        return NULL;
    }
    return tp_parse_expect_word(c, "END") < 0 ? NULL : tp_node_closed(c, node);
}

static int
parse_type(struct tp_compile *c, enum tp_cast *cast)
{
    size_t at = c->lex->token.at;
    struct tp_str name = tp_lex_text(c->lex), likest;
    char found[48];

    if (c->lex->token.kind != TP_TOKEN_NAME)
        return tp_compile_fail(c, at, "expected a type, found %s", tp_parse_found(c->lex, found));
    if (!tp_cast_find(name, cast)) {
        likest = tp_cast_likest(name);
        return tp_compile_fail(c, at, "no type %s%s%.*s%s", tp_parse_found(c->lex, found),
                               likest.len ? " (did you mean " : "", (int)likest.len, likest.ptr,
                               likest.len ? "?)" : "");
    }
    if (next(c) < 0)
        return -1;
    if (*cast == TP_CAST_DOUBLE && tp_lex_is_word(c->lex, "precision"))
        return next(c);
    return 0;
}

/* CAST(x AS type), at its opening parenthesis. */
static struct tp_node *
parse_cast(struct tp_compile *c, size_t at, enum tp_op op)
{
    struct tp_node *node = tp_node_new(c, op, at);

    if (!node || tp_parse_expect(c, "(") < 0 || tp_node_add(c, node, tp_parse_expr(c)) < 0 ||
        tp_parse_expect_word(c, "AS") < 0 || parse_type(c, &node->cast) < 0 ||
        tp_parse_expect(c, ")") < 0)
        return NULL;
    return tp_node_closed(c, node);
}

static int
unknown_function(struct tp_compile *c, size_t at, struct tp_str name)
{
    static const char *const aggregates[] = {"count", "sum",  "avg",    "min",     "max",
                                             "first", "last", "median", "stddev",  "var",
                                             "list",  "topk", "mode",   "arg_min", "arg_max",
                                             "rate",  "p50",  "p95",    "p99",     "quantile"};
    struct tp_str likest = tp_function_likest(name);
    int len = (int)(name.len < 60 ? name.len : 60);
    size_t i;

    for (i = 0; i < sizeof aggregates / sizeof *aggregates; i++)
        if (tp_text_equal_nocase(name, tp_str_of(aggregates[i])))
            return tp_compile_fail(c, at, "%.*s is an aggregate (swindow -a), not a function", len,
                                   name.ptr);
    if (likest.len)
        return tp_compile_fail(c, at, "no function %.*s (did you mean %.*s?)", len, name.ptr,
                               (int)likest.len, likest.ptr);
    return tp_compile_fail(c, at, "no function %.*s", len, name.ptr);
}

static int
check_count(struct tp_compile *c, const struct tp_node *node)
{
    const struct tp_function *function = node->function;

    if (node->count >= function->min && node->count <= function->max)
        return 0;
    if (function->max == TP_FUNCTION_MANY)
        return tp_compile_fail(c, node->at, "%s takes %zu to %d arguments, not %zu", function->name,
                               function->min, TP_FUNCTION_MANY, node->count);
    if (function->min == function->max)
        return tp_compile_fail(c, node->at, "%s takes %zu argument%s, not %zu", function->name,
                               function->min, function->min == 1 ? "" : "s", node->count);
    return tp_compile_fail(c, node->at, "%s takes %zu to %zu arguments, not %zu", function->name,
                           function->min, function->max, node->count);
}

/* EXTRACT(unit FROM x), at the unit: date_part('unit', x). */
static int
parse_extract(struct tp_compile *c, struct tp_node *node)
{
    size_t at = c->lex->token.at;
    struct tp_str unit = tp_lex_text(c->lex);
    struct tp_node *name;
    char found[48];

    if (c->lex->token.kind != TP_TOKEN_NAME)
        return tp_compile_fail(c, at, "expected a unit of time, found %s",
                               tp_parse_found(c->lex, found));
    if (next(c) < 0)
        return -1;
    unit = tp_arena_copy(&c->expr->nodes, unit);
    if (!unit.ptr)
        return tp_err_memory(c->err);
    name = tp_node_closed(c, tp_node_constant(c, tp_text(unit), at));
    if (tp_node_add(c, node, name) < 0 || tp_parse_expect_word(c, "FROM") < 0)
        return -1;
    return tp_node_add(c, node, tp_parse_expr(c));
}

/* TRIM([BOTH | LEADING | TRAILING] [characters] FROM x), at the word. */
static int
parse_trim(struct tp_compile *c, struct tp_node *node)
{
    const char *name = tp_lex_is_word(c->lex, "leading")    ? "ltrim"
                       : tp_lex_is_word(c->lex, "trailing") ? "rtrim"
                                                            : "trim";
    struct tp_node *characters = NULL;

    node->function = tp_function_find(tp_str_of(name));
    if (next(c) < 0)
        return -1;
    if (!tp_lex_is_word(c->lex, "from") && !(characters = tp_parse_expr(c)))
        return -1;
    if (tp_parse_expect_word(c, "FROM") < 0 || tp_node_add(c, node, tp_parse_expr(c)) < 0)
        return -1;
    return characters ? tp_node_add(c, node, characters) : 0;
}

/* The words that may stand between the arguments of SUBSTRING(x FROM 2 FOR 3) and
 * POSITION(x IN y), instead of a comma. */
static bool
at_separator(const struct tp_compile *c, const struct tp_node *node)
{
    const char *name = node->function->name;

    if (tp_lex_is_symbol(c->lex, ","))
        return true;
    if (strcmp(name, "substr") == 0)
        return tp_lex_is_word(c->lex, node->count == 1 ? "from" : "for");
    return strcmp(name, "position") == 0 && node->count == 1 && tp_lex_is_word(c->lex, "in");
}

static int
parse_arguments(struct tp_compile *c, struct tp_node *node)
{
    bool is_position = strcmp(node->function->name, "position") == 0;

    if (tp_lex_is_symbol(c->lex, ")"))
        return next(c);
    for (;;) {
        /* The first argument of POSITION(a IN b) must not swallow the IN. */
        struct tp_node *arg = is_position ? tp_parse_operand(c) : tp_parse_expr(c);

        if (tp_node_add(c, node, arg) < 0)
            return -1;
        if (!at_separator(c, node))
            return tp_parse_expect(c, ")");
        if (next(c) < 0)
            return -1;
    }
}

static bool
at_trim_word(const struct tp_compile *c)
{
    char behind = tp_lex_peek(c->lex);

    if (behind == ',' || behind == ')' || behind == '.' || behind == '[')
        return false;
    return tp_lex_is_word(c->lex, "both") || tp_lex_is_word(c->lex, "leading") ||
           tp_lex_is_word(c->lex, "trailing");
}

/* NAME(…), at its opening parenthesis. */
static struct tp_node *
parse_call(struct tp_compile *c, size_t at, struct tp_str name)
{
    bool is_extract = tp_text_equal_nocase(name, TP_STR("extract"));
    struct tp_node *node = tp_node_new(c, TP_OP_CALL, at);
    bool special = is_extract;
    int done;

    if (!node)
        return NULL;
    node->function = tp_function_find(is_extract ? TP_STR("date_part") : name);
    if (!node->function) {
        unknown_function(c, at, name);
        return NULL;
    }
    if (++c->nesting > TP_EXPR_NESTING) {
        tp_compile_fail(c, at, "nested more than %d deep", TP_EXPR_NESTING);
        return NULL;
    }
    if (tp_parse_expect(c, "(") < 0)
        return NULL;
    if (is_extract)
        done = parse_extract(c, node);
    else if (strcmp(node->function->name, "trim") == 0 && (special = at_trim_word(c)))
        done = parse_trim(c, node);
    else
        done = parse_arguments(c, node);
    c->nesting--;
    if (done < 0 || (special && tp_parse_expect(c, ")") < 0) ||
        check_count(c, tp_node_closed(c, node)) < 0)
        return NULL;
    return node;
}

static struct tp_node *
parse_word_literal(struct tp_compile *c, struct tp_value value)
{
    size_t at = c->lex->token.at;

    return next(c) < 0 ? NULL : tp_node_closed(c, tp_node_constant(c, value, at));
}

static struct tp_node *
unexpected(struct tp_compile *c)
{
    char found[48];

    if (tp_lex_is_symbol(c->lex, "!"))
        tp_compile_fail(c, c->lex->token.at, "`!` is written NOT");
    else if (c->lex->token.kind == TP_TOKEN_NAME)
        tp_compile_fail(c, c->lex->token.at,
                        "expected a value, found %s (a member of that name is written \"%.*s\")",
                        tp_parse_found(c->lex, found), (int)c->lex->token.len,
                        tp_lex_text(c->lex).ptr);
    else
        tp_compile_fail(c, c->lex->token.at, "expected a value, found %s",
                        tp_parse_found(c->lex, found));
    return NULL;
}

static struct tp_node *
parse_name(struct tp_compile *c)
{
    size_t at = c->lex->token.at;
    struct tp_str name = tp_lex_text(c->lex);
    char behind = tp_lex_peek(c->lex);

    if (behind == '\'' && tp_lex_is_word(c->lex, "timestamp"))
        return tp_parse_timestamp(c, at);
    if (behind == '\'' && tp_lex_is_word(c->lex, "interval"))
        return tp_parse_interval(c, at);
    if (tp_lex_is_word(c->lex, "null"))
        return parse_word_literal(c, tp_null());
    if (tp_lex_is_word(c->lex, "true"))
        return parse_word_literal(c, tp_bool(true));
    if (tp_lex_is_word(c->lex, "false"))
        return parse_word_literal(c, tp_bool(false));
    if (tp_lex_is_word(c->lex, "case"))
        return parse_case(c);
    if (tp_lex_is_reserved(name))
        return unexpected(c);
    if (behind != '(')
        return parse_path(c);
    if (next(c) < 0)
        return NULL;
    if (tp_text_equal_nocase(name, TP_STR("cast")))
        return parse_cast(c, at, TP_OP_CAST);
    if (tp_text_equal_nocase(name, TP_STR("try_cast")))
        return parse_cast(c, at, TP_OP_TRY_CAST);
    return parse_call(c, at, name);
}

struct tp_node *
tp_parse_primary(struct tp_compile *c)
{
    switch (c->lex->token.kind) {
    case TP_TOKEN_NUMBER:
        return tp_parse_number(c);
    case TP_TOKEN_TEXT:
        return tp_parse_text_literal(c);
    case TP_TOKEN_QUOTED:
        return parse_path(c);
    case TP_TOKEN_NAME:
        return parse_name(c);
    case TP_TOKEN_SYMBOL:
        if (tp_lex_is_symbol(c->lex, "("))
            return parse_parentheses(c);
        if (tp_lex_is_symbol(c->lex, ".") && tp_lex_path_end(c->lex) > c->lex->at)
            return parse_path(c);
        return unexpected(c);
    default:
        return unexpected(c);
    }
}
