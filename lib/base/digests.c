#include "base/digests.h"

#include <stdlib.h>

#include "base/hash_inline.h"
#include "base/huge.h"

#define FIRST_PLACES 16

struct tp_digests {
    struct tp_digest *place; /* 0, 0: free */
    int64_t *number;         /* NULL: none */
    size_t places;           /* a power of two */
    size_t count;
    bool numbered;
};

struct tp_digest
tp_digest_of(uint64_t seed, struct tp_str bytes)
{
    XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.ptr, bytes.len, seed);

    /* 0, 0 marks a free place. */
    return (struct tp_digest){hash.low64 | (hash.low64 == 0 && hash.high64 == 0), hash.high64};
}

static bool
allocate(struct tp_digests *d, size_t places)
{
    d->place = tp_huge_zeroed(places * sizeof *d->place);
    d->number = d->numbered ? tp_huge_zeroed(places * sizeof *d->number) : NULL;
    d->places = places;
    return d->place && (d->number || !d->numbered);
}

static void
release(struct tp_digests *d)
{
    tp_huge_free(d->place, d->places * sizeof *d->place);
    tp_huge_free(d->number, d->places * sizeof *d->number);
}

struct tp_digests *
tp_digests_new(bool numbered)
{
    struct tp_digests *d = calloc(1, sizeof *d);

    if (!d)
        return NULL;
    d->numbered = numbered;
    if (allocate(d, FIRST_PLACES))
        return d;
    tp_digests_free(d);
    return NULL;
}

void
tp_digests_free(struct tp_digests *d)
{
    if (!d)
        return;
    release(d);
    free(d);
}

/* Where DIGEST is, or the free place where it belongs. */
static inline size_t
place_of(const struct tp_digests *d, struct tp_digest digest)
{
    size_t at = digest.low & (d->places - 1);

    for (;; at = (at + 1) & (d->places - 1)) {
        const struct tp_digest *there = &d->place[at];

        if ((there->low == digest.low && there->high == digest.high) ||
            (there->low == 0 && there->high == 0))
            return at;
    }
}

void
tp_digests_expect(const struct tp_digests *d, struct tp_digest digest)
{
    size_t at = digest.low & (d->places - 1);

    __builtin_prefetch(&d->place[at]);
    if (d->number)
        __builtin_prefetch(&d->number[at]);
}

bool
tp_digests_find(const struct tp_digests *d, struct tp_digest digest, int64_t *number)
{
    size_t at = place_of(d, digest);

    if (d->place[at].low == 0 && d->place[at].high == 0)
        return false;
    *number = d->number ? d->number[at] : 0;
    return true;
}

static void
put(struct tp_digests *d, struct tp_digest digest, int64_t number)
{
    size_t at = place_of(d, digest);

    d->place[at] = digest;
    if (d->number)
        d->number[at] = number;
}

static int
grow(struct tp_digests *d)
{
    struct tp_digests grown = {.count = d->count, .numbered = d->numbered};

    if (d->places > SIZE_MAX / 2 / sizeof *d->place || !allocate(&grown, d->places * 2)) {
        release(&grown);
        return -1;
    }
    for (size_t i = 0; i < d->places; i++)
        if (d->place[i].low || d->place[i].high)
            put(&grown, d->place[i], d->number ? d->number[i] : 0);
    release(d);
    d->place = grown.place;
    d->number = grown.number;
    d->places = grown.places;
    return 0;
}

int
tp_digests_add(struct tp_digests *d, struct tp_digest digest, int64_t number)
{
    if (d->count >= d->places / 4 * 3 && grow(d) < 0)
        return -1;
    put(d, digest, number);
    d->count++;
    return 0;
}

bool
tp_digests_next(const struct tp_digests *d, size_t *at, struct tp_digest *digest, int64_t *number)
{
    while (*at < d->places) {
        size_t i = (*at)++;

        if (d->place[i].low == 0 && d->place[i].high == 0)
            continue;
        *digest = d->place[i];
        *number = d->number ? d->number[i] : 0;
        return true;
    }
    return false;
}

size_t
tp_digests_count(const struct tp_digests *d)
{
    return d->count;
}
