#include "event/versions.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

static uint64_t seed = 17;

enum { RECORDS = 2000, KEYS = 5 };

/* By definition: of the versions of a key the last to arrive among those of the greatest time <= T;
 * -1 when that is a delete or there is none. */
struct event {
    enum tp_join_side side;
    enum tp_match_op op;
    tp_time time;
    char key;
};

static int
version_of(const struct event *e, size_t count, const struct event *left)
{
    int best = -1;

    for (size_t i = 0; i < count; i++)
        if (e[i].side == TP_JOIN_RIGHT && e[i].key == left->key && e[i].time <= left->time &&
            (best < 0 || e[i].time >= e[best].time))
            best = (int)i;
    return best >= 0 && e[best].op == TP_MATCH_DELETE ? -1 : best;
}

struct said {
    const struct event *event;
    tp_time last;
    size_t rows;
};

/* Lines are numbers of events. */
static int
check_row(void *context, const struct tp_match_row *row, struct tp_err *err)
{
    struct said *said = context;
    int left = atoi(row->left.ptr), right = row->right.ptr ? atoi(row->right.ptr) : -1;
    int wanted = version_of(said->event, RECORDS, &said->event[left]);

    (void)err;
    CHECK_THAT(right == wanted, "left %d met %d, not %d", left, right, wanted);
    CHECK(row->time == said->event[left].time && row->time >= said->last);
    said->last = row->time;
    said->rows++;
    return 0;
}

static void
make_events(struct event *e, tp_duration disorder)
{
    for (int i = 0; i < RECORDS; i++) {
        e[i].side = unit_random(&seed) % 2 ? TP_JOIN_LEFT : TP_JOIN_RIGHT;
        e[i].op = unit_random(&seed) % 4 ? TP_MATCH_INSERT : TP_MATCH_DELETE;
        e[i].time = i / 3 - (tp_time)(unit_random(&seed) % ((uint64_t)disorder + 1));
        e[i].key = (char)('a' + unit_random(&seed) % KEYS);
    }
}

static void
answers_by_definition(tp_duration disorder)
{
    struct event e[RECORDS];
    struct said said = {e, TP_TIME_MIN, 0};
    struct tp_match *match = tp_versions_new(TP_MATCH_LEFT);
    size_t lefts = 0;

    make_events(e, disorder);
    match->sink = (struct tp_match_sink){.context = &said, .row = check_row};
    for (int i = 0; i < RECORDS; i++) {
        char line[16];
        tp_time watermark = i / 3 - disorder, limit;
        struct tp_match_record r = {.side = e[i].side, .op = e[i].op, .time = e[i].time};

        snprintf(line, sizeof line, "%d", i);
        r.watermark = watermark;
        r.key = (struct tp_str){&e[i].key, 1};
        r.line = (struct tp_str){line, strlen(line) + 1};
        CHECK(match->way->advance(match, watermark, NULL) == 0);
        CHECK(match->way->add(match, &r, &limit, NULL) == 1);
        lefts += r.side == TP_JOIN_LEFT;
        /* What the watermark has passed is gone, but for the last version of each key. */
        CHECK(match->way->held(match, TP_JOIN_LEFT) <= 3 * ((size_t)disorder + 1));
        CHECK(match->way->held(match, TP_JOIN_RIGHT) <= 3 * ((size_t)disorder + 1) + KEYS);
    }
    CHECK(match->way->advance(match, TP_TIME_AFTER_ALL, NULL) == 0);
    CHECK(said.rows == lefts && match->waiting == 0);
    CHECK(match->way->held(match, TP_JOIN_RIGHT) <= KEYS);
    match->way->free(match);
}

/* Late is what lies before the watermark of its own input; at it is in time. */
static void
judges_lateness(void)
{
    struct tp_match *match = tp_versions_new(TP_MATCH_INNER);
    struct tp_match_record r = {.side = TP_JOIN_RIGHT, .time = 9, .watermark = 10};
    tp_time limit;

    r.key = TP_STR("k");
    r.line = TP_STR("{}");
    CHECK(match->way->add(match, &r, &limit, NULL) == 0 && limit == 9);
    r.time = 10;
    CHECK(match->way->add(match, &r, &limit, NULL) == 1);
    CHECK(tp_match_forward(match, 10) == 10);
    match->way->free(match);
}

/* A key whose last word is `delete` takes no memory. */
static void
forgets_deleted_keys(void)
{
    struct tp_match *match = tp_versions_new(TP_MATCH_INNER);
    size_t empty = match->way->size(match);

    for (int i = 0; i < 2; i++) {
        struct tp_match_record r = {.side = TP_JOIN_RIGHT, .time = i, .watermark = 0};
        tp_time limit;

        r.op = i == 0 ? TP_MATCH_INSERT : TP_MATCH_DELETE;
        r.key = TP_STR("k");
        r.line = TP_STR("{}");
        CHECK(match->way->add(match, &r, &limit, NULL) == 1);
    }
    CHECK(match->way->held(match, TP_JOIN_RIGHT) == 2);
    CHECK(match->way->advance(match, 5, NULL) == 0);
    CHECK(match->way->held(match, TP_JOIN_RIGHT) == 0);
    CHECK(match->way->size(match) < empty + 4096 * 64);
    match->way->free(match);
}

static void
answers(void)
{
    answers_by_definition(0);
    answers_by_definition(7);
    answers_by_definition(100);
}

int
main(void)
{
    RUN(answers);
    RUN(judges_lateness);
    RUN(forgets_deleted_keys);
    return unit_end();
}
