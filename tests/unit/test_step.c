#include "query/step.h"

#include <math.h>
#include <stdlib.h>

#include "unit.h"
#include "value/num.h"

static uint64_t seed = 3;

static uint64_t
random_bits(void)
{
    return unit_random(&seed);
}

/* What LIST, of one column, says of the record with these values. */
static double
step(const struct tp_steps *steps, void *state, struct tp_value value, tp_time time)
{
    struct tp_buf to = TP_BUF_INIT;
    struct tp_err err;
    const char *text;
    double result;

    CHECK(tp_steps_enter(steps, state, &value, time, &err) == 0);
    CHECK(tp_steps_step(steps, state, (struct tp_steps_row){&value, time},
                        (struct tp_steps_view){NULL, NULL}, &to, &err) == 0);
    text = strchr(tp_buf_text(&to), ':');
    result = text && strcmp(text, ":null") != 0 ? strtod(text + 1, NULL) : NAN;
    tp_buf_release(&to);
    return result;
}

/* Doubles of very different size leave nothing behind once they are a frame and more away. */
static void
sliding_sum_does_not_drift(void)
{
    struct tp_err err;
    struct tp_steps *steps = tp_steps_parse(TP_STR("sum(x) OVER (ROWS 4) AS s"), &err);
    void *state = aligned_alloc(16, tp_steps_size(steps));
    double last[4] = {0, 0, 0, 0};

    memset(state, 0, tp_steps_size(steps));
    for (int i = 0; i < 10000; i++) {
        double x = ldexp((double)(random_bits() >> 11) / 3, i % 1000 < 500 ? 200 : -60), sum = 0;
        double got = step(steps, state, tp_real(x), i);

        last[i % 4] = x;
        for (int j = 0; j < 4; j++)
            sum += last[j];
        if (i % 500 >= 12)
            CHECK_THAT(fabs(got - sum) <= 1e-12 * sum, "row %d: %g, not %g", i, got, sum);
    }
    tp_steps_clear(steps, state);
    free(state);
    tp_steps_free(steps);
}

/* The extremes of a stretch of time, against looking at all of it. */
static void
sliding_extreme(void)
{
    struct tp_err err;
    struct tp_steps *steps = tp_steps_parse(TP_STR("min(x) OVER (RANGE 20ns)"), &err);
    void *state = aligned_alloc(16, tp_steps_size(steps));
    int64_t value[2000];
    tp_time time[2000], now = TP_TIME_MIN;

    memset(state, 0, tp_steps_size(steps));
    for (int i = 0; i < 2000; i++) {
        int64_t least;

        time[i] = now += (tp_time)(random_bits() % 9);
        least = value[i] = (int64_t)(random_bits() % 1000);
        for (int j = i; j >= 0 && now - time[j] <= 20; j--)
            least = value[j] < least ? value[j] : least;
        CHECK(step(steps, state, tp_int(value[i]), now) == (double)least);
    }
    tp_steps_clear(steps, state);
    free(state);
    tp_steps_free(steps);
}

static void
arguments_are_told_apart(void)
{
    struct tp_err err;
    struct tp_steps *steps =
        tp_steps_parse(TP_STR("sum(x), avg(x), lag(x), alarm(x > 1, clear x < 0)"), &err);

    CHECK(tp_steps_columns(steps) == 4);
    CHECK(tp_steps_arguments(steps) == 4);
    CHECK(tp_str_equal(tp_steps_argument(steps, 0), TP_STR("x")));
    CHECK(tp_str_equal(tp_steps_argument(steps, 3), TP_STR("x < 0")) ||
          tp_str_equal(tp_steps_argument(steps, 2), TP_STR("x < 0")));
    CHECK(!tp_steps_argument_is_condition(steps, 0));
    CHECK(tp_steps_argument_is_condition(steps, 2) && tp_steps_argument_is_condition(steps, 3));
    CHECK(tp_steps_timed(steps).len == 0);
    tp_steps_free(steps);
}

static void
faults_have_a_place(void)
{
    static const struct {
        const char *text;
        long at;
    } bad[] = {{"", 0},          {"sum(x", 5},     {"sum(x),", 7},
               {"lag(x, 0)", 7}, {"sum(x) AS", 9}, {"min(x) OVER (ROWS 2 FOLLOWING)", 20},
               {"sum(*)", 0},    {"sum('x)", 4}};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct tp_err err = {.at = -2};

        CHECK(!tp_steps_parse(tp_str_of(bad[i].text), &err));
        CHECK_THAT(err.fault == TP_FAULT_USAGE && err.at == bad[i].at, "%s: %ld: %s", bad[i].text,
                   err.at, err.text);
    }
}

int
main(void)
{
    RUN(sliding_sum_does_not_drift);
    RUN(sliding_extreme);
    RUN(arguments_are_told_apart);
    RUN(faults_have_a_place);
    return unit_end();
}
