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

/* At most: braces; of each member its name, a comma, the value and its quotes. */
static size_t
size_of(const struct tp_narrow *n, const struct tp_slot *slots)
{
    size_t size = 2 + n->names.len;

    for (size_t i = 0; i < n->count; i++)
        if (slots[n->member[i].slot].kind != TP_SLOT_MISSING)
            size += slots[n->member[i].slot].len + 2;
    return size;
}

size_t
tp_narrow_mark(struct tp_narrow *n)
{
    n->marked = true;
    return n->count * sizeof(struct mark);
}

/* Of the value of SLOT, which was copied into the object at START and ends at END. */
static struct mark
mark_of(const struct tp_slot *slot, const char *start, const char *end)
{
    bool quoted = slot->kind == TP_SLOT_TEXT || slot->kind == TP_SLOT_ESCAPED;
    uint32_t at = (uint32_t)(end - start) - slot->len - quoted;

    return (struct mark){at, slot->len, (uint32_t)slot->kind + 1};
}

static void
put_mark(char *marks, size_t i, struct mark mark)
{
    memcpy(marks + i * sizeof mark, &mark, sizeof mark);
}

struct tp_str
tp_narrow_record(const struct tp_narrow *n, const struct tp_slot *slots, struct tp_arena *arena)
{
    size_t size = size_of(n, slots), marks = n->marked ? n->count * sizeof(struct mark) : 0;
    char *start = tp_arena_alloc(arena, size + marks), *at = start;

    if (!start)
        return (struct tp_str){NULL, 0};
    for (size_t i = 0; i < n->count; i++) {
        const struct tp_narrow_member *member = &n->member[i];
        const struct tp_slot *slot = &slots[member->slot];
        struct tp_str json;

        if (slot->kind != TP_SLOT_MISSING) {
            json = tp_slot_json(slot);
            at = mempcpy(at, n->names.ptr + member->name, member->name_len);
            at = mempcpy(at, json.ptr, json.len);
        }
        if (marks)
            put_mark(start + size, i, mark_of(slot, start, at));
    }
    if (at == start)
        at++;
    *start = '{'; /* in place of the first comma */
    *at++ = '}';
    memmove(at, start + size, marks);
    return (struct tp_str){start, (size_t)(at - start)};
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

bool
tp_narrow_read(const struct tp_narrow *n, struct tp_str object, struct tp_slot *slots)
{
    const char *end = object.ptr + object.len, *at = object.ptr;

    if (n->marked && read_marks(n, object, slots))
        return true;
    for (size_t i = 0; i < n->count; i++) {
        slots[i].kind = TP_SLOT_MISSING;
        if (has_name(n, &n->member[i], at, end))
            at = tp_member_value(at + n->member[i].name_len, end, &slots[i]);
    }
    if (at == object.ptr)
        at++; /* nothing was there but braces */
    return at + 1 == end && *at == '}';
}
