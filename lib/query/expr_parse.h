/*
 * expr_parse: from tokens to a tree. Private to the rooms expr and select.
 *
 * Precedence, loosest first: OR, AND, NOT, comparisons (also IS, IN, BETWEEN, LIKE, ~), ||, + and
 * -, * / %, signs. Comparisons do not chain.
 */
#ifndef TP_QUERY_EXPR_PARSE_H
#define TP_QUERY_EXPR_PARSE_H

#include "query/expr_lex.h"
#include "query/expr_node.h"

struct tp_compile {
    struct tp_expr *expr;
    struct tp_lex *lex;
    const struct tp_expr_context *context;
    struct tp_err *err;
    struct tp_path row_time; /* the path of the event-time member */
    unsigned nesting;
    unsigned lazy; /* > 0 while checking what may never be evaluated: branches, right of AND */
};

/* Parses one expression from the current token on; stops at the first token that cannot go on
 * with it. NULL with the reason. */
struct tp_node *tp_parse_expr(struct tp_compile *c);

/* The same from text: compiles the expression that starts at the current token of LEX. */
struct tp_expr *tp_expr_compile_part(struct tp_lex *lex, const struct tp_expr_context *context,
                                     struct tp_err *err);

/* Fails at the current token of LEX, which cannot go on with the expression before it. */
int tp_expr_refuse_rest(const struct tp_lex *lex, struct tp_err *err);

/* For the parser and the folder: nodes in the expression's arena. NULL with the reason. */
struct tp_node *tp_node_new(struct tp_compile *c, enum tp_op op, size_t at);
struct tp_node *tp_node_constant(struct tp_compile *c, struct tp_value value, size_t at);
int tp_node_add(struct tp_compile *c, struct tp_node *node, struct tp_node *arg);

/* NODE (may be NULL) ends where the last token did. */
struct tp_node *tp_node_closed(struct tp_compile *c, struct tp_node *node);

/* A failure at NODE, or at byte AT; TP_FAULT_USAGE. */
int tp_compile_fail(struct tp_compile *c, size_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The aux of NODE, made if it had none. */
struct tp_aux *tp_node_aux(struct tp_compile *c, struct tp_node *node);

/* From what binds tightest to what binds least: expr_parse_primary.c, expr_parse.c (arithmetic, up
 * to ||), expr_parse_predicate.c. */
struct tp_node *tp_parse_primary(struct tp_compile *c);
struct tp_node *tp_parse_operand(struct tp_compile *c);
struct tp_node *tp_parse_predicate(struct tp_compile *c);

/* An operator between two operands; a table of them ends with a NULL symbol. */
struct tp_binary {
    const char *symbol;
    enum tp_op op;
};

/* That of TABLE which is the token at hand, or NULL. */
const struct tp_binary *tp_parse_binary(const struct tp_compile *c, const struct tp_binary *table);

int tp_parse_expect(struct tp_compile *c, const char *symbol);
int tp_parse_expect_word(struct tp_compile *c, const char *word);
/* What stands at the current token, for messages: "`)`", "the end". */
const char *tp_parse_found(const struct tp_lex *lex, char to[48]);

/* Literals, at their first token; those that begin with a word AT, where it stands:
 * expr_parse_literal.c. */
struct tp_node *tp_parse_text_literal(struct tp_compile *c);
struct tp_node *tp_parse_number(struct tp_compile *c);
struct tp_node *tp_parse_interval(struct tp_compile *c, size_t at);
struct tp_node *tp_parse_timestamp(struct tp_compile *c, size_t at);

#endif
