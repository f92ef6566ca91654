/*
 * A table of slots (base/map_table) that say where the entries are. A slot holds 32 bits of the
 * hash, so that moving slots never looks at the entries, and few probes look at a wrong one.
 * Entries lie in a slab (base/map_slab), doubly linked in the order of insertion:
 *
 *   previous | next | value ... | key length | key ...
 */
#include "base/map.h"

#include <stdlib.h>

#include "base/fetch.h"
#include "base/hash.h"
#include "base/hash_inline.h"
#include "base/map_slab.h"
#include "base/map_table.h"

/* Of entries so large that they are not all in use at once, the start will do. */
enum { USUAL_KEY = 16, MOST_FETCHED = 8 * TP_FETCH_LINE };

struct entry {
    uint32_t previous, next;
    char value[];
};

struct tp_map {
    uint64_t seed;
    struct tp_map_table table;
    uint32_t first, last; /* the ends of the order of insertion */
    size_t count;
    size_t key_at;     /* of the key's length, from the entry */
    size_t round;      /* entries are multiples of this */
    size_t value_size; /* rounded up to 4 */
    size_t fetched;    /* of a value and a key of usual length */
    struct tp_slab slab;
};

/* ---- entries ---- */

static struct entry *
entry_at(const struct tp_map *map, uint32_t ref)
{
    return tp_slab_at(&map->slab, ref);
}

static struct entry *
entry_of(const void *value)
{
    return (struct entry *)((const char *)value - offsetof(struct entry, value));
}

static struct tp_str
key_of(const struct tp_map *map, const struct entry *entry)
{
    const char *at = (const char *)entry + map->key_at;
    uint32_t len;

    memcpy(&len, at, sizeof len);
    return (struct tp_str){at + sizeof len, len};
}

static size_t
entry_size(const struct tp_map *map, size_t key_len)
{
    size_t size = map->key_at + sizeof(uint32_t) + key_len;

    size = (size + map->round - 1) & ~(map->round - 1);
    /* One unit more, and where all are of that size the slab keeps values to lines of their own. */
    return size % TP_FETCH_LINE == TP_FETCH_LINE - TP_SLAB_UNIT ? size + TP_SLAB_UNIT : size;
}

/* Short keys are the rule; two overlapping loads beat a call of memcmp. */
static inline bool
same_bytes(const char *a, const char *b, size_t len)
{
    uint64_t a_head, b_head, a_tail, b_tail;

    if (len < sizeof a_head || len > 2 * sizeof a_head)
        return len == 0 || memcmp(a, b, len) == 0;
    memcpy(&a_head, a, sizeof a_head);
    memcpy(&b_head, b, sizeof b_head);
    memcpy(&a_tail, a + len - sizeof a_tail, sizeof a_tail);
    memcpy(&b_tail, b + len - sizeof b_tail, sizeof b_tail);
    return ((a_head ^ b_head) | (a_tail ^ b_tail)) == 0;
}

static inline bool
has_key(const struct tp_map *map, uint32_t ref, struct tp_str key)
{
    struct tp_str own = key_of(map, entry_at(map, ref));

    return own.len == key.len && same_bytes(own.ptr, key.ptr, key.len);
}

/* The slot of KEY, or the empty one where its probe ends. */
static inline struct tp_map_slot *
probe(const struct tp_map *map, uint32_t tag, struct tp_str key)
{
    struct tp_map_place place = tp_map_table_place(&map->table, tag);
    uint32_t mask = UINT32_MAX >> place.shift;
    struct tp_map_slot *slot = place.part->slot;
    uint32_t i = tag >> place.shift;

    while (slot[i].ref) {
        if (slot[i].tag == tag && has_key(map, slot[i].ref, key))
            break;
        i = (i + 1) & mask;
    }
    return &slot[i];
}

static inline uint32_t
tag_of(const struct tp_map *map, struct tp_str key)
{
    return (uint32_t)tp_hash_inline(map->seed, key);
}

static void
link_last(struct tp_map *map, struct entry *entry, uint32_t ref)
{
    entry->previous = map->last;
    entry->next = 0;
    if (map->last)
        entry_at(map, map->last)->next = ref;
    else
        map->first = ref;
    map->last = ref;
}

static void
unlink_entry(struct tp_map *map, const struct entry *entry)
{
    if (entry->previous)
        entry_at(map, entry->previous)->next = entry->next;
    else
        map->first = entry->next;
    if (entry->next)
        entry_at(map, entry->next)->previous = entry->previous;
    else
        map->last = entry->previous;
}

static uint32_t
new_entry(struct tp_map *map, struct tp_str key)
{
    uint32_t len = (uint32_t)key.len;
    struct entry *entry;
    uint32_t ref;
    char *at;

    if (key.len > UINT32_MAX - 64)
        return 0;
    ref = tp_slab_alloc(&map->slab, entry_size(map, key.len));
    if (!ref)
        return 0;
    entry = entry_at(map, ref);
    memset(entry->value, 0, map->value_size);
    at = (char *)entry + map->key_at;
    memcpy(at, &len, sizeof len);
    if (key.len)
        memcpy(at + sizeof len, key.ptr, key.len);
    link_last(map, entry, ref);
    map->count++;
    return ref;
}

/* ---- verbs ---- */

struct tp_map *
tp_map_new(size_t value_size)
{
    struct tp_map *map = value_size < SIZE_MAX / 4 ? calloc(1, sizeof *map) : NULL;

    if (!map)
        return NULL;
    map->seed = tp_hash_seed();
    map->value_size = (value_size + 3) & ~(size_t)3;
    map->key_at = offsetof(struct entry, value) + map->value_size;
    map->fetched = map->value_size + sizeof(uint32_t) + USUAL_KEY;
    if (map->fetched > MOST_FETCHED)
        map->fetched = MOST_FETCHED;
    /* Types that need 16 bytes of alignment have sizes that are multiples of it. */
    map->round = value_size && value_size % 16 == 0 ? 16 : 8;
    if (tp_map_table_init(&map->table) < 0) {
        free(map);
        return NULL;
    }
    return map;
}

void
tp_map_free(struct tp_map *map)
{
    if (!map)
        return;
    tp_map_table_release(&map->table);
    tp_slab_release(&map->slab);
    free(map);
}

struct tp_map *
tp_map_new_walked(size_t value_size)
{
    struct tp_map *map = tp_map_new(value_size);

    if (map)
        map->table.parts.kept = true;
    return map;
}

void *
tp_map_find(const struct tp_map *map, struct tp_str key)
{
    return tp_map_find_hashed(map, key, tag_of(map, key));
}

void *
tp_map_find_hashed(const struct tp_map *map, struct tp_str key, uint32_t hash)
{
    const struct tp_map_slot *slot = probe(map, hash, key);

    return slot->ref ? entry_at(map, slot->ref)->value : NULL;
}

uint32_t
tp_map_hash(const struct tp_map *map, struct tp_str key)
{
    return tag_of(map, key);
}

void
tp_map_expect(const struct tp_map *map, uint32_t hash)
{
    struct tp_map_place place = tp_map_table_place(&map->table, hash);

    __builtin_prefetch(&place.part->slot[hash >> place.shift], 1);
}

void
tp_map_fetch(const struct tp_map *map, uint32_t hash)
{
    struct tp_map_place place = tp_map_table_place(&map->table, hash);
    uint32_t mask = UINT32_MAX >> place.shift;
    const struct tp_map_slot *slot = place.part->slot;

    for (uint32_t i = hash >> place.shift; slot[i].ref; i = (i + 1) & mask)
        if (slot[i].tag == hash) {
            tp_fetch(entry_at(map, slot[i].ref)->value, map->fetched);
            return;
        }
}

void *
tp_map_add(struct tp_map *map, struct tp_str key, bool *is_new)
{
    return tp_map_add_hashed(map, key, tag_of(map, key), is_new);
}

void *
tp_map_add_hashed(struct tp_map *map, struct tp_str key, uint32_t hash, bool *is_new)
{
    struct tp_map_slot *slot = probe(map, hash, key);
    struct tp_map_part *part;

    if (is_new)
        *is_new = !slot->ref;
    if (slot->ref)
        return entry_at(map, slot->ref)->value;
    part = tp_map_table_place(&map->table, hash).part;
    if (tp_map_part_is_full(part)) {
        if (tp_map_table_grow(&map->table, hash, map->count))
            return NULL;
        slot = probe(map, hash, key);
        part = tp_map_table_place(&map->table, hash).part;
    }
    *slot = (struct tp_map_slot){hash, new_entry(map, key)};
    if (!slot->ref)
        return NULL;
    part->count++;
    return entry_at(map, slot->ref)->value;
}

struct tp_str
tp_map_key(const struct tp_map *map, const void *value)
{
    return key_of(map, entry_of(value));
}

/* Removes the entry of SLOT, whose probe is for TAG. */
static void
remove_slot(struct tp_map *map, uint32_t tag, const struct tp_map_slot *slot)
{
    uint32_t ref = slot->ref;
    struct entry *entry = entry_at(map, ref);

    tp_map_part_remove(tp_map_table_place(&map->table, tag).part, slot);
    unlink_entry(map, entry);
    map->count--;
    /* The entry's `next` outlives this: whoever walks goes on from it. */
    tp_slab_free(&map->slab, ref, entry_size(map, key_of(map, entry).len));
}

bool
tp_map_remove(struct tp_map *map, struct tp_str key)
{
    uint32_t tag = tag_of(map, key);
    const struct tp_map_slot *slot = probe(map, tag, key);

    if (!slot->ref)
        return false;
    remove_slot(map, tag, slot);
    return true;
}

/* The slot of ENTRY, which is there: found without a look at any key. */
static const struct tp_map_slot *
slot_of(const struct tp_map *map, uint32_t tag, const struct entry *entry)
{
    struct tp_map_place place = tp_map_table_place(&map->table, tag);
    uint32_t mask = UINT32_MAX >> place.shift;
    const struct tp_map_slot *slot = place.part->slot;
    uint32_t i = tag >> place.shift;

    while (slot[i].tag != tag || entry_at(map, slot[i].ref) != entry)
        i = (i + 1) & mask;
    return &slot[i];
}

void
tp_map_expect_removal(const struct tp_map *map, const void *value, uint32_t hash)
{
    const struct entry *entry = entry_of(value);

    tp_map_expect(map, hash);
    if (entry->previous)
        tp_fetch(entry_at(map, entry->previous), sizeof *entry);
    if (entry->next)
        tp_fetch(entry_at(map, entry->next), sizeof *entry);
}

void
tp_map_remove_value(struct tp_map *map, const void *value, uint32_t hash)
{
    remove_slot(map, hash, slot_of(map, hash, entry_of(value)));
}

size_t
tp_map_count(const struct tp_map *map)
{
    return map->count;
}

size_t
tp_map_size(const struct tp_map *map)
{
    return sizeof *map + tp_map_table_size(&map->table) + map->slab.size;
}

void
tp_map_clear(struct tp_map *map)
{
    tp_map_table_clear(&map->table);
    map->first = map->last = 0;
    map->count = 0;
    tp_slab_clear(&map->slab);
}

void *
tp_map_first(const struct tp_map *map)
{
    return map->first ? entry_at(map, map->first)->value : NULL;
}

void *
tp_map_next(const struct tp_map *map, const void *value)
{
    uint32_t next = entry_of(value)->next;

    return next ? entry_at(map, next)->value : NULL;
}
