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

/* A state of EVERYTHING after some records, of random values, two of them doubles. */
static void *
used_state(const struct tp_steps *steps)
{
    void *state = aligned_alloc(16, tp_steps_size(steps));
    struct tp_buf to = TP_BUF_INIT;
    struct tp_err err;

    memset(state, 0, tp_steps_size(steps));
    for (int i = 0; i < 20; i++) {
        struct tp_value exact = {.kind = TP_REAL, .scale = 18};
        struct tp_value values[] = {tp_null(), {.kind = TP_JSON, .text = TP_STR("\"\\u00e9\"")}};

        exact.real = 0.123456789012345678;
        exact.mantissa = 123456789012345678;
        if (i % 4)
            values[0] = i % 4 == 1   ? tp_int((int64_t)random_bits())
                        : i % 4 == 2 ? tp_real(ldexp((double)random_bits(), -i * 9))
                                     : exact;
        CHECK(tp_steps_enter(steps, state, values, TP_TIME_MIN + i, &err) == 0);
        CHECK(tp_steps_step(steps, state, (struct tp_steps_row){values, TP_TIME_MIN + i},
                            (struct tp_steps_view){NULL, NULL}, &to, &err) >= 0);
    }
    tp_buf_release(&to);
    return state;
}

static const char everything[] =
    "sum(x) OVER (RANGE 9ns), avg(x) OVER (ROWS 3), min(x), max(x) OVER (RANGE 7ns), delta(x), "
    "rate(x), ewma(x, 5ns), twa(x, 9ns), lag(s, 2), first_value(s), last_value(s), row_number()";

/* What is saved is loaded, and saved again the same; cut anywhere it is refused, and nothing leaks.
 */
static void
state_is_saved(void)
{
    struct tp_err err;
    struct tp_steps *steps = tp_steps_parse(tp_str_of(everything), &err);
    void *state = used_state(steps), *other = aligned_alloc(16, tp_steps_size(steps));
    struct tp_buf saved = TP_BUF_INIT, again = TP_BUF_INIT;

    tp_steps_save(steps, state, &saved);
    for (size_t cut = 0; cut <= saved.len; cut++) {
        bool whole = cut == saved.len;

        memset(other, 0, tp_steps_size(steps));
        CHECK(tp_steps_load(steps, other, (struct tp_str){saved.ptr, cut}, &err) ==
              (whole ? 0 : -1));
        if (whole)
            tp_steps_save(steps, other, &again);
        tp_steps_clear(steps, other);
    }
    CHECK(tp_str_equal(tp_buf_str(&saved), tp_buf_str(&again)));
    tp_steps_clear(steps, state);
    free(state);
    free(other);
    tp_buf_release(&saved);
    tp_buf_release(&again);
    tp_steps_free(steps);
}

static void
values_are_saved(void)
{
    struct tp_err err;
    struct tp_steps *steps = tp_steps_parse(TP_STR("sum(x), lag(s), count(y)"), &err);
    struct tp_value values[] = {
        tp_real(-HUGE_VAL), {.kind = TP_JSON, .text = TP_STR("[1]")}, tp_bool(true)};
    struct tp_value loaded[3];
    struct tp_buf saved = TP_BUF_INIT, bytes = TP_BUF_INIT;

    tp_steps_save_values(steps, values, &saved);
    CHECK(tp_steps_load_values(steps, tp_buf_str(&saved), &bytes, loaded, &err) == 0);
    CHECK(loaded[0].kind == TP_REAL && isinf(loaded[0].real) && loaded[0].real < 0);
    CHECK(loaded[1].kind == TP_JSON && loaded[1].text.len == 3);
    CHECK(tp_str_equal(tp_buf_str(&bytes), TP_STR("[1]")));
    CHECK(loaded[2].kind == TP_BOOL && loaded[2].boolean);
    CHECK(tp_steps_load_values(steps, TP_STR("[\"1\",\"2\",true]"), &bytes, loaded, &err) < 0);
    tp_buf_release(&saved);
    tp_buf_release(&bytes);
    tp_steps_free(steps);
}

int
main(void)
{
    RUN(sliding_sum_does_not_drift);
    RUN(sliding_extreme);
    RUN(arguments_are_told_apart);
    RUN(faults_have_a_place);
    RUN(state_is_saved);
    RUN(values_are_saved);
    return unit_end();
}
