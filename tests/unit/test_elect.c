#include "event/elect.h"

#include "base/buf.h"
#include "saved.h"
#include "unit.h"

static void
add(struct tp_elect *elect, tp_time time, const char *key, const char *line)
{
    CHECK(tp_elect_add(elect, time, tp_str_of(key), tp_str_of(line), NULL) == 0);
}

/* Writes what leaves: `+` elected, `-` a repeat. */
static int
take(void *context, struct tp_str line, bool elected, struct tp_err *err)
{
    (void)err;
    tp_buf_put_str(context, elected ? TP_STR("+") : TP_STR("-"));
    tp_buf_put_str(context, line);
    return 0;
}

static int
refuse(void *context, struct tp_str line, bool elected, struct tp_err *err)
{
    (void)line;
    (void)elected;
    (void)err;
    ++*(int *)context;
    return -1;
}

/* Does this leave when REACHED is? */
static bool
leaves(struct tp_elect *elect, tp_time reached, const char *want)
{
    struct tp_buf got = TP_BUF_INIT;
    bool same = tp_elect_reach(elect, reached, take, &got, NULL) == 0 &&
                tp_str_equal(tp_buf_str(&got), tp_str_of(want));

    tp_buf_release(&got);
    return same;
}

static void
elects_the_first_by_time(void)
{
    struct tp_recent *seen = tp_recent_new(10, true);
    struct tp_elect *elect = tp_elect_first(seen);

    add(elect, 5, "a", "a5");
    add(elect, 3, "a", "a3");
    add(elect, 3, "a", "A3");
    add(elect, 4, "b", "b4");
    add(elect, 13, "a", "a13");
    CHECK(leaves(elect, 3, ""));
    CHECK(leaves(elect, 5, "+a3-A3+b4"));
    CHECK(tp_elect_promise(elect, 5) == 5);
    CHECK(tp_elect_count(elect) == 2);
    CHECK(leaves(elect, TP_TIME_AFTER_ALL, "-a5+a13"));
    CHECK(tp_elect_count(elect) == 0);
    tp_elect_free(elect);
    tp_recent_free(seen);
}

static void
elects_the_last_by_time(void)
{
    struct tp_elect *elect = tp_elect_last(10);

    add(elect, 12, "a", "a12");
    add(elect, 3, "a", "a3");
    add(elect, 4, "b", "b4");
    add(elect, 12, "a", "A12");
    add(elect, 13, "a", "a13"); /* of the next horizon: 3 + 10 is not in the first */
    CHECK(leaves(elect, 12, ""));
    CHECK(tp_elect_promise(elect, 12) == 2);
    CHECK(leaves(elect, 13, "-a3-a12+A12"));
    CHECK(tp_elect_count(elect) == 2); /* b4 is open, a13 is not judged */
    CHECK(leaves(elect, 14, "+b4"));
    CHECK(leaves(elect, TP_TIME_AFTER_ALL, "+a13"));
    tp_elect_free(elect);
}

static void
elects_the_last_of_all(void)
{
    struct tp_elect *elect = tp_elect_last(-1);

    add(elect, TP_TIME_MAX, "a", "max");
    add(elect, TP_TIME_MIN, "a", "min");
    add(elect, 0, "", "");
    CHECK(leaves(elect, TP_TIME_MAX, ""));
    CHECK(tp_elect_promise(elect, TP_TIME_MAX) == TP_TIME_BEFORE_ALL);
    CHECK(leaves(elect, TP_TIME_AFTER_ALL, "-min+max+"));
    tp_elect_free(elect);
}

static void
keeps_within_the_range_of_time(void)
{
    struct tp_elect *elect = tp_elect_last(10);

    add(elect, TP_TIME_MAX - 3, "a", "a");
    CHECK(leaves(elect, TP_TIME_MAX, "")); /* its end is no time */
    CHECK(tp_elect_promise(elect, TP_TIME_MIN) == TP_TIME_BEFORE_ALL);
    CHECK(leaves(elect, TP_TIME_AFTER_ALL, "+a"));
    tp_elect_free(elect);
    tp_elect_free(NULL);
}

static void
stops_when_its_taker_fails(void)
{
    struct tp_elect *elect = tp_elect_last(10);
    int taken = 0;

    add(elect, 1, "a", "a1");
    add(elect, 2, "b", "b2");
    add(elect, 3, "a", "a3");
    CHECK(tp_elect_reach(elect, TP_TIME_AFTER_ALL, refuse, &taken, NULL) == -1);
    CHECK(taken == 1);
    CHECK(leaves(elect, TP_TIME_AFTER_ALL, "+a3+b2"));
    tp_elect_free(elect);
}

/* --- saved state -------------------------------------------------------------------------------*/

static void
save(const struct tp_elect *elect, struct tp_buf *text)
{
    struct tp_save save;
    struct tp_err err;

    CHECK(tp_save_init(&save, saved_append, text, &err) == 0);
    CHECK(tp_elect_save(elect, &save, &err) == 0);
    CHECK(tp_save_seal(&save, &err) == 0);
    tp_save_release(&save);
}

static void
load(struct tp_elect *elect, struct tp_str text)
{
    struct tp_str body, line;
    struct tp_err err;

    CHECK(tp_snapshot_open(text, &body, &err) == 0);
    while (tp_snapshot_next(&body, &line))
        CHECK(tp_elect_is_saved(line) && tp_elect_load(elect, line, &err) == 0);
}

static void
goes_on_where_it_was_saved(void)
{
    struct tp_elect *elect = tp_elect_last(10), *again = tp_elect_last(10);
    struct tp_buf text = TP_BUF_INIT;

    add(elect, 1, "a", "{\"a\":1}\n");
    add(elect, 2, "b\001", "b\n");
    add(elect, 9, "a", "late\n");
    add(elect, 4, "a", "mid\n");
    CHECK(leaves(elect, 3, ""));
    save(elect, &text);
    load(again, tp_buf_str(&text));
    CHECK(tp_elect_count(again) == 4);
    CHECK(leaves(again, 11, "-{\"a\":1}\n-mid\n+late\n"));
    CHECK(leaves(again, TP_TIME_AFTER_ALL, "+b\n"));
    tp_buf_release(&text);
    tp_elect_free(elect);
    tp_elect_free(again);
}

static void
refuses_what_is_not_its_own(void)
{
    struct tp_recent *seen = tp_recent_new(10, true);
    struct tp_elect *elect = tp_elect_first(seen);
    struct tp_err err;

    CHECK(!tp_elect_is_saved(TP_STR("{\"seen\":\"61\",\"time\":1}")));
    CHECK(tp_elect_load(elect, TP_STR("{\"held\":1,\"key\":\"61\"}"), &err) == -1);
    CHECK(tp_elect_load(elect, TP_STR("{\"latest\":1,\"key\":\"61\",\"line\":\"a\"}"), &err) == -1);
    CHECK(err.fault == TP_FAULT_MACHINE);
    CHECK(tp_elect_count(elect) == 0);
    tp_elect_free(elect);
    tp_recent_free(seen);
}

int
main(void)
{
    RUN(elects_the_first_by_time);
    RUN(elects_the_last_by_time);
    RUN(elects_the_last_of_all);
    RUN(keeps_within_the_range_of_time);
    RUN(stops_when_its_taker_fails);
    RUN(goes_on_where_it_was_saved);
    RUN(refuses_what_is_not_its_own);
    return unit_end();
}
