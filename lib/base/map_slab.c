#include "base/map_slab.h"

#include <stdlib.h>
#include <string.h>

#include "base/fetch.h"
#include "base/huge.h"

enum {
    FIRST_CHUNK = 1024,
    LARGEST_CHUNK = TP_HUGE_PAGE,
    MAX_CHUNKS = 1 << (32 - TP_SLAB_CHUNK_BITS)
};

/* The first unit of a chunk stays free: so no ref is 0, and a piece's second unit is aligned to 16
 * when the sizes allow it. */
enum { FIRST_UNIT = 1 };

/* A large chunk begins with a cache line; so do the second units of its pieces, when the sizes
 * allow it: all but the first unit of a piece lies in no line more than it must. */
static uint32_t
first_unit(size_t chunk_size)
{
    return chunk_size == LARGEST_CHUNK ? TP_FETCH_LINE / TP_SLAB_UNIT - 1 : FIRST_UNIT;
}

static uint32_t
ref_of(uint32_t chunk, uint32_t unit)
{
    return chunk << TP_SLAB_CHUNK_BITS | unit;
}

/* Sizes beyond TP_SLAB_EXACT are rounded up to a quarter of a doubling, which wastes at most a
 * fifth and lets a freed piece serve its neighbours. */
static unsigned
quarter_shift(uint32_t units)
{
    return 31 - (unsigned)__builtin_clz(units - 1) - 2;
}

static uint32_t
rounded(uint32_t units)
{
    unsigned shift;

    if (units <= TP_SLAB_EXACT)
        return units;
    shift = quarter_shift(units);
    return (((units - 1) >> shift) + 1) << shift;
}

static unsigned
list_of(uint32_t units)
{
    unsigned shift;

    if (units <= TP_SLAB_EXACT)
        return units - 1;
    shift = quarter_shift(units);
    return TP_SLAB_EXACT + 4 * (shift - 4) + ((units - 1) >> shift) - 4;
}

/* A place in the directory, old gaps first; MAX_CHUNKS when there is none. */
static uint32_t
directory_place(struct tp_slab *slab)
{
    uint32_t cap = slab->chunks_cap ? slab->chunks_cap * 2 : 4;
    struct tp_slab_chunk *chunk;

    for (uint32_t i = 0; slab->gaps && i < slab->chunks; i++)
        if (!slab->chunk[i].at)
            return i;
    if (slab->chunks < slab->chunks_cap)
        return slab->chunks;
    if (slab->chunks == MAX_CHUNKS)
        return MAX_CHUNKS;
    chunk = realloc(slab->chunk, cap * sizeof *chunk);
    if (!chunk)
        return MAX_CHUNKS;
    slab->size += (cap - slab->chunks_cap) * sizeof *chunk;
    slab->chunk = chunk;
    slab->chunks_cap = cap;
    return slab->chunks;
}

static char *
allocate(size_t size)
{
    char *at;

    if (size != LARGEST_CHUNK)
        return malloc(size);
    at = aligned_alloc(LARGEST_CHUNK, size);
    if (at)
        tp_huge_wish(at, size);
    return at;
}

static uint32_t
new_chunk(struct tp_slab *slab, size_t size)
{
    uint32_t place = directory_place(slab);
    struct tp_slab_chunk *chunk;

    if (place == MAX_CHUNKS)
        return MAX_CHUNKS;
    chunk = &slab->chunk[place];
    chunk->at = allocate(size);
    if (!chunk->at)
        return MAX_CHUNKS;
    chunk->size = size;
    slab->size += size;
    if (place == slab->chunks)
        slab->chunks++;
    else
        slab->gaps--;
    return place;
}

static void
free_chunk(struct tp_slab *slab, uint32_t place)
{
    if (!slab->chunk[place].at)
        return;
    free(slab->chunk[place].at);
    slab->size -= slab->chunk[place].size;
    slab->chunk[place] = (struct tp_slab_chunk){NULL, 0};
    slab->gaps++;
}

static void
bury(struct tp_slab *slab)
{
    if (slab->doomed)
        free_chunk(slab, slab->doomed >> TP_SLAB_CHUNK_BITS);
    slab->doomed = 0;
}

static uint32_t
alloc_alone(struct tp_slab *slab, size_t len)
{
    uint32_t place = new_chunk(slab, len + FIRST_UNIT * TP_SLAB_UNIT);

    return place == MAX_CHUNKS ? 0 : ref_of(place, FIRST_UNIT);
}

static int
start_shared_chunk(struct tp_slab *slab, uint32_t units)
{
    size_t size = slab->next_size ? slab->next_size : FIRST_CHUNK;
    size_t need = ((size_t)units + FIRST_UNIT) * TP_SLAB_UNIT;
    uint32_t place = new_chunk(slab, size > need ? size : need);

    if (place == MAX_CHUNKS)
        return -1;
    slab->current = place;
    slab->used = first_unit(slab->chunk[place].size);
    slab->next_size = size < LARGEST_CHUNK / 4 ? size * 4 : LARGEST_CHUNK;
    return 0;
}

static uint32_t
units_left(const struct tp_slab *slab)
{
    if (!slab->used)
        return 0;
    return (uint32_t)(slab->chunk[slab->current].size / TP_SLAB_UNIT) - slab->used;
}

uint32_t
tp_slab_alloc(struct tp_slab *slab, size_t len)
{
    uint32_t units, ref, *list;

    bury(slab);
    if (len > (size_t)TP_SLAB_SHARED * TP_SLAB_UNIT)
        return alloc_alone(slab, len);
    units = rounded((uint32_t)(len / TP_SLAB_UNIT));
    list = &slab->freed[list_of(units)];
    if (*list) {
        ref = *list;
        memcpy(list, tp_slab_at(slab, ref), sizeof *list);
        return ref;
    }
    if (units_left(slab) < units && start_shared_chunk(slab, units))
        return 0;
    ref = ref_of(slab->current, slab->used);
    slab->used += units;
    return ref;
}

void
tp_slab_free(struct tp_slab *slab, uint32_t ref, size_t len)
{
    uint32_t *list;

    bury(slab);
    if (len > (size_t)TP_SLAB_SHARED * TP_SLAB_UNIT) {
        slab->doomed = ref;
        return;
    }
    list = &slab->freed[list_of((uint32_t)(len / TP_SLAB_UNIT))];
    memcpy(tp_slab_at(slab, ref), list, sizeof *list);
    *list = ref;
}

void
tp_slab_clear(struct tp_slab *slab)
{
    struct tp_slab_chunk kept;

    if (!slab->used)
        return;
    kept = slab->chunk[slab->current];
    slab->chunk[slab->current].at = NULL;
    for (uint32_t i = 0; i < slab->chunks; i++)
        free_chunk(slab, i);
    slab->chunk[0] = kept;
    slab->chunks = 1;
    slab->current = slab->gaps = slab->doomed = 0;
    slab->used = first_unit(kept.size);
    memset(slab->freed, 0, sizeof slab->freed);
}

void
tp_slab_release(struct tp_slab *slab)
{
    for (uint32_t i = 0; i < slab->chunks; i++)
        free(slab->chunk[i].at);
    free(slab->chunk);
    *slab = (struct tp_slab){0};
}
