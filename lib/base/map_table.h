/*
 * map_table: finds the slots of a map's keys: extendible hashing (Fagin et al., 1979) over small
 * open-addressed tables, the parts (base/map_part).
 *
 * The low bits of a hash choose a part through a directory, the high bits the place in it where a
 * linear probe begins. A full part doubles until it has 1 << TP_PART_LOG slots; from then on it
 * splits in two by the next low bit. So the most that one insertion moves is a part's slots of 8
 * bytes and, rarely, the directory. All places that agree in the low bits that a part's keys share
 * point to it; no part is deeper than the directory.
 */
#ifndef TP_BASE_MAP_TABLE_H
#define TP_BASE_MAP_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/map_part.h"

/* The shift is kept beside the pointer so that a lookup need not touch the part's head. */
struct tp_map_place {
    struct tp_map_part *part;
    uint32_t shift; /* 32 - log */
};

struct tp_map_table {
    struct tp_map_place *place; /* the directory: 1 << depth of them */
    uint32_t depth;
    struct tp_map_parts parts;
};

/* One empty part. -1: memory ran out, and there is nothing to release. TABLE is all zero, but for
 * parts.kept. */
int tp_map_table_init(struct tp_map_table *table);
void tp_map_table_release(struct tp_map_table *table);

/* Of the parts one is left, empty. */
void tp_map_table_clear(struct tp_map_table *table);

/* The part of the keys of TAG is full: there is room in it now. The table has COUNT keys. -1:
 * memory ran out. */
int tp_map_table_grow(struct tp_map_table *table, uint32_t tag, size_t count);

size_t tp_map_table_size(const struct tp_map_table *table); /* bytes held */

static inline struct tp_map_place
tp_map_table_place(const struct tp_map_table *table, uint32_t tag)
{
    return table->place[tag & (((uint32_t)1 << table->depth) - 1)];
}

#endif
