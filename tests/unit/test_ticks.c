/* plot/ticks: marks are round, hold what they must, and fit. */
#include <math.h>
#include <stdlib.h>

#include "plot/ticks.h"
#include "unit.h"

static bool
is_nice(double step)
{
    double part = step / pow(10, floor(log10(step) + 1e-9));

    return fabs(part - 1) < 1e-6 || fabs(part - 2) < 1e-6 || fabs(part - 5) < 1e-6;
}

static void
test_numbers_hold_their_range(void)
{
    uint64_t state = 1;

    for (int i = 0; i < 20000; i++) {
        double size = pow(10, (double)(unit_random(&state) % 40) - 20);
        double a = ((double)(unit_random(&state) % 2001) - 1000) * size;
        double b = a + (double)(unit_random(&state) % 1000 + 1) * size;
        size_t most = 2 + unit_random(&state) % 12;
        double slack = (b - a) * 1e-5;
        struct tp_ticks t;

        tp_ticks_numbers(&t, a, b, most, false);
        CHECK_THAT(t.lo <= a + slack && t.hi >= b - slack, "%g..%g in %g..%g", a, b, t.lo, t.hi);
        CHECK_THAT(t.count >= 2 && t.count <= 2 * most + 2, "%zu of %zu", t.count, most);
        CHECK_THAT(is_nice((t.hi - t.lo) / (double)(t.count - 1)), "%g..%g %zu", t.lo, t.hi,
                   t.count);
        CHECK(fabs(t.tick[0].at) < 1e-9 && fabs(t.tick[t.count - 1].at - 1) < 1e-6);
    }
}

static void
test_labels_differ(void)
{
    struct tp_ticks t;

    for (double step = 1e-3; step < 1e18; step *= 7) {
        tp_ticks_numbers(&t, step * 3, step * 8, 6, false);
        for (size_t i = 1; i < t.count; i++)
            CHECK_THAT(strcmp(t.tick[i].label, t.tick[i - 1].label) != 0, "%s twice",
                       t.tick[i].label);
    }
}

static void
test_one_value(void)
{
    static const double values[] = {0, 1, -1, 1e300, -1e300, 1e-300, 1e15};
    struct tp_ticks t;

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        tp_ticks_numbers(&t, values[i], values[i], 5, false);
        CHECK(t.lo < t.hi && t.lo <= values[i] && values[i] <= t.hi && t.count >= 2);
    }
}

static void
test_values(void)
{
    static const struct {
        double value;
        bool duration;
        const char *text;
    } cases[] = {
        {0, false, "0"},
        {1, false, "1"},
        {1234, false, "1.234k"},
        {999.96, false, "1k"},
        {-3400000, false, "-3.4M"},
        {0.25, false, "0.25"},
        {12.345, false, "12.35"},
        {1e22, false, "1e+22"},
        {0.00001, false, "1e-05"},
        {250e6, true, "250ms"},
        {5400e9, true, "1.5h"},
        {0, true, "0s"},
        {-86400e9, true, "-1d"},
        {42, true, "42ns"},
    };
    char text[TP_TICK_LABEL];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t len = tp_ticks_value(text, cases[i].value, cases[i].duration);

        CHECK_THAT(len == strlen(cases[i].text) && strcmp(text, cases[i].text) == 0, "%s, not %s",
                   text, cases[i].text);
    }
}

static void
test_times_fit(void)
{
    uint64_t state = 2;

    for (int i = 0; i < 20000; i++) {
        tp_time from = (tp_time)(unit_random(&state) >> 2) - (INT64_C(1) << 61);
        tp_time to = from + 1 + (tp_time)(unit_random(&state) >> (2 + unit_random(&state) % 60));
        size_t room = 20 + unit_random(&state) % 200, taken = 0;
        double last = -1;
        struct tp_ticks t;

        tp_ticks_times(&t, from, to, (double)room, 1, 2);
        for (size_t k = 0; k < t.count; k++) {
            CHECK(t.tick[k].at >= 0 && t.tick[k].at <= 1 && t.tick[k].at > last);
            last = t.tick[k].at;
            taken += strlen(t.tick[k].label) + 1;
        }
        /* The first and the last mark may stand at the very ends. */
        CHECK_THAT(taken <= room + t.width + 8, "%zu in %zu", taken, room);
    }
}

static void
test_times_are_round(void)
{
    struct tp_ticks t;

    tp_ticks_times(&t, 0, TP_HOUR, 40, 1, 4);
    CHECK(t.count == 5 && strcmp(t.tick[0].label, "Jan 1") == 0);
    CHECK(strcmp(t.tick[1].label, "00:15") == 0 && strcmp(t.tick[4].label, "01:00") == 0);
    tp_ticks_times(&t, 0, 400 * TP_DAY, 60, 1, 4);
    CHECK_THAT(strcmp(t.tick[1].label, "1970-04") == 0, "%s", t.tick[1].label);
    tp_ticks_times(&t, 5 * TP_SECOND, 5 * TP_SECOND, 60, 1, 4);
    CHECK(t.count == 1 && strcmp(t.tick[0].label, "00:00:05") == 0);
    tp_ticks_times(&t, TP_TIME_MIN, TP_TIME_MAX, 60, 1, 4);
    CHECK(t.count > 2 && strcmp(t.tick[0].label, "1700") == 0);
}

int
main(void)
{
    RUN(test_numbers_hold_their_range);
    RUN(test_labels_differ);
    RUN(test_one_value);
    RUN(test_values);
    RUN(test_times_fit);
    RUN(test_times_are_round);
    return unit_end();
}
