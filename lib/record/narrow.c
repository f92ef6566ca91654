#include "record/narrow.h"

#include <stdlib.h>
#include <string.h>

#include "record/member.h"
#include "value/text.h"

struct tp_narrow_member {
    int slot;
    size_t name, name_len; /* in `names`, with comma and colon */
};

/* Where a value is. Marks lie anywhere: they are copied, not pointed at. */
struct mark {
    uint32_t at, len;
    uint32_t kind; /* of the slot, + 1 */
};

static int
add_member(struct tp_narrow *n, struct tp_scan *scan, struct tp_str name, struct tp_err *err)
{
    struct tp_narrow_member *member = &n->member[n->count];

    member->slot = tp_scan_want_name(scan, name, err);
    if (member->slot < 0)
        return -1;
    member->name = n->names.len;
    tp_buf_put_char(&n->names, ',');
    tp_text_quote(name, &n->names);
    tp_buf_put_char(&n->names, ':');
    member->name_len = n->names.len - member->name;
    n->count++;
    return tp_buf_failed(&n->names) ? tp_err_memory(err) : 0;
}

int
tp_narrow_init(struct tp_narrow *n, struct tp_scan *scan, const struct tp_str *names, size_t count,
               struct tp_err *err)
{
    n->member = calloc(count + 1, sizeof *n->member);
    if (!n->member)
        return tp_err_memory(err);
    for (size_t i = 0; i < count; i++)
        if (add_member(n, scan, names[i], err) < 0)
            return -1;
    return 0;
}

void
tp_narrow_release(struct tp_narrow *n)
{
    free(n->member);
    tp_buf_release(&n->names);
}

static bool
is_quoted(const struct tp_slot *slot)
{
    return slot->kind == TP_SLOT_TEXT || slot->kind == TP_SLOT_ESCAPED;
}

/* Of the object: of each member its name, with comma (of the first a brace) and colon, the value
 * and its quotes; the last brace. */
static size_t
size_of(const struct tp_narrow *n, const struct tp_slot *slots)
{
    size_t size = 0;

    for (size_t i = 0; i < n->count; i++) {
        const struct tp_slot *slot = &slots[n->member[i].slot];

        if (slot->kind != TP_SLOT_MISSING)
            size += n->member[i].name_len + slot->len + 2 * (size_t)is_quoted(slot);
    }
    return size > 0 ? size + 1 : 2;
}

size_t
tp_narrow_mark(struct tp_narrow *n)
{
    n->marked = true;
    return n->count * sizeof(struct mark);
}

static char *
put_member(const struct tp_narrow *n, const struct tp_narrow_member *member,
           const struct tp_slot *slot, char *to)
{
    bool quoted = is_quoted(slot);

    to = mempcpy(to, n->names.ptr + member->name, member->name_len);
    return mempcpy(to, slot->ptr - quoted, slot->len + 2 * (size_t)quoted);
}

/* Of the value of SLOT, which was put into the object at START and ends at END. */
static void
put_mark(const struct tp_slot *slot, const char *start, const char *end, char *to)
{
    uint32_t at = (uint32_t)(end - start) - slot->len - is_quoted(slot);
    struct mark mark = {at, slot->len, (uint32_t)slot->kind + 1};

    memcpy(to, &mark, sizeof mark);
}

struct tp_str
tp_narrow_record(const struct tp_narrow *n, const struct tp_slot *slots, struct tp_arena *arena)
{
    size_t size = size_of(n, slots);
    size_t behind = n->marked ? n->count * sizeof(struct mark) + TP_SCAN_PADDING : 0;
    char *start = tp_arena_alloc(arena, size + behind), *at = start;

    if (!start)
        return (struct tp_str){NULL, 0};
    for (size_t i = 0; i < n->count; i++) {
        const struct tp_slot *slot = &slots[n->member[i].slot];

        if (slot->kind != TP_SLOT_MISSING)
            at = put_member(n, &n->member[i], slot, at);
        if (n->marked)
            put_mark(slot, start, at, start + size + i * sizeof(struct mark));
    }
    start[0] = '{'; /* in place of the first comma */
    start[size - 1] = '}';
    return (struct tp_str){start, size};
}

/* Does the member at AT, with the comma or brace before it, have this name? */
static bool
has_name(const struct tp_narrow *n, const struct tp_narrow_member *member, const char *at,
         const char *end)
{
    const char *name = n->names.ptr + member->name;

    return (size_t)(end - at) > member->name_len &&
           memcmp(at + 1, name + 1, member->name_len - 1) == 0;
}

static bool
read_marks(const struct tp_narrow *n, struct tp_str object, struct tp_slot *slots)
{
    const char *marks = object.ptr + object.len;

    for (size_t i = 0; i < n->count; i++) {
        struct mark mark;

        memcpy(&mark, marks + i * sizeof mark, sizeof mark);
        if (mark.kind == 0)
            return false;
        slots[i] = (struct tp_slot){object.ptr + mark.at, mark.len, mark.kind - 1};
    }
    return true;
}

/* What stands in the object, in the order of the names. */
static bool
read_members(const struct tp_narrow *n, struct tp_str object, struct tp_slot *slots)
{
    const char *end = object.ptr + object.len, *at = object.ptr;

    for (size_t i = 0; i < n->count; i++) {
        slots[i].kind = TP_SLOT_MISSING;
        if (has_name(n, &n->member[i], at, end))
            at = tp_member_value(at + n->member[i].name_len, end, &slots[i]);
    }
    if (at == object.ptr)
        at++; /* nothing was there but braces */
    return at + 1 == end && *at == '}';
}

bool
tp_narrow_read(const struct tp_narrow *n, struct tp_str object, struct tp_slot *slots)
{
    return (n->marked && read_marks(n, object, slots)) || read_members(n, object, slots);
}
