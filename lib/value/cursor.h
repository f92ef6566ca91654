/*
 * cursor: what the readers of times share: a place in a text, digits, offsets, and how a text that
 * is no time is refused. Private to this floor.
 */
#ifndef TP_VALUE_CURSOR_H
#define TP_VALUE_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct tp_cursor {
    const char *at;
    const char *end;
};

static inline bool
tp_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The number of the two digits at P, or -1. */
static inline int
tp_two_digits(const char *p)
{
    return tp_is_digit(p[0]) && tp_is_digit(p[1]) ? (p[0] - '0') * 10 + (p[1] - '0') : -1;
}

static inline bool
tp_cursor_skip(struct tp_cursor *cursor, char c)
{
    if (cursor->at == cursor->end || *cursor->at != c)
        return false;
    cursor->at++;
    return true;
}

/* Two digits; -1, unmoved, when they are not there. */
static inline int
tp_cursor_two(struct tp_cursor *cursor)
{
    int number = cursor->end - cursor->at < 2 ? -1 : tp_two_digits(cursor->at);

    if (number >= 0)
        cursor->at += 2;
    return number;
}

/* A number of LEAST to MOST (up to 9) digits; -1, unmoved, when there are fewer. */
int tp_cursor_digits(struct tp_cursor *cursor, int least, int most);

/* Fraction digits as nanoseconds, those behind the ninth cut off; -1 when there is none. */
int32_t tp_cursor_fraction(struct tp_cursor *cursor);

/* `Z`, `z`, +-hh:mm, +-hhmm or +-hh. False, unmoved, when there is none. */
bool tp_cursor_offset(struct tp_cursor *cursor, int32_t *offset);

/* `no time: "TEXT" (REASON)`, a TP_FAULT_RECORD; returns -1. */
int tp_time_refuse(struct tp_err *err, struct tp_str text, long at, const char *reason);

/* `time out of range: "TEXT" (from … to …)`. */
int tp_time_refuse_range(struct tp_err *err, struct tp_str text);

/* A text as messages show it: about 40 bytes, control characters replaced. */
struct tp_excerpt {
    char text[48];
};

struct tp_excerpt tp_excerpt_of(struct tp_str text);

#endif
