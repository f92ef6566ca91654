/* Against a list that is searched from end to end. */
#include "event/recent.h"

#include <stdint.h>
#include <stdlib.h>

#include "unit.h"

#define MOST 4000

struct horizon {
    int64_t key;
    tp_time opened;
};

struct model {
    struct horizon horizon[MOST];
    size_t count;
};

static uint32_t
random_next(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static int
model_see(struct model *model, int64_t key, tp_time time, tp_duration within)
{
    for (size_t i = 0; i < model->count; i++)
        if (model->horizon[i].key == key &&
            (within == 0 || llabs(model->horizon[i].opened - time) < within))
            return 0;
    model->horizon[model->count++] = (struct horizon){key, time};
    return 1;
}

static int
see(struct tp_recent *recent, int64_t key, tp_time time)
{
    struct tp_err err;

    return tp_recent_see(recent, (struct tp_str){(const char *)&key, sizeof key}, time, &err);
}

/* Times around 0, so that tables have numbers below it; a watermark DISORDER behind the largest. */
static void
run_random(uint32_t seed, tp_duration within, bool exactly, uint32_t disorder)
{
    struct tp_recent *recent = tp_recent_new(within, exactly);
    struct model *model = calloc(1, sizeof *model);
    int wrong = 0;

    CHECK(recent && model);
    for (int i = 0; i < MOST; i++) {
        tp_time time = i - MOST / 2 + (tp_time)(random_next(&seed) % disorder);
        tp_time watermark = i - MOST / 2;
        int64_t key = random_next(&seed) % 20;

        if (!tp_recent_is_late(recent, time, watermark))
            wrong += see(recent, key, time) != model_see(model, key, time, within);
        if (i % 7 == 0)
            tp_recent_expire(recent, watermark);
    }
    CHECK(wrong == 0);
    if (within > 0)
        CHECK(tp_recent_count(recent) <= 20 * (4 + 1 + disorder / (size_t)within));
    else
        CHECK(tp_recent_count(recent) == 20);
    free(model);
    tp_recent_free(recent);
}

static void
test_random(void)
{
    static const tp_duration withins[] = {0, 1, 2, 3, 10, 64, 500, 100000};

    for (size_t i = 0; i < sizeof withins / sizeof *withins; i++)
        for (uint32_t disorder = 1; disorder < 1000; disorder *= 9) {
            run_random(disorder, withins[i], false, disorder);
            run_random(disorder, withins[i], true, disorder);
        }
}

static void
test_late(void)
{
    struct tp_recent *recent = tp_recent_new(10, false);

    CHECK(!tp_recent_is_late(recent, 91, 100));
    CHECK(tp_recent_is_late(recent, 90, 100));
    CHECK(!tp_recent_is_late(recent, 100, 90));
    CHECK(!tp_recent_is_late(recent, 0, TP_TIME_BEFORE_ALL));
    CHECK(tp_recent_is_late(recent, TP_TIME_MIN, TP_TIME_MAX));
    tp_recent_free(recent);
}

static void
test_extremes(void)
{
    struct tp_recent *recent = tp_recent_new(1, false);

    CHECK(see(recent, 1, TP_TIME_MIN) == 1);
    CHECK(see(recent, 1, TP_TIME_MAX) == 1);
    CHECK(see(recent, 1, TP_TIME_MIN) == 0);
    CHECK(see(recent, 1, TP_TIME_MAX) == 0);
    tp_recent_expire(recent, TP_TIME_MAX);
    CHECK(tp_recent_count(recent) == 1);
    tp_recent_free(recent);
    tp_recent_free(NULL);
}

/* What is forgotten is given back. */
static void
check_size(bool exactly)
{
    struct tp_recent *recent = tp_recent_new(1000, exactly);
    size_t most = 0;

    for (uint32_t i = 0; i < 100000; i++) {
        CHECK(see(recent, i, i) == 1);
        tp_recent_expire(recent, i);
        if (tp_recent_size(recent) > most)
            most = tp_recent_size(recent);
        if (i == 5000)
            CHECK(most > 4000 * (16 + 8));
    }
    CHECK(most < 600000);
    tp_recent_free(recent);
}

static void
test_size(void)
{
    check_size(false);
    check_size(true);
}

/* Written on whatever machine: the digest of nothing at all, with the seed 0. */
static void
test_saved(void)
{
    struct tp_recent *recent = tp_recent_new(0, false);
    struct tp_err err;

    CHECK(tp_recent_load(recent, TP_STR("{\"seed\":0}"), &err) == 0);
    CHECK(tp_recent_load(recent,
                         TP_STR("{\"seen\":\"7f498d4624c30160d8984701d306aa99\",\"time\":0}"),
                         &err) == 0);
    CHECK(tp_recent_see(recent, TP_STR(""), 5, &err) == 0);
    CHECK(tp_recent_see(recent, TP_STR("a"), 5, &err) == 1);
    tp_recent_free(recent);
}

int
main(void)
{
    RUN(test_random);
    RUN(test_late);
    RUN(test_extremes);
    RUN(test_size);
    RUN(test_saved);
    return unit_end();
}
