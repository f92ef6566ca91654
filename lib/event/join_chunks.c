#include "event/join_chunks.h"

#include <stdlib.h>

#define CHUNK ((size_t)256 << 10)

struct tp_join_chunk {
    size_t live; /* records that have not left */
    size_t used, cap;
    char bytes[];
};

/* Nothing in CHUNK is kept any more. */
static void
give_back(struct tp_join_chunks *chunks, struct tp_join_chunk *chunk)
{
    chunk->used = 0;
    if (chunk == chunks->filling[TP_JOIN_LEFT] || chunk == chunks->filling[TP_JOIN_RIGHT])
        return;
    if (chunks->spare || chunk->cap > CHUNK)
        free(chunk);
    else
        chunks->spare = chunk;
}

/* The next chunk to be filled with records of SIDE, with room for NEED bytes. */
static struct tp_join_chunk *
next_chunk(struct tp_join_chunks *chunks, enum tp_join_side side, size_t need)
{
    struct tp_join_chunk *chunk, *full = chunks->filling[side];

    if (chunks->spare && need <= chunks->spare->cap) {
        chunk = chunks->spare;
        chunks->spare = NULL;
    } else {
        size_t cap = need < CHUNK ? CHUNK : need;

        chunk = malloc(sizeof *chunk + cap);
        if (!chunk)
            return NULL;
        *chunk = (struct tp_join_chunk){.cap = cap};
    }
    chunks->filling[side] = chunk;
    if (full && full->live == 0)
        give_back(chunks, full);
    return chunk;
}

void *
tp_join_chunks_take(struct tp_join_chunks *chunks, enum tp_join_side side, size_t len,
                    struct tp_join_chunk **chunk)
{
    size_t need = (len + 7) / 8 * 8;
    char *room;

    *chunk = chunks->filling[side];
    if (!*chunk || (*chunk)->cap - (*chunk)->used < need)
        *chunk = next_chunk(chunks, side, need);
    if (!*chunk)
        return NULL;
    room = (*chunk)->bytes + (*chunk)->used;
    (*chunk)->used += need;
    (*chunk)->live++;
    return room;
}

void
tp_join_chunks_drop(struct tp_join_chunks *chunks, struct tp_join_chunk *chunk)
{
    if (--chunk->live == 0)
        give_back(chunks, chunk);
}

void
tp_join_chunks_release(struct tp_join_chunks *chunks)
{
    for (int side = 0; side < 2; side++)
        free(chunks->filling[side]);
    free(chunks->spare);
}
