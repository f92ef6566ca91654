/*
 * str: a borrowed run of bytes, with its length. It may contain NUL and need not end with one.
 */
#ifndef TP_BASE_STR_H
#define TP_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct tp_str {
    const char *ptr;
    size_t len;
};

#define TP_STR(literal) ((struct tp_str){(literal), sizeof(literal) - 1})

static inline struct tp_str
tp_str_of(const char *text)
{
    return (struct tp_str){text, strlen(text)};
}

static inline bool
tp_str_equal(struct tp_str a, struct tp_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Bytewise order, shorter first when one is the prefix of the other: <0, 0, >0. */
static inline int
tp_str_compare(struct tp_str a, struct tp_str b)
{
    size_t shared = a.len < b.len ? a.len : b.len;
    int order = shared ? memcmp(a.ptr, b.ptr, shared) : 0;

    return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* White space as JSON has it (RFC 8259, section 2). */
static inline bool
tp_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* TEXT without the white space around it. */
static inline struct tp_str
tp_str_trim(struct tp_str text)
{
    while (text.len && tp_is_space(text.ptr[0])) {
        text.ptr++;
        text.len--;
    }
    while (text.len && tp_is_space(text.ptr[text.len - 1]))
        text.len--;
    return text;
}

#endif
