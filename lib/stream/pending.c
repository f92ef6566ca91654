#include "stream/pending.h"

#include <string.h>

struct head {
    uint64_t behind;
    size_t len;
};

/* What is left moves to the front when that is cheap: each byte moves once, on average. */
static void
compact(struct tp_pending *pending)
{
    struct tp_buf *lines = &pending->lines;

    if (pending->passed <= lines->len / 2)
        return;
    memmove(lines->ptr, lines->ptr + pending->passed, lines->len - pending->passed);
    lines->len -= pending->passed;
    pending->passed = 0;
}

int
tp_pending_put(struct tp_pending *pending, uint64_t behind, struct tp_str line)
{
    struct head head = {behind, line.len};

    compact(pending);
    tp_buf_put(&pending->lines, &head, sizeof head);
    tp_buf_put_str(&pending->lines, line);
    return tp_buf_failed(&pending->lines) ? -1 : 0;
}

bool
tp_pending_next(struct tp_pending *pending, uint64_t answered, struct tp_str *line)
{
    struct head head;
    const char *at;

    if (pending->passed == pending->lines.len)
        return false;
    at = pending->lines.ptr + pending->passed;
    memcpy(&head, at, sizeof head);
    if (head.behind > answered)
        return false;
    *line = (struct tp_str){at + sizeof head, head.len};
    pending->passed += sizeof head + head.len;
    return true;
}

size_t
tp_pending_bytes(const struct tp_pending *pending)
{
    return pending->lines.len - pending->passed;
}

void
tp_pending_release(struct tp_pending *pending)
{
    tp_buf_release(&pending->lines);
    pending->passed = 0;
}
