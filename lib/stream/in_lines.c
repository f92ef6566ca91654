#include "stream/in_lines.h"

#include <stdlib.h>
#include <string.h>

#define EXCERPT 200 /* bytes of a line that is too long */

void
tp_in_lines_release(struct tp_in_lines *l)
{
    free(l->mem);
}

/* --- taking in ---------------------------------------------------------------------------------*/

static void
move_to_front(struct tp_in_lines *l)
{
    if (!l->start)
        return;
    memmove(l->mem, l->mem + l->start, l->len - l->start);
    l->mem_offset += l->start;
    l->len -= l->start;
    l->fresh -= l->start;
    l->complete -= l->start;
    l->start = 0;
}

/* For one more block, a newline and the padding. Doubling, but not beyond what the longest line
 * needs: the rest would never be used. */
static int
grow(struct tp_in_lines *l, struct tp_err *err)
{
    size_t need = l->len + l->block + 1;
    size_t largest = l->max_line + l->block + 1;
    size_t cap = l->cap ? l->cap * 2 : l->block * 2;
    char *mem;

    if (need <= l->cap)
        return 0;
    if (cap > largest)
        cap = largest;
    if (cap < need)
        cap = need;
    mem = realloc(l->mem, cap + TP_IN_PADDING);
    if (!mem)
        return tp_err_memory(err);
    l->mem = mem;
    l->cap = cap;
    return 0;
}

int
tp_in_lines_make_room(struct tp_in_lines *l, struct tp_err *err)
{
    move_to_front(l);
    return grow(l, err);
}

/* Skips what belongs to a dropped line at the front of [len, len+got); returns what is left. */
static size_t
drop(struct tp_in_lines *l, size_t got)
{
    char *from = l->mem + l->len;
    char *newline = memchr(from, '\n', got);
    size_t dropped = newline ? (size_t)(newline - from) + 1 : got;

    l->dropping = !newline;
    memmove(from, from + dropped, got - dropped);
    l->mem_offset += dropped;
    return got - dropped;
}

/* Only the new bytes are searched for newlines, so that a long line that comes in bits costs no
 * more than its length. */
void
tp_in_lines_take(struct tp_in_lines *l, size_t got)
{
    const char *from = l->mem + l->len;
    const char *newline;

    if (l->dropping)
        got = drop(l, got);
    newline = memrchr(from, '\n', got);
    l->len += got;
    if (newline)
        l->complete = (size_t)(newline - l->mem) + 1;
    /* Whoever reads the padding reads zeros, with room left for a newline added at the end. */
    memset(l->mem + l->len, 0, TP_IN_PADDING + 1);
}

void
tp_in_lines_forget(struct tp_in_lines *l)
{
    l->len = l->complete = 0;
}

void
tp_in_lines_skip(struct tp_in_lines *l, size_t count)
{
    l->start = l->fresh = count;
    if (l->complete < count)
        l->complete = count;
}

/* --- giving out --------------------------------------------------------------------------------*/

static enum tp_in_state
give(struct tp_in_lines *l, size_t end, struct tp_str *block)
{
    *block = (struct tp_str){l->mem + l->start, end - l->start};
    l->offset = l->mem_offset + l->start;
    l->start = l->fresh = end;
    return TP_IN_BLOCK;
}

/* Reports [start, end), of which more may come, as too long, and forgets it. The excerpt is what is
 * there in any case, so that it does not depend on how the line came in. */
static enum tp_in_state
give_too_long(struct tp_in_lines *l, size_t end, struct tp_str *block)
{
    give(l, end, block);
    if (l->complete < end)
        l->complete = end;
    block->len = l->max_line < EXCERPT ? l->max_line + 1 : EXCERPT;
    return TP_IN_TOO_LONG;
}

/* Where the first line of [fresh, complete) that is too long begins, or complete. Leaps from
 * newline to newline, a longest line at a time. */
static size_t
first_too_long(const struct tp_in_lines *l)
{
    size_t at = l->fresh;

    while (l->complete - at > l->max_line + 1) {
        const char *newline = memrchr(l->mem + at, '\n', l->max_line + 1);

        if (!newline)
            return at;
        at = (size_t)(newline - l->mem) + 1;
    }
    return l->complete;
}

enum tp_in_state
tp_in_lines_give(struct tp_in_lines *l, struct tp_str *block)
{
    size_t end = first_too_long(l);
    const char *newline;

    if (end > l->fresh)
        return give(l, end, block);
    newline = memchr(l->mem + end, '\n', l->complete - end);
    return give_too_long(l, (size_t)(newline - l->mem) + 1, block);
}

bool
tp_in_lines_is_overlong(const struct tp_in_lines *l)
{
    return l->len - l->start > l->max_line;
}

enum tp_in_state
tp_in_lines_give_overlong(struct tp_in_lines *l, struct tp_str *block)
{
    l->dropping = l->len > l->complete;
    return give_too_long(l, l->len, block);
}

enum tp_in_state
tp_in_lines_give_rest(struct tp_in_lines *l, struct tp_str *block, bool *unterminated)
{
    if (l->len == l->start)
        return TP_IN_END;
    if (l->len > l->complete) {
        *unterminated = true;
        l->mem[l->len++] = '\n';
        l->complete = l->len;
    }
    return give(l, l->len, block);
}

void
tp_in_lines_keep(struct tp_in_lines *l, const char *from)
{
    l->start = (size_t)(from - l->mem);
}

bool
tp_in_lines_gathers(const struct tp_in_lines *l)
{
    size_t kept = l->fresh - l->start, there = l->len - l->start;

    return there < 2 * kept && there < l->max_line;
}
