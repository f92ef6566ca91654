/*
 * mem: an arena. Memory is handed out in order and given back all at once.
 *
 * What it hands out is aligned for any type, stays where it is until clear or release, and is not
 * zeroed. tp_arena_size() says how many bytes the arena holds, for --max-memory. All zero is a
 * valid empty arena.
 */
#ifndef TP_BASE_MEM_H
#define TP_BASE_MEM_H

#include <stddef.h>

#include "base/str.h"

struct tp_arena {
    struct tp_arena_block *block; /* the newest; older ones hang behind it */
    size_t used;                  /* of the newest */
    size_t size;                  /* bytes held in all */
};

/* NULL when memory ran out (or LEN is absurd). LEN 0 gives a valid pointer. */
void *tp_arena_alloc(struct tp_arena *arena, size_t len);

/* A copy of TEXT with a NUL behind it (not counted); its ptr is NULL when memory ran out. */
struct tp_str tp_arena_copy(struct tp_arena *arena, struct tp_str text);

size_t tp_arena_size(const struct tp_arena *arena);

/* Forgets everything handed out; keeps one block for reuse. */
void tp_arena_clear(struct tp_arena *arena);
void tp_arena_release(struct tp_arena *arena);

#endif
