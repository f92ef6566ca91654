/* What the arena hands out is aligned, apart from all else, and stays. */
#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>

#include "unit.h"

static uint32_t
random_next(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void
fill_and_check(struct tp_arena *arena, uint32_t seed)
{
    enum { PIECES = 2000 };
    char *piece[PIECES];
    size_t len[PIECES], total = 0, wrong = 0;

    for (size_t i = 0; i < PIECES; i++) {
        len[i] = random_next(&seed) % (i % 100 ? 300 : 400000);
        piece[i] = tp_arena_alloc(arena, len[i]);
        CHECK(piece[i] && (uintptr_t)piece[i] % 16 == 0);
        memset(piece[i], (int)i, len[i]);
        total += len[i];
    }
    for (size_t i = 0; i < PIECES; i++)
        for (size_t j = 0; j < len[i]; j++)
            wrong += piece[i][j] != (char)i;
    CHECK(wrong == 0);
    CHECK(tp_arena_size(arena) >= total);
    CHECK_THAT(tp_arena_size(arena) < 2 * total, "%zu for %zu", tp_arena_size(arena), total);
}

static void
test_pieces(void)
{
    struct tp_arena arena = {0};

    for (uint32_t round = 0; round < 4; round++) {
        fill_and_check(&arena, round);
        tp_arena_clear(&arena);
        CHECK(tp_arena_size(&arena) <= 300 * 1024);
    }
    tp_arena_release(&arena);
    CHECK(tp_arena_size(&arena) == 0);
}

static void
test_edges(void)
{
    struct tp_arena arena = {0};
    struct tp_str copy;

    tp_arena_clear(&arena);
    CHECK(tp_arena_alloc(&arena, 0) != NULL);
    CHECK(!tp_arena_alloc(&arena, SIZE_MAX));
    CHECK(!tp_arena_alloc(&arena, SIZE_MAX - 15));
    copy = tp_arena_copy(&arena, (struct tp_str){NULL, 0});
    CHECK(copy.ptr && copy.len == 0 && copy.ptr[0] == '\0');
    copy = tp_arena_copy(&arena, TP_STR("a\0b"));
    CHECK(tp_str_equal(copy, TP_STR("a\0b")) && copy.ptr[3] == '\0');
    tp_arena_release(&arena);
    CHECK(tp_arena_alloc(&arena, 1 << 20) != NULL);
    tp_arena_clear(&arena);
    CHECK(tp_arena_size(&arena) == 0);
    tp_arena_release(&arena);
}

int
main(void)
{
    RUN(test_pieces);
    RUN(test_edges);
    return unit_end();
}
