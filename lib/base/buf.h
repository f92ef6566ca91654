/*
 * buf: a growing run of bytes.
 *
 * The buffer owns ptr; what it lends is valid until the next verb that appends. When memory runs
 * out the buffer turns `failed`: every later append does nothing, and the owner asks once, before
 * it uses the bytes, with tp_buf_failed(). All zero is a valid empty buffer.
 */
#ifndef TP_BASE_BUF_H
#define TP_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/str.h"

struct tp_buf {
    char *ptr;
    size_t len;
    size_t cap;
    bool failed;
};

#define TP_BUF_INIT       \
    {                     \
        NULL, 0, 0, false \
    }

/* Makes room for MORE bytes behind len; returns where they go, or NULL when memory ran out.
 * The caller writes there and adds to len what it wrote. */
char *tp_buf_grow(struct tp_buf *buf, size_t more);

static inline char *
tp_buf_reserve(struct tp_buf *buf, size_t more)
{
    if (buf->ptr && buf->cap - buf->len >= more && !buf->failed)
        return buf->ptr + buf->len;
    return tp_buf_grow(buf, more);
}

static inline void
tp_buf_put(struct tp_buf *buf, const void *bytes, size_t len)
{
    char *to = tp_buf_reserve(buf, len);

    if (to && len) {
        memcpy(to, bytes, len);
        buf->len += len;
    }
}

static inline void
tp_buf_put_str(struct tp_buf *buf, struct tp_str text)
{
    tp_buf_put(buf, text.ptr, text.len);
}

static inline void
tp_buf_put_char(struct tp_buf *buf, char c)
{
    tp_buf_put(buf, &c, 1);
}

/* The same for short texts, with TP_BUF_PADDING - 1 readable bytes behind them: copying by steps
 * takes no call of memcpy, and fewer branches. */
#define TP_BUF_PADDING 16

static inline void
tp_buf_put_padded(struct tp_buf *buf, struct tp_str text)
{
    char *to = tp_buf_reserve(buf, text.len + TP_BUF_PADDING);

    if (!to)
        return;
    for (size_t i = 0; i < text.len; i += TP_BUF_PADDING)
        memcpy(to + i, text.ptr + i, TP_BUF_PADDING);
    buf->len += text.len;
}

/* Appends a string literal. */
#define TP_BUF_PUT(buf, literal) tp_buf_put((buf), (literal), sizeof(literal) - 1)

void tp_buf_printf(struct tp_buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* NUL-terminates (the NUL is not counted in len) and lends the text; "" when memory ran out. */
const char *tp_buf_text(struct tp_buf *buf);

static inline struct tp_str
tp_buf_str(const struct tp_buf *buf)
{
    return (struct tp_str){buf->ptr, buf->len};
}

static inline bool
tp_buf_failed(const struct tp_buf *buf)
{
    return buf->failed;
}

/* Empties it and keeps the memory. */
static inline void
tp_buf_clear(struct tp_buf *buf)
{
    buf->len = 0;
    buf->failed = false;
}

/* Gives the memory back; the buffer is empty and can be used again. */
void tp_buf_release(struct tp_buf *buf);

#endif
