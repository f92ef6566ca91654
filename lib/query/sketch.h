/*
 * sketch: answers of bounded error in bounded memory: quantiles, distinct counts, frequent values.
 *
 * Each is a plain struct: all zero is empty, `clear` gives back what it holds (the owner zeroes it
 * again), `merge` adds FROM, which stays as it was. -1 means that memory ran out; nothing was added
 * then. Nothing is seeded by chance: parts of different runs can be merged.
 */
#ifndef TP_QUERY_SKETCH_H
#define TP_QUERY_SKETCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "base/str.h"

/*
 * Quantiles: DDSketch (Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile sketch with
 * relative-error guarantees", VLDB 2019), without its collapsing of buckets: what is said is within
 * 1 % of the value of that rank, for every quantile and whatever the distribution. Memory: 8 bytes
 * for each 2 % between the least and the greatest size of values: 10 KiB from 1 to 10^9.
 * Infinities and NaN (greater than all) are counted apart; sizes below 10^-307 count as 0.
 */
struct tp_sketch_buckets {
    uint64_t *count; /* of sizes in (gamma^(i-1), gamma^i], i from first on */
    int32_t first;
    uint32_t buckets;
};

struct tp_sketch_quantile {
    struct tp_sketch_buckets positive, negative;
    uint64_t zeros, above, below, nans; /* above, below: infinities */
    uint64_t total;
    double least, greatest; /* of the finite ones */
};

int tp_sketch_quantile_add(struct tp_sketch_quantile *sketch, double value, uint64_t times);
int tp_sketch_quantile_merge(struct tp_sketch_quantile *into,
                             const struct tp_sketch_quantile *from);
/* The value of RANK (from 0), which must be below total. */
double tp_sketch_quantile_at(const struct tp_sketch_quantile *sketch, uint64_t rank);
size_t tp_sketch_quantile_held(const struct tp_sketch_quantile *sketch);
void tp_sketch_quantile_clear(struct tp_sketch_quantile *sketch);

/*
 * Distinct counts: HyperLogLog (Flajolet et al., 2007) with 2^14 registers of 64-bit hashes and the
 * improved raw estimator of Ertl ("New cardinality estimation algorithms for HyperLogLog sketches",
 * 2017, algorithm 6), unbiased over the whole range without tables. Standard error 0.81 %. Up to
 * 768 different hashes are kept as they are (8 to 8 KiB bytes), and counted exactly; then 16 KiB.
 */
struct tp_sketch_distinct {
    uint64_t *hash; /* an open table, 0 is free; NULL once there are registers */
    uint32_t count, slots;
    uint8_t *rank; /* the registers */
};

enum { TP_SKETCH_REGISTERS = 1 << 14, TP_SKETCH_RANK_MAX = 64 - 14 + 1 };

int tp_sketch_distinct_add(struct tp_sketch_distinct *sketch, uint64_t hash);
int tp_sketch_distinct_merge(struct tp_sketch_distinct *into,
                             const struct tp_sketch_distinct *from);
double tp_sketch_distinct_estimate(const struct tp_sketch_distinct *sketch);
size_t tp_sketch_distinct_held(const struct tp_sketch_distinct *sketch);
void tp_sketch_distinct_clear(struct tp_sketch_distinct *sketch);

/*
 * Frequent values: Space-Saving (Metwally, Agrawal, El Abbadi: "Efficient computation of frequent
 * and top-k elements in data streams", 2005) with 1024 counters; merged as in Agarwal et al.,
 * "Mergeable summaries", 2012. Of N added: a counter lies between the true count and that plus its
 * error; no error is above N / 1024; what occurred more than N / 1024 times has a counter.
 */
enum { TP_SKETCH_COUNTERS = 1024 };

struct tp_sketch_counter {
    uint64_t count, error;
    uint32_t at; /* in the heap */
};

struct tp_sketch_top {
    struct tp_map *counters;         /* by value; NULL: nothing yet */
    struct tp_sketch_counter **heap; /* least count first */
    uint32_t count;
    uint64_t total;
};

int tp_sketch_top_add(struct tp_sketch_top *sketch, struct tp_str key, uint64_t times);
int tp_sketch_top_merge(struct tp_sketch_top *into, const struct tp_sketch_top *from);
/* The counter of KEY, or NULL. */
struct tp_sketch_counter *tp_sketch_top_find(const struct tp_sketch_top *sketch, struct tp_str key);
/* Writes the counters to SORTED[0..sketch->count), greatest first, equal ones by key. */
void tp_sketch_top_sorted(const struct tp_sketch_top *sketch,
                          const struct tp_sketch_counter **sorted);
struct tp_str tp_sketch_top_key(const struct tp_sketch_top *sketch,
                                const struct tp_sketch_counter *counter);
size_t tp_sketch_top_held(const struct tp_sketch_top *sketch);
void tp_sketch_top_clear(struct tp_sketch_top *sketch);

#endif
