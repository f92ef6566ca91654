#include "base/bloom.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FILTERS = 24, FIRST_KEYS = 65536, GROWTH = 4 };

struct filter {
    uint8_t *byte; /* as saved: bytes are the same on any machine */
    uint64_t bits;
    unsigned probes;
    size_t count, limit;
};

struct tp_bloom {
    double rate; /* of the next filter */
    struct filter filter[MOST_FILTERS];
    size_t filters, count, size;
};

static size_t
size_of(const struct filter *f)
{
    return f->bits / 8 + 1;
}

/* The textbook's optimum for N keys at rate p: n * ln(1/p) / ln(2)^2 bits, log2(1/p) probes. */
static int
add_filter(struct tp_bloom *b)
{
    size_t limit = b->filters ? b->filter[b->filters - 1].limit * GROWTH : FIRST_KEYS;
    double bits = ceil((double)limit * log(1 / b->rate) / (M_LN2 * M_LN2));
    struct filter *f = &b->filter[b->filters];

    if (b->filters == MOST_FILTERS || bits > 0x1p50)
        return -1;
    *f = (struct filter){.bits = (uint64_t)bits, .limit = limit};
    f->probes = (unsigned)ceil(log2(1 / b->rate));
    f->byte = calloc(1, size_of(f));
    if (!f->byte)
        return -1;
    b->size += size_of(f);
    b->filters++;
    b->rate /= 2;
    return 0;
}

struct tp_bloom *
tp_bloom_new(double rate)
{
    struct tp_bloom *b = calloc(1, sizeof *b);

    if (!b)
        return NULL;
    b->rate = rate / 2; /* and a quarter, an eighth ...: never more than RATE in all */
    if (add_filter(b) == 0)
        return b;
    free(b);
    return NULL;
}

void
tp_bloom_free(struct tp_bloom *b)
{
    for (size_t i = 0; b && i < b->filters; i++)
        free(b->filter[i].byte);
    free(b);
}

/* Where probe number I of DIGEST falls: the high bits of a product, not a remainder. */
static inline uint64_t
place_of(const struct filter *f, struct tp_digest digest, unsigned i)
{
    uint64_t mixed = digest.low + i * (digest.high | 1);

    return (uint64_t)(((unsigned __int128)mixed * f->bits) >> 64);
}

static bool
has(const struct filter *f, struct tp_digest digest)
{
    for (unsigned i = 0; i < f->probes; i++) {
        uint64_t at = place_of(f, digest, i);

        if (!(f->byte[at / 8] >> at % 8 & 1))
            return false;
    }
    return true;
}

static void
put(struct filter *f, struct tp_digest digest)
{
    for (unsigned i = 0; i < f->probes; i++) {
        uint64_t at = place_of(f, digest, i);

        f->byte[at / 8] |= (uint8_t)(1 << at % 8);
    }
    f->count++;
}

int
tp_bloom_see(struct tp_bloom *b, struct tp_digest digest)
{
    struct filter *last = &b->filter[b->filters - 1];

    /* The last is the largest: most of what was seen is there. */
    for (size_t i = b->filters; i-- > 0;)
        if (has(&b->filter[i], digest))
            return 0;
    if (last->count == last->limit) {
        if (add_filter(b) < 0)
            return -1;
        last++;
    }
    put(last, digest);
    b->count++;
    return 1;
}

struct tp_str
tp_bloom_bytes(const struct tp_bloom *b, size_t which, size_t *taken)
{
    const struct filter *f = &b->filter[which];

    if (which >= b->filters)
        return (struct tp_str){NULL, 0};
    *taken = f->count;
    return (struct tp_str){(const char *)f->byte, size_of(f)};
}

int
tp_bloom_put(struct tp_bloom *b, size_t which, size_t taken, size_t at, struct tp_str bytes)
{
    struct filter *f;

    if (which > b->filters || (which == b->filters && add_filter(b) < 0))
        return -1;
    f = &b->filter[which];
    if (taken > f->limit || at > size_of(f) || bytes.len > size_of(f) - at)
        return -1;
    if (bytes.len)
        memcpy(f->byte + at, bytes.ptr, bytes.len);
    b->count += taken - f->count;
    f->count = taken;
    return 0;
}

size_t
tp_bloom_count(const struct tp_bloom *b)
{
    return b->count;
}

size_t
tp_bloom_size(const struct tp_bloom *b)
{
    return b->size;
}
