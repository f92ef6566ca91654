/*
 * bloom: which digests have been seen, about: in a few bits each, and wrong at a stated rate.
 *
 * A scalable Bloom filter (Almeida, Baquero, Preguica, Hutchison: "Scalable Bloom Filters",
 * Information Processing Letters 101, 2007): filters are added as they fill, each four times as
 * large as the one before and allowed half as many errors, so that all of them together take a
 * digest for seen that was not with a chance of at most RATE, however many come. One that was seen
 * is always found. Places are made of two halves of the digest (Kirsch, Mitzenmacher: "Less
 * Hashing, Same Performance", ESA 2006).
 */
#ifndef TP_BASE_BLOOM_H
#define TP_BASE_BLOOM_H

#include <stddef.h>

#include "base/digests.h"
#include "base/str.h"

struct tp_bloom; /* opaque */

/* RATE: between 0 and 1, both excluded. NULL when memory ran out. */
struct tp_bloom *tp_bloom_new(double rate);
void tp_bloom_free(struct tp_bloom *bloom); /* NULL is fine */

/* 1: DIGEST is new (and remembered from now on), 0: it was probably seen, -1: memory ran out. */
int tp_bloom_see(struct tp_bloom *bloom, struct tp_digest digest);

/* For saved state: the bytes of filter number WHICH (from 0) and how many it has taken; len 0:
 * there is no such filter. And puts BYTES at AT of it, the filters in their order, into a new one
 * of the same RATE. -1: they do not fit, or memory ran out. */
struct tp_str tp_bloom_bytes(const struct tp_bloom *bloom, size_t which, size_t *taken);
int tp_bloom_put(struct tp_bloom *bloom, size_t which, size_t taken, size_t at,
                 struct tp_str bytes);

size_t tp_bloom_count(const struct tp_bloom *bloom); /* how many were new */
size_t tp_bloom_size(const struct tp_bloom *bloom);  /* bytes held */

#endif
