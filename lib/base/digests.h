/*
 * digests: a set of 128-bit digests, each with a number beside it where that is asked for.
 *
 * A digest is the seeded XXH3 of some bytes; who keeps it instead of them takes two different runs
 * of bytes for the same with a chance of about n*n / 2^129 among n of them: 10^-22 for 100 million.
 * 16 bytes (24 with numbers) a place, at most 3/4 of them taken. Growth is incremental: no addition
 * moves more than 4 MiB of digests. Large sets lie in huge pages where the system has them: places
 * are hit at random, and would each miss the page tables, too.
 */
#ifndef TP_BASE_DIGESTS_H
#define TP_BASE_DIGESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct tp_digest {
    uint64_t low, high;
};

struct tp_digest tp_digest_of(uint64_t seed, struct tp_str bytes);

/* For saved state: a digest as bytes, the same on any machine, and back. */
enum { TP_DIGEST_SIZE = 16 };
void tp_digest_write(char to[TP_DIGEST_SIZE], struct tp_digest digest);
struct tp_digest tp_digest_read(const char from[TP_DIGEST_SIZE]);

struct tp_digests; /* opaque */

/* NULL when memory ran out. */
struct tp_digests *tp_digests_new(bool numbered);
void tp_digests_free(struct tp_digests *digests);

/* Is DIGEST there? Then *NUMBER is what it was added with (0 where there are no numbers). */
bool tp_digests_find(const struct tp_digests *digests, struct tp_digest digest, int64_t *number);

/* DIGEST will be asked for or added soon: its place is fetched from memory meanwhile. */
void tp_digests_expect(const struct tp_digests *digests, struct tp_digest digest);

/* 1: DIGEST was not there and is now, with NUMBER; 0: it was, and keeps the one it has; -1: memory
 * ran out. */
int tp_digests_add(struct tp_digests *digests, struct tp_digest digest, int64_t number);

/* Walks over all, in no order: *AT starts at 0. False at the end. */
bool tp_digests_next(const struct tp_digests *digests, size_t *at, struct tp_digest *digest,
                     int64_t *number);

size_t tp_digests_count(const struct tp_digests *digests);
size_t tp_digests_size(const struct tp_digests *digests); /* bytes held, for --max-memory */

#endif
