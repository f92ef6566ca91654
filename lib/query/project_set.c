/* Setting members of a line: the places that change, and the line around them. */
#include <stdlib.h>

#include "query/project_tree.h"
#include "record/member.h"

int
tp_splices_make(struct tp_project *p, struct tp_err *err)
{
    p->splice = calloc(p->fields_count + 1, sizeof *p->splice);
    return p->splice ? 0 : tp_err_memory(err);
}

/* FIELD at FROM, in the order of the line; those at one place stay in the order they came. */
static struct tp_splice *
add_splice(struct tp_project *p, const struct tp_field *field, const char *from)
{
    size_t i = p->splices++;

    for (; i > 0 && p->splice[i - 1].from > from; i--)
        p->splice[i] = p->splice[i - 1];
    p->splice[i].field = field;
    p->splice[i].from = from;
    return &p->splice[i];
}

/* FIELD's value becomes another. */
static void
add_change(struct tp_project *p, const struct tp_field *field, struct tp_str value)
{
    struct tp_splice *splice = add_splice(p, field, value.ptr);

    splice->to = value.ptr + value.len;
    splice->adds = splice->comma = false;
}

/* FIELD comes at the END of an object, behind others or not. */
static void
add_member(struct tp_project *p, const struct tp_field *field, const char *end, bool comma)
{
    struct tp_splice *splice = add_splice(p, field, end);

    splice->to = end;
    splice->adds = true;
    splice->comma = comma;
}

static bool
has_members(struct tp_str object)
{
    struct tp_members walk = tp_members_open(object);
    struct tp_member member;

    return tp_members_next(&walk, &member);
}

static int
refuse_way(const struct tp_field *field, const struct tp_slot *slot, struct tp_err *err)
{
    const char *kind = slot->kind == TP_SLOT_ARRAY                                   ? "an array"
                       : slot->kind == TP_SLOT_TEXT || slot->kind == TP_SLOT_ESCAPED ? "a string"
                       : slot->kind == TP_SLOT_TRUE || slot->kind == TP_SLOT_FALSE   ? "a boolean"
                                                                                     : "a number";

    return tp_err_set(err, TP_FAULT_RECORD, "%.*s is %s, not an object",
                      (int)(field->name.len < 60 ? field->name.len : 60), field->name.ptr, kind);
}

static int find(struct tp_project *p, const struct tp_field *fields, struct tp_str object, bool any,
                struct tp_err *err);

/* What FIELD changes, when the record has it. */
static int
find_present(struct tp_project *p, const struct tp_field *field, struct tp_err *err)
{
    const struct tp_slot *slot = &p->slots[field->slot];
    struct tp_str text = tp_slot_json(slot);

    if (field->item == TP_NO_ITEM && slot->kind == TP_SLOT_OBJECT)
        return find(p, field->below, text, has_members(text), err);
    if (field->item == TP_NO_ITEM && slot->kind != TP_SLOT_NULL)
        return refuse_way(field, slot, err);
    add_change(p, field, text);
    return 0;
}

/* What FIELDS change in OBJECT, which has ANY members. */
static int
find(struct tp_project *p, const struct tp_field *fields, struct tp_str object, bool any,
     struct tp_err *err)
{
    for (; fields; fields = fields->next) {
        if (p->slots[fields->slot].kind == TP_SLOT_MISSING) {
            add_member(p, fields, memrchr(object.ptr, '}', object.len), any);
            any = true;
        } else if (find_present(p, fields, err) < 0) {
            return -1;
        }
    }
    return 0;
}

int
tp_splices_find(struct tp_project *p, struct tp_err *err)
{
    p->splices = 0;
    return find(p, p->fields, p->line, p->members > 0, err);
}

void
tp_splices_write(struct tp_project *p, struct tp_buf *to)
{
    const char *at = p->line.ptr, *end = at + p->line.len;

    for (size_t i = 0; i < p->splices; i++) {
        const struct tp_splice *splice = &p->splice[i];
        bool any = splice->comma;

        tp_buf_put(to, at, (size_t)(splice->from - at));
        if (splice->adds)
            tp_field_put_key(splice->field, &any, to);
        tp_project_write_field(p, splice->field, to);
        at = splice->to;
    }
    tp_buf_put(to, at, (size_t)(end - at));
}
