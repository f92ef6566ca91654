/*
 * Predicates: what stands behind an operand and makes a truth of it.
 */
#include "query/expr_parse.h"

static const struct tp_binary comparisons[] = {
    {"=", TP_OP_EQUAL},   {"<>", TP_OP_DIFFERENT},  {"!=", TP_OP_DIFFERENT},     {"<", TP_OP_LESS},
    {">", TP_OP_GREATER}, {"<=", TP_OP_LESS_EQUAL}, {">=", TP_OP_GREATER_EQUAL}, {NULL, 0}};

static struct tp_node *
with_left(struct tp_compile *c, enum tp_op op, bool negated, struct tp_node *left)
{
    struct tp_node *node = tp_node_new(c, op, left->at);

    if (!node || tp_node_add(c, node, left) < 0)
        return NULL;
    node->negated = negated;
    return node;
}

static struct tp_node *
with_right(struct tp_compile *c, struct tp_node *node)
{
    if (!node || tp_node_add(c, node, tp_parse_operand(c)) < 0)
        return NULL;
    return tp_node_closed(c, node);
}

static struct tp_node *
parse_comparison(struct tp_compile *c, struct tp_node *left, enum tp_op op)
{
    struct tp_node *node;

    if (left->op >= TP_OP_EQUAL && left->op <= TP_OP_GREATER_EQUAL && !left->parenthesized) {
        tp_compile_fail(c, c->lex->token.at, "comparisons do not chain; join them with AND");
        return NULL;
    }
    node = with_left(c, op, false, left);
    if (!node || tp_lex_next(c->lex, c->err) < 0)
        return NULL;
    return with_right(c, node);
}

/* IS [NOT] NULL | TRUE | FALSE | UNKNOWN | DISTINCT FROM x */
static struct tp_node *
parse_is(struct tp_compile *c, struct tp_node *left)
{
    static const struct {
        const char *word;
        enum tp_op op;
    } kind[] = {{"null", TP_OP_IS_NULL},
                {"unknown", TP_OP_IS_NULL},
                {"true", TP_OP_IS_TRUE},
                {"false", TP_OP_IS_FALSE}};
    struct tp_node *node;
    bool negated;
    char found[48];
    size_t i;

    if (tp_lex_next(c->lex, c->err) < 0)
        return NULL;
    negated = tp_lex_is_word(c->lex, "not");
    if (negated && tp_lex_next(c->lex, c->err) < 0)
        return NULL;
    for (i = 0; i < 4; i++) {
        if (!tp_lex_is_word(c->lex, kind[i].word))
            continue;
        node = with_left(c, kind[i].op, negated, left);
        return node && tp_lex_next(c->lex, c->err) == 0 ? tp_node_closed(c, node) : NULL;
    }
    if (tp_lex_is_word(c->lex, "distinct")) {
        node = with_left(c, TP_OP_DISTINCT, negated, left);
        if (!node || tp_lex_next(c->lex, c->err) < 0 || tp_parse_expect_word(c, "FROM") < 0)
            return NULL;
        return with_right(c, node);
    }
    tp_compile_fail(c, c->lex->token.at,
                    "expected NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM after IS, found %s",
                    tp_parse_found(c->lex, found));
    return NULL;
}

static struct tp_node *
parse_in(struct tp_compile *c, struct tp_node *left, bool negated)
{
    struct tp_node *node = with_left(c, TP_OP_IN, negated, left);

    if (!node || tp_lex_next(c->lex, c->err) < 0 || tp_parse_expect(c, "(") < 0)
        return NULL;
    for (;;) {
        if (tp_node_add(c, node, tp_parse_expr(c)) < 0)
            return NULL;
        if (!tp_lex_is_symbol(c->lex, ","))
            break;
        if (tp_lex_next(c->lex, c->err) < 0)
            return NULL;
    }
    return tp_parse_expect(c, ")") < 0 ? NULL : tp_node_closed(c, node);
}

static struct tp_node *
parse_between(struct tp_compile *c, struct tp_node *left, bool negated)
{
    struct tp_node *node = with_left(c, TP_OP_BETWEEN, negated, left);

    if (!node || tp_lex_next(c->lex, c->err) < 0 || tp_node_add(c, node, tp_parse_operand(c)) < 0 ||
        tp_parse_expect_word(c, "AND") < 0)
        return NULL;
    return with_right(c, node);
}

static struct tp_node *
parse_like(struct tp_compile *c, struct tp_node *left, enum tp_op op, bool negated)
{
    struct tp_node *node = with_left(c, op, negated, left);

    if (!node || tp_lex_next(c->lex, c->err) < 0)
        return NULL;
    node = with_right(c, node);
    if (!node || !tp_lex_is_word(c->lex, "escape"))
        return node;
    return tp_lex_next(c->lex, c->err) < 0 ? NULL : with_right(c, node);
}

static struct tp_node *
parse_match(struct tp_compile *c, struct tp_node *left, enum tp_op op, bool negated)
{
    struct tp_node *node = with_left(c, op, negated, left);

    if (!node || tp_lex_next(c->lex, c->err) < 0)
        return NULL;
    return with_right(c, node);
}

/* The predicate that begins with a word; *NONE when there is none. */
static struct tp_node *
parse_word_predicate(struct tp_compile *c, struct tp_node *left, bool *none)
{
    size_t at = c->lex->token.at;
    bool negated;

    if (tp_lex_is_word(c->lex, "is"))
        return parse_is(c, left);
    negated = tp_lex_is_word(c->lex, "not");
    if (negated && tp_lex_next(c->lex, c->err) < 0)
        return NULL;
    if (tp_lex_is_word(c->lex, "in"))
        return parse_in(c, left, negated);
    if (tp_lex_is_word(c->lex, "between"))
        return parse_between(c, left, negated);
    if (tp_lex_is_word(c->lex, "like"))
        return parse_like(c, left, TP_OP_LIKE, negated);
    if (tp_lex_is_word(c->lex, "ilike"))
        return parse_like(c, left, TP_OP_ILIKE, negated);
    *none = !negated;
    if (negated)
        tp_compile_fail(c, at, "expected IN, BETWEEN, LIKE or ILIKE after this NOT");
    return NULL;
}

static struct tp_node *
parse_symbol_predicate(struct tp_compile *c, struct tp_node *left, bool *none)
{
    const struct tp_binary *comparison = tp_parse_binary(c, comparisons);

    if (comparison)
        return parse_comparison(c, left, comparison->op);
    if (tp_lex_is_symbol(c->lex, "~"))
        return parse_match(c, left, TP_OP_MATCH, false);
    if (tp_lex_is_symbol(c->lex, "~*"))
        return parse_match(c, left, TP_OP_MATCH_NOCASE, false);
    if (tp_lex_is_symbol(c->lex, "!~"))
        return parse_match(c, left, TP_OP_MATCH, true);
    if (tp_lex_is_symbol(c->lex, "!~*"))
        return parse_match(c, left, TP_OP_MATCH_NOCASE, true);
    if (tp_lex_is_symbol(c->lex, "==")) {
        tp_compile_fail(c, c->lex->token.at, "`==` is written `=`");
        return NULL;
    }
    *none = true;
    return NULL;
}

struct tp_node *
tp_parse_predicate(struct tp_compile *c)
{
    struct tp_node *left = tp_parse_operand(c), *next;
    bool none = false;

    while (left) {
        next = c->lex->token.kind == TP_TOKEN_SYMBOL ? parse_symbol_predicate(c, left, &none)
               : c->lex->token.kind == TP_TOKEN_NAME ? parse_word_predicate(c, left, &none)
                                                     : left;
        if (next == left || none)
            return left;
        left = next;
    }
    return NULL;
}
