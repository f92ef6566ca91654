#include "base/map_part.h"

#include <stdlib.h>
#include <string.h>

#include "base/huge.h"

static size_t
part_size(uint32_t log)
{
    return sizeof(struct tp_map_part) + (sizeof(struct tp_map_slot) << log);
}

/* --- memory ------------------------------------------------------------------------------------*/

/* Of 1, 4, then 16 parts, while small pages will do; from 4 MiB on huge ones. */
static size_t
chunk_size(uint32_t number)
{
    static const uint32_t parts[] = {1, 4, 16};
    enum { SMALL = 10 }; /* chunks */

    if (number >= SMALL)
        return TP_HUGE_PAGE;
    return parts[number < 2 ? number : 2] * part_size(TP_PART_LOG);
}

static int
grow_directory(struct tp_map_parts *parts)
{
    uint32_t cap = parts->chunks_cap ? 2 * parts->chunks_cap : 4;
    struct tp_map_chunk *grown = realloc(parts->chunk, cap * sizeof *grown);

    if (!grown)
        return -1;
    parts->size += (cap - parts->chunks_cap) * sizeof *grown;
    parts->chunk = grown;
    parts->chunks_cap = cap;
    return 0;
}

static int
add_chunk(struct tp_map_parts *parts)
{
    struct tp_map_chunk new = {.size = chunk_size(parts->chunks)};

    if (parts->chunks == parts->chunks_cap && grow_directory(parts) < 0)
        return -1;
    new.at = tp_huge_zeroed(new.size);
    if (!new.at)
        return -1;
    if (parts->kept)
        tp_huge_keep(new.at, new.size);
    parts->chunk[parts->chunks++] = new;
    parts->used = 0;
    parts->size += new.size;
    return 0;
}

static bool
chunk_is_full(const struct tp_map_parts *parts)
{
    return parts->chunks == 0 ||
           (parts->used + 1) * part_size(TP_PART_LOG) > parts->chunk[parts->chunks - 1].size;
}

static struct tp_map_part *
place_in_chunk(struct tp_map_parts *parts)
{
    struct tp_map_freed *freed = parts->freed;

    if (freed) {
        parts->freed = freed->next;
        return (void *)freed;
    }
    if (chunk_is_full(parts) && add_chunk(parts) < 0)
        return NULL;
    return (void *)(parts->chunk[parts->chunks - 1].at + parts->used++ * part_size(TP_PART_LOG));
}

static struct tp_map_part *
empty_part(struct tp_map_part *part, uint32_t log, uint32_t depth)
{
    memset(part, 0, part_size(log));
    part->log = log;
    part->depth = depth;
    return part;
}

struct tp_map_part *
tp_map_part_new(struct tp_map_parts *parts, uint32_t log, uint32_t depth)
{
    struct tp_map_part *part = log == TP_PART_LOG ? place_in_chunk(parts) : malloc(part_size(log));

    if (!part)
        return NULL;
    if (log != TP_PART_LOG)
        parts->size += part_size(log);
    return empty_part(part, log, depth);
}

void
tp_map_part_free(struct tp_map_parts *parts, struct tp_map_part *part)
{
    struct tp_map_freed *freed = (void *)part;

    if (!part)
        return;
    if (part->log != TP_PART_LOG) {
        parts->size -= part_size(part->log);
        free(part);
        return;
    }
    freed->next = parts->freed;
    parts->freed = freed;
}

/* Keeps at most KEPT chunks, whose parts are all free. */
static void
cut_chunks(struct tp_map_parts *parts, uint32_t kept)
{
    while (parts->chunks > kept) {
        struct tp_map_chunk *last = &parts->chunk[--parts->chunks];

        tp_huge_free(last->at, last->size);
        parts->size -= last->size;
    }
    parts->used = 0;
    parts->freed = NULL;
}

struct tp_map_part *
tp_map_part_reset(struct tp_map_parts *parts, struct tp_map_part *part)
{
    uint32_t log = part->log;

    cut_chunks(parts, log == TP_PART_LOG);
    if (log == TP_PART_LOG)
        part = place_in_chunk(parts); /* its chunk is there */
    return empty_part(part, log, 0);
}

void
tp_map_parts_release(struct tp_map_parts *parts)
{
    cut_chunks(parts, 0);
    free(parts->chunk);
    *parts = (struct tp_map_parts){0};
}

/* --- slots -------------------------------------------------------------------------------------*/

void
tp_map_part_put(struct tp_map_part *part, struct tp_map_slot slot)
{
    uint32_t mask = ((uint32_t)1 << part->log) - 1;
    uint32_t i = slot.tag >> (32 - part->log);

    while (part->slot[i].ref)
        i = (i + 1) & mask;
    part->slot[i] = slot;
    part->count++;
}

/* Closes the gap by moving back what was pushed beyond it, so that no tombstone is needed. */
void
tp_map_part_remove(struct tp_map_part *part, const struct tp_map_slot *slot)
{
    uint32_t mask = ((uint32_t)1 << part->log) - 1;
    uint32_t hole = (uint32_t)(slot - part->slot);

    for (uint32_t i = (hole + 1) & mask; part->slot[i].ref; i = (i + 1) & mask) {
        uint32_t home = part->slot[i].tag >> (32 - part->log);

        if (((i - home) & mask) < ((i - hole) & mask))
            continue;
        part->slot[hole] = part->slot[i];
        hole = i;
    }
    part->slot[hole].ref = 0;
    part->count--;
}

/* Small parts are full at a half: they lie in the cache, where the cost of a probe that goes on is
 * the branch mispredicted. Large ones at three quarters, for memory's sake. */
bool
tp_map_part_is_full(const struct tp_map_part *part)
{
    uint32_t slots = (uint32_t)1 << part->log;
    uint32_t most = part->log < TP_PART_LOG ? slots / 2 : slots / 4 * 3;

    return part->count >= most;
}
