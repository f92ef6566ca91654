#include "event/watermark.h"

#include "unit.h"

static uint64_t seed = 1;

/* Marsaglia's xorshift64*: the same sequence everywhere. */
static uint64_t
random_below(uint64_t n)
{
    return unit_random(&seed) % n;
}

/* ---- bounded disorder ---- */

static tp_time
naive_bound(tp_time largest, tp_duration delay, tp_duration step)
{
    __int128 bound = (__int128)largest - delay;
    __int128 whole = bound / step * step;

    if (whole > bound)
        whole -= step;
    return whole < TP_TIME_MIN ? TP_TIME_MIN : (tp_time)whole;
}

static void
bounded_examples(void)
{
    struct tp_bounded b;

    tp_bounded_init(&b, 5 * TP_SECOND, TP_SECOND);
    CHECK(b.watermark == TP_TIME_BEFORE_ALL);
    CHECK(tp_bounded_observe(&b, 100 * TP_SECOND + 1));
    CHECK(b.watermark == 95 * TP_SECOND);
    CHECK(!tp_bounded_observe(&b, 100 * TP_SECOND + 1));
    CHECK(!tp_bounded_observe(&b, 3 * TP_SECOND));
    CHECK(!tp_bounded_observe(&b, 101 * TP_SECOND - 1));
    CHECK(b.largest == 101 * TP_SECOND - 1);
    CHECK(tp_bounded_observe(&b, 101 * TP_SECOND));
    CHECK(b.watermark == 96 * TP_SECOND);
    CHECK(tp_bounded_observe(&b, 1000 * TP_SECOND));
    CHECK(b.watermark == 995 * TP_SECOND);

    tp_bounded_init(&b, 0, TP_MILLISECOND);
    CHECK(tp_bounded_observe(&b, -1)); /* towards minus infinity */
    CHECK(b.watermark == -TP_MILLISECOND);
    CHECK(tp_bounded_observe(&b, 0));
    CHECK(b.watermark == 0);
}

static void
bounded_ends_of_time(void)
{
    struct tp_bounded b;

    tp_bounded_init(&b, TP_DAY, TP_SECOND);
    CHECK(tp_bounded_observe(&b, TP_TIME_MIN));
    CHECK(b.watermark == TP_TIME_MIN);
    CHECK(!tp_bounded_observe(&b, TP_TIME_MIN + TP_DAY));
    CHECK(tp_bounded_observe(&b, TP_TIME_MIN + TP_DAY + TP_SECOND));
    CHECK(b.watermark > TP_TIME_MIN && b.watermark % TP_SECOND == 0);
    CHECK(tp_bounded_observe(&b, TP_TIME_MAX));
    CHECK(b.watermark == naive_bound(TP_TIME_MAX, TP_DAY, TP_SECOND));
    CHECK(!tp_bounded_observe(&b, TP_TIME_MAX));

    tp_bounded_init(&b, INT64_MAX, TP_SECOND);
    CHECK(tp_bounded_observe(&b, 0));
    CHECK(b.watermark == TP_TIME_MIN);
    CHECK(tp_bounded_observe(&b, TP_TIME_MAX));
    CHECK(b.watermark == 0 - TP_SECOND);
}

static tp_time
random_time(void)
{
    switch (random_below(4)) {
    case 0:
        return TP_TIME_MIN + (tp_time)random_below(20 * (uint64_t)TP_SECOND);
    case 1:
        return TP_TIME_MAX - (tp_time)random_below(20 * (uint64_t)TP_SECOND);
    case 2:
        return (tp_time)random_below(20 * (uint64_t)TP_SECOND) - 10 * TP_SECOND;
    default:
        return (tp_time)random_below(2000) - 1000;
    }
}

static void
bounded_is_the_naive_rule(void)
{
    static const tp_duration steps[] = {TP_MILLISECOND, TP_SECOND, 7 * TP_MILLISECOND, TP_DAY};

    for (int run = 0; run < 2000; run++) {
        tp_duration delay = random_below(8) ? (tp_duration)random_below(5000000000) : INT64_MAX;
        tp_duration step = steps[random_below(4)];
        tp_time base = random_time(), largest = TP_TIME_BEFORE_ALL, said = TP_TIME_BEFORE_ALL;
        struct tp_bounded b;

        tp_bounded_init(&b, delay, step);
        for (int i = 0; i < 100; i++) {
            tp_time time = random_below(50) ? base : random_time();
            tp_time want;
            bool grew;

            if (!tp_time_add(time, (tp_duration)random_below(3000000000), &time))
                time = TP_TIME_MAX;
            largest = time > largest ? time : largest;
            want = naive_bound(largest, delay, step);
            grew = tp_bounded_observe(&b, time);
            CHECK(b.watermark == want && b.largest == largest);
            CHECK(grew == (want > said));
            said = want;
            if (random_below(20) == 0)
                tp_bounded_resume(&b, largest, said);
        }
    }
}

static void
bounded_never_goes_back_with_another_delay(void)
{
    struct tp_bounded b;

    tp_bounded_init(&b, TP_MINUTE, TP_MINUTE);
    tp_bounded_resume(&b, 100 * TP_SECOND, 95 * TP_SECOND);
    CHECK(!tp_bounded_observe(&b, 170 * TP_SECOND));
    CHECK(b.watermark == 95 * TP_SECOND);
    CHECK(tp_bounded_observe(&b, 180 * TP_SECOND));
    CHECK(b.watermark == 120 * TP_SECOND);
}

/* ---- the minimum ---- */

static void
minimum_examples(void)
{
    struct tp_minimum *m = tp_minimum_new();
    int a, b, c;

    CHECK(tp_minimum_watermark(m) == TP_TIME_BEFORE_ALL);
    CHECK(tp_minimum_held_by(m) == -1 && !tp_minimum_all_idle(m));
    a = tp_minimum_join(m);
    b = tp_minimum_join(m);
    CHECK(a == 0 && b == 1);
    tp_minimum_set(m, a, 10);
    CHECK(tp_minimum_watermark(m) == TP_TIME_BEFORE_ALL);
    CHECK(tp_minimum_held_by(m) == b);
    tp_minimum_set(m, b, 20);
    CHECK(tp_minimum_watermark(m) == 10 && tp_minimum_held_by(m) == a);
    tp_minimum_set(m, a, 5); /* goes back: ignored */
    CHECK(tp_minimum_watermark(m) == 10);
    tp_minimum_set_idle(m, a);
    CHECK(tp_minimum_watermark(m) == 20 && tp_minimum_held_by(m) == b);
    tp_minimum_set(m, a, 15); /* back, but not yet there: holds nobody */
    CHECK(!tp_minimum_all_idle(m));
    tp_minimum_set(m, b, 30);
    CHECK(tp_minimum_watermark(m) == 30 && tp_minimum_held_by(m) == b);
    tp_minimum_set(m, a, 30); /* reached: counts again */
    tp_minimum_set(m, b, 40);
    CHECK(tp_minimum_watermark(m) == 30 && tp_minimum_held_by(m) == a);

    c = tp_minimum_join(m); /* a new one counts at once, and nothing goes back */
    CHECK(tp_minimum_watermark(m) == 30 && tp_minimum_held_by(m) == c);
    tp_minimum_set(m, a, 50);
    CHECK(tp_minimum_watermark(m) == 30);
    tp_minimum_set_ended(m, c);
    CHECK(tp_minimum_watermark(m) == 40);
    tp_minimum_free(m);
}

static void
minimum_all_idle_and_ended(void)
{
    struct tp_minimum *m = tp_minimum_new();

    for (int i = 0; i < 3; i++)
        CHECK(tp_minimum_join(m) == i);
    for (int i = 0; i < 3; i++)
        tp_minimum_set(m, i, 10 * (i + 1));
    tp_minimum_set_idle(m, 0);
    tp_minimum_set_idle(m, 2);
    CHECK(tp_minimum_watermark(m) == 20 && !tp_minimum_all_idle(m));
    tp_minimum_set_idle(m, 1);
    CHECK(tp_minimum_watermark(m) == 30 && tp_minimum_all_idle(m) && tp_minimum_held_by(m) == -1);
    tp_minimum_set_ended(m, 2); /* those that ended do not take the idle ones with them */
    CHECK(tp_minimum_watermark(m) == 30 && tp_minimum_all_idle(m));
    tp_minimum_set(m, 1, 25);
    CHECK(tp_minimum_watermark(m) == 30 && !tp_minimum_all_idle(m) && tp_minimum_held_by(m) == -1);
    tp_minimum_set_ended(m, 0);
    CHECK(tp_minimum_watermark(m) == 30);
    tp_minimum_set(m, 1, 31);
    CHECK(tp_minimum_watermark(m) == 31 && tp_minimum_held_by(m) == 1);
    tp_minimum_set_ended(m, 1);
    CHECK(tp_minimum_watermark(m) == TP_TIME_AFTER_ALL && tp_minimum_held_by(m) == -1);
    CHECK(!tp_minimum_all_idle(m));
    tp_minimum_set(m, 1, 40); /* nothing comes behind an end */
    tp_minimum_set_idle(m, 1);
    CHECK(tp_minimum_watermark(m) == TP_TIME_AFTER_ALL && !tp_minimum_all_idle(m));
    tp_minimum_free(m);
    tp_minimum_free(NULL);
}

/* The rules of DESIGN section 3, word for word, over all members after every change. */
struct naive {
    struct {
        tp_time watermark;
        bool idle, behind, ended;
    } member[40];
    int count;
    tp_time watermark;
};

static bool
naive_counts(const struct naive *n, int i)
{
    return !n->member[i].idle && !n->member[i].behind && !n->member[i].ended;
}

static int
naive_held_by(const struct naive *n)
{
    int slowest = -1;

    for (int i = 0; i < n->count; i++)
        if (naive_counts(n, i) &&
            (slowest < 0 || n->member[i].watermark < n->member[slowest].watermark))
            slowest = i;
    return slowest;
}

static bool
naive_all_idle(const struct naive *n)
{
    bool any = false;

    for (int i = 0; i < n->count; i++) {
        if (n->member[i].ended)
            continue;
        if (!n->member[i].idle)
            return false;
        any = true;
    }
    return any;
}

static void
naive_combine(struct naive *n)
{
    int slowest = naive_held_by(n);
    tp_time now = n->watermark;
    bool all_ended = n->count > 0;

    for (int i = 0; i < n->count; i++) {
        all_ended &= n->member[i].ended;
        if (naive_all_idle(n) && !n->member[i].ended && n->member[i].watermark > now)
            now = n->member[i].watermark;
    }
    if (slowest >= 0 && n->member[slowest].watermark > now)
        now = n->member[slowest].watermark;
    n->watermark = all_ended ? TP_TIME_AFTER_ALL : now;
}

static void
naive_set(struct naive *n, int i, tp_time watermark)
{
    if (n->member[i].ended)
        return;
    if (watermark > n->member[i].watermark)
        n->member[i].watermark = watermark;
    if (n->member[i].idle || n->member[i].behind)
        n->member[i].behind = n->member[i].watermark < n->watermark;
    n->member[i].idle = false;
}

static void
naive_idle(struct naive *n, int i)
{
    n->member[i].idle = !n->member[i].ended;
    n->member[i].behind = false;
}

static void
random_verb(struct naive *n, struct tp_minimum *m, int ends)
{
    int which = n->count ? (int)random_below((uint64_t)n->count) : 0;
    int verb = (int)random_below(100);
    tp_time watermark;

    if (n->count == 0 || (verb < 5 && n->count < 40)) {
        CHECK(tp_minimum_join(m) == n->count);
        n->member[n->count++].watermark = TP_TIME_BEFORE_ALL;
    } else if (verb < 25) {
        tp_minimum_set_idle(m, which);
        naive_idle(n, which);
    } else if (verb < 25 + ends) {
        tp_minimum_set_ended(m, which);
        n->member[which].ended = true;
    } else {
        watermark = (n->watermark < -1000 || n->watermark > 1000000 ? 0 : n->watermark) +
                    (tp_time)random_below(40) - 15;
        tp_minimum_set(m, which, watermark);
        naive_set(n, which, watermark);
    }
    naive_combine(n);
}

/* Takes the minimum apart and puts it together again, as a snapshot does. */
static struct tp_minimum *
saved_and_restored(struct tp_minimum *m)
{
    struct tp_minimum *again = tp_minimum_new();

    tp_minimum_resume(again, tp_minimum_watermark(m));
    for (int i = 0; i < tp_minimum_count(m); i++) {
        enum tp_minimum_state state;
        tp_time watermark = tp_minimum_member(m, i, &state);

        CHECK(tp_minimum_rejoin(again, watermark, state) == i);
    }
    tp_minimum_free(m);
    return again;
}

static void
minimum_is_the_naive_rule(void)
{
    for (int run = 0; run < 1000; run++) {
        struct tp_minimum *m = tp_minimum_new();
        struct naive n = {.watermark = TP_TIME_BEFORE_ALL};
        int ends = run % 3 == 0 ? 5 : 0;
        tp_time before = TP_TIME_BEFORE_ALL;

        for (int i = 0; i < 400; i++) {
            random_verb(&n, m, ends);
            CHECK(tp_minimum_watermark(m) == n.watermark);
            CHECK(tp_minimum_held_by(m) == naive_held_by(&n));
            CHECK(tp_minimum_all_idle(m) == naive_all_idle(&n));
            CHECK(tp_minimum_watermark(m) >= before);
            before = tp_minimum_watermark(m);
            if (random_below(50) == 0)
                m = saved_and_restored(m);
        }
        tp_minimum_free(m);
    }
}

static void
minimum_of_many(void)
{
    enum { MANY = 10000 };
    struct tp_minimum *m = tp_minimum_new();

    for (int i = 0; i < MANY; i++)
        CHECK(tp_minimum_join(m) == i);
    for (int round = 1; round <= 20; round++)
        for (int i = 0; i < MANY; i++) {
            tp_minimum_set(m, i, round);
            CHECK(tp_minimum_watermark(m) == (i == MANY - 1 ? round
                                              : round == 1  ? TP_TIME_BEFORE_ALL
                                                            : round - 1));
        }
    for (int i = 0; i < MANY; i++)
        tp_minimum_set_idle(m, i);
    CHECK(tp_minimum_all_idle(m));
    tp_minimum_free(m);
}

int
main(void)
{
    RUN(bounded_examples);
    RUN(bounded_ends_of_time);
    RUN(bounded_is_the_naive_rule);
    RUN(bounded_never_goes_back_with_another_delay);
    RUN(minimum_examples);
    RUN(minimum_all_idle_and_ended);
    RUN(minimum_is_the_naive_rule);
    RUN(minimum_of_many);
    return unit_end();
}
