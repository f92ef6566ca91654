/*
 * fetch: asks for memory that will be needed soon, so that it is not waited for then.
 */
#ifndef TP_BASE_FETCH_H
#define TP_BASE_FETCH_H

#include <stddef.h>
#include <stdint.h>

enum { TP_FETCH_LINE = 64 };

/* The cache lines of SIZE bytes from AT on, to be changed. */
static inline void
tp_fetch(const void *at, size_t size)
{
    const char *from = at, *line = from - (uintptr_t)from % TP_FETCH_LINE;

    for (; line < from + size; line += TP_FETCH_LINE)
        __builtin_prefetch(line, 1);
}

#endif
