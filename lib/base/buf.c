#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

char *
tp_buf_grow(struct tp_buf *buf, size_t more)
{
    size_t cap = buf->cap < 64 ? 64 : buf->cap;
    char *ptr;

    if (buf->failed)
        return NULL;
    if (more > SIZE_MAX / 2 - buf->len) {
        buf->failed = true;
        return NULL;
    }
    while (cap - buf->len < more || cap < buf->len)
        cap *= 2;
    if (cap > buf->cap) {
        ptr = realloc(buf->ptr, cap);
        if (!ptr) {
            buf->failed = true;
            return NULL;
        }
        buf->ptr = ptr;
        buf->cap = cap;
    }
    return buf->ptr + buf->len;
}

void
tp_buf_printf(struct tp_buf *buf, const char *format, ...)
{
    va_list args;
    int need;
    char *to;

    va_start(args, format);
    need = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (need < 0) {
        buf->failed = true;
        return;
    }
    to = tp_buf_reserve(buf, (size_t)need + 1);
    if (!to)
        return;
    va_start(args, format);
    vsnprintf(to, (size_t)need + 1, format, args);
    va_end(args);
    buf->len += (size_t)need;
}

const char *
tp_buf_text(struct tp_buf *buf)
{
    char *end = tp_buf_reserve(buf, 1);

    if (!end)
        return "";
    *end = '\0';
    return buf->ptr;
}

void
tp_buf_release(struct tp_buf *buf)
{
    free(buf->ptr);
    *buf = (struct tp_buf)TP_BUF_INIT;
}
