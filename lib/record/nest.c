#include "record/nest.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"
#include "record/member.h"
#include "value/text.h"

/* A member of the tree that unflatten builds; all are children of node 0. */
struct node {
    struct tp_str name;  /* as JSON text without quotes, or ... */
    bool plain;          /* ... escapes undone: to be quoted */
    struct tp_str value; /* ptr NULL: an object, its members below */
    uint32_t first, last, next;
};

struct tp_nest {
    struct tp_buf prefix; /* flatten: `a.b.` */
    struct tp_map *map;   /* unflatten: from (parent, name) to the number of a node */
    struct tp_buf nodes;  /* of struct node */
    struct tp_buf key, unescaped;
    struct tp_arena names;
};

struct tp_nest *
tp_nest_new(void)
{
    struct tp_nest *nest = calloc(1, sizeof *nest);

    if (!nest)
        return NULL;
    nest->map = tp_map_new(sizeof(uint32_t));
    if (nest->map)
        return nest;
    free(nest);
    return NULL;
}

void
tp_nest_free(struct tp_nest *nest)
{
    if (!nest)
        return;
    tp_map_free(nest->map);
    tp_buf_release(&nest->prefix);
    tp_buf_release(&nest->nodes);
    tp_buf_release(&nest->key);
    tp_buf_release(&nest->unescaped);
    tp_arena_release(&nest->names);
    free(nest);
}

/* --- flatten -----------------------------------------------------------------------------------*/

struct flattening {
    struct tp_nest *nest;
    struct tp_buf *to;
    size_t start;
    bool any;
};

static int
too_long(struct tp_err *err)
{
    return tp_err_set(err, TP_FAULT_RECORD, "the row would be longer than %zu MiB",
                      TP_NEST_MAX >> 20);
}

/* The members from where WALK stands to the end of the object. Depth is bounded by the scanner's.
 */
static int
flatten(struct flattening *f, struct tp_members *walk, struct tp_err *err)
{
    struct tp_buf *prefix = &f->nest->prefix;
    struct tp_member member;
    size_t len = prefix->len;

    while (tp_members_name(walk, &member)) {
        if (tp_members_enter(walk)) {
            tp_buf_put_str(prefix, member.name);
            tp_buf_put_char(prefix, '.');
            if (flatten(f, walk, err) < 0)
                return -1;
            tp_members_leave(walk);
            prefix->len = len;
            continue;
        }
        tp_members_value(walk, &member);
        if (f->to->len - f->start + len > TP_NEST_MAX)
            return too_long(err);
        tp_buf_put_str(f->to, f->any ? TP_STR(",\"") : TP_STR("\""));
        f->any = true;
        tp_buf_put_str(f->to, tp_buf_str(prefix));
        tp_buf_put_str(f->to, member.name);
        TP_BUF_PUT(f->to, "\":");
        tp_buf_put_str(f->to, tp_slot_json(&member.value));
    }
    return tp_buf_failed(f->to) || tp_buf_failed(prefix) ? tp_err_memory(err) : 0;
}

int
tp_nest_flatten(struct tp_nest *nest, struct tp_str object, struct tp_buf *to, struct tp_err *err)
{
    struct flattening f = {nest, to, to->len, false};
    struct tp_members walk = tp_members_open(object);

    tp_buf_clear(&nest->prefix);
    tp_buf_put_char(to, '{');
    if (flatten(&f, &walk, err) < 0)
        return -1;
    tp_buf_put_char(to, '}');
    return tp_buf_failed(to) ? tp_err_memory(err) : 0;
}

/* --- unflatten ---------------------------------------------------------------------------------*/

static struct node *
node_at(struct tp_nest *nest, uint32_t number)
{
    return (struct node *)(void *)nest->nodes.ptr + number;
}

static uint32_t
count_nodes(const struct tp_nest *nest)
{
    return (uint32_t)(nest->nodes.len / sizeof(struct node));
}

/* Appends NODE as the last child of PARENT. Its number; 0 when memory ran out. */
static uint32_t
append_node(struct tp_nest *nest, uint32_t parent, const struct node *node)
{
    uint32_t number = count_nodes(nest);
    struct node *above;

    tp_buf_put(&nest->nodes, node, sizeof *node);
    if (tp_buf_failed(&nest->nodes))
        return 0;
    above = node_at(nest, parent);
    if (above->last)
        node_at(nest, above->last)->next = number;
    else
        above->first = number;
    above->last = number;
    return number;
}

/* The child NAME of PARENT, made as an object when it was not there. 0 when memory ran out. */
static uint32_t
child(struct tp_nest *nest, uint32_t parent, struct tp_str name, bool plain, bool *is_new)
{
    struct node node = {.name = name, .plain = plain};
    uint32_t *number;

    tp_buf_clear(&nest->key);
    tp_buf_put(&nest->key, &parent, sizeof parent);
    tp_buf_put_str(&nest->key, name);
    if (tp_buf_failed(&nest->key))
        return 0;
    number = tp_map_add(nest->map, tp_buf_str(&nest->key), is_new);
    if (!number)
        return 0;
    if (*is_new)
        *number = append_node(nest, parent, &node);
    return *number;
}

/* The name with its escapes undone, in memory that stays. */
static bool
name_of(struct tp_nest *nest, const struct tp_member *member, struct tp_str *name)
{
    *name = member->name;
    if (!member->name_escaped)
        return true;
    tp_buf_clear(&nest->unescaped);
    *name = tp_member_name(member, &nest->unescaped);
    if (tp_buf_failed(&nest->unescaped))
        return false;
    *name = tp_arena_copy(&nest->names, *name);
    return name->ptr != NULL;
}

static int put_member(struct tp_nest *nest, uint32_t parent, const struct tp_member *member,
                      bool splits, struct tp_err *err);

static int
conflict(const struct node *node, struct tp_err *err)
{
    int len = (int)(node->name.len < 60 ? node->name.len : 60);

    return tp_err_set(err, TP_FAULT_RECORD, "\"%.*s\" is a value, and an object by other members",
                      len, node->name.ptr);
}

/* NUMBER has a value and is to have members: those of its value, when that is an object. */
static int
open_value(struct tp_nest *nest, uint32_t number, struct tp_str value, struct tp_err *err)
{
    struct tp_members walk;
    struct tp_member member;

    if (value.ptr[0] != '{')
        return conflict(node_at(nest, number), err);
    node_at(nest, number)->value.ptr = NULL;
    walk = tp_members_open(value);
    while (tp_members_next(&walk, &member))
        if (put_member(nest, number, &member, false, err) < 0)
            return -1;
    return 0;
}

/* The object that member names `NAME.…` go to. 0 on failure. */
static uint32_t
step_into(struct tp_nest *nest, uint32_t parent, struct tp_str name, bool plain, struct tp_err *err)
{
    bool is_new;
    uint32_t number = child(nest, parent, name, plain, &is_new);
    struct tp_str value;

    if (number == 0) {
        tp_err_memory(err);
        return 0;
    }
    value = node_at(nest, number)->value;
    if (value.ptr && open_value(nest, number, value, err) < 0)
        return 0;
    return number;
}

/* The last of repeated members counts, as everywhere; but one that is an object by other members
 * takes up an object. */
static int
put_value(struct tp_nest *nest, uint32_t parent, struct tp_str name, bool plain,
          struct tp_str value, struct tp_err *err)
{
    bool is_new;
    uint32_t number = child(nest, parent, name, plain, &is_new);

    if (number == 0)
        return tp_err_memory(err);
    if (!is_new && !node_at(nest, number)->value.ptr)
        return open_value(nest, number, value, err);
    node_at(nest, number)->value = value;
    return 0;
}

static int
put_member(struct tp_nest *nest, uint32_t parent, const struct tp_member *member, bool splits,
           struct tp_err *err)
{
    struct tp_str name;
    const char *dot;
    size_t depth = 0;

    if (!name_of(nest, member, &name))
        return tp_err_memory(err);
    while (splits && name.len && (dot = memchr(name.ptr, '.', name.len))) {
        struct tp_str step = {name.ptr, (size_t)(dot - name.ptr)};

        if (++depth >= TP_SCAN_DEPTH)
            return tp_err_set(err, TP_FAULT_RECORD, "nested deeper than %d", TP_SCAN_DEPTH);
        parent = step_into(nest, parent, step, member->name_escaped, err);
        if (parent == 0)
            return -1;
        name = (struct tp_str){dot + 1, name.len - step.len - 1};
    }
    return put_value(nest, parent, name, member->name_escaped, tp_slot_json(&member->value), err);
}

/* The object that node NUMBER is; as deep as names have steps, at most TP_SCAN_DEPTH. */
static void
write_object(struct tp_nest *nest, uint32_t number, struct tp_buf *to)
{
    uint32_t below = node_at(nest, number)->first;

    tp_buf_put_char(to, '{');
    while (below) {
        const struct node *node = node_at(nest, below);

        if (node->plain) {
            tp_text_quote(node->name, to);
        } else {
            tp_buf_put_char(to, '"');
            tp_buf_put_str(to, node->name);
            tp_buf_put_char(to, '"');
        }
        tp_buf_put_char(to, ':');
        if (node->value.ptr)
            tp_buf_put_str(to, node->value);
        else
            write_object(nest, below, to);
        below = node->next;
        if (below)
            tp_buf_put_char(to, ',');
    }
    tp_buf_put_char(to, '}');
}

int
tp_nest_unflatten(struct tp_nest *nest, struct tp_str object, struct tp_buf *to, struct tp_err *err)
{
    static const struct node root = {.plain = true};
    struct tp_members walk = tp_members_open(object);
    struct tp_member member;

    tp_map_clear(nest->map);
    tp_arena_clear(&nest->names);
    tp_buf_clear(&nest->nodes);
    tp_buf_put(&nest->nodes, &root, sizeof root);
    if (tp_buf_failed(&nest->nodes))
        return tp_err_memory(err);
    while (tp_members_next(&walk, &member))
        if (put_member(nest, 0, &member, true, err) < 0)
            return -1;
    write_object(nest, 0, to);
    return tp_buf_failed(to) ? tp_err_memory(err) : 0;
}
