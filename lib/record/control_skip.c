/*
 * Lines that are no control lines, in bulk. The name of a control line's first member stands in it
 * as it is, never escaped: so all that needs a closer look has an `@` before a `w` or a `b`.
 */
#include <string.h>

#include "record/control.h"

enum { STEP = 128 }; /* fewer than 256: a byte counts them */

/* A fixed number of bytes, which compilers turn into vector instructions. */
static unsigned
newlines_in_step(const char *p)
{
    unsigned char count = 0;

    for (int i = 0; i < STEP; i++)
        count = (unsigned char)(count + (p[i] == '\n'));
    return count;
}

static uint64_t
count_newlines(struct tp_str text)
{
    uint64_t count = 0;
    size_t at = 0;

    for (; text.len - at >= STEP; at += STEP)
        count += newlines_in_step(text.ptr + at);
    for (; at < text.len; at++)
        count += text.ptr[at] == '\n';
    return count;
}

/* The line of LINES that byte AT of it is in, without its newline. */
static struct tp_str
line_at(struct tp_str lines, size_t at)
{
    const char *before = memrchr(lines.ptr, '\n', at);
    const char *start = before ? before + 1 : lines.ptr;
    const char *end = memchr(lines.ptr + at, '\n', lines.len - at);

    return (struct tp_str){start, (size_t)((end ? end : lines.ptr + lines.len) - start)};
}

struct tp_str
tp_control_skip(struct tp_str lines, uint64_t *count)
{
    const char *end = lines.ptr + lines.len, *at = lines.ptr;

    while ((at = memchr(at, '@', (size_t)(end - at)))) {
        struct tp_str line;

        at++;
        if (at == end || (*at != 'w' && *at != 'b'))
            continue;
        line = line_at(lines, (size_t)(at - lines.ptr));
        if (tp_control_is(line)) {
            lines.len = (size_t)(line.ptr - lines.ptr);
            break;
        }
        at = line.ptr + line.len;
    }
    *count = count_newlines(lines);
    return lines;
}
