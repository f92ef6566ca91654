/*
 * hash_inline: the hash of base/hash, inlined into the tables that live from its speed.
 */
#ifndef TP_BASE_HASH_INLINE_H
#define TP_BASE_HASH_INLINE_H

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/str.h"

static inline uint64_t
tp_hash_inline(uint64_t seed, struct tp_str bytes)
{
    return XXH3_64bits_withSeed(bytes.ptr, bytes.len, seed);
}

#endif
