#include "query/expr_parse.h"

#include <stdarg.h>
#include <stdio.h>

#include "value/num.h"
#include "value/text.h"

int
tp_compile_fail(struct tp_compile *c, size_t at, const char *format, ...)
{
    char reason[sizeof c->err->text];
    va_list args;

    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    return tp_err_at(c->err, TP_FAULT_USAGE, (long)at, "%s", reason);
}

struct tp_node *
tp_node_new(struct tp_compile *c, enum tp_op op, size_t at)
{
    struct tp_node *node = tp_arena_alloc(&c->expr->nodes, sizeof *node);

    if (!node) {
        tp_err_memory(c->err);
        return NULL;
    }
    memset(node, 0, sizeof *node);
    node->op = op;
    node->at = at;
    node->height = 1;
    return node;
}

struct tp_node *
tp_node_constant(struct tp_compile *c, struct tp_value value, size_t at)
{
    struct tp_node *node = tp_node_new(c, TP_OP_CONSTANT, at);

    if (node)
        node->value = value;
    return node;
}

/* Lists grow by doubling: COUNT is full when it is a power of two (or 0). */
int
tp_node_add(struct tp_compile *c, struct tp_node *node, struct tp_node *arg)
{
    const size_t each = sizeof(struct tp_node *);
    struct tp_node **grown;

    if (!arg)
        return -1;
    if ((node->count & (node->count - 1)) == 0) {
        grown = tp_arena_alloc(&c->expr->nodes, (node->count ? 2 * node->count : 1) * each);
        if (!grown)
            return tp_err_memory(c->err);
        if (node->count)
            memcpy(grown, node->arg, node->count * each);
        node->arg = grown;
    }
    node->arg[node->count++] = arg;
    if (node->height <= arg->height)
        node->height = arg->height + 1;
    if (node->height > TP_EXPR_HEIGHT)
        return tp_compile_fail(c, node->at, "too long: more than %d operators deep",
                               TP_EXPR_HEIGHT);
    return 0;
}

struct tp_aux *
tp_node_aux(struct tp_compile *c, struct tp_node *node)
{
    if (node->aux)
        return node->aux;
    node->aux = tp_arena_alloc(&c->expr->nodes, sizeof *node->aux);
    if (!node->aux) {
        tp_err_memory(c->err);
        return NULL;
    }
    *node->aux = (struct tp_aux){.next_aux = c->expr->aux};
    c->expr->aux = node->aux;
    return node->aux;
}

const char *
tp_parse_found(const struct tp_lex *lex, char to[48])
{
    struct tp_str text = tp_lex_text(lex);

    if (lex->token.kind == TP_TOKEN_END)
        return "the end";
    if (text.len > 40)
        snprintf(to, 48, "`%.*s…`", 37, text.ptr);
    else
        snprintf(to, 48, "`%.*s`", (int)text.len, text.ptr);
    return to;
}

int
tp_parse_expect(struct tp_compile *c, const char *symbol)
{
    char found[48];

    if (tp_lex_is_symbol(c->lex, symbol))
        return tp_lex_next(c->lex, c->err);
    return tp_compile_fail(c, c->lex->token.at, "expected `%s`, found %s", symbol,
                           tp_parse_found(c->lex, found));
}

int
tp_parse_expect_word(struct tp_compile *c, const char *word)
{
    char found[48];

    if (tp_lex_is_word(c->lex, word))
        return tp_lex_next(c->lex, c->err);
    return tp_compile_fail(c, c->lex->token.at, "expected %s, found %s", word,
                           tp_parse_found(c->lex, found));
}

struct tp_node *
tp_node_closed(struct tp_compile *c, struct tp_node *node)
{
    if (node)
        node->len = c->lex->end - node->at;
    return node;
}

static const struct tp_binary factors[] = {
    {"*", TP_OP_MULTIPLY}, {"/", TP_OP_DIVIDE}, {"%", TP_OP_MODULO}, {NULL, 0}};
static const struct tp_binary terms[] = {{"+", TP_OP_ADD}, {"-", TP_OP_SUBTRACT}, {NULL, 0}};
static const struct tp_binary concats[] = {{"||", TP_OP_CONCAT}, {NULL, 0}};

const struct tp_binary *
tp_parse_binary(const struct tp_compile *c, const struct tp_binary *table)
{
    for (; table->symbol; table++)
        if (tp_lex_is_symbol(c->lex, table->symbol))
            return table;
    return NULL;
}

typedef struct tp_node *parse_fn(struct tp_compile *c);

/* OPERAND (operator OPERAND)*, to the left. */
static struct tp_node *
parse_chain(struct tp_compile *c, const struct tp_binary *table, parse_fn *operand)
{
    size_t at = c->lex->token.at;
    struct tp_node *left = operand(c), *node;
    const struct tp_binary *found;

    while (left && (found = tp_parse_binary(c, table))) {
        node = tp_node_new(c, found->op, at);
        if (!node || tp_lex_next(c->lex, c->err) < 0 || tp_node_add(c, node, left) < 0 ||
            tp_node_add(c, node, operand(c)) < 0)
            return NULL;
        left = tp_node_closed(c, node);
    }
    return left;
}

/* A sign before a number belongs to it, so that the least int64 can be written. */
static struct tp_node *
negated_number(struct tp_compile *c, size_t at)
{
    size_t end = c->lex->at;
    struct tp_str digits = {c->lex->text.ptr + c->lex->token.at, end - c->lex->token.at};
    char text[24];
    int64_t integer;

    if (digits.len >= sizeof text || memchr(digits.ptr, '.', digits.len))
        return NULL;
    text[0] = '-';
    memcpy(text + 1, digits.ptr, digits.len);
    if (!tp_num_parse_int((struct tp_str){text, digits.len + 1}, &integer))
        return NULL;
    return tp_node_constant(c, tp_int(integer), at);
}

static struct tp_node *
parse_sign(struct tp_compile *c)
{
    size_t at = c->lex->token.at;
    bool minus = tp_lex_is_symbol(c->lex, "-");
    struct tp_node *node;

    if (!minus && !tp_lex_is_symbol(c->lex, "+"))
        return tp_parse_primary(c);
    if (tp_lex_next(c->lex, c->err) < 0)
        return NULL;
    if (minus && c->lex->token.kind == TP_TOKEN_NUMBER && (node = negated_number(c, at)))
        return tp_lex_next(c->lex, c->err) < 0 ? NULL : tp_node_closed(c, node);
    if (++c->nesting > TP_EXPR_NESTING) {
        tp_compile_fail(c, at, "nested more than %d deep", TP_EXPR_NESTING);
        return NULL;
    }
    node = parse_sign(c);
    c->nesting--;
    if (!node || !minus)
        return node;
    struct tp_node *sign = tp_node_new(c, TP_OP_NEGATE, at);
    if (!sign || tp_node_add(c, sign, node) < 0)
        return NULL;
    return tp_node_closed(c, sign);
}

static struct tp_node *
parse_factors(struct tp_compile *c)
{
    return parse_chain(c, factors, parse_sign);
}

static struct tp_node *
parse_terms(struct tp_compile *c)
{
    return parse_chain(c, terms, parse_factors);
}

struct tp_node *
tp_parse_operand(struct tp_compile *c)
{
    return parse_chain(c, concats, parse_terms);
}

static struct tp_node *
parse_not(struct tp_compile *c)
{
    size_t at = c->lex->token.at;
    struct tp_node *node;
    int added;

    if (!tp_lex_is_word(c->lex, "not"))
        return tp_parse_predicate(c);
    if (++c->nesting > TP_EXPR_NESTING) {
        tp_compile_fail(c, at, "nested more than %d deep", TP_EXPR_NESTING);
        return NULL;
    }
    node = tp_node_new(c, TP_OP_NOT, at);
    if (!node || tp_lex_next(c->lex, c->err) < 0)
        return NULL;
    added = tp_node_add(c, node, parse_not(c));
    c->nesting--;
    return added < 0 ? NULL : tp_node_closed(c, node);
}

/* OPERAND (WORD OPERAND)* as one node with many arguments. */
static struct tp_node *
parse_logic(struct tp_compile *c, const char *word, const char *foreign, enum tp_op op,
            parse_fn *operand)
{
    size_t at = c->lex->token.at;
    struct tp_node *first = operand(c), *node = NULL;

    while (first && tp_lex_is_word(c->lex, word)) {
        if (!node && (!(node = tp_node_new(c, op, at)) || tp_node_add(c, node, first) < 0))
            return NULL;
        if (tp_lex_next(c->lex, c->err) < 0 || tp_node_add(c, node, operand(c)) < 0)
            return NULL;
    }
    if (first && tp_lex_is_symbol(c->lex, foreign)) {
        tp_compile_fail(c, c->lex->token.at, "`%s` is written %s", foreign, word);
        return NULL;
    }
    return node ? tp_node_closed(c, node) : first;
}

static struct tp_node *
parse_and(struct tp_compile *c)
{
    return parse_logic(c, "AND", "&&", TP_OP_AND, parse_not);
}

struct tp_node *
tp_parse_expr(struct tp_compile *c)
{
    struct tp_node *node;

    if (++c->nesting > TP_EXPR_NESTING) {
        tp_compile_fail(c, c->lex->token.at, "nested more than %d deep", TP_EXPR_NESTING);
        return NULL;
    }
    node = parse_logic(c, "OR", "\x01", TP_OP_OR, parse_and);
    c->nesting--;
    return node;
}

/* Words that people write where an operator is due, for "did you mean". */
static const char *const operators[] = {"and", "or", "in", "is", "like", "ilike", "between", "not"};

int
tp_expr_refuse_rest(const struct tp_lex *lex, struct tp_err *err)
{
    enum { OPERATORS = sizeof operators / sizeof *operators };
    struct tp_str names[OPERATORS];
    const struct tp_str *likest = NULL;
    char found[48];
    size_t i;

    for (i = 0; i < OPERATORS; i++)
        names[i] = tp_str_of(operators[i]);
    if (lex->token.kind == TP_TOKEN_NAME)
        likest = tp_text_likest(tp_lex_text(lex), names, OPERATORS);
    if (likest)
        return tp_err_at(err, TP_FAULT_USAGE, (long)lex->token.at,
                         "expected an operator, found %s (did you mean %.*s?)",
                         tp_parse_found(lex, found), (int)likest->len, likest->ptr);
    return tp_err_at(err, TP_FAULT_USAGE, (long)lex->token.at,
                     "expected an operator or the end, found %s%s", tp_parse_found(lex, found),
                     tp_lex_is_symbol(lex, "::") ? "; a cast is written CAST(x AS type)" : "");
}
