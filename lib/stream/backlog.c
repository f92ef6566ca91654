#include "stream/backlog.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "stream/spill.h"

enum { BLOCK = 256 * 1024 };

/* In order: front[taken, len), the blocks of spill from `read` on, back. */
struct tp_backlog {
    struct tp_buf front, back;
    size_t taken;
    struct tp_spill *spill; /* NULL: never needed */
    uint64_t read;
};

struct tp_backlog *
tp_backlog_new(void)
{
    return calloc(1, sizeof(struct tp_backlog));
}

void
tp_backlog_free(struct tp_backlog *b)
{
    if (!b)
        return;
    tp_buf_release(&b->front);
    tp_buf_release(&b->back);
    tp_spill_free(b->spill);
    free(b);
}

static bool
has_spilled(const struct tp_backlog *b)
{
    return b->spill && b->read < tp_spill_end(b->spill);
}

static int
spill_back(struct tp_backlog *b, struct tp_err *err)
{
    if (!b->spill)
        b->spill = tp_spill_new(err);
    if (!b->spill || tp_spill_write(b->spill, tp_buf_str(&b->back), err) < 0)
        return -1;
    tp_buf_clear(&b->back);
    return 0;
}

char *
tp_backlog_room(struct tp_backlog *b, size_t *len, struct tp_err *err)
{
    char *room;

    if (b->back.len == BLOCK && spill_back(b, err) < 0)
        return NULL;
    *len = BLOCK - b->back.len;
    room = tp_buf_reserve(&b->back, *len);
    if (!room)
        tp_err_memory(err);
    return room;
}

void
tp_backlog_filled(struct tp_backlog *b, size_t len)
{
    b->back.len += len;
}

/* The oldest spilled block becomes the front. */
static int
fetch(struct tp_backlog *b, struct tp_err *err)
{
    uint64_t from = b->read;

    if (tp_spill_read(b->spill, &b->read, &b->front, err) < 0)
        return -1;
    tp_spill_forget(b->spill, from, b->read);
    if (has_spilled(b))
        return 0;
    b->read = 0;
    return tp_spill_clear(b->spill, err);
}

static int
refill(struct tp_backlog *b, struct tp_err *err)
{
    struct tp_buf empty = b->front;

    tp_buf_clear(&empty);
    b->taken = 0;
    if (has_spilled(b)) {
        b->front = empty;
        return fetch(b, err);
    }
    b->front = b->back;
    b->back = empty;
    return 0;
}

ssize_t
tp_backlog_take(struct tp_backlog *b, char *to, size_t len, struct tp_err *err)
{
    size_t there;

    if (b->taken == b->front.len && refill(b, err) < 0)
        return -1;
    there = b->front.len - b->taken;
    if (there == 0)
        return 0;
    if (len > there)
        len = there;
    memcpy(to, b->front.ptr + b->taken, len);
    b->taken += len;
    return (ssize_t)len;
}

bool
tp_backlog_is_empty(const struct tp_backlog *b)
{
    return b->taken == b->front.len && !has_spilled(b) && b->back.len == 0;
}

uint64_t
tp_backlog_spilled(const struct tp_backlog *b)
{
    return b->spill ? tp_spill_bytes(b->spill) : 0;
}
