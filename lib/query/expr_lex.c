#include "query/expr_lex.h"

#include "value/text.h"

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool
tp_lex_is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' ||
           c == '@' || c == '$' || (unsigned char)c > 127;
}

static bool
is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static char
byte_at(const struct tp_lex *lex, size_t at)
{
    return at < lex->text.len ? lex->text.ptr[at] : '\0';
}

static size_t
skip_space(const struct tp_lex *lex, size_t at)
{
    for (;;) {
        while (at < lex->text.len && is_space(lex->text.ptr[at]))
            at++;
        if (byte_at(lex, at) != '-' || byte_at(lex, at + 1) != '-')
            return at;
        while (at < lex->text.len && lex->text.ptr[at] != '\n')
            at++;
    }
}

static size_t
skip_digits(const struct tp_lex *lex, size_t at)
{
    while (is_digit(byte_at(lex, at)))
        at++;
    return at;
}

static size_t
skip_name(const struct tp_lex *lex, size_t at)
{
    while (at < lex->text.len && tp_lex_is_name_byte(lex->text.ptr[at]))
        at++;
    return at;
}

/* Behind the closing quote of the "…" at AT, in which `\"` does not close; the text's length + 1
 * when it is not closed. */
static size_t
skip_quoted(const struct tp_lex *lex, size_t at)
{
    for (at++; at < lex->text.len; at++) {
        if (lex->text.ptr[at] == '"')
            return at + 1;
        if (lex->text.ptr[at] == '\\')
            at++;
    }
    return lex->text.len + 1;
}

static int
lex_text(struct tp_lex *lex, struct tp_err *err)
{
    size_t at = lex->token.at + 1;

    for (; at < lex->text.len; at++) {
        if (lex->text.ptr[at] != '\'')
            continue;
        if (byte_at(lex, at + 1) != '\'') {
            lex->token.kind = TP_TOKEN_TEXT;
            lex->at = at + 1;
            return 0;
        }
        at++;
    }
    return tp_err_at(err, TP_FAULT_USAGE, (long)lex->token.at,
                     "the string '… has no closing quote");
}

static int
lex_quoted(struct tp_lex *lex, struct tp_err *err)
{
    size_t end = skip_quoted(lex, lex->token.at);

    if (end > lex->text.len)
        return tp_err_at(err, TP_FAULT_USAGE, (long)lex->token.at,
                         "the name \"… has no closing quote");
    lex->token.kind = TP_TOKEN_QUOTED;
    lex->at = end;
    return 0;
}

static int
lex_number(struct tp_lex *lex, struct tp_err *err)
{
    size_t at = skip_digits(lex, lex->at), exponent;

    if (byte_at(lex, at) == '.')
        at = skip_digits(lex, at + 1);
    if ((byte_at(lex, at) | 0x20) == 'e') {
        exponent = at + 1;
        if (byte_at(lex, exponent) == '+' || byte_at(lex, exponent) == '-')
            exponent++;
        if (is_digit(byte_at(lex, exponent)))
            at = skip_digits(lex, exponent);
    }
    if (at < lex->text.len && tp_lex_is_name_byte(lex->text.ptr[at])) {
        at = skip_name(lex, at);
        return tp_err_at(err, TP_FAULT_USAGE, (long)lex->token.at,
                         "%.*s is neither a number nor a name; durations are written INTERVAL "
                         "'5m', odd names \"5m\"",
                         (int)(at - lex->token.at < 40 ? at - lex->token.at : 40),
                         lex->text.ptr + lex->token.at);
    }
    lex->token.kind = TP_TOKEN_NUMBER;
    lex->at = at;
    return 0;
}

/* Longer ones first: the first that fits is taken. */
static const char *const symbols[] = {"!~*", "==", "!=", "<>", "<=", ">=", "||", "~*", "!~",
                                      "::",  "&&", "=",  "<",  ">",  "+",  "-",  "*",  "/",
                                      "%",   "~",  "(",  ")",  ",",  ".",  "[",  "]",  "!"};

static int
lex_symbol(struct tp_lex *lex, struct tp_err *err)
{
    size_t left = lex->text.len - lex->at, i, len;
    unsigned char c = (unsigned char)lex->text.ptr[lex->at];

    for (i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        len = strlen(symbols[i]);
        if (len > left || memcmp(lex->text.ptr + lex->at, symbols[i], len) != 0)
            continue;
        lex->token.kind = TP_TOKEN_SYMBOL;
        lex->at += len;
        return 0;
    }
    if (c > ' ' && c < 127)
        return tp_err_at(err, TP_FAULT_USAGE, (long)lex->at, "`%c` means nothing here", c);
    return tp_err_at(err, TP_FAULT_USAGE, (long)lex->at, "byte 0x%02x means nothing here", c);
}

static int
lex_token(struct tp_lex *lex, struct tp_err *err)
{
    char c = byte_at(lex, lex->at);

    if (lex->at == lex->text.len) {
        lex->token.kind = TP_TOKEN_END;
        return 0;
    }
    if (c == '\'')
        return lex_text(lex, err);
    if (c == '"')
        return lex_quoted(lex, err);
    if (is_digit(c) || (c == '.' && is_digit(byte_at(lex, lex->at + 1))))
        return lex_number(lex, err);
    if (!tp_lex_is_name_byte(c))
        return lex_symbol(lex, err);
    lex->token.kind = TP_TOKEN_NAME;
    lex->at = skip_name(lex, lex->at);
    return 0;
}

int
tp_lex_next(struct tp_lex *lex, struct tp_err *err)
{
    lex->end = lex->at;
    lex->at = skip_space(lex, lex->at);
    lex->token.at = lex->at;
    if (lex_token(lex, err) < 0)
        return -1;
    lex->token.len = lex->at - lex->token.at;
    return 0;
}

int
tp_lex_open(struct tp_lex *lex, struct tp_str text, size_t at, struct tp_err *err)
{
    *lex = (struct tp_lex){.text = text, .at = at};
    return tp_lex_next(lex, err);
}

struct tp_str
tp_lex_text(const struct tp_lex *lex)
{
    return (struct tp_str){lex->text.ptr + lex->token.at, lex->token.len};
}

bool
tp_lex_is_symbol(const struct tp_lex *lex, const char *symbol)
{
    return lex->token.kind == TP_TOKEN_SYMBOL && tp_str_equal(tp_lex_text(lex), tp_str_of(symbol));
}

bool
tp_lex_is_word(const struct tp_lex *lex, const char *word)
{
    return lex->token.kind == TP_TOKEN_NAME &&
           tp_text_equal_nocase(tp_lex_text(lex), tp_str_of(word));
}

char
tp_lex_peek(const struct tp_lex *lex)
{
    return byte_at(lex, skip_space(lex, lex->at));
}

/* Behind the step of a path that follows at AT, or AT when none does. */
static size_t
skip_step(const struct tp_lex *lex, size_t at)
{
    size_t end;

    if (byte_at(lex, at) == '[') {
        end = skip_digits(lex, at + 1);
        return end > at + 1 && byte_at(lex, end) == ']' ? end + 1 : at;
    }
    if (byte_at(lex, at) != '.')
        return at;
    end = byte_at(lex, at + 1) == '"' ? skip_quoted(lex, at + 1) : skip_name(lex, at + 1);
    return end > at + 1 && end <= lex->text.len ? end : at;
}

size_t
tp_lex_path_end(const struct tp_lex *lex)
{
    size_t at = lex->token.at, end;

    if (lex->token.kind != TP_TOKEN_SYMBOL)
        at += lex->token.len;
    while ((end = skip_step(lex, at)) > at)
        at = end;
    return at;
}

/* Words that end or join expressions: as names without quotes they would hide mistakes. */
static const char *const reserved[] = {"and",  "or",   "not",   "null",    "true", "false",
                                       "case", "when", "then",  "else",    "end",  "in",
                                       "is",   "like", "ilike", "between", "as"};

bool
tp_lex_is_reserved(struct tp_str name)
{
    size_t i;

    for (i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (tp_text_equal_nocase(name, tp_str_of(reserved[i])))
            return true;
    return false;
}
