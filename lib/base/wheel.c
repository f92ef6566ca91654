#include "base/wheel.h"

#include <stdlib.h>

/* Half a kilobyte: so long a run is fetched ahead of who walks it, and a few hundred slots that are
 * partly filled are no burden. */
enum { CHUNK = 31 };

struct tp_wheel_chunk {
    struct tp_wheel_chunk *next;
    uint32_t count;
    struct tp_wheel_entry entry[CHUNK];
};

/* Instants in the order of unsigned numbers, and back. */
static uint64_t
bits_of(int64_t at)
{
    return (uint64_t)at ^ (UINT64_C(1) << 63);
}

static int64_t
instant_of(uint64_t bits)
{
    return (int64_t)(bits ^ (UINT64_C(1) << 63));
}

static struct tp_wheel_chunk *
new_chunk(struct tp_wheel *wheel)
{
    struct tp_wheel_chunk *chunk = wheel->unused;

    if (chunk)
        wheel->unused = chunk->next;
    else
        chunk = malloc(sizeof *chunk);
    return chunk;
}

static int
append(struct tp_wheel *wheel, struct tp_wheel_chunk **run, struct tp_wheel_entry entry)
{
    struct tp_wheel_chunk *chunk = *run;

    if (!chunk || chunk->count == CHUNK) {
        chunk = new_chunk(wheel);
        if (!chunk)
            return -1;
        chunk->next = *run;
        chunk->count = 0;
        *run = chunk;
    }
    chunk->entry[chunk->count++] = entry;
    return 0;
}

static struct tp_wheel_entry
take_last(struct tp_wheel *wheel, struct tp_wheel_chunk **run)
{
    struct tp_wheel_chunk *chunk = *run;
    struct tp_wheel_entry entry = chunk->entry[--chunk->count];

    if (chunk->count == 0) {
        *run = chunk->next;
        chunk->next = wheel->unused;
        wheel->unused = chunk;
    }
    return entry;
}

/* Into the slot of the first bits that differ from those of the present; what is not later than
 * DUE is due. */
static int
place(struct tp_wheel *wheel, struct tp_wheel_entry entry, uint64_t due)
{
    uint64_t bits = bits_of(entry.at);
    unsigned level, slot;

    if (bits <= due)
        return append(wheel, &wheel->due, entry);
    level = (63 - (unsigned)__builtin_clzll(bits ^ wheel->present)) / TP_WHEEL_BITS;
    slot = bits >> level * TP_WHEEL_BITS & (TP_WHEEL_SLOTS - 1);
    wheel->level[level].taken |= UINT64_C(1) << slot;
    return append(wheel, &wheel->level[level].slot[slot], entry);
}

int
tp_wheel_push(struct tp_wheel *wheel, int64_t at, void *data)
{
    uint64_t bits = bits_of(at);

    if (!wheel->level) {
        wheel->level = calloc(TP_WHEEL_LEVELS, sizeof *wheel->level);
        if (!wheel->level)
            return -1;
    }
    if (place(wheel, (struct tp_wheel_entry){at, data}, wheel->present) < 0)
        return -1;
    if (wheel->count++ == 0 || bits < wheel->quiet)
        wheel->quiet = bits;
    return 0;
}

/* The present comes to SLOT of LEVEL, the earliest that has entries: they move down. */
static int
turn_to(struct tp_wheel *wheel, struct tp_wheel_level *level, unsigned slot, uint64_t until)
{
    struct tp_wheel_chunk **run = &level->slot[slot];

    level->taken &= ~(UINT64_C(1) << slot);
    while (*run)
        if (place(wheel, take_last(wheel, run), until) < 0)
            return -1;
    return 0;
}

/* The present turns to the earliest slot, unless that begins behind UNTIL. 0: it does. */
static int
turn(struct tp_wheel *wheel, uint64_t until)
{
    for (unsigned i = 0; i < TP_WHEEL_LEVELS; i++) {
        struct tp_wheel_level *level = &wheel->level[i];
        unsigned shift = i * TP_WHEEL_BITS, slot;
        uint64_t first = UINT64_C(1) << shift; /* bit of the level */

        if (!level->taken)
            continue;
        slot = (unsigned)__builtin_ctzll(level->taken);
        wheel->quiet = wheel->present & ~(first * TP_WHEEL_SLOTS - 1);
        wheel->quiet |= slot * first;
        if (wheel->quiet > until)
            return 0;
        wheel->present = wheel->quiet;
        return turn_to(wheel, level, slot, until) < 0 ? -1 : 1;
    }
    return 0;
}

int
tp_wheel_pop(struct tp_wheel *wheel, int64_t until, struct tp_wheel_entry *entry)
{
    if (wheel->count == 0 || bits_of(until) < wheel->quiet)
        return 0;
    while (!wheel->due) {
        int turned = turn(wheel, bits_of(until));

        if (turned <= 0)
            return turned;
    }
    *entry = take_last(wheel, &wheel->due);
    wheel->count--;
    return 1;
}

int64_t
tp_wheel_quiet(const struct tp_wheel *wheel)
{
    return wheel->count > 0 ? instant_of(wheel->quiet) : INT64_MAX;
}

static void
free_run(struct tp_wheel_chunk *run)
{
    while (run) {
        struct tp_wheel_chunk *next = run->next;

        free(run);
        run = next;
    }
}

void
tp_wheel_release(struct tp_wheel *wheel)
{
    for (size_t i = 0; wheel->level && i < TP_WHEEL_LEVELS; i++)
        for (size_t slot = 0; slot < TP_WHEEL_SLOTS; slot++)
            free_run(wheel->level[i].slot[slot]);
    free_run(wheel->due);
    free_run(wheel->unused);
    free(wheel->level);
    *wheel = (struct tp_wheel){0};
}
