/*
 * lookup: a table of lines by key, compact, for tables of many millions of rows that are read once
 * and asked often.
 *
 * Rows lie one behind the other in one block of memory: 16 bytes, the key, the line; a table of
 * 8-byte places (32 bits of the hash, 32 of the row's offset) finds the rows of a key. Rows of one
 * key come in the order in which they were added. Nothing is removed. Lookups are seeded
 * (base/hash). Limits: 16 GiB of rows; beyond that memory has run out.
 *
 * Its life has two parts: rows are added, and when it is ready it is asked. The table of places is
 * made in between, at once and in its size, so that it never grows and is not waited for.
 */
#ifndef TP_EVENT_LOOKUP_H
#define TP_EVENT_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct tp_lookup; /* opaque */

struct tp_lookup *tp_lookup_new(void); /* NULL: memory ran out */
void tp_lookup_free(struct tp_lookup *lookup);

/* Adds a row. MARK is the caller's. -1: memory ran out. */
int tp_lookup_add(struct tp_lookup *lookup, struct tp_str key, struct tp_str line, uint32_t mark,
                  struct tp_err *err);

/* All rows have been added: now it can be asked. -1: memory ran out. */
int tp_lookup_ready(struct tp_lookup *lookup, struct tp_err *err);

/* Walks the rows of a key: struct tp_lookup_found found = tp_lookup_find(lookup, key); while
 * (tp_lookup_next(&found, &row)) ... Borrowed for life. */
struct tp_lookup_row {
    struct tp_str line;
    uint32_t mark;
};

struct tp_lookup_found {
    const struct tp_lookup *lookup;
    uint32_t at, last; /* 0: there is none (left) */
};

struct tp_lookup_found tp_lookup_find(const struct tp_lookup *lookup, struct tp_str key);

/*
 * A table that is larger than the caches answers from memory, twice a question. Who knows his
 * questions beforehand asks for their bytes early: the hash asks for the place of the key; some
 * time later tp_lookup_fetch for its row; then tp_lookup_find_hashed.
 */
uint32_t tp_lookup_hash(const struct tp_lookup *lookup, struct tp_str key);
void tp_lookup_fetch(const struct tp_lookup *lookup, uint32_t hash);
struct tp_lookup_found tp_lookup_find_hashed(const struct tp_lookup *lookup, struct tp_str key,
                                             uint32_t hash);
bool tp_lookup_next(struct tp_lookup_found *found, struct tp_lookup_row *row);

/* Rows may take so many BYTES in all: a hint, so that they need not be moved when they grow. */
void tp_lookup_expect(struct tp_lookup *lookup, size_t bytes);

size_t tp_lookup_count(const struct tp_lookup *lookup); /* rows */
size_t tp_lookup_size(const struct tp_lookup *lookup);  /* bytes held, when it is ready */

#endif
