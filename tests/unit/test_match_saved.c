#include "event/match_saved.h"

#include <stdlib.h>
#include <string.h>

#include "event/cogroup.h"
#include "event/interval.h"
#include "event/versions.h"
#include "saved.h"
#include "unit.h"

static uint64_t seed = 23;

enum { STEPS = 1500 };

static uint64_t
below(uint64_t n)
{
    return unit_random(&seed) % n;
}

/* --- two joins, of which one is saved and loaded again and again
 * ---------------------------------*/

static int
take_row(void *context, const struct tp_match_row *row, struct tp_err *err)
{
    (void)err;
    tp_buf_printf(context, "%lld %d %lld %.*s %.*s\n", (long long)row->time, row->op,
                  row->window ? (long long)row->window->start : 0, (int)row->left.len,
                  row->left.ptr ? row->left.ptr : "", (int)row->right.len,
                  row->right.ptr ? row->right.ptr : "");
    return 0;
}

/* A condition, so that not every pair is one. */
static int
meets(void *context, struct tp_str left, struct tp_str right, struct tp_err *err)
{
    (void)context;
    (void)err;
    return left.len == 0 || right.len == 0 ||
           (left.ptr[left.len - 2] + right.ptr[right.len - 2]) % 4;
}

/* Where some pairs have the same place, and some none. */
static int
rank(void *context, struct tp_str left, struct tp_str right, struct tp_str *place,
     struct tp_err *err)
{
    static const char digits[] = "0123456789";
    size_t one = (size_t)(left.ptr[left.len - 2] - '0'), other = (size_t)right.ptr[right.len - 2];

    (void)context;
    (void)err;
    *place = (struct tp_str){&digits[one / 2], 1 + other % 2};
    return one != 7;
}

/* What MATCH saves, sealed. */
static void
save(struct tp_match *match, struct tp_buf *to)
{
    struct tp_save saving;
    struct tp_err err;

    CHECK(tp_save_init(&saving, saved_append, to, &err) == 0);
    CHECK(tp_match_save(match, 1, &saving, &err) == 0);
    CHECK(tp_save_seal(&saving, &err) == 0);
    tp_save_release(&saving);
}

static void
load(struct tp_match *match, struct tp_str text)
{
    struct tp_str body, line;
    struct tp_err err;

    CHECK(tp_snapshot_open(text, &body, &err) == 0);
    while (tp_snapshot_next(&body, &line))
        CHECK_THAT(tp_match_load(match, 1, line, &err) == 0, "%.*s: %s", (int)line.len, line.ptr,
                   err.text);
    tp_match_loaded(match);
}

struct trial {
    struct tp_match *(*make)(const void *options);
    const void *options;
    bool conditional;
    bool over[2];
    struct tp_match *match[2]; /* the second is the one that is saved */
    struct tp_buf rows[2];
};

static struct tp_match *
new_match(struct trial *t, int which)
{
    struct tp_match *match = t->make(t->options);

    match->sink = (struct tp_match_sink){.context = &t->rows[which],
                                         .meets = t->conditional ? meets : NULL,
                                         .rank = t->conditional ? rank : NULL,
                                         .row = take_row};
    return match;
}

static void
go_back(struct trial *t)
{
    struct tp_buf before = TP_BUF_INIT, after = TP_BUF_INIT;
    struct tp_match *old = t->match[1], *fresh = new_match(t, 1);

    save(old, &before);
    for (int side = 0; side < 2; side++)
        if (t->over[side])
            CHECK(tp_match_end(fresh, (enum tp_join_side)side, NULL) == 0);
    load(fresh, tp_buf_str(&before));
    save(fresh, &after);
    CHECK(tp_str_equal(tp_buf_str(&before), tp_buf_str(&after)));
    CHECK(fresh->waiting == old->waiting);
    for (int side = 0; side < 2; side++)
        CHECK(fresh->way->held(fresh, (enum tp_join_side)side) <=
              old->way->held(old, (enum tp_join_side)side));
    old->way->free(old);
    t->match[1] = fresh;
    tp_buf_release(&before);
    tp_buf_release(&after);
}

static void
add(struct trial *t, int step, tp_time watermark)
{
    char line[32], key[] = "\"a";
    struct tp_match_record r = {.time = (step * 7 - (tp_time)below(120)) * TP_MILLISECOND * 100};
    enum tp_join_side side = below(2) ? TP_JOIN_LEFT : TP_JOIN_RIGHT;
    tp_time limit;
    int taken;

    r.side = t->over[side] ? !side : side;
    if (t->over[r.side])
        return;
    key[1] = (char)('a' + below(4));
    if (below(20) > 0)
        r.key = tp_str_of(key);
    r.op = below(8) > 0 || r.side == TP_JOIN_LEFT ? TP_MATCH_INSERT : TP_MATCH_DELETE;
    r.watermark = watermark;
    snprintf(line, sizeof line, "{\"n\":%d}", step);
    r.line = tp_str_of(line);
    taken = t->match[0]->way->add(t->match[0], &r, &limit, NULL);
    CHECK(taken == t->match[1]->way->add(t->match[1], &r, &limit, NULL));
    for (int i = 0; i < 2; i++)
        CHECK(tp_match_settle(t->match[i], NULL) == 0); /* the line goes */
}

static void
advance(struct trial *t, tp_time watermark)
{
    for (int i = 0; i < 2; i++)
        CHECK(t->match[i]->way->advance(t->match[i], watermark, NULL) == 0);
}

static void
end_side(struct trial *t, enum tp_join_side side)
{
    t->over[side] = true;
    for (int i = 0; i < 2; i++)
        CHECK(tp_match_end(t->match[i], side, NULL) == 0);
}

/* Whatever comes behind a snapshot gives the same rows in the same order. */
static void
goes_on_the_same(struct tp_match *(*make)(const void *), const void *options)
{
    struct trial t = {.make = make, .options = options, .conditional = below(2)};
    tp_time watermark = TP_TIME_BEFORE_ALL;
    int last = STEPS - 200;

    for (int i = 0; i < 2; i++)
        t.match[i] = new_match(&t, i);
    for (int step = 0; step < STEPS; step++) {
        add(&t, step, watermark);
        if (step > 20 && below(10) == 0) {
            watermark = (step * 7 - 90) * TP_MILLISECOND * 100;
            advance(&t, watermark);
        }
        if (step == last)
            end_side(&t, below(2) ? TP_JOIN_LEFT : TP_JOIN_RIGHT);
        if (below(40) == 0)
            go_back(&t);
    }
    advance(&t, TP_TIME_AFTER_ALL);
    CHECK(t.rows[0].len > 0);
    CHECK(tp_str_equal(tp_buf_str(&t.rows[0]), tp_buf_str(&t.rows[1])));
    for (int i = 0; i < 2; i++) {
        t.match[i]->way->free(t.match[i]);
        tp_buf_release(&t.rows[i]);
    }
}

/* --- the ways ----------------------------------------------------------------------------------*/

static struct tp_match *
make_interval(const void *options)
{
    return tp_interval_new(options);
}

static struct tp_match *
make_cogroup(const void *options)
{
    return tp_cogroup_new(options);
}

static struct tp_match *
make_versions(const void *type)
{
    return tp_versions_new(*(const enum tp_match_type *)type);
}

static void
interval(void)
{
    for (int type = TP_MATCH_INNER; type <= TP_MATCH_ANTI; type++)
        for (int updates = 0; updates < 2; updates++) {
            struct tp_interval options = {.lo = -3 * TP_SECOND,
                                          .hi = TP_SECOND,
                                          .lateness = updates * TP_SECOND,
                                          .type = (enum tp_match_type)type,
                                          .updates = updates};

            goes_on_the_same(make_interval, &options);
        }
}

static void
interval_that_chooses(void)
{
    const enum tp_match_type types[] = {TP_MATCH_INNER, TP_MATCH_LEFT, TP_MATCH_INNER,
                                        TP_MATCH_RIGHT};

    for (int i = 0; i < 4; i++) {
        struct tp_interval options = {.lo = -3 * TP_SECOND,
                                      .hi = TP_SECOND,
                                      .type = types[i],
                                      .chooses = true,
                                      .chooser = i < 2 ? TP_JOIN_LEFT : TP_JOIN_RIGHT};

        goes_on_the_same(make_interval, &options);
        goes_on_the_same(make_interval, &options);
    }
}

static void
windows(void)
{
    static const char *const specs[] = {"1s", "hop:4s,1s", "cumulate:3s,1s", "session:400ms",
                                        "1d@Europe/Berlin"};

    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++)
        for (int type = TP_MATCH_INNER; type <= TP_MATCH_ANTI; type++) {
            struct tp_cogroup options = {.type = (enum tp_match_type)type};

            CHECK(tp_window_parse(tp_str_of(specs[i]), &options.spec, NULL) == 0);
            goes_on_the_same(make_cogroup, &options);
            tp_window_release(&options.spec);
        }
}

static void
versions(void)
{
    enum tp_match_type types[] = {TP_MATCH_INNER, TP_MATCH_LEFT};

    for (int i = 0; i < 2; i++)
        goes_on_the_same(make_versions, &types[i]);
}

/* --- damage ------------------------------------------------------------------------------------*/

static void
refuses(struct tp_match *match, const char *line)
{
    struct tp_err err;

    CHECK_THAT(tp_match_load(match, 1, tp_str_of(line), &err) < 0, "%s", line);
    CHECK(err.fault == TP_FAULT_MACHINE);
}

/* A line that no save has written, under a seal that fits. */
static void
refuses_what_is_none(void)
{
    struct tp_interval bounds = {.hi = 1};
    struct tp_cogroup group = {.type = TP_MATCH_INNER};
    struct tp_match *match = tp_interval_new(&bounds);

    refuses(match, "{\"another\":1,\"key\":[\"a\"]}");
    refuses(match, "{\"left\":1,\"key\":[\"a\",2],\"line\":\"{}\"}");
    refuses(match, "{\"left\":1,\"key\":[\"a\"],\"line\":\"{\\\"n\\\":}\"}");
    refuses(match, "{\"left\":1,\"key\":[\"a\"],\"line\":\"[]\"}");
    refuses(match, "{\"left\":1,\"key\":[\"a\"],\"line\":\"\"}");
    refuses(match, "{\"right\":1,\"key\":[\"a\"]}");
    refuses(match, "{\"right\":1,\"line\":\"{}\"}");
    refuses(match, "{\"left\":9223372036854775807,\"key\":[\"a\"],\"line\":\"{}\"}");
    refuses(match, "{\"left\":1,\"key\":[\"a\"],\"line\":\"{}\",\"best_time\":1,\"best\":\"{}\"}");
    match->way->free(match);
    bounds.chooses = true;
    match = tp_interval_new(&bounds);
    refuses(match, "{\"left\":1,\"key\":[\"a\"],\"line\":\"{}\",\"best_time\":1,\"best\":\"[]\"}");
    refuses(match, "{\"left\":1,\"key\":[\"a\"],\"line\":\"{}\",\"best_time\":9223372036854775807,"
                   "\"best\":\"{}\"}");
    refuses(match, "{\"right\":1,\"key\":[\"a\"],\"line\":\"{}\",\"best_time\":1,\"best\":\"{}\"}");
    match->way->free(match);
    match = tp_versions_new(TP_MATCH_LEFT);
    refuses(match, "{\"version\":1,\"line\":\"{}\"}");
    refuses(match, "{\"left\":1,\"key\":[\"a\"]}");
    match->way->free(match);
    CHECK(tp_window_parse(TP_STR("1s"), &group.spec, NULL) == 0);
    match = tp_cogroup_new(&group);
    refuses(match, "{\"cell\":9,\"start\":5,\"end\":5,\"order\":1,\"key\":[\"a\"]}");
    refuses(match, "{\"cell\":9,\"start\":5,\"end\":9,\"order\":1,\"key\":[]}");
    refuses(match, "{\"left\":[0],\"line\":\"{}\"}");
    refuses(match, "{\"left\":0,\"line\":\"{}\"}");
    refuses(match, "{\"right\":[]}");
    match->way->free(match);
}

int
main(void)
{
    RUN(interval);
    RUN(interval_that_chooses);
    RUN(windows);
    RUN(versions);
    RUN(refuses_what_is_none);
    return unit_end();
}
