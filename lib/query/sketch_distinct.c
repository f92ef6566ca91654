#include "query/sketch.h"

#include <math.h>
#include <stdlib.h>

#define INDEX_BITS 14
#define RANK_BITS (64 - INDEX_BITS)
#define FIRST_SLOTS 8
#define MOST_SLOTS 1024

static void
set_rank(struct tp_sketch_distinct *sketch, uint64_t hash)
{
    uint8_t *rank = &sketch->rank[hash >> RANK_BITS];
    /* the bit behind the hash's last ends a run of zeros */
    uint64_t rest = hash << INDEX_BITS | UINT64_C(1) << (INDEX_BITS - 1);
    uint8_t run = (uint8_t)(__builtin_clzll(rest) + 1);

    if (run > *rank)
        *rank = run;
}

static int
to_registers(struct tp_sketch_distinct *sketch)
{
    sketch->rank = calloc(TP_SKETCH_REGISTERS, 1);
    if (!sketch->rank)
        return -1;
    for (uint32_t i = 0; i < sketch->slots; i++)
        if (sketch->hash[i])
            set_rank(sketch, sketch->hash[i]);
    free(sketch->hash);
    sketch->hash = NULL;
    sketch->count = sketch->slots = 0;
    return 0;
}

static uint64_t *
slot_of(uint64_t *table, uint32_t slots, uint64_t hash)
{
    uint32_t at = (uint32_t)hash & (slots - 1);

    while (table[at] && table[at] != hash)
        at = (at + 1) & (slots - 1);
    return &table[at];
}

static int
grow(struct tp_sketch_distinct *sketch)
{
    uint32_t slots = sketch->slots ? sketch->slots * 2 : FIRST_SLOTS;
    uint64_t *table = calloc(slots, sizeof *table);

    if (!table)
        return -1;
    for (uint32_t i = 0; i < sketch->slots; i++)
        if (sketch->hash[i])
            *slot_of(table, slots, sketch->hash[i]) = sketch->hash[i];
    free(sketch->hash);
    sketch->hash = table;
    sketch->slots = slots;
    return 0;
}

int
tp_sketch_distinct_add(struct tp_sketch_distinct *sketch, uint64_t hash)
{
    uint64_t *slot;

    hash += hash == 0; /* 0 marks a free slot */
    if (!sketch->rank && sketch->count >= sketch->slots / 4 * 3 &&
        (sketch->slots < MOST_SLOTS ? grow(sketch) : to_registers(sketch)) < 0)
        return -1;
    if (sketch->rank) {
        set_rank(sketch, hash);
        return 0;
    }
    slot = slot_of(sketch->hash, sketch->slots, hash);
    sketch->count += *slot == 0;
    *slot = hash;
    return 0;
}

int
tp_sketch_distinct_merge(struct tp_sketch_distinct *into, const struct tp_sketch_distinct *from)
{
    if (from->rank && !into->rank && to_registers(into) < 0)
        return -1;
    for (uint32_t i = 0; from->rank && i < TP_SKETCH_REGISTERS; i++)
        if (from->rank[i] > into->rank[i])
            into->rank[i] = from->rank[i];
    for (uint32_t i = 0; i < from->slots; i++)
        if (from->hash[i] && tp_sketch_distinct_add(into, from->hash[i]) < 0)
            return -1;
    return 0;
}

/* Ertl's sigma and tau: corrections for registers that are still 0, and that are full. */
static double
sigma(double x)
{
    double y = 1, sum = x, before;

    if (x == 1)
        return HUGE_VAL;
    do {
        x *= x;
        before = sum;
        sum += x * y;
        y += y;
    } while (sum != before);
    return sum;
}

static double
tau(double x)
{
    double y = 1, sum = 1 - x, before;

    if (x == 0 || x == 1)
        return 0;
    do {
        x = sqrt(x);
        before = sum;
        y *= 0.5;
        sum -= (1 - x) * (1 - x) * y;
    } while (sum != before);
    return sum / 3;
}

double
tp_sketch_distinct_estimate(const struct tp_sketch_distinct *sketch)
{
    const double registers = TP_SKETCH_REGISTERS;
    uint32_t having[TP_SKETCH_RANK_MAX + 1] = {0};
    double z;

    if (!sketch->rank)
        return sketch->count;
    for (uint32_t i = 0; i < TP_SKETCH_REGISTERS; i++)
        having[sketch->rank[i]]++;
    z = registers * tau(1 - having[TP_SKETCH_RANK_MAX] / registers);
    for (int rank = TP_SKETCH_RANK_MAX - 1; rank >= 1; rank--)
        z = 0.5 * (z + having[rank]);
    z += registers * sigma(having[0] / registers);
    return registers * registers / (2 * log(2)) / z;
}

size_t
tp_sketch_distinct_held(const struct tp_sketch_distinct *sketch)
{
    return sketch->slots * sizeof *sketch->hash + (sketch->rank ? TP_SKETCH_REGISTERS : 0);
}

void
tp_sketch_distinct_clear(struct tp_sketch_distinct *sketch)
{
    free(sketch->hash);
    free(sketch->rank);
}
