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
    const struct tp_join_record record = {
        .side = side, .time = time, .key = key, .hash = tp_join_hash(join, key)};

    return tp_join_probe(join, &record);
}

static struct tp_join_kept *
keep(struct tp_join *join, enum tp_join_side side, struct tp_str key, tp_time time)
{
    const struct tp_join_record record = {.side = side,
                                          .time = time,
                                          .key = key,
                                          .line = TP_STR("{\"some\":\"line\"}"),
                                          .hash = tp_join_hash(join, key)};

    return tp_join_keep(join, &record, NULL);
}

/* All that is over at WATERMARK leaves; how many were told of. They are told in the order of time.
 */
static size_t
expire(struct tp_join *join, enum tp_join_side side, tp_time watermark)
{
    tp_time last = TP_TIME_BEFORE_ALL;
    const struct tp_join_kept *alone;
    size_t told = 0;

    for (; (alone = tp_join_alone(join, side, watermark)); told++) {
        CHECK(alone->time >= last && !alone->matched);
        last = alone->time;
    }
    tp_join_expire(join, side, watermark);
    return told;
}

/* As saved state has them. */
static size_t
count_live(const struct tp_join *join, enum tp_join_side side)
{
    struct tp_join_walk walk = {0};
    size_t count = 0;

    while (tp_join_next(join, side, &walk))
        count++;
    return count;
}

/* Records up to DISORDER out of order, the watermark so far behind: everything that may meet does,
 * all that met nothing is told of, and nothing is left in the end. */
static void
meets_what_it_should(tp_duration lo, tp_duration hi, tp_duration disorder)
{
    struct event e[RECORDS];
    struct tp_join *join = tp_join_new(lo, hi, 0);
    size_t pairs = 0, told[2] = {0, 0}, lonely[2] = {0, 0};

    for (size_t i = 0; i < RECORDS; i++) {
        tp_time watermark = (tp_time)i - disorder;
        struct tp_join_kept *kept;

        e[i].side = random_below(2) ? TP_JOIN_LEFT : TP_JOIN_RIGHT;
        e[i].time = (tp_time)i - (tp_time)random_below((uint64_t)disorder + 1);
        e[i].key = (char)('a' + random_below(KEYS));
        for (int side = 0; side < 2; side++)
            told[side] += expire(join, (enum tp_join_side)side, watermark);
        struct tp_str key = {&e[i].key, 1};
        struct tp_join_matches matches = probe(join, e[i].side, key, e[i].time);
        check_matches(&matches, &e[i], lo, hi);
        pairs += matches.count;
        for (size_t k = 0; k < matches.count; k++) {
            lonely[!e[i].side] -= !matches.entry[k].kept->matched;
            matches.entry[k].kept->matched = true;
        }
        kept = keep(join, e[i].side, key, e[i].time);
        CHECK(kept);
        kept->matched = matches.count > 0;
        lonely[e[i].side] += !kept->matched;
        CHECK(kept->matched || tp_join_await(join, kept, NULL) == 0);
    }
    CHECK_THAT(pairs == pairs_by_definition(e, lo, hi), "[%lld,%lld] +-%lld: %zu pairs, not %zu",
               (long long)lo, (long long)hi, (long long)disorder, pairs,
               pairs_by_definition(e, lo, hi));
    for (int side = 0; side < 2; side++) {
        told[side] += expire(join, (enum tp_join_side)side, TP_TIME_AFTER_ALL);
        CHECK(told[side] == lonely[side] && tp_join_count(join, (enum tp_join_side)side) == 0);
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

    CHECK(keep(join, TP_JOIN_LEFT, key, TP_TIME_MAX));
    CHECK(keep(join, TP_JOIN_LEFT, key, 5));
    CHECK(keep(join, TP_JOIN_LEFT, key, TP_TIME_MIN));
    CHECK(probe(join, TP_JOIN_RIGHT, key, 0).count == 3);
    tp_join_expire(join, TP_JOIN_LEFT, TP_TIME_MIN);
    CHECK(count_live(join, TP_JOIN_LEFT) == 3);
    tp_join_expire(join, TP_JOIN_LEFT, TP_TIME_AFTER_ALL);
    CHECK(count_live(join, TP_JOIN_LEFT) == 0 && tp_join_count(join, TP_JOIN_LEFT) == 0);
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

        CHECK(keep(join, TP_JOIN_LEFT, key, t));
        tp_join_expire(join, TP_JOIN_LEFT, t);
        most = tp_join_size(join) > most ? tp_join_size(join) : most;
    }
    CHECK_THAT(count_live(join, TP_JOIN_LEFT) == 11 && most < 2 << 20, "%zu bytes", most);
    tp_join_free(join);
}

/* A record from the future holds up those that came with it, not those after them; what stays in
 * vain is shown to nothing. */
static void
future_holds_up_few(void)
{
    struct tp_join *join = tp_join_new(0, 10, 0);
    struct tp_str key = TP_STR("k");
    const tp_time future = 1000000;

    CHECK(keep(join, TP_JOIN_LEFT, key, future));
    for (tp_time t = 0; t < 10000; t++) {
        CHECK(keep(join, TP_JOIN_LEFT, key, t));
        tp_join_expire(join, TP_JOIN_LEFT, t);
    }
    CHECK(count_live(join, TP_JOIN_LEFT) == 12);
    CHECK(tp_join_count(join, TP_JOIN_LEFT) < 5000);
    CHECK(probe(join, TP_JOIN_RIGHT, key, 9980).count == 0);
    CHECK(probe(join, TP_JOIN_RIGHT, key, 9999).count == 11);
    CHECK(probe(join, TP_JOIN_RIGHT, key, future).count == 1);
    tp_join_expire(join, TP_JOIN_LEFT, TP_TIME_AFTER_ALL);
    CHECK(tp_join_count(join, TP_JOIN_LEFT) == 0);
    tp_join_free(join);
}

int
main(void)
{
    RUN(meets);
    RUN(forwards);
    RUN(reaches_the_ends_of_time);
    RUN(stays_small);
    RUN(future_holds_up_few);
    return unit_end();
}
