/*
 * hash: 64-bit seeded hashing (XXH3, from libxxhash). Tables seed it from the system's random
 * source, so that hostile keys cannot be made to collide; what must be the same from run to run
 * (partition numbers) uses seed 0.
 */
#ifndef TP_BASE_HASH_H
#define TP_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t tp_hash(uint64_t seed, const void *bytes, size_t len);

/* A fresh random seed. */
uint64_t tp_hash_seed(void);

#endif
