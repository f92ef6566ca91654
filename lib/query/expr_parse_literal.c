/* Literals: strings, numbers, timestamps and durations. */
#include "query/expr_cast.h"
#include "query/expr_parse.h"
#include "value/num.h"
#include "value/text.h"

static int
next(struct tp_compile *c)
{
    return tp_lex_next(c->lex, c->err);
}

/* Text of a '…' token with its quotes undone, in the expression's arena. */
static int
parse_text(struct tp_compile *c, struct tp_str *text)
{
    struct tp_str token = tp_lex_text(c->lex);
    char *to = tp_arena_alloc(&c->expr->nodes, token.len);
    size_t len = 0, i;

    if (!to)
        return tp_err_memory(c->err);
    for (i = 1; i + 1 < token.len; i++) {
        to[len++] = token.ptr[i];
        i += token.ptr[i] == '\'';
    }
    *text = (struct tp_str){to, len};
    return next(c);
}

struct tp_node *
tp_parse_text_literal(struct tp_compile *c)
{
    size_t at = c->lex->token.at;
    struct tp_str text = {0};

    if (parse_text(c, &text) < 0)
        return NULL;
    return tp_node_closed(c, tp_node_constant(c, tp_text(text), at));
}

struct tp_node *
tp_parse_number(struct tp_compile *c)
{
    size_t at = c->lex->token.at;
    struct tp_value value;

    if (!tp_read_number(tp_lex_text(c->lex), &value)) {
        tp_compile_fail(c, at, "a number of more than %d characters", TP_NUMBER_MAX);
        return NULL;
    }
    return next(c) < 0 ? NULL : tp_node_closed(c, tp_node_constant(c, value, at));
}

/* INTERVAL '5' MINUTE, or INTERVAL '1h30m' without a unit. */
static const struct {
    const char *word;
    tp_duration length;
} units[] = {{"nanosecond", 1},
             {"microsecond", TP_MICROSECOND},
             {"millisecond", TP_MILLISECOND},
             {"second", TP_SECOND},
             {"minute", TP_MINUTE},
             {"hour", TP_HOUR},
             {"day", TP_DAY},
             {"week", 7 * TP_DAY}};

/* -1: no fixed length. 0: no unit. */
static tp_duration
unit_length(struct tp_str word)
{
    size_t i;

    if (word.len > 1 && (word.ptr[word.len - 1] | 0x20) == 's')
        word.len--;
    if (tp_text_equal_nocase(word, TP_STR("month")) || tp_text_equal_nocase(word, TP_STR("year")))
        return -1;
    for (i = 0; i < sizeof units / sizeof *units; i++)
        if (tp_text_equal_nocase(word, tp_str_of(units[i].word)))
            return units[i].length;
    return 0;
}

/* `5`, `-2`, `1.5`: exactly, in units of LENGTH. */
static int
count_units(struct tp_compile *c, size_t at, struct tp_str text, tp_duration length,
            tp_duration *duration)
{
    struct tp_value count;
    int64_t scale = 1;
    __int128 product;
    int i;

    if (!tp_num_parse(text, &count) || (count.kind == TP_REAL && count.scale == TP_NO_SCALE))
        return tp_compile_fail(c, at, "INTERVAL '%.*s': expected a number before the unit",
                               (int)(text.len < 40 ? text.len : 40), text.ptr);
    for (i = 0; count.kind == TP_REAL && i < count.scale; i++)
        scale *= 10;
    product = (__int128)(count.kind == TP_INT ? count.integer : count.mantissa) * length / scale;
    if (product > INT64_MAX || product < -INT64_MAX)
        return tp_compile_fail(c, at, "INTERVAL: longer than 292 years");
    *duration = (tp_duration)product;
    return 0;
}

struct tp_node *
tp_parse_interval(struct tp_compile *c, size_t at)
{
    struct tp_value value = {.kind = TP_DURATION};
    size_t text_at;
    struct tp_str text = {0};
    struct tp_err reason;
    tp_duration length;

    if (next(c) < 0)
        return NULL;
    text_at = c->lex->token.at;
    if (parse_text(c, &text) < 0)
        return NULL;
    length = c->lex->token.kind == TP_TOKEN_NAME ? unit_length(tp_lex_text(c->lex)) : 0;
    if (length > 0) {
        if (count_units(c, text_at, text, length, &value.duration) < 0 || next(c) < 0)
            return NULL;
    } else if (length < 0) {
        tp_compile_fail(c, c->lex->token.at, "months and years have no fixed length");
        return NULL;
    } else if (tp_duration_parse(text, &value.duration, &reason) < 0) {
        tp_compile_fail(c, text_at, "INTERVAL: %s", reason.text);
        return NULL;
    }
    return tp_node_closed(c, tp_node_constant(c, value, at));
}

struct tp_node *
tp_parse_timestamp(struct tp_compile *c, size_t at)
{
    struct tp_value value = {.kind = TP_TIME};
    struct tp_err reason;
    struct tp_str text = {0};
    size_t text_at;
    bool zoneless;

    if (next(c) < 0)
        return NULL;
    text_at = c->lex->token.at;
    if (parse_text(c, &text) < 0)
        return NULL;
    if (tp_time_parse(text, &value.time, &zoneless, &reason) < 0) {
        tp_compile_fail(c, text_at, "TIMESTAMP: %s", reason.text);
        return NULL;
    }
    return tp_node_closed(c, tp_node_constant(c, value, at));
}
