/*
 * The bounds that query/sketch.h states, over sizes and distributions; and that merging keeps them.
 */
#include "query/sketch.h"

#include <math.h>
#include <stdlib.h>

#include "base/hash.h"
#include "unit.h"

static uint64_t random_state = 7;

static uint64_t
random_word(void)
{
    return unit_random(&random_state);
}

static double
random_unit(void)
{
    return (double)(random_word() >> 11) / 9007199254740992.0;
}

/* ---- quantiles ---- */

enum { VALUES = 20000 };

static double
draw(int distribution)
{
    double u = random_unit();

    switch (distribution) {
    case 0:
        return u; /* uniform */
    case 1:
        return exp(20 * u); /* eight decades */
    case 2:
        return 1 / (1 - u); /* Pareto */
    case 3:
        return floor(u * 5) - 2; /* few values, both signs, zero */
    case 4:
        return (u < 0.5 ? -1 : 1) * exp(1400 * (random_unit() - 0.5)); /* all doubles */
    default:
        return 1e6 + u; /* narrow */
    }
}

static int
by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void
check_within_one_percent(const struct tp_sketch_quantile *sketch, const double *sorted,
                         size_t count, int distribution)
{
    CHECK(sketch->total == count);
    for (size_t step = 0; step <= 1000; step++) {
        size_t rank = (count - 1) * step / 1000;
        double said = tp_sketch_quantile_at(sketch, rank);

        CHECK_THAT(fabs(said - sorted[rank]) <= 0.01 * fabs(sorted[rank]),
                   "distribution %d, rank %zu: %g for %g", distribution, rank, said, sorted[rank]);
    }
    CHECK(tp_sketch_quantile_at(sketch, 0) >= sorted[0]);
    CHECK(tp_sketch_quantile_at(sketch, count - 1) <= sorted[count - 1]);
}

static void
quantiles_are_within_one_percent(void)
{
    static double value[VALUES];

    for (int distribution = 0; distribution < 6; distribution++) {
        struct tp_sketch_quantile whole = {0}, part[3] = {0}, merged = {0};

        for (size_t i = 0; i < VALUES; i++) {
            value[i] = draw(distribution);
            CHECK(tp_sketch_quantile_add(&whole, value[i], 1) == 0);
            CHECK(tp_sketch_quantile_add(&part[random_word() % 3], value[i], 1) == 0);
        }
        for (size_t i = 0; i < 3; i++)
            CHECK(tp_sketch_quantile_merge(&merged, &part[i]) == 0);
        qsort(value, VALUES, sizeof *value, by_size);
        check_within_one_percent(&whole, value, VALUES, distribution);
        check_within_one_percent(&merged, value, VALUES, distribution);
        for (size_t rank = 0; rank < VALUES; rank += 97)
            CHECK(tp_sketch_quantile_at(&whole, rank) == tp_sketch_quantile_at(&merged, rank));
        tp_sketch_quantile_clear(&whole);
        tp_sketch_quantile_clear(&merged);
        for (size_t i = 0; i < 3; i++)
            tp_sketch_quantile_clear(&part[i]);
    }
}

static void
what_is_no_finite_number_has_its_place(void)
{
    struct tp_sketch_quantile sketch = {0};

    tp_sketch_quantile_add(&sketch, (double)NAN, 1);
    tp_sketch_quantile_add(&sketch, HUGE_VAL, 1);
    tp_sketch_quantile_add(&sketch, 5, 2);
    tp_sketch_quantile_add(&sketch, -0.0, 1);
    tp_sketch_quantile_add(&sketch, 1e-310, 1);
    tp_sketch_quantile_add(&sketch, -HUGE_VAL, 1);
    CHECK(sketch.total == 7);
    CHECK(tp_sketch_quantile_at(&sketch, 0) == -HUGE_VAL);
    CHECK(tp_sketch_quantile_at(&sketch, 1) == 0);
    CHECK(tp_sketch_quantile_at(&sketch, 2) == 0);
    CHECK(fabs(tp_sketch_quantile_at(&sketch, 4) - 5) <= 0.05);
    CHECK(tp_sketch_quantile_at(&sketch, 5) == HUGE_VAL);
    CHECK(isnan(tp_sketch_quantile_at(&sketch, 6)));
    tp_sketch_quantile_clear(&sketch);
}

static void
quantiles_stay_small(void)
{
    struct tp_sketch_quantile sketch = {0};

    for (double value = 1; value < 1e9; value *= 1.001)
        CHECK(tp_sketch_quantile_add(&sketch, value, 1) == 0);
    CHECK_THAT(tp_sketch_quantile_held(&sketch) <= 12 * 1024, "%zu bytes",
               tp_sketch_quantile_held(&sketch));
    tp_sketch_quantile_clear(&sketch);
}

/* ---- distinct ---- */

static uint64_t
hash_of(uint64_t number)
{
    return tp_hash(0, &number, sizeof number);
}

static void
check_estimate(const struct tp_sketch_distinct *sketch, uint64_t count)
{
    double error = tp_sketch_distinct_estimate(sketch) / (double)count - 1;

    CHECK_THAT(fabs(error) <= (count <= 768 ? 0 : 0.016), "%llu: error %.4f",
               (unsigned long long)count, error);
}

/* At every tenth of a power of two from 1 to 10 million. */
static void
distinct_counts_are_within_bounds(void)
{
    struct tp_sketch_distinct sketch = {0};
    double next = 1;

    for (uint64_t count = 1; count <= 10000000; count++) {
        CHECK(tp_sketch_distinct_add(&sketch, hash_of(count)) == 0);
        if (count < (uint64_t)next && count != 10000000)
            continue;
        check_estimate(&sketch, count);
        next = fmax(next * 1.0718, (double)count + 1);
    }
    CHECK(tp_sketch_distinct_held(&sketch) == TP_SKETCH_REGISTERS);
    tp_sketch_distinct_clear(&sketch);
}

/* The estimator has no bias: over many sets of one size the mean error all but vanishes, and the
 * deviation is what theory says (0.81 %). */
static void
estimates_are_unbiased(void)
{
    static const uint64_t sizes[] = {1000, 5000, 20000, 45000, 100000};

    for (size_t s = 0; s < 5; s++) {
        double sum = 0, squares = 0;

        for (uint64_t set = 0; set < 60; set++) {
            struct tp_sketch_distinct sketch = {0};
            double error;

            for (uint64_t i = 0; i < sizes[s]; i++)
                tp_sketch_distinct_add(&sketch, hash_of(set << 40 | i));
            error = tp_sketch_distinct_estimate(&sketch) / (double)sizes[s] - 1;
            sum += error;
            squares += error * error;
            tp_sketch_distinct_clear(&sketch);
        }
        CHECK_THAT(fabs(sum / 60) < 0.0035, "%llu: bias %.4f", (unsigned long long)sizes[s],
                   sum / 60);
        CHECK_THAT(sqrt(squares / 60) < 0.011, "%llu: deviation %.4f", (unsigned long long)sizes[s],
                   sqrt(squares / 60));
    }
}

/* Sparse with sparse, dense with sparse and the other way round. */
static void
merged_counts_are_those_of_the_whole(void)
{
    static const uint64_t sizes[][2] = {{3, 4}, {700, 700}, {5, 9000}, {9000, 5}, {50000, 60000}};

    for (size_t s = 0; s < 5; s++) {
        struct tp_sketch_distinct whole = {0}, into = {0}, from = {0};

        for (uint64_t i = 0; i < sizes[s][0] + sizes[s][1]; i++) {
            tp_sketch_distinct_add(&whole, hash_of(i));
            tp_sketch_distinct_add(i < sizes[s][0] ? &into : &from, hash_of(i));
        }
        CHECK(tp_sketch_distinct_merge(&into, &from) == 0);
        CHECK(tp_sketch_distinct_merge(&into, &from) == 0);
        CHECK(tp_sketch_distinct_estimate(&into) == tp_sketch_distinct_estimate(&whole));
        tp_sketch_distinct_clear(&whole);
        tp_sketch_distinct_clear(&into);
        tp_sketch_distinct_clear(&from);
    }
}

/* ---- frequent values ---- */

enum { KINDS = 20000 };

/* What the header promises, against the true counts. */
static void
check_top(const struct tp_sketch_top *sketch, const uint64_t *truth, uint64_t total)
{
    uint64_t bound = total / TP_SKETCH_COUNTERS;

    CHECK(sketch->total == total);
    CHECK(sketch->count <= TP_SKETCH_COUNTERS);
    CHECK(tp_map_count(sketch->counters) == sketch->count);
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        const struct tp_sketch_counter *counter =
            tp_map_find(sketch->counters, (struct tp_str){(const char *)&kind, sizeof kind});

        CHECK_THAT(counter || truth[kind] <= bound, "%u with %llu is missing", kind,
                   (unsigned long long)truth[kind]);
        if (!counter)
            continue;
        CHECK(counter->count >= truth[kind]);
        CHECK(counter->count - counter->error <= truth[kind]);
        CHECK_THAT(counter->error <= bound, "error %llu above %llu",
                   (unsigned long long)counter->error, (unsigned long long)bound);
    }
}

static void
frequent_values_are_found(void)
{
    static uint64_t truth[KINDS];
    const struct tp_sketch_counter *sorted[TP_SKETCH_COUNTERS];
    struct tp_sketch_top whole = {0}, part[3] = {0}, merged = {0};
    const uint64_t total = 300000;

    for (uint64_t i = 0; i < total; i++) {
        /* Zipf-like: few are many */
        uint32_t kind = (uint32_t)(pow(KINDS, random_unit()) - 1);
        struct tp_str key = {(const char *)&kind, sizeof kind};

        truth[kind]++;
        CHECK(tp_sketch_top_add(&whole, key, 1) == 0);
        CHECK(tp_sketch_top_add(&part[i % 3], key, 1) == 0);
    }
    for (size_t i = 0; i < 3; i++)
        CHECK(tp_sketch_top_merge(&merged, &part[i]) == 0);
    check_top(&whole, truth, total);
    check_top(&merged, truth, total);
    tp_sketch_top_sorted(&whole, sorted);
    for (uint32_t i = 1; i < whole.count; i++)
        CHECK(sorted[i - 1]->count >= sorted[i]->count);
    for (uint32_t i = 0; i < 20; i++) {
        uint32_t kind;

        memcpy(&kind, tp_sketch_top_key(&whole, sorted[i]).ptr, sizeof kind);
        CHECK_THAT(kind < 25, "rank %u is %u", i, kind);
    }
    CHECK_THAT(tp_sketch_top_held(&whole) < 128 * 1024, "%zu bytes", tp_sketch_top_held(&whole));
    tp_sketch_top_clear(&whole);
    tp_sketch_top_clear(&merged);
    for (size_t i = 0; i < 3; i++)
        tp_sketch_top_clear(&part[i]);
}

int
main(void)
{
    RUN(quantiles_are_within_one_percent);
    RUN(what_is_no_finite_number_has_its_place);
    RUN(quantiles_stay_small);
    RUN(distinct_counts_are_within_bounds);
    RUN(estimates_are_unbiased);
    RUN(merged_counts_are_those_of_the_whole);
    RUN(frequent_values_are_found);
    return unit_end();
}
