/* Against a list that is searched: what is due comes out, once, and nothing else does. */
#include "base/wheel.h"

#include <stdbool.h>

#include "unit.h"

static uint64_t
random_next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 16;
}

static void
test_empty(void)
{
    struct tp_wheel wheel = {0};
    struct tp_wheel_entry entry;

    CHECK(tp_wheel_pop(&wheel, INT64_MAX, &entry) == 0);
    CHECK(tp_wheel_quiet(&wheel) == INT64_MAX);
    tp_wheel_release(&wheel);
}

static void
test_extremes(void)
{
    static const int64_t at[] = {INT64_MAX, INT64_MIN, 0, -1, 1, INT64_MIN + 1, INT64_MAX - 1};
    static const int64_t order[] = {INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX - 1, INT64_MAX};
    struct tp_wheel wheel = {0};
    struct tp_wheel_entry entry;

    for (size_t i = 0; i < 7; i++)
        CHECK(tp_wheel_push(&wheel, at[i], NULL) == 0);
    for (size_t i = 0; i < 7; i++) {
        CHECK(tp_wheel_pop(&wheel, order[i], &entry) == 1 && entry.at == order[i]);
        CHECK(tp_wheel_pop(&wheel, order[i], &entry) == 0);
    }
    CHECK(wheel.count == 0);
    tp_wheel_release(&wheel);
}

enum { TIMERS = 4000 };

struct model {
    int64_t at[TIMERS];
    bool set[TIMERS];
};

static size_t
count_due(const struct model *model, int64_t until)
{
    size_t due = 0;

    for (size_t i = 0; i < TIMERS; i++)
        due += model->set[i] && model->at[i] <= until;
    return due;
}

static bool
is_quiet_before(const struct model *model, int64_t instant)
{
    for (size_t i = 0; i < TIMERS; i++)
        if (model->set[i] && model->at[i] < instant)
            return false;
    return true;
}

/* Timers at, before and far behind the present, which goes on by steps of all sizes. */
static void
run(uint64_t seed, unsigned spread)
{
    static struct model model;
    struct tp_wheel wheel = {0};
    int64_t now = (int64_t)random_next(&seed) - (INT64_C(1) << 46);
    struct tp_wheel_entry entry;

    model = (struct model){0};
    for (int step = 0; step < 300; step++) {
        for (uint64_t n = random_next(&seed) % 40; n > 0; n--) {
            size_t i = random_next(&seed) % TIMERS;

            if (model.set[i])
                continue;
            model.set[i] = true;
            model.at[i] = now - 5 + (int64_t)(random_next(&seed) >> (random_next(&seed) % spread));
            CHECK(tp_wheel_push(&wheel, model.at[i], &model.at[i]) == 0);
        }
        now += (int64_t)(random_next(&seed) >> (10 + random_next(&seed) % 30));
        for (size_t due = count_due(&model, now); due > 0; due--) {
            int64_t *at;

            CHECK(tp_wheel_pop(&wheel, now, &entry) == 1);
            at = entry.data;
            CHECK(entry.at == *at && *at <= now && model.set[at - model.at]);
            model.set[at - model.at] = false;
        }
        CHECK(tp_wheel_pop(&wheel, now, &entry) == 0);
        CHECK(tp_wheel_quiet(&wheel) > now);
        CHECK(is_quiet_before(&model, tp_wheel_quiet(&wheel)));
    }
    CHECK(wheel.count == count_due(&model, INT64_MAX));
    tp_wheel_release(&wheel);
}

static void
test_random(void)
{
    for (unsigned i = 0; i < 40; i++)
        run(i, 1 + i);
}

int
main(void)
{
    RUN(test_empty);
    RUN(test_extremes);
    RUN(test_random);
    return unit_end();
}
