/* plot/stretch, plot/bins and plot/density: nothing is lost, order does not matter, and no value
 * costs more than another. */
#include <math.h>
#include <stdlib.h>

#include "plot/bins.h"
#include "plot/density.h"
#include "plot/stretch.h"
#include "unit.h"

#define VALUES 3000
#define COLUMNS 70

struct sample {
    tp_time time;
    double value;
};

static void
shuffle(struct sample *s, size_t count, uint64_t *state)
{
    for (size_t i = count - 1; i > 0; i--) {
        size_t j = unit_random(state) % (i + 1);
        struct sample t = s[i];

        s[i] = s[j];
        s[j] = t;
    }
}

/* Times of any scale, each but once, so that the last is one. */
static void
make_samples(struct sample *s, size_t count, uint64_t *state)
{
    unsigned scale = 6 + (unsigned)(unit_random(state) % 35);
    tp_time base = (tp_time)(unit_random(state) >> 2) - (INT64_C(1) << 61);

    for (size_t i = 0; i < count; i++) {
        s[i].time =
            base + (tp_time)((unit_random(state) >> 50) * VALUES + i) * (INT64_C(1) << scale) / 64;
        s[i].value = (double)((int64_t)(unit_random(state) % 2000) - 1000) / 8;
    }
}

static struct tp_bins *
fill(const struct sample *s, size_t count, tp_duration span, struct tp_bin *column)
{
    struct tp_bins *bins = tp_bins_new(span);
    struct tp_err err;

    CHECK(tp_bins_add(bins, &err) == 0);
    for (size_t i = 0; i < count; i++)
        tp_bins_put(bins, 0, s[i].time, &s[i].value);
    tp_bins_read(bins, 0, column, COLUMNS);
    return bins;
}

static bool
same(const struct tp_bin *a, const struct tp_bin *b)
{
    return a->count == b->count && a->min == b->min && a->max == b->max && a->last == b->last &&
           a->sum == b->sum; /* eighths: sums are exact */
}

static void
test_order_does_not_matter(void)
{
    static struct sample s[VALUES];
    uint64_t state = 3;

    for (int round = 0; round < 60; round++) {
        struct tp_bin a[COLUMNS], b[COLUMNS];
        uint64_t total = 0;

        make_samples(s, VALUES, &state);
        tp_bins_free(fill(s, VALUES, 0, a));
        shuffle(s, VALUES, &state);
        tp_bins_free(fill(s, VALUES, 0, b));
        for (size_t i = 0; i < COLUMNS; i++) {
            CHECK_THAT(same(&a[i], &b[i]), "round %d column %zu", round, i);
            total += a[i].count;
        }
        CHECK(total == VALUES);
    }
}

/* With a span there is what lies in it, and nothing older. */
static void
test_span(void)
{
    static struct sample s[VALUES];
    uint64_t state = 4;

    for (int round = 0; round < 60; round++) {
        struct tp_bin column[COLUMNS];
        tp_duration span = 1 + (tp_duration)(unit_random(&state) >> (1 + unit_random(&state) % 40));
        tp_time to = TP_TIME_MIN, from;
        uint64_t total = 0, least = 0, most = 0;

        make_samples(s, VALUES, &state);
        tp_bins_free(fill(s, VALUES, span, column));
        for (size_t i = 0; i < VALUES; i++)
            to = s[i].time > to ? s[i].time : to;
        from = tp_time_subtract(to, span, &from) ? from : TP_TIME_MIN;
        for (size_t i = 0; i < VALUES; i++) {
            least += s[i].time >= from;
            most += (uint64_t)to - (uint64_t)s[i].time <= (uint64_t)span + (uint64_t)span / 256 + 1;
        }
        for (size_t i = 0; i < COLUMNS; i++)
            total += column[i].count;
        CHECK_THAT(total >= least && total <= most, "%llu in %llu..%llu", (unsigned long long)total,
                   (unsigned long long)least, (unsigned long long)most);
    }
}

static void
test_nulls(void)
{
    struct tp_bins *bins = tp_bins_new(0);
    struct tp_bin column[3];
    struct tp_err err;
    double one = 1;

    tp_bins_add(bins, &err);
    tp_bins_put(bins, 0, 0, &one);
    tp_bins_put(bins, 0, TP_HOUR, NULL);
    tp_bins_put(bins, 0, 2 * TP_HOUR, &one);
    tp_bins_read(bins, 0, column, 3);
    CHECK(column[0].count == 1 && column[1].count == 0 && column[1].nulls == 1);
    CHECK(column[2].count == 1 && column[2].nulls == 0);
    tp_bins_free(bins);
}

static void
count_all(const struct sample *s, size_t count, size_t columns, uint64_t *cells)
{
    struct tp_density *d = tp_density_new(columns, 256, 0);
    tp_time from, to;
    double lo, hi;

    for (size_t i = 0; i < count; i++)
        tp_density_put(d, s[i].time, s[i].value);
    CHECK(tp_density_range(d, &from, &to, &lo, &hi));
    memset(cells, 0, 100 * sizeof *cells);
    tp_density_read(d, lo, hi, cells, columns == 2 ? 1 : 10, 10); /* two: a histogram */
    tp_density_free(d);
}

static void
test_density(void)
{
    static struct sample s[VALUES];
    uint64_t state = 5;

    for (int round = 0; round < 20; round++) {
        uint64_t a[100], b[100], total = 0;
        size_t columns = round % 2 ? 2 : 64;

        make_samples(s, VALUES, &state);
        for (size_t i = 0; i < VALUES && round % 3 == 0; i++)
            s[i].value = ldexp(s[i].value, (int)(i % 100) - 50);
        count_all(s, VALUES, columns, a);
        shuffle(s, VALUES, &state);
        count_all(s, VALUES, columns, b);
        for (size_t i = 0; i < 100; i++) {
            CHECK_THAT(a[i] == b[i], "round %d cell %zu", round, i);
            total += a[i];
        }
        CHECK_THAT(total == VALUES, "%llu", (unsigned long long)total);
    }
}

/* Each time begins a part and pushes one out: were all moved for that, 50 GB would be. */
static void
test_span_over_sparse_time(void)
{
    enum { SERIES = 40, TIMES = 20000, LEFT = 60 };
    struct tp_bins *bins = tp_bins_new(LEFT * TP_MINUTE);
    struct tp_bin column[COLUMNS];
    uint64_t total = 0;
    struct tp_err err;

    for (size_t i = 0; i < SERIES; i++)
        CHECK(tp_bins_add(bins, &err) == (int)i);
    for (size_t i = 0; i < TIMES * SERIES; i++) {
        double value = (double)i;

        tp_bins_put(bins, i % SERIES, (tp_time)(i / SERIES) * TP_MINUTE, &value);
    }
    tp_bins_read(bins, 7, column, COLUMNS);
    for (size_t i = 0; i < COLUMNS; i++)
        total += column[i].count;
    CHECK_THAT(total == LEFT + 1, "%llu", (unsigned long long)total);
    CHECK(column[COLUMNS - 1].last == (TIMES - 1) * SERIES + 7);
    tp_bins_free(bins);
}

static void
check_rebuilds(tp_duration span, tp_duration step, double (*value_of)(int), uint64_t most)
{
    enum { TIMES = 200000 };
    struct tp_density *d = tp_density_new(512, 256, span);
    uint64_t count[COLUMNS], total = 0;
    tp_time from, to;
    double lo, hi;

    for (int i = 0; i < TIMES; i++)
        tp_density_put(d, i * step, value_of(i));
    CHECK_THAT(tp_density_rebuilds(d) <= most, "%llu times",
               (unsigned long long)tp_density_rebuilds(d));
    CHECK(tp_density_range(d, &from, &to, &lo, &hi));
    CHECK(to == (TIMES - 1) * step && from == (span ? to - span : 0));
    tp_density_read(d, lo, hi, count, COLUMNS, 1);
    for (size_t i = 0; i < COLUMNS; i++)
        total += count[i];
    CHECK_THAT(total == (span ? (uint64_t)(span / step + 1) : TIMES), "%llu",
               (unsigned long long)total);
    tp_density_free(d);
}

static double
steady(int i)
{
    return i % 2;
}

static double
rising(int i)
{
    return i;
}

static double
swinging_out(int i)
{
    return i % 2 ? i : -i;
}

/* The grid is built anew as often as ranges double, not as values come. */
static void
test_rebuilds(void)
{
    check_rebuilds(TP_HOUR, TP_MINUTE, steady, 1); /* from 0 to 1 */
    check_rebuilds(TP_HOUR, TP_HOUR, steady, 1);
    check_rebuilds(TP_HOUR, TP_MINUTE, rising, 20);
    check_rebuilds(TP_HOUR, TP_MINUTE, swinging_out, 20);
    check_rebuilds(0, TP_MINUTE, steady, 64);
    check_rebuilds(0, TP_MINUTE, swinging_out, 64 + 20);
}

static void
test_stretch(void)
{
    struct tp_stretch s;
    unsigned wider;

    tp_stretch_init(&s, 2, 0);
    CHECK(tp_stretch_take(&s, -1, &wider) && wider == 0);
    CHECK(tp_stretch_take(&s, 0, &wider) && wider == 0);
    CHECK(tp_stretch_place(&s, tp_stretch_part(&s, -1)) == 1);
    CHECK(tp_stretch_take(&s, TP_TIME_MAX, &wider) && wider == 63);
    CHECK(tp_stretch_take(&s, TP_TIME_MIN, &wider) && wider == 0);
    CHECK(tp_stretch_begin(&s) == TP_TIME_MIN);
    CHECK(tp_stretch_middle(&s, 0) == INT64_C(1) << 62);
    CHECK(tp_stretch_middle(&s, -1) == -(INT64_C(1) << 62));
    CHECK(tp_stretch_column(&s, TP_TIME_MAX, 10) == 9 &&
          tp_stretch_column(&s, TP_TIME_MIN, 10) == 0);

    tp_stretch_init(&s, 4, 100);
    CHECK(!tp_stretch_sees(&s, 0));
    CHECK(tp_stretch_take(&s, TP_TIME_MIN + 5, &wider));
    CHECK(tp_stretch_begin(&s) == TP_TIME_MIN);
    CHECK(tp_stretch_take(&s, 1000, &wider) && wider == 0);
    CHECK(!tp_stretch_take(&s, 899, &wider) && tp_stretch_take(&s, 900, &wider));
    CHECK(tp_stretch_sees(&s, tp_stretch_part(&s, 900)) &&
          !tp_stretch_sees(&s, tp_stretch_part(&s, 900) - 1) &&
          !tp_stretch_sees(&s, tp_stretch_part(&s, 1000) + 1));
    tp_stretch_init(&s, 2, INT64_MAX);
    CHECK(tp_stretch_take(&s, TP_TIME_MAX, &wider) && tp_stretch_take(&s, 0, &wider));
}

int
main(void)
{
    RUN(test_stretch);
    RUN(test_order_does_not_matter);
    RUN(test_span);
    RUN(test_nulls);
    RUN(test_density);
    RUN(test_span_over_sparse_time);
    RUN(test_rebuilds);
    return unit_end();
}
