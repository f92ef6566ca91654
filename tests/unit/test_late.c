#include "event/late.h"

#include <stdlib.h>

#include "unit.h"

static uint64_t seed = 2;

static uint64_t
random_bits(void)
{
    return unit_random(&seed);
}

static tp_duration
delay_of_one(tp_duration by)
{
    struct tp_lateness l = {0};

    tp_lateness_add(&l, by);
    CHECK(l.count == 1 && l.most == by);
    return tp_lateness_delay(&l, 100);
}

static void
nothing_late(void)
{
    struct tp_lateness l = {0};

    CHECK(tp_lateness_delay(&l, 99) == 0);
    CHECK(tp_lateness_delay(&l, 100) == 0);
}

static void
round_numbers(void)
{
    CHECK(delay_of_one(0) == TP_MILLISECOND); /* the watermark stood exactly at the end */
    CHECK(delay_of_one(1) == TP_MILLISECOND);
    CHECK(delay_of_one(TP_MILLISECOND - 1) == TP_MILLISECOND);
    CHECK(delay_of_one(TP_MILLISECOND) == 2 * TP_MILLISECOND);
    CHECK(delay_of_one(380 * TP_MILLISECOND + 5) == 381 * TP_MILLISECOND);
    CHECK(delay_of_one(998 * TP_MILLISECOND) == 999 * TP_MILLISECOND);
    CHECK(delay_of_one(999 * TP_MILLISECOND) == TP_SECOND);
    CHECK(delay_of_one(TP_SECOND - 1) == TP_SECOND);
    CHECK(delay_of_one(TP_SECOND) == 2 * TP_SECOND);
    CHECK(delay_of_one(1500 * TP_MILLISECOND) == 2 * TP_SECOND);
    CHECK(delay_of_one(5 * TP_SECOND - 1) == 5 * TP_SECOND);
    CHECK(delay_of_one(37 * TP_SECOND + 1) == 38 * TP_SECOND);
    CHECK(delay_of_one(INT64_MAX) == INT64_MAX);
}

static void
shares(void)
{
    struct tp_lateness l = {0};

    for (int i = 0; i < 999; i++)
        tp_lateness_add(&l, 10 * TP_MILLISECOND);
    tp_lateness_add(&l, TP_HOUR);
    CHECK(tp_lateness_delay(&l, 99) <= 12 * TP_MILLISECOND);
    CHECK(tp_lateness_delay(&l, 99.9) <= 12 * TP_MILLISECOND);
    CHECK(tp_lateness_delay(&l, 99.91) == TP_HOUR + TP_SECOND);
    CHECK(tp_lateness_delay(&l, 100) == TP_HOUR + TP_SECOND);
    CHECK(tp_lateness_delay(&l, 0.0001) <= 12 * TP_MILLISECOND);
}

static int
compare(const void *a, const void *b)
{
    tp_duration x = *(const tp_duration *)a, y = *(const tp_duration *)b;

    return (x > y) - (x < y);
}

/* 2.2 % of 1500 is 33, though doubles say 33.000000000000004. */
static void
shares_are_not_rounded_up_by_doubles(void)
{
    struct tp_lateness l = {0};

    for (int i = 0; i < 1500; i++)
        tp_lateness_add(&l, i < 33 ? TP_MILLISECOND : TP_HOUR);
    CHECK(tp_lateness_delay(&l, 2.2) < TP_SECOND);
    CHECK(tp_lateness_delay(&l, 2.21) >= TP_HOUR);
}

/* A delay keeps the records that are less late than it. */
static void
check_delay(const tp_duration *sorted, int count, tp_duration delay, int percent)
{
    tp_duration unit = delay >= TP_SECOND ? TP_SECOND : TP_MILLISECOND;
    int kept = 0, want = (count * percent + 99) / 100;
    __int128 most;

    while (kept < count && sorted[kept] < delay)
        kept++;
    CHECK_THAT(kept >= want, "%d of %d kept, %d %% asked", kept, count, percent);
    CHECK(delay == INT64_MAX || delay % unit == 0);
    most = (__int128)sorted[want - 1] + sorted[want - 1] / 16 + unit;
    CHECK_THAT(delay <= most, "%lld is too much for %lld", (long long)delay,
               (long long)sorted[want - 1]);
}

static void
never_too_small_and_little_too_large(void)
{
    for (int run = 0; run < 1000; run++) {
        struct tp_lateness l = {0};
        tp_duration by[200];
        int count = 1 + (int)(random_bits() % 200);

        for (int i = 0; i < count; i++) {
            by[i] = (tp_duration)(random_bits() >> (2 + random_bits() % 62));
            tp_lateness_add(&l, by[i]);
        }
        qsort(by, (size_t)count, sizeof *by, compare);
        CHECK(l.most == by[count - 1] && l.count == (uint64_t)count);
        for (int percent = 1; percent <= 100; percent++)
            check_delay(by, count, tp_lateness_delay(&l, percent), percent);
    }
}

int
main(void)
{
    RUN(nothing_late);
    RUN(round_numbers);
    RUN(shares);
    RUN(shares_are_not_rounded_up_by_doubles);
    RUN(never_too_small_and_little_too_large);
    return unit_end();
}
