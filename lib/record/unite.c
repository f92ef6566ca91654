#include "record/unite.h"

#include <stdlib.h>

#include "record/member.h"
#include "value/text.h"

enum { LEFT, RIGHT };

void
tp_unite_release(struct tp_unite *unite)
{
    for (int side = LEFT; side <= RIGHT; side++) {
        free(unite->name[side]);
        tp_buf_release(&unite->text[side]);
    }
}

static int
push_name(struct tp_unite *u, int side, struct tp_str name)
{
    if (u->count[side] == u->cap[side]) {
        size_t cap = u->cap[side] ? 2 * u->cap[side] : 16;
        struct tp_str *grown = realloc(u->name[side], cap * sizeof *grown);

        if (!grown)
            return -1;
        u->name[side] = grown;
        u->cap[side] = cap;
    }
    u->name[side][u->count[side]++] = name;
    return 0;
}

static int
learn_known(struct tp_unite *u, int side)
{
    for (size_t i = 0; i < u->knowns[side]; i++)
        if (push_name(u, side, u->known[side][i]) < 0)
            return -1;
    return 0;
}

/* The names of OBJECT's members in order. */
static int
learn_names(struct tp_unite *u, int side, struct tp_str object)
{
    struct tp_members walk;
    struct tp_member member;

    u->count[side] = 0;
    tp_buf_clear(&u->text[side]);
    if (!object.ptr)
        return learn_known(u, side);
    /* No name grows when its escapes are undone: reserved once, nothing moves. */
    if (!tp_buf_reserve(&u->text[side], object.len))
        return -1;
    walk = tp_members_open(object);
    while (tp_members_next(&walk, &member))
        if (push_name(u, side, tp_member_name(&member, &u->text[side])) < 0)
            return -1;
    return 0;
}

static bool
has_name(const struct tp_str *names, size_t count, struct tp_str name)
{
    for (size_t i = 0; i < count; i++)
        if (tp_str_equal(names[i], name))
            return true;
    return false;
}

static bool
is_own(const struct tp_unite *u, struct tp_str name)
{
    return tp_str_equal(name, TP_STR("@timestamp")) || tp_str_equal(name, TP_STR("@op")) ||
           has_name(u->taken, u->takes, name);
}

/* NAME with its side's prefix in front as often as it takes to be like no other. */
static void
write_prefixed(struct tp_unite *u, struct tp_emit *row, struct tp_str prefix, struct tp_str name)
{
    struct tp_buf longer = TP_BUF_INIT;

    do {
        struct tp_buf next = TP_BUF_INIT;

        tp_buf_put_str(&next, prefix);
        tp_buf_put_str(&next, longer.ptr ? tp_buf_str(&longer) : name);
        row->to->failed |= tp_buf_failed(&next);
        tp_buf_release(&longer);
        longer = next;
    } while (!tp_buf_failed(&longer) &&
             (has_name(u->name[LEFT], u->count[LEFT], tp_buf_str(&longer)) ||
              has_name(u->name[RIGHT], u->count[RIGHT], tp_buf_str(&longer))));
    if (!tp_buf_failed(&longer))
        tp_emit_name(row, tp_buf_str(&longer));
    tp_buf_release(&longer);
}

static void
write_member(struct tp_unite *u, struct tp_emit *row, int side, struct tp_str name,
             const struct tp_member *member)
{
    int other = side == LEFT ? RIGHT : LEFT;
    struct tp_str prefix = side == LEFT ? u->left_prefix : u->right_prefix;
    bool own = is_own(u, name);
    bool collides = !own && has_name(u->name[other], u->count[other], name);
    bool is_shared = collides && has_name(u->shared, u->shares, name);

    if (side == RIGHT ? own || is_shared : own && !u->keeps_own)
        return;
    if (collides && !is_shared && prefix.len > 0) {
        write_prefixed(u, row, prefix, name);
        tp_buf_put_str(row->to, tp_slot_json(&member->value));
        return;
    }
    if (row->any)
        tp_buf_put_char(row->to, ',');
    row->any = true;
    tp_buf_put_str(row->to, member->text);
}

static void
write_members(struct tp_unite *u, struct tp_emit *row, int side, struct tp_str object)
{
    struct tp_members walk;
    struct tp_member member;
    size_t i = 0;

    if (!object.ptr)
        return;
    walk = tp_members_open(object);
    while (tp_members_next(&walk, &member))
        write_member(u, row, side, u->name[side][i++], &member);
}

int
tp_unite_members(struct tp_unite *u, struct tp_str left, struct tp_str right, struct tp_emit *row,
                 struct tp_err *err)
{
    if (learn_names(u, LEFT, left) < 0 || learn_names(u, RIGHT, right) < 0)
        return tp_err_memory(err);
    write_members(u, row, LEFT, left);
    write_members(u, row, RIGHT, right);
    return tp_buf_failed(row->to) ? tp_err_memory(err) : 0;
}
