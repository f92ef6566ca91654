/*
 * map_part: the parts of a map's table: small open-addressed tables of slots.
 *
 * A part starts with 1 << TP_PART_FIRST slots and doubles until it has 1 << TP_PART_LOG; of parts
 * of that size a large map consists. They lie together in chunks, the first ones small, later ones
 * of a huge page: so the slots of all keys share a few entries of the page table, where to look up
 * another one takes as long as to fetch the slot itself. A freed part serves the next one.
 *
 * A slot holds 32 bits of the hash, the tag: its low bits say in which part a key is (base/map),
 * its high bits where in the part a linear probe begins.
 */
#ifndef TP_BASE_MAP_PART_H
#define TP_BASE_MAP_PART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TP_PART_FIRST = 4, TP_PART_LOG = 12 };

struct tp_map_slot {
    uint32_t tag; /* the low half of the hash */
    uint32_t ref; /* 0: empty */
};

struct tp_map_part {
    uint32_t count;
    uint32_t log;   /* of its slots */
    uint32_t depth; /* low bits of the hash that all its keys share */
    uint32_t unused;
    struct tp_map_slot slot[];
};

struct tp_map_chunk {
    char *at;
    size_t size;
};

/* What a freed part, of 1 << TP_PART_LOG slots, holds. */
struct tp_map_freed {
    struct tp_map_freed *next;
};

/* The memory of a map's parts. All zero is a valid empty one. */
struct tp_map_parts {
    struct tp_map_chunk *chunk;
    uint32_t chunks, chunks_cap;
    uint32_t used; /* parts of the last chunk */
    struct tp_map_freed *freed;
    size_t size; /* bytes held */
    bool kept;   /* a forked child gets none of the large chunks */
};

/* An empty part; NULL when memory ran out. */
struct tp_map_part *tp_map_part_new(struct tp_map_parts *parts, uint32_t log, uint32_t depth);
void tp_map_part_free(struct tp_map_parts *parts, struct tp_map_part *part);

/* PART, after all others were freed, gives way to an empty one, of depth 0 and at most its size. */
struct tp_map_part *tp_map_part_reset(struct tp_map_parts *parts, struct tp_map_part *part);

/* After all parts were freed. */
void tp_map_parts_release(struct tp_map_parts *parts);

/* Puts a slot where its probe ends. The part must have room. */
void tp_map_part_put(struct tp_map_part *part, struct tp_map_slot slot);

/* Empties a slot. Others may move into it, so that probes find them without it. */
void tp_map_part_remove(struct tp_map_part *part, const struct tp_map_slot *slot);

/* Has PART so many keys that it is to grow before it gets another one? */
bool tp_map_part_is_full(const struct tp_map_part *part);

#endif
