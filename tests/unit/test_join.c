#include "event/join.h"

#include <stdlib.h>

#include "unit.h"

static uint64_t seed = 11;

static uint64_t
random_below(uint64_t n)
{
    return unit_random(&seed) % n;
}

/* A join that says nothing but which pairs met, against all pairs by definition. */
enum { RECORDS = 600, KEYS = 3 };

struct event {
    enum tp_join_side side;
    tp_time time;
    char key;
};

static size_t
pairs_by_definition(const struct event *e, tp_duration lo, tp_duration hi)
{
    size_t pairs = 0;

    for (size_t l = 0; l < RECORDS; l++)
        for (size_t r = 0; r < RECORDS; r++)
            pairs += e[l].side == TP_JOIN_LEFT && e[r].side == TP_JOIN_RIGHT &&
                     e[l].key == e[r].key && e[r].time - e[l].time >= lo &&
                     e[r].time - e[l].time <= hi;
    return pairs;
}

static void
check_matches(const struct tp_join_matches *matches, const struct event *e, tp_duration lo,
              tp_duration hi)
{
    for (size_t i = 0; i < matches->count; i++) {
        tp_duration apart = matches->entry[i].time - e->time;

        if (e->side == TP_JOIN_RIGHT)
            apart = -apart;
        CHECK(matches->entry[i].kept->side != e->side && apart >= lo && apart <= hi);
        CHECK(i == 0 || matches->entry[i - 1].time <= matches->entry[i].time);
    }
}

static struct tp_join_matches
probe(struct tp_join *join, enum tp_join_side side, struct tp_str key, tp_time time)
{
    return tp_join_probe(join, side, key, tp_join_hash(join, key), time);
}

/* Records up to DISORDER out of order, the watermark so far behind: everything that may meet does,
 * nothing is expired too early, and all is expired in the end. */
static void
meets_what_it_should(tp_duration lo, tp_duration hi, tp_duration disorder)
{
    struct event e[RECORDS];
    struct tp_join *join = tp_join_new(lo, hi, 0);
    size_t pairs = 0, expired[2] = {0, 0}, kept[2] = {0, 0};

    for (size_t i = 0; i < RECORDS; i++) {
        tp_time watermark = (tp_time)i - disorder;

        e[i].side = random_below(2) ? TP_JOIN_LEFT : TP_JOIN_RIGHT;
        e[i].time = (tp_time)i - (tp_time)random_below((uint64_t)disorder + 1);
        e[i].key = (char)('a' + random_below(KEYS));
        for (int side = 0; side < 2; side++)
            while (tp_join_expire(join, (enum tp_join_side)side, watermark))
                expired[side]++;
        struct tp_str key = {&e[i].key, 1};
        struct tp_join_matches matches = probe(join, e[i].side, key, e[i].time);
        check_matches(&matches, &e[i], lo, hi);
        pairs += matches.count;
        CHECK(tp_join_keep(join, e[i].side, key, e[i].time, TP_STR("{}"), NULL));
        kept[e[i].side]++;
    }
    CHECK_THAT(pairs == pairs_by_definition(e, lo, hi), "[%lld,%lld] +-%lld: %zu pairs, not %zu",
               (long long)lo, (long long)hi, (long long)disorder, pairs,
               pairs_by_definition(e, lo, hi));
    for (int side = 0; side < 2; side++) {
        tp_time last = TP_TIME_BEFORE_ALL;
        const struct tp_join_kept *gone;

        for (; (gone = tp_join_expire(join, (enum tp_join_side)side, TP_TIME_AFTER_ALL));
             expired[side]++) {
            CHECK(gone->time >= last);
            last = gone->time;
        }
        CHECK(expired[side] == kept[side] && tp_join_count(join, (enum tp_join_side)side) == 0);
    }
    tp_join_free(join);
}

static void
meets(void)
{
    meets_what_it_should(-5, 5, 0);
    meets_what_it_should(-5, 5, 20);
    meets_what_it_should(-20, 0, 7);
    meets_what_it_should(0, 0, 30);
    meets_what_it_should(10, 30, 5);
    meets_what_it_should(-30, -10, 5);
    meets_what_it_should(-RECORDS, RECORDS, RECORDS); /* in no order at all */
}

static void
forwards(void)
{
    struct tp_join *join = tp_join_new(-20, 5, 3);

    CHECK(tp_join_forward(join, 100) == 77);
    CHECK(tp_join_forward(join, TP_TIME_MIN) == TP_TIME_BEFORE_ALL);
    tp_join_free(join);
    join = tp_join_new(5, 9, 0);
    CHECK(tp_join_forward(join, 100) == 91);
    tp_join_free(join);
    join = tp_join_new(-9, -5, 0);
    CHECK(tp_join_forward(join, 100) == 91);
    tp_join_free(join);
}

/* Bounds that reach beyond the ends of time hold all there is, in the order of time. */
static void
reaches_the_ends_of_time(void)
{
    struct tp_join *join = tp_join_new(-INT64_MAX, INT64_MAX, INT64_MAX);
    struct tp_str key = TP_STR("k");

    CHECK(tp_join_keep(join, TP_JOIN_LEFT, key, TP_TIME_MAX, TP_STR(""), NULL));
    CHECK(tp_join_keep(join, TP_JOIN_LEFT, key, 5, TP_STR(""), NULL));
    CHECK(tp_join_keep(join, TP_JOIN_LEFT, key, TP_TIME_MIN, TP_STR(""), NULL));
    CHECK(probe(join, TP_JOIN_RIGHT, key, 0).count == 3);
    CHECK(!tp_join_expire(join, TP_JOIN_LEFT, TP_TIME_MIN));
    for (int i = 0; i < 3; i++)
        CHECK(tp_join_expire(join, TP_JOIN_LEFT, TP_TIME_AFTER_ALL));
    CHECK(!tp_join_expire(join, TP_JOIN_LEFT, TP_TIME_AFTER_ALL));
    tp_join_free(join);
}

/* What is let go of is given back: the size does not grow with the stream. */
static void
stays_small(void)
{
    struct tp_join *join = tp_join_new(0, 10, 0);
    size_t most = 0;

    for (tp_time t = 0; t < 100000; t++) {
        char text[24];
        struct tp_str key = {text, (size_t)snprintf(text, sizeof text, "%lld", (long long)t)};

        CHECK(tp_join_keep(join, TP_JOIN_LEFT, key, t, TP_STR("{\"some\":\"line\"}"), NULL));
        while (tp_join_expire(join, TP_JOIN_LEFT, t))
            continue;
        most = tp_join_size(join) > most ? tp_join_size(join) : most;
    }
    CHECK_THAT(tp_join_count(join, TP_JOIN_LEFT) == 11 && most < 2 << 20, "%zu bytes", most);
    tp_join_free(join);
}

int
main(void)
{
    RUN(meets);
    RUN(forwards);
    RUN(reaches_the_ends_of_time);
    RUN(stays_small);
    return unit_end();
}
