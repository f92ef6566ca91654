/*
 * map: from byte strings to values of one fixed size.
 *
 * Keys are copied in; values start zeroed, lie aligned for any type, and stay where they are until
 * their key is removed or the map is cleared. Walking goes in the order of first insertion. Growth
 * is incremental: no single insertion moves the whole table (no pause at 10 million keys). Lookups
 * are seeded (base/hash). Not safe for use while walking, except tp_map_remove of the entry walked.
 * Limits: 32 GiB of entries, keys below 4 GiB; beyond them memory has run out. Beside key and value
 * an entry takes 12 bytes, its place in the table 11 to 21. A removed key's memory serves later
 * entries of about the same size; it goes back to the system when the map is cleared or freed.
 */
#ifndef TP_BASE_MAP_H
#define TP_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct tp_map; /* opaque */

/* NULL when memory ran out. VALUE_SIZE in bytes. */
struct tp_map *tp_map_new(size_t value_size);
void tp_map_free(struct tp_map *map);

/* A map that a child that we fork only walks: it gets the entries, but not the table that finds
 * them. So we, who go on, need not copy the page of the table that each new key is written to. */
struct tp_map *tp_map_new_walked(size_t value_size);

/* The value of KEY, or NULL. */
void *tp_map_find(const struct tp_map *map, struct tp_str key);

/* The value of KEY, made (zeroed) if it was not there; *IS_NEW (may be NULL) says which. NULL when
 * memory ran out. */
void *tp_map_add(struct tp_map *map, struct tp_str key, bool *is_new);

/*
 * The same in steps, for those who know some keys before they need their values: what misses the
 * cache is then fetched while they do other things. With the hash of the key, expect asks for its
 * place in the table; when that has come, fetch asks for the entry, if there is one; then the
 * value.
 */
uint32_t tp_map_hash(const struct tp_map *map, struct tp_str key);
void tp_map_expect(const struct tp_map *map, uint32_t hash);
void tp_map_fetch(const struct tp_map *map, uint32_t hash);
void *tp_map_find_hashed(const struct tp_map *map, struct tp_str key, uint32_t hash);
void *tp_map_add_hashed(struct tp_map *map, struct tp_str key, uint32_t hash, bool *is_new);

/* The key of a VALUE that the map lent. */
struct tp_str tp_map_key(const struct tp_map *map, const void *value);

/* False when KEY was not there. Its memory is reused by later keys. */
bool tp_map_remove(struct tp_map *map, struct tp_str key);

/* The same for a VALUE that the map lent, of a key with that HASH. What that touches besides the
 * entry is asked for by expect_removal, when the entry has come. */
void tp_map_expect_removal(const struct tp_map *map, const void *value, uint32_t hash);
void tp_map_remove_value(struct tp_map *map, const void *value, uint32_t hash);

size_t tp_map_count(const struct tp_map *map);
size_t tp_map_size(const struct tp_map *map); /* bytes held, for --max-memory */

/* Forgets all keys, keeps some memory (a chunk of entries, at most 1 MiB, and a part of the table).
 */
void tp_map_clear(struct tp_map *map);

/* for (void *v = tp_map_first(m); v; v = tp_map_next(m, v)) */
void *tp_map_first(const struct tp_map *map);
void *tp_map_next(const struct tp_map *map, const void *value);

#endif
