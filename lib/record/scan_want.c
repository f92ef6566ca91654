#include "record/scan_want.h"

#include <stdlib.h>

#include "record/scan_block.h"

const struct tp_want *
tp_want_member(const struct tp_want *of, struct tp_str name)
{
    for (const struct tp_want *want = of->child; want; want = want->next)
        if (!want->is_index && tp_str_equal(want->name, name))
            return want;
    return NULL;
}

const struct tp_want *
tp_want_element(const struct tp_want *of, size_t index)
{
    if (index >= of->index_limit)
        return NULL;
    for (const struct tp_want *want = of->child; want; want = want->next)
        if (want->is_index && want->index == index)
            return want;
    return NULL;
}

static struct tp_want *
add_step(struct tp_want *of, const struct tp_step *step)
{
    struct tp_want **end = &of->child;
    struct tp_want *want = malloc(sizeof *want + step->name.len);
    char *name = (char *)(want + 1);

    if (!want)
        return NULL;
    *want = (struct tp_want){.slot = -1, .is_index = step->is_index, .index = step->index};
    if (step->name.len)
        memcpy(name, step->name.ptr, step->name.len);
    want->name = (struct tp_str){name, step->name.len};
    if (step->is_index) {
        of->indexed = true;
        if (step->index >= of->index_limit)
            of->index_limit = step->index + 1;
    }
    while (*end)
        end = &(*end)->next;
    *end = want;
    return want;
}

int
tp_want_add(struct tp_want *root, const struct tp_path *path, int count)
{
    struct tp_want *want = root;

    for (size_t i = 0; i < path->count; i++) {
        const struct tp_step *step = &path->step[i];
        const struct tp_want *found =
            step->is_index ? tp_want_element(want, step->index) : tp_want_member(want, step->name);

        want = found ? (struct tp_want *)found : add_step(want, step);
        if (!want)
            return -1;
    }
    if (want->slot < 0)
        want->slot = count;
    return want->slot;
}

/* As deep as a path is long at most (TP_PATH_MAX_STEPS). */
void
tp_want_release(struct tp_want *root)
{
    struct tp_want *want = root->child;

    while (want) {
        struct tp_want *next = want->next;

        tp_want_release(want);
        free(want);
        want = next;
    }
    *root = (struct tp_want)TP_WANT_ROOT;
}

/* Not a strong hash: a probe is short (below), so colliding names cost little, and never more. */
static size_t
hash_name(struct tp_str name)
{
    const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15); /* 2^64 / golden ratio (Knuth) */
    uint64_t hash = name.len * odd;
    size_t at = 0;

    for (; name.len - at >= 8; at += 8) {
        hash = (hash ^ tp_load64(name.ptr + at)) * odd;
        hash ^= hash >> 32;
    }
    hash = (hash ^ (tp_load64(name.ptr + at) & tp_low_bytes(name.len - at))) * odd;
    return (size_t)(hash >> 48);
}

/* STORED is padded to a multiple of 8 bytes. */
static bool
same_name(struct tp_str stored, struct tp_str name)
{
    size_t at = 0;

    if (stored.len != name.len)
        return false;
    for (; name.len - at >= 8; at += 8)
        if (tp_load64(stored.ptr + at) != tp_load64(name.ptr + at))
            return false;
    return ((tp_load64(stored.ptr + at) ^ tp_load64(name.ptr + at)) &
            tp_low_bytes(name.len - at)) == 0;
}

static const struct tp_want *
keep_name(struct tp_names *names, uint16_t *place, const struct tp_want *root, struct tp_str name)
{
    const struct tp_want *want = tp_want_member(root, name);
    char *copy;

    if (names->count == TP_NAMES_MAX || name.len > TP_NAMES_MAX_LEN)
        return want;
    copy = calloc(1, (name.len | 7) + 9);
    if (!copy)
        return want; /* a name less for "did you mean" */
    memcpy(copy, name.ptr, name.len);
    names->name[names->count] = (struct tp_str){copy, name.len};
    names->want[names->count] = want;
    *place = (uint16_t)++names->count;
    return want;
}

const struct tp_want *
tp_names_want(struct tp_names *names, const struct tp_want *root, struct tp_str name)
{
    size_t hash = hash_name(name);

    for (size_t probe = 0; probe < 8; probe++) {
        uint16_t *place = &names->table[(hash + probe) % TP_NAMES_TABLE];

        if (!*place)
            return keep_name(names, place, root, name);
        if (same_name(names->name[*place - 1], name))
            return names->want[*place - 1];
    }
    return tp_want_member(root, name);
}

void
tp_names_release(struct tp_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free((char *)names->name[i].ptr);
    names->count = 0;
}
