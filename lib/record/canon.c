#include "record/canon.h"

#include <endian.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "record/member.h"
#include "value/num.h"
#include "value/text.h"

struct tp_canon_member {
    size_t name, len; /* in names */
    struct tp_slot value;
};

static int put_value(struct tp_canon *canon, const struct tp_slot *slot, struct tp_buf *to);

/* Lengths go in front, so that no content can look like what follows it; in one byte order, as
 * saved state holds digests of this. */
static void
put_length(struct tp_buf *to, size_t len)
{
    uint64_t length = htole64(len);

    tp_buf_put(to, &length, sizeof length);
}

static void
put_text(struct tp_buf *to, char tag, struct tp_str text)
{
    tp_buf_put_char(to, tag);
    put_length(to, text.len);
    tp_buf_put_str(to, text);
}

static int
compare_names(const struct tp_canon *canon, const struct tp_canon_member *a,
              const struct tp_canon_member *b)
{
    return tp_str_compare((struct tp_str){canon->names.ptr + a->name, a->len},
                          (struct tp_str){canon->names.ptr + b->name, b->len});
}

/* qsort_r's: of one name the earlier first, so that the last is the one that counts. */
static int
compare_members(const void *x, const void *y, void *context)
{
    const struct tp_canon_member *a = x, *b = y;
    int order = compare_names(context, a, b);

    return order ? order : (a->name > b->name) - (a->name < b->name);
}

static int
add_member(struct tp_canon *canon, const struct tp_member *member)
{
    struct tp_canon_member *added;

    if (canon->count == canon->cap) {
        size_t cap = canon->cap ? canon->cap * 2 : 32;

        added = realloc(canon->member, cap * sizeof *added);
        if (!added)
            return -1;
        canon->member = added;
        canon->cap = cap;
    }
    added = &canon->member[canon->count++];
    added->value = member->value;
    added->name = canon->names.len;
    if (member->name_escaped)
        tp_text_unescape(member->name, &canon->names);
    else
        tp_buf_put_str(&canon->names, member->name);
    added->len = canon->names.len - added->name;
    /* Also an empty name has a place of its own, by which equal ones are told apart. */
    tp_buf_put_char(&canon->names, '\0');
    return tp_buf_failed(&canon->names) ? -1 : 0;
}

/* Writes the members from FIRST on, sorted; they may move as objects within them are written. */
static int
put_members(struct tp_canon *canon, size_t first, struct tp_buf *to)
{
    size_t end = canon->count;

    for (size_t i = first; i < end; i++) {
        const struct tp_canon_member *m = &canon->member[i];
        struct tp_slot value = m->value;

        if (i + 1 < end && compare_names(canon, m, m + 1) == 0)
            continue;
        put_text(to, '.', (struct tp_str){canon->names.ptr + m->name, m->len});
        if (put_value(canon, &value, to) < 0)
            return -1;
    }
    return 0;
}

static int
put_object(struct tp_canon *canon, struct tp_str object, struct tp_buf *to)
{
    size_t first = canon->count, names = canon->names.len;
    struct tp_members walk = tp_members_open(object);
    struct tp_member member;

    while (tp_members_next(&walk, &member))
        if (add_member(canon, &member) < 0)
            return -1;
    if (canon->count - first > 1)
        qsort_r(canon->member + first, canon->count - first, sizeof *canon->member, compare_members,
                canon);
    tp_buf_put_char(to, '{');
    if (put_members(canon, first, to) < 0)
        return -1;
    tp_buf_put_char(to, '}');
    canon->count = first;
    canon->names.len = names;
    return 0;
}

static int
put_array(struct tp_canon *canon, struct tp_str array, struct tp_buf *to)
{
    struct tp_members walk = tp_elements_open(array);
    struct tp_slot value;

    tp_buf_put_char(to, '[');
    while (tp_elements_next(&walk, &value))
        if (put_value(canon, &value, to) < 0)
            return -1;
    tp_buf_put_char(to, ']');
    return 0;
}

/* A tag and a text whose length is known only when it is written. */
static void
put_written(struct tp_buf *to, char tag, struct tp_str text,
            void (*write)(struct tp_str text, struct tp_buf *to))
{
    size_t from = to->len + 1;
    uint64_t length;

    put_text(to, tag, (struct tp_str){"", 0});
    write(text, to);
    if (tp_buf_failed(to))
        return;
    length = htole64(to->len - from - sizeof length);
    memcpy(to->ptr + from, &length, sizeof length);
}

static int
put_value(struct tp_canon *canon, const struct tp_slot *slot, struct tp_buf *to)
{
    struct tp_str text = {slot->ptr, slot->len};

    switch (slot->kind) {
    case TP_SLOT_MISSING:
    case TP_SLOT_NULL:
        tp_buf_put_char(to, '0');
        return 0;
    case TP_SLOT_TRUE:
        tp_buf_put_char(to, 't');
        return 0;
    case TP_SLOT_FALSE:
        tp_buf_put_char(to, 'f');
        return 0;
    case TP_SLOT_INTEGER:
    case TP_SLOT_REAL:
        put_written(to, '#', text, tp_num_canonical);
        return 0;
    case TP_SLOT_TEXT:
        put_text(to, '"', text);
        return 0;
    case TP_SLOT_ESCAPED:
        put_written(to, '"', text, tp_text_unescape);
        return 0;
    case TP_SLOT_OBJECT:
        return put_object(canon, text, to);
    case TP_SLOT_ARRAY:
        return put_array(canon, text, to);
    }
    return 0;
}

int
tp_canon_put(struct tp_canon *canon, struct tp_str object, struct tp_buf *to)
{
    canon->count = 0;
    tp_buf_clear(&canon->names);
    return put_object(canon, object, to) < 0 || tp_buf_failed(to) ? -1 : 0;
}

void
tp_canon_release(struct tp_canon *canon)
{
    free(canon->member);
    tp_buf_release(&canon->names);
    *canon = (struct tp_canon)TP_CANON_INIT;
}
