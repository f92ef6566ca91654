#include "event/lookup.h"

#include <stdlib.h>
#include <string.h>

#include "base/fetch.h"
#include "base/hash.h"
#include "base/huge.h"

/* Rows begin at multiples of this: 32 bits then reach 16 GiB. */
#define UNIT 4
#define USUAL_ROW 128 /* bytes that most rows do not exceed */
#define FIRST_SLOTS 1024
#define FIRST_BYTES 65536

/* Rows of one key form a ring; its slot names the last, whose `next` is the first. */
struct row {
    uint32_t next;
    uint32_t key_len, len;
    uint32_t mark;
    char text[]; /* key, line */
};

struct slot {
    uint32_t tag;
    uint32_t at; /* of the last row of the key, in units; 0: empty */
};

struct tp_lookup {
    struct slot *slot;
    size_t slots, keys; /* slots: a power of two, more than 4/3 of the keys */
    char *bytes;
    size_t used, cap; /* used: a multiple of UNIT */
    size_t rows;
    uint64_t seed;
};

struct tp_lookup *
tp_lookup_new(void)
{
    struct tp_lookup *l = calloc(1, sizeof *l);

    if (!l)
        return NULL;
    l->seed = tp_hash_seed();
    l->slot = tp_huge_zeroed(FIRST_SLOTS * sizeof *l->slot);
    l->bytes = tp_huge_zeroed(FIRST_BYTES);
    l->slots = FIRST_SLOTS;
    l->cap = FIRST_BYTES;
    l->used = UNIT; /* no row is at 0 */
    if (l->slot && l->bytes)
        return l;
    tp_lookup_free(l);
    return NULL;
}

void
tp_lookup_free(struct tp_lookup *l)
{
    if (!l)
        return;
    tp_huge_free(l->slot, l->slots * sizeof *l->slot);
    tp_huge_free(l->bytes, l->cap);
    free(l);
}

static struct row *
row_at(const struct tp_lookup *l, uint32_t at)
{
    return (struct row *)(l->bytes + (size_t)at * UNIT);
}

/* Where KEY stands, or the empty slot where it would. */
static struct slot *
slot_of(const struct tp_lookup *l, struct tp_str key, uint32_t tag)
{
    size_t mask = l->slots - 1, i = tag & mask;

    for (; l->slot[i].at; i = (i + 1) & mask) {
        const struct row *row;

        if (l->slot[i].tag != tag)
            continue;
        row = row_at(l, l->slot[i].at);
        if (row->key_len == key.len && memcmp(row->text, key.ptr, key.len) == 0)
            break;
    }
    return &l->slot[i];
}

/* --- adding ------------------------------------------------------------------------------------*/

static int
grow_slots(struct tp_lookup *l)
{
    size_t slots = 2 * l->slots, mask = slots - 1;
    struct slot *grown;

    if (4 * l->keys < 3 * l->slots)
        return 0;
    grown = tp_huge_zeroed(slots * sizeof *grown);
    if (!grown)
        return -1;
    for (size_t from = 0; from < l->slots; from++) {
        size_t to = l->slot[from].tag & mask;

        if (l->slot[from].at == 0)
            continue;
        while (grown[to].at)
            to = (to + 1) & mask;
        grown[to] = l->slot[from];
    }
    tp_huge_free(l->slot, l->slots * sizeof *l->slot);
    l->slot = grown;
    l->slots = slots;
    return 0;
}

static int
grow_bytes(struct tp_lookup *l, size_t cap)
{
    char *grown = tp_huge_grow(l->bytes, l->cap, cap);

    if (!grown)
        return -1;
    l->bytes = grown;
    l->cap = cap;
    return 0;
}

/* Room for a row of LEN bytes of text; its offset in units, 0 when memory ran out. */
static uint32_t
room_for(struct tp_lookup *l, size_t len)
{
    size_t need = (sizeof(struct row) + len + UNIT - 1) / UNIT * UNIT, cap = l->cap, at = l->used;

    if (at / UNIT > UINT32_MAX)
        return 0;
    while (cap - l->used < need)
        cap += cap / 2;
    if (cap > l->cap && grow_bytes(l, cap) < 0)
        return 0;
    l->used += need;
    return (uint32_t)(at / UNIT);
}

void
tp_lookup_expect(struct tp_lookup *l, size_t bytes)
{
    if (bytes > l->cap)
        (void)grow_bytes(l, bytes);
}

static void
link_row(struct tp_lookup *l, struct slot *slot, uint32_t tag, uint32_t at)
{
    struct row *row = row_at(l, at), *last;

    row->next = at;
    if (slot->at == 0) {
        l->keys++;
    } else {
        last = row_at(l, slot->at);
        row->next = last->next;
        last->next = at;
    }
    *slot = (struct slot){tag, at};
}

static uint32_t
hash_of(const struct tp_lookup *l, struct tp_str key)
{
    return (uint32_t)tp_hash(l->seed, key.ptr, key.len);
}

int
tp_lookup_add(struct tp_lookup *l, struct tp_str key, struct tp_str line, uint32_t mark,
              struct tp_err *err)
{
    uint32_t tag = hash_of(l, key), at;
    struct row *row;

    if (key.len > UINT32_MAX || line.len > UINT32_MAX || grow_slots(l) < 0)
        return tp_err_memory(err);
    at = room_for(l, key.len + line.len);
    if (at == 0)
        return tp_err_memory(err);
    row = row_at(l, at);
    row->key_len = (uint32_t)key.len;
    row->len = (uint32_t)line.len;
    row->mark = mark;
    memcpy(row->text, key.ptr, key.len);
    memcpy(row->text + key.len, line.ptr, line.len);
    link_row(l, slot_of(l, key, tag), tag, at);
    l->rows++;
    return 0;
}

/* --- asking ------------------------------------------------------------------------------------*/

uint32_t
tp_lookup_hash(const struct tp_lookup *l, struct tp_str key)
{
    uint32_t hash = hash_of(l, key);

    __builtin_prefetch(&l->slot[hash & (l->slots - 1)]);
    return hash;
}

void
tp_lookup_fetch(const struct tp_lookup *l, uint32_t hash)
{
    size_t mask = l->slots - 1, i = hash & mask;

    while (l->slot[i].at && l->slot[i].tag != hash)
        i = (i + 1) & mask;
    if (l->slot[i].at)
        tp_fetch(row_at(l, l->slot[i].at), USUAL_ROW);
}

struct tp_lookup_found
tp_lookup_find_hashed(const struct tp_lookup *l, struct tp_str key, uint32_t hash)
{
    uint32_t last = slot_of(l, key, hash)->at;

    return (struct tp_lookup_found){l, last ? row_at(l, last)->next : 0, last};
}

struct tp_lookup_found
tp_lookup_find(const struct tp_lookup *l, struct tp_str key)
{
    return tp_lookup_find_hashed(l, key, hash_of(l, key));
}

bool
tp_lookup_next(struct tp_lookup_found *found, struct tp_lookup_row *row)
{
    const struct row *at;

    if (found->at == 0)
        return false;
    at = row_at(found->lookup, found->at);
    row->line = (struct tp_str){at->text + at->key_len, at->len};
    row->mark = at->mark;
    found->at = found->at == found->last ? 0 : at->next;
    return true;
}

size_t
tp_lookup_count(const struct tp_lookup *l)
{
    return l->rows;
}

size_t
tp_lookup_size(const struct tp_lookup *l)
{
    return sizeof *l + l->slots * sizeof *l->slot + l->used;
}
