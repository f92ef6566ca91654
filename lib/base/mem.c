#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>

enum { ALIGN = 16, FIRST_BLOCK = 4096, LARGEST_BLOCK = 256 * 1024 };

struct tp_arena_block {
    struct tp_arena_block *older;
    size_t cap; /* of data */
    _Alignas(ALIGN) char data[];
};

static struct tp_arena_block *
new_block(struct tp_arena *arena, size_t cap)
{
    struct tp_arena_block *block = malloc(sizeof *block + cap);

    if (!block)
        return NULL;
    block->cap = cap;
    arena->size += sizeof *block + cap;
    return block;
}

/* Large things get a block of their own behind the newest, whose rest stays in use. */
static void *
alloc_alone(struct tp_arena *arena, size_t len)
{
    struct tp_arena_block *block = new_block(arena, len);

    if (!block)
        return NULL;
    block->older = arena->block->older;
    arena->block->older = block;
    return block->data;
}

static void *
alloc_in_new_block(struct tp_arena *arena, size_t len)
{
    size_t cap = arena->block ? arena->block->cap * 2 : FIRST_BLOCK;
    struct tp_arena_block *block;

    if (cap > LARGEST_BLOCK)
        cap = LARGEST_BLOCK;
    if (arena->block && len > cap / 4)
        return alloc_alone(arena, len);
    block = new_block(arena, len > cap ? len : cap);
    if (!block)
        return NULL;
    block->older = arena->block;
    arena->block = block;
    arena->used = len;
    return block->data;
}

void *
tp_arena_alloc(struct tp_arena *arena, size_t len)
{
    char *at;

    if (len > SIZE_MAX / 4)
        return NULL;
    len = (len + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (!arena->block || arena->block->cap - arena->used < len)
        return alloc_in_new_block(arena, len);
    at = arena->block->data + arena->used;
    arena->used += len;
    return at;
}

struct tp_str
tp_arena_copy(struct tp_arena *arena, struct tp_str text)
{
    char *copy = tp_arena_alloc(arena, text.len < SIZE_MAX ? text.len + 1 : text.len);

    if (!copy)
        return (struct tp_str){NULL, 0};
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return (struct tp_str){copy, text.len};
}

size_t
tp_arena_size(const struct tp_arena *arena)
{
    return arena->size;
}

static void
free_blocks(struct tp_arena *arena, struct tp_arena_block *block)
{
    while (block) {
        struct tp_arena_block *older = block->older;

        arena->size -= sizeof *block + block->cap;
        free(block);
        block = older;
    }
}

void
tp_arena_clear(struct tp_arena *arena)
{
    arena->used = 0;
    if (!arena->block)
        return;
    if (arena->block->cap > LARGEST_BLOCK) {
        tp_arena_release(arena);
        return;
    }
    free_blocks(arena, arena->block->older);
    arena->block->older = NULL;
}

void
tp_arena_release(struct tp_arena *arena)
{
    free_blocks(arena, arena->block);
    *arena = (struct tp_arena){0};
}
