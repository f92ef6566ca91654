/*
 * calls: reading lists of calls as users write them: `sum(bytes) FILTER (WHERE ok) AS total,
 * count`.
 *
 * What aggregates and running values share: words, keywords, the extent of an expression (which
 * query/expr compiles later), names behind AS. A struct tp_calls stands somewhere in the text,
 * which is borrowed; faults are TP_FAULT_USAGE with their place in it.
 */
#ifndef TP_QUERY_CALLS_H
#define TP_QUERY_CALLS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct tp_calls {
    const char *start, *at, *end;
    struct tp_err *err;
};

/* A fault at WHERE in the text: -1. */
#define TP_CALLS_FAIL(calls, where, ...) \
    tp_err_at((calls)->err, TP_FAULT_USAGE, (long)((where) - (calls)->start), __VA_ARGS__)

/* A letter, digit, `_`, or part of a character beyond ASCII. */
bool tp_calls_is_word_byte(char c);

void tp_calls_skip_space(struct tp_calls *calls);

/* Over white space and C, when it comes next. */
bool tp_calls_take_char(struct tp_calls *calls, char c);

/* A word, with points in it where POINTS (p99.9); empty when there is none. */
struct tp_str tp_calls_take_word(struct tp_calls *calls, bool points);

/* Over KEYWORD in any case, when it comes next. */
bool tp_calls_take_keyword(struct tp_calls *calls, struct tp_str keyword);

/* One expression, up to a comma or closing parenthesis that is not its own. -1 when it is empty or
 * not closed. */
int tp_calls_take_expression(struct tp_calls *calls, struct tp_str *expression);

/* Appends the name behind AS, bare or in double quotes. -1 when there is none. */
int tp_calls_take_alias(struct tp_calls *calls, struct tp_buf *to);

/* Appends TEXT as part of a column's name: each run of bytes that no bare name has as one `_`. */
void tp_calls_put_name_part(struct tp_buf *to, struct tp_str text);

#endif
