#include "event/silence.h"

#include "base/buf.h"
#include "unit.h"

/* `a begins 10`, `a 10 to 30`: what is told, separated by commas. */
static int
note(void *context, const struct tp_gap *gap, struct tp_err *err)
{
    struct tp_buf *to = context;

    (void)err;
    tp_buf_put_str(to, gap->key);
    if (gap->has_ended)
        tp_buf_printf(to, " %d to %d,", (int)gap->start, (int)gap->end);
    else
        tp_buf_printf(to, " begins %d,", (int)gap->told);
    return 0;
}

static bool
tells(struct tp_silence *silence, tp_time limit, tp_time seen_to, const char *expected)
{
    struct tp_buf told = TP_BUF_INIT;
    bool same = tp_silence_advance(silence, limit, seen_to, note, &told, NULL) == 0 &&
                strcmp(tp_buf_text(&told), expected) == 0;

    if (!same)
        printf("told \"%s\", expected \"%s\"\n", tp_buf_text(&told), expected);
    tp_buf_release(&told);
    return same;
}

static void
see(struct tp_silence *silence, const char *key, tp_time time)
{
    CHECK(tp_silence_see(silence, tp_str_of(key), time, NULL) == 0);
}

static void
tells_in_order(void)
{
    struct tp_silence *s = tp_silence_new(10, 0);

    see(s, "b", 0);
    see(s, "a", 25);
    see(s, "a", 0);
    see(s, "a", 12); /* between two stretches */
    see(s, "b", 10); /* exactly 10 is no gap */
    CHECK(tells(s, 10, 10, ""));
    CHECK(tells(s, 11, 11, "a begins 10,"));
    CHECK(tells(s, TP_TIME_AFTER_ALL, 25, "a 0 to 12,b begins 20,a begins 22,a 12 to 25,"));
    tp_silence_free(s);
}

static void
joins_stretches(void)
{
    struct tp_silence *s = tp_silence_new(10, 0);

    for (int i = 0; i < 50; i++)
        see(s, "a", 20 * i);
    for (int i = 0; i < 49; i++)
        see(s, "a", 20 * i + 10);
    CHECK(tells(s, 980, 980, ""));
    see(s, "a", 1000);
    CHECK(tells(s, 1001, 1001, "a begins 990,a 980 to 1000,"));
    tp_silence_free(s);
}

static void
forgets(void)
{
    struct tp_silence *s = tp_silence_new(10, 20);

    see(s, "a", 0);
    see(s, "b", 5);
    CHECK(tells(s, 20, 20, "a begins 10,b begins 15,"));
    see(s, "b", 25); /* exactly 20 is not longer */
    see(s, "a", 21);
    CHECK(tells(s, 26, 26, "b 5 to 25,"));
    CHECK(tp_silence_count(s) == 2);
    CHECK(tells(s, 100, 100, "a begins 31,b begins 35,"));
    CHECK(tp_silence_count(s) == 0);
    CHECK(tp_silence_next(s) == TP_TIME_AFTER_ALL);
    tp_silence_free(s);
}

/* Told by a clock that runs ahead of the watermark. */
static void
takes_no_word_back(void)
{
    struct tp_silence *s = tp_silence_new(10, 0);

    see(s, "a", 100);
    CHECK(tells(s, 200, 200, "a begins 110,"));
    see(s, "a", 90); /* before the gap */
    CHECK(tells(s, 200, 200, ""));
    see(s, "a", 103);
    CHECK(tells(s, 104, 104, "a 100 to 103,"));
    see(s, "a", 102); /* the gap is told to end at 103 */
    CHECK(tells(s, 200, 200, "a begins 113,"));
    tp_silence_free(s);
}

static void
stays_within_time(void)
{
    struct tp_silence *s = tp_silence_new(10, 20);
    struct tp_buf told = TP_BUF_INIT;

    see(s, "a", TP_TIME_MIN);
    see(s, "a", TP_TIME_MAX - 5);
    CHECK(tp_silence_next(s) == TP_TIME_MIN + 10);
    CHECK(tp_silence_advance(s, TP_TIME_MIN + 11, TP_TIME_MAX, note, &told, NULL) == 0);
    CHECK(tp_silence_advance(s, TP_TIME_AFTER_ALL, TP_TIME_MAX, note, &told, NULL) == 0);
    CHECK(tp_silence_next(s) == TP_TIME_AFTER_ALL);
    tp_buf_release(&told);
    tp_silence_free(s);
}

int
main(void)
{
    RUN(tells_in_order);
    RUN(joins_stretches);
    RUN(forgets);
    RUN(takes_no_word_back);
    RUN(stays_within_time);
    return unit_end();
}
