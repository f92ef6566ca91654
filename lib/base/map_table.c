#include "base/map_table.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_LOG = 31, MAX_DEPTH = 32 - TP_PART_LOG };

int
tp_map_table_init(struct tp_map_table *table)
{
    struct tp_map_part *part = tp_map_part_new(&table->parts, TP_PART_FIRST, 0);

    table->place = malloc(sizeof *table->place);
    if (!part || !table->place) {
        tp_map_part_free(&table->parts, part);
        free(table->place);
        return -1;
    }
    table->place[0] = (struct tp_map_place){part, 32 - TP_PART_FIRST};
    table->depth = 0;
    return 0;
}

/* Frees the parts but the one at place 0. A part stands at all places that agree in its depth's low
 * bits; the repetitions are struck out first. */
static void
free_parts_but_first(struct tp_map_table *table)
{
    for (size_t i = 0; i >> table->depth == 0; i++)
        if (i >> table->place[i].part->depth)
            table->place[i].part = NULL;
    for (size_t i = 1; i >> table->depth == 0; i++)
        tp_map_part_free(&table->parts, table->place[i].part);
}

void
tp_map_table_release(struct tp_map_table *table)
{
    free_parts_but_first(table);
    tp_map_part_free(&table->parts, table->place[0].part);
    tp_map_parts_release(&table->parts);
    free(table->place);
}

void
tp_map_table_clear(struct tp_map_table *table)
{
    struct tp_map_part *part;

    free_parts_but_first(table);
    part = tp_map_part_reset(&table->parts, table->place[0].part);
    table->place[0] = (struct tp_map_place){part, 32 - part->log};
    table->depth = 0;
}

size_t
tp_map_table_size(const struct tp_map_table *table)
{
    return (sizeof *table->place << table->depth) + table->parts.size;
}

/* --- growing -----------------------------------------------------------------------------------*/

/* Points every directory place of PART's keys whose hash also has BIT as in TAG to NEW_PART. */
static void
repoint(struct tp_map_table *table, uint32_t tag, struct tp_map_part *new_part)
{
    uint32_t step = (uint32_t)1 << new_part->depth;
    uint32_t i = tag & (step - 1);

    /* There is one at least: no part is deeper than the directory. */
    do {
        table->place[i] = (struct tp_map_place){new_part, 32 - new_part->log};
        i += step;
    } while (i >> table->depth == 0);
}

static int
double_part(struct tp_map_table *table, struct tp_map_part *part, uint32_t tag)
{
    struct tp_map_part *twice;

    if (part->log == MAX_LOG)
        return -1;
    twice = tp_map_part_new(&table->parts, part->log + 1, part->depth);
    if (!twice)
        return -1;
    for (size_t i = 0; i >> part->log == 0; i++)
        if (part->slot[i].ref)
            tp_map_part_put(twice, part->slot[i]);
    repoint(table, tag, twice);
    tp_map_part_free(&table->parts, part);
    return 0;
}

static int
double_directory(struct tp_map_table *table)
{
    size_t count = (size_t)1 << table->depth;
    struct tp_map_place *place = realloc(table->place, 2 * count * sizeof *place);

    if (!place)
        return -1;
    memcpy(place + count, place, count * sizeof *place);
    table->place = place;
    table->depth++;
    return 0;
}

static int
split_part(struct tp_map_table *table, struct tp_map_part *part, uint32_t tag)
{
    uint32_t bit = (uint32_t)1 << part->depth;
    struct tp_map_part *half[2];

    if (part->depth == table->depth && double_directory(table))
        return -1;
    half[0] = tp_map_part_new(&table->parts, part->log, part->depth + 1);
    half[1] = tp_map_part_new(&table->parts, part->log, part->depth + 1);
    if (!half[0] || !half[1]) {
        tp_map_part_free(&table->parts, half[0]);
        tp_map_part_free(&table->parts, half[1]);
        return -1;
    }
    for (size_t i = 0; i >> part->log == 0; i++)
        if (part->slot[i].ref)
            tp_map_part_put(half[(part->slot[i].tag & bit) != 0], part->slot[i]);
    repoint(table, tag & ~bit, half[0]);
    repoint(table, tag | bit, half[1]);
    tp_map_part_free(&table->parts, part);
    return 0;
}

/* Splitting pays while the directory is small against the keys. Were it not (hashes whose low bits
 * agree, which the seed makes improbable), the part doubles instead and probes as any table does.
 */
static bool
should_split(const struct tp_map_table *table, const struct tp_map_part *part, size_t count)
{
    if (part->log < TP_PART_LOG || part->depth == MAX_DEPTH)
        return false;
    return part->depth < table->depth || count >> (TP_PART_LOG - 3) >= (size_t)1 << table->depth;
}

int
tp_map_table_grow(struct tp_map_table *table, uint32_t tag, size_t count)
{
    struct tp_map_part *part = tp_map_table_place(table, tag).part;

    return should_split(table, part, count) ? split_part(table, part, tag)
                                            : double_part(table, part, tag);
}
