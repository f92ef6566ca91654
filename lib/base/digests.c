/*
 * Extendible hashing (Fagin et al., 1979), as in base/map: the low bits of a digest's high half
 * choose a part through a directory, its low half the bucket in it. A full part doubles until it
 * has FULL_LOG buckets; from then on it splits in two by the next bit. A bucket is one line of the
 * cache and is filled from its front; what finds it full goes to the next one. So asking for a
 * digest nearly always costs one line of memory, however many there are.
 */
#include "base/digests.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash_inline.h"
#include "base/huge.h"

enum { WAYS = 4, FIRST_LOG = 2, FULL_LOG = 16, MAX_DEPTH = 32 };

struct bucket {
    struct tp_digest way[WAYS]; /* 0, 0: free, and so are those behind it */
};

struct part {
    struct bucket *bucket;
    int64_t *number; /* by place: bucket * WAYS + way; NULL: none */
    uint32_t log;    /* of its buckets */
    uint32_t depth;  /* low bits of the high half that all its digests share */
    size_t count;
};

struct tp_digests {
    struct part **part; /* the directory: 1 << depth of them */
    uint32_t depth;
    bool numbered;
    size_t count;
    size_t size; /* bytes of the parts */
};

struct tp_digest
tp_digest_of(uint64_t seed, struct tp_str bytes)
{
    XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.ptr, bytes.len, seed);

    /* 0, 0 marks a free place. */
    return (struct tp_digest){hash.low64 | (hash.low64 == 0 && hash.high64 == 0), hash.high64};
}

void
tp_digest_write(char to[TP_DIGEST_SIZE], struct tp_digest digest)
{
    uint64_t half[] = {htole64(digest.low), htole64(digest.high)};

    memcpy(to, half, sizeof half);
}

struct tp_digest
tp_digest_read(const char from[TP_DIGEST_SIZE])
{
    uint64_t half[2];

    memcpy(half, from, sizeof half);
    return (struct tp_digest){le64toh(half[0]), le64toh(half[1])};
}

/* --- memory ------------------------------------------------------------------------------------*/

/* Zeroed, aligned to a line of the cache; SIZE is a power of two. */
static void *
take_memory(size_t size)
{
    void *at;

    if (size >= TP_HUGE_PAGE)
        return tp_huge_zeroed(size);
    at = aligned_alloc(sizeof(struct bucket), size);
    return at ? memset(at, 0, size) : NULL;
}

/* --- parts -------------------------------------------------------------------------------------*/

static size_t
buckets_size(uint32_t log)
{
    return sizeof(struct bucket) << log;
}

static size_t
numbers_size(uint32_t log)
{
    return (WAYS * sizeof(int64_t)) << log;
}

static size_t
part_size(const struct part *part)
{
    return sizeof *part + buckets_size(part->log) + (part->number ? numbers_size(part->log) : 0);
}

static void
free_part(struct part *part)
{
    if (!part)
        return;
    tp_huge_free(part->bucket, buckets_size(part->log));
    tp_huge_free(part->number, numbers_size(part->log));
    free(part);
}

static struct part *
new_part(bool numbered, uint32_t log, uint32_t depth)
{
    struct part *part = malloc(sizeof *part);

    if (!part)
        return NULL;
    *part = (struct part){.log = log, .depth = depth};
    part->bucket = take_memory(buckets_size(log));
    part->number = numbered ? take_memory(numbers_size(log)) : NULL;
    if (part->bucket && (part->number || !numbered))
        return part;
    free_part(part);
    return NULL;
}

static inline bool
is_free(struct tp_digest digest)
{
    return (digest.low | digest.high) == 0;
}

static inline bool
is_same(struct tp_digest a, struct tp_digest b)
{
    return ((a.low ^ b.low) | (a.high ^ b.high)) == 0;
}

/* A bit for each way that holds DIGEST: no branch hangs on which. */
static inline unsigned
ways_of(const struct bucket *bucket, struct tp_digest digest)
{
    const struct tp_digest *way = bucket->way;

    return (unsigned)is_same(way[0], digest) | (unsigned)is_same(way[1], digest) << 1 |
           (unsigned)is_same(way[2], digest) << 2 | (unsigned)is_same(way[3], digest) << 3;
}

static inline unsigned
free_ways(const struct bucket *bucket)
{
    return ways_of(bucket, (struct tp_digest){0, 0});
}

/* The free place where DIGEST belongs: there is always one. */
static inline size_t
free_place(const struct part *part, struct tp_digest digest)
{
    size_t mask = ((size_t)1 << part->log) - 1, at = digest.low & mask;
    unsigned ways;

    while (!(ways = free_ways(&part->bucket[at])))
        at = (at + 1) & mask;
    return at * WAYS + (unsigned)__builtin_ctz(ways);
}

/* The place of DIGEST, *IS_THERE, or the free one where it belongs. */
static inline size_t
place_of(const struct part *part, struct tp_digest digest, bool *is_there)
{
    size_t mask = ((size_t)1 << part->log) - 1, at = digest.low & mask;

    for (;; at = (at + 1) & mask) {
        unsigned here = ways_of(&part->bucket[at], digest);
        unsigned ways = here | free_ways(&part->bucket[at]);

        *is_there = here;
        if (ways)
            return at * WAYS + (unsigned)__builtin_ctz(ways);
    }
}

static inline struct tp_digest *
way_at(const struct part *part, size_t place)
{
    return &part->bucket[place / WAYS].way[place % WAYS];
}

static inline void
put(struct part *part, size_t place, struct tp_digest digest, int64_t number)
{
    *way_at(part, place) = digest;
    if (part->number)
        part->number[place] = number;
    part->count++;
}

/* Beyond three quarters the runs of full buckets grow long: a new digest looks at 2.3 buckets
 * there, and at 6 where seven eighths are taken. */
static bool
is_full(const struct part *part)
{
    return part->count >= ((size_t)WAYS << part->log) / 4 * 3;
}

/* --- growing -----------------------------------------------------------------------------------*/

/* Moves the digests of bucket AT to OTHER where their high half has BIT (0: all do), and the others
 * to where they belong now that room has been made before them. */
static void
share_bucket(struct part *part, size_t at, struct part *other, uint64_t bit)
{
    struct bucket bucket = part->bucket[at];
    int64_t number[WAYS] = {0};

    if (part->number)
        memcpy(number, &part->number[at * WAYS], sizeof number);
    part->bucket[at] = (struct bucket){0};
    for (unsigned i = 0; i < WAYS && !is_free(bucket.way[i]); i++) {
        struct tp_digest digest = bucket.way[i];
        struct part *to = (digest.high & bit) == bit ? other : part;

        put(to, free_place(to, digest), digest, number[i]);
    }
}

/* In place, from behind a bucket that has room: no digest lies behind it that belongs before it. */
static void
share_out(struct part *part, struct part *other, uint64_t bit)
{
    size_t buckets = (size_t)1 << part->log, start = 0;

    while (!is_free(part->bucket[start].way[WAYS - 1]))
        start++;
    part->count = 0;
    for (size_t i = 1; i <= buckets; i++)
        share_bucket(part, (start + i) & (buckets - 1), other, bit);
}

/* Points every place of the directory that stands for what HIGH has in common with PART to it. */
static void
repoint(struct tp_digests *d, uint64_t high, struct part *part)
{
    size_t step = (size_t)1 << part->depth, i = high & (step - 1);

    /* There is one at least: no part is deeper than the directory. */
    do {
        d->part[i] = part;
        i += step;
    } while (i >> d->depth == 0);
}

static int
double_part(struct tp_digests *d, struct part *part, uint64_t high)
{
    struct part *twice = new_part(d->numbered, part->log + 1, part->depth);

    if (!twice)
        return -1;
    for (size_t i = 0; i >> part->log == 0; i++)
        share_bucket(part, i, twice, 0);
    repoint(d, high, twice);
    d->size += part_size(twice) - part_size(part);
    free_part(part);
    return 0;
}

static int
double_directory(struct tp_digests *d)
{
    size_t count = (size_t)1 << d->depth;
    struct part **part = realloc(d->part, 2 * count * sizeof(*part));

    if (!part)
        return -1;
    memcpy(part + count, part, count * sizeof(*part));
    d->part = part;
    d->depth++;
    return 0;
}

static int
split_part(struct tp_digests *d, struct part *part, uint64_t high)
{
    uint64_t bit = (uint64_t)1 << part->depth;
    struct part *other;

    /* Digests are as good as random: only a table beyond all memory is that deep. */
    if (part->depth == MAX_DEPTH || (part->depth == d->depth && double_directory(d) < 0))
        return -1;
    other = new_part(d->numbered, part->log, part->depth + 1);
    if (!other)
        return -1;
    part->depth++;
    share_out(part, other, bit);
    repoint(d, high | bit, other);
    d->size += part_size(other);
    return 0;
}

/* --- verbs -------------------------------------------------------------------------------------*/

struct tp_digests *
tp_digests_new(bool numbered)
{
    struct tp_digests *d = calloc(1, sizeof *d);

    if (!d)
        return NULL;
    d->numbered = numbered;
    d->part = calloc(1, sizeof(*d->part));
    if (d->part)
        d->part[0] = new_part(numbered, FIRST_LOG, 0);
    if (!d->part || !d->part[0]) {
        tp_digests_free(d);
        return NULL;
    }
    d->size = part_size(d->part[0]);
    return d;
}

/* A part stands at all places of the directory that agree in its depth's low bits; the repetitions
 * are struck out first. */
void
tp_digests_free(struct tp_digests *d)
{
    if (!d)
        return;
    for (size_t i = 1; i >> d->depth == 0; i++)
        if (i >> d->part[i]->depth)
            d->part[i] = NULL;
    for (size_t i = 0; d->part && i >> d->depth == 0; i++)
        free_part(d->part[i]);
    free(d->part);
    free(d);
}

static inline struct part *
part_of(const struct tp_digests *d, struct tp_digest digest)
{
    return d->part[digest.high & (((size_t)1 << d->depth) - 1)];
}

/* The next bucket, too: what finds its own full goes there. */
void
tp_digests_expect(const struct tp_digests *d, struct tp_digest digest)
{
    const struct part *part = part_of(d, digest);
    size_t mask = ((size_t)1 << part->log) - 1, at = digest.low & mask;

    __builtin_prefetch(&part->bucket[at], 1);
    __builtin_prefetch(&part->bucket[(at + 1) & mask], 1);
    if (part->number)
        __builtin_prefetch(&part->number[at * WAYS], 1);
}

bool
tp_digests_find(const struct tp_digests *d, struct tp_digest digest, int64_t *number)
{
    const struct part *part = part_of(d, digest);
    bool is_there;
    size_t place = place_of(part, digest, &is_there);

    if (is_there)
        *number = part->number ? part->number[place] : 0;
    return is_there;
}

int
tp_digests_add(struct tp_digests *d, struct tp_digest digest, int64_t number)
{
    struct part *part = part_of(d, digest);
    bool is_there;
    size_t place = place_of(part, digest, &is_there);

    if (is_there)
        return 0;
    /* A split may leave all on one side. */
    while (is_full(part)) {
        if ((part->log < FULL_LOG ? double_part : split_part)(d, part, digest.high) < 0)
            return -1;
        part = part_of(d, digest);
        place = free_place(part, digest);
    }
    put(part, place, digest, number);
    d->count++;
    return 1;
}

bool
tp_digests_next(const struct tp_digests *d, size_t *at, struct tp_digest *digest, int64_t *number)
{
    const unsigned places_log = FULL_LOG + 2;
    size_t in_part = ((size_t)1 << places_log) - 1;

    _Static_assert(WAYS == 1 << 2, "places_log");
    while (*at >> places_log >> d->depth == 0) {
        size_t which = *at >> places_log, place = *at & in_part;
        const struct part *part = d->part[which];

        /* The end of this part, or a place of the directory that repeats one before. */
        if (place >= (size_t)WAYS << part->log || which >> part->depth) {
            *at = (which + 1) << places_log;
            continue;
        }
        ++*at;
        *digest = *way_at(part, place);
        if (is_free(*digest))
            continue;
        *number = part->number ? part->number[place] : 0;
        return true;
    }
    return false;
}

size_t
tp_digests_count(const struct tp_digests *d)
{
    return d->count;
}

size_t
tp_digests_size(const struct tp_digests *d)
{
    return sizeof *d + (sizeof(*d->part) << d->depth) + d->size;
}
