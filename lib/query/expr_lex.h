/*
 * expr_lex: cuts the text of an expression into tokens, one at a time. Private to the rooms expr
 * and select.
 *
 * Tokens are slices of the text. White space and comments (`-- …` to the end of the line) separate
 * them.
 */
#ifndef TP_QUERY_EXPR_LEX_H
#define TP_QUERY_EXPR_LEX_H

#include "base/err.h"
#include "base/str.h"

enum tp_token_kind {
    TP_TOKEN_END,
    TP_TOKEN_NAME,   /* letters, digits, `_`, `@`, `$`, bytes above 127; not a digit first */
    TP_TOKEN_QUOTED, /* "…" */
    TP_TOKEN_TEXT,   /* '…' */
    TP_TOKEN_NUMBER,
    TP_TOKEN_SYMBOL, /* an operator or punctuation */
};

struct tp_token {
    enum tp_token_kind kind;
    size_t at, len;
};

struct tp_lex {
    struct tp_str text;
    size_t at;             /* where the next token is looked for */
    size_t end;            /* where the last token but `token` ended */
    struct tp_token token; /* the current one */
};

/* Starts at byte AT of TEXT, and reads the first token. */
int tp_lex_open(struct tp_lex *lex, struct tp_str text, size_t at, struct tp_err *err);

/* Reads the next token. -1 at a character that starts none. */
int tp_lex_next(struct tp_lex *lex, struct tp_err *err);

/* The current token's text. */
struct tp_str tp_lex_text(const struct tp_lex *lex);

/* Is the current token this symbol? Or this word (a name, any case)? */
bool tp_lex_is_symbol(const struct tp_lex *lex, const char *symbol);
bool tp_lex_is_word(const struct tp_lex *lex, const char *word);

/* The first byte behind the current token that is neither white space nor comment; 0 at the end. */
char tp_lex_peek(const struct tp_lex *lex);

/* The current token starts a path (`.`, a name, a quoted name): where the path ends. */
size_t tp_lex_path_end(const struct tp_lex *lex);

/* May BYTE stand in a name without quotes? */
bool tp_lex_is_name_byte(char byte);

/* Is NAME a word that can only be a member's name in quotes or behind a dot? */
bool tp_lex_is_reserved(struct tp_str name);

#endif
