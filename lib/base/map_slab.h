/*
 * map_slab: the memory of a map's entries: stable addresses, named by 32 bits.
 *
 * A ref counts units of 8 bytes through chunks of at most 2 MiB (32 GiB in all), which is a huge
 * page where the system has them: few to miss, and few to copy when we fork. The first chunks are
 * smaller, so that a map of ten keys is small. A freed piece is kept by size for the next one of
 * that size. A piece too large to share a chunk has one of its own, which goes back to malloc. All
 * zero is a valid empty slab.
 */
#ifndef TP_BASE_MAP_SLAB_H
#define TP_BASE_MAP_SLAB_H

#include <stddef.h>
#include <stdint.h>

enum {
    TP_SLAB_UNIT = 8,
    TP_SLAB_CHUNK_BITS = 18, /* of units: 2 MiB */
    TP_SLAB_EXACT = 64,      /* units up to which every size has its own free list */
    TP_SLAB_SHARED = 8192,   /* units up to which pieces share a chunk; four lists a doubling */
    TP_SLAB_LISTS = TP_SLAB_EXACT + 4 * 7,
};

struct tp_slab_chunk {
    char *at;
    size_t size;
};

struct tp_slab {
    struct tp_slab_chunk *chunk;
    uint32_t chunks, chunks_cap;
    uint32_t current; /* the shared chunk that is being filled */
    uint32_t used;    /* units of it */
    uint32_t gaps;    /* directory places whose chunk was given back */
    uint32_t doomed;  /* a large piece that was freed; it goes at the next verb */
    size_t next_size; /* of a shared chunk, in bytes */
    size_t size;      /* bytes held */
    uint32_t freed[TP_SLAB_LISTS];
};

/* A place for LEN bytes (a multiple of 8) that begins 8 bytes behind a multiple of 8; or of 16,
 * when every LEN is a multiple of 16. 0 when memory ran out. Not zeroed. */
uint32_t tp_slab_alloc(struct tp_slab *slab, size_t len);

/* LEN as it was at alloc. The piece can still be read until the next verb, but for its first 4
 * bytes. */
void tp_slab_free(struct tp_slab *slab, uint32_t ref, size_t len);

/* Forgets all pieces, keeps one chunk. */
void tp_slab_clear(struct tp_slab *slab);
void tp_slab_release(struct tp_slab *slab);

static inline void *
tp_slab_at(const struct tp_slab *slab, uint32_t ref)
{
    return slab->chunk[ref >> TP_SLAB_CHUNK_BITS].at +
           (size_t)(ref & ((1u << TP_SLAB_CHUNK_BITS) - 1)) * TP_SLAB_UNIT;
}

#endif
