#include "record/omit.h"

#include "record/member.h"

struct tp_omit_name {
    struct tp_str name;
    bool is_prefix;
    bool whole; /* the member itself goes; else only what is below it */
    struct tp_omit_name *below, *next;
};

static struct tp_omit_name *
add_name(struct tp_omit *omit, struct tp_omit_name **list, struct tp_str name, bool is_prefix)
{
    struct tp_omit_name *added;

    for (; *list; list = &(*list)->next)
        if ((*list)->is_prefix == is_prefix && tp_str_equal((*list)->name, name))
            return *list;
    added = tp_arena_alloc(&omit->memory, sizeof *added);
    if (!added)
        return NULL;
    *added =
        (struct tp_omit_name){.name = tp_arena_copy(&omit->memory, name), .is_prefix = is_prefix};
    if (!added->name.ptr)
        return NULL;
    *list = added;
    return added;
}

int
tp_omit_path(struct tp_omit *omit, const struct tp_path *path, struct tp_err *err)
{
    struct tp_omit_name **list = &omit->names, *name = NULL;

    for (size_t i = 0; i < path->count; i++) {
        if (path->step[i].is_index)
            return tp_err_set(err, TP_FAULT_USAGE, "an element of an array cannot be left out");
        name = add_name(omit, list, path->step[i].name, false);
        if (!name)
            return tp_err_memory(err);
        list = &name->below;
    }
    if (name)
        name->whole = true;
    return 0;
}

int
tp_omit_prefix(struct tp_omit *omit, struct tp_str prefix, struct tp_err *err)
{
    struct tp_omit_name *name = add_name(omit, &omit->names, prefix, true);

    if (!name)
        return tp_err_memory(err);
    name->whole = omit->prefixes = true;
    return 0;
}

static bool
meets(const struct tp_omit_name *rule, struct tp_str name)
{
    if (rule->is_prefix && name.len > rule->name.len)
        name.len = rule->name.len;
    return tp_str_equal(rule->name, name);
}

/* Does MEMBER go? If not, *BELOW is what goes below it; NULL: nothing. */
static bool
goes(struct tp_omit *omit, const struct tp_omit_name *rules, const struct tp_member *member,
     const struct tp_omit_name **below)
{
    struct tp_str name;

    *below = NULL;
    tp_buf_clear(&omit->scratch);
    name = tp_member_name(member, &omit->scratch);
    for (; rules; rules = rules->next) {
        if (!meets(rules, name))
            continue;
        if (rules->whole)
            return true;
        *below = rules->below;
    }
    return false;
}

/* What stands before a member goes with it, but for the comma of the first one that stays. */
static void
copy(struct tp_omit *omit, const struct tp_omit_name *rules, struct tp_str object,
     struct tp_buf *to)
{
    struct tp_members walk = tp_members_open(object);
    struct tp_member member;
    const struct tp_omit_name *below;
    const char *before = object.ptr, *end = object.ptr + object.len;
    bool first = true, any = false;

    while (tp_members_next(&walk, &member)) {
        const char *name = member.text.ptr, *stop = name + member.text.len;

        if (first)
            tp_buf_put(to, before, (size_t)(name - before));
        first = false;
        if (!goes(omit, rules, &member, &below)) {
            const char *from = any ? before : name, *value = member.value.ptr;

            any = true;
            if (below && member.value.kind == TP_SLOT_OBJECT) {
                tp_buf_put(to, from, (size_t)(value - from));
                copy(omit, below, (struct tp_str){value, member.value.len}, to);
            } else {
                tp_buf_put(to, from, (size_t)(stop - from));
            }
        }
        before = stop;
    }
    tp_buf_put(to, before, (size_t)(end - before));
}

void
tp_omit_copy(struct tp_omit *omit, struct tp_str object, struct tp_buf *to)
{
    copy(omit, omit->names, object, to);
    to->failed |= omit->scratch.failed;
}

void
tp_omit_release(struct tp_omit *omit)
{
    tp_arena_release(&omit->memory);
    tp_buf_release(&omit->scratch);
    *omit = (struct tp_omit){0};
}
