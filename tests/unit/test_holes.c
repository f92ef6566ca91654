#include "event/holes.h"

#include "base/buf.h"
#include "unit.h"

/* `a+10 `: the record before, and the instant; with one behind `a+10-b `. */
static int
note(void *context, const struct tp_hole *hole, struct tp_err *err)
{
    struct tp_buf *to = context;

    (void)err;
    tp_buf_printf(to, "%.*s+%d", (int)hole->before.len, hole->before.ptr, (int)hole->at);
    if (hole->behind.ptr)
        tp_buf_printf(to, "-%.*s", (int)hole->behind.len, hole->behind.ptr);
    tp_buf_put_char(to, ' ');
    return 0;
}

static struct tp_buf told;

static bool
is_told(const char *expected)
{
    bool same = strcmp(tp_buf_text(&told), expected) == 0;

    if (!same)
        printf("told \"%s\", expected \"%s\"\n", tp_buf_text(&told), expected);
    tp_buf_clear(&told);
    return same;
}

static void
see(struct tp_holes *holes, const char *key, tp_time time, const char *record)
{
    CHECK(tp_holes_advance(holes, time, note, &told, NULL) == 0);
    CHECK(tp_holes_see(holes, tp_str_of(key), time, tp_str_of(record), note, &told, NULL) == 0);
}

static bool
advance(struct tp_holes *holes, tp_time limit, const char *expected)
{
    return tp_holes_advance(holes, limit, note, &told, NULL) == 0 && is_told(expected);
}

static void
fills_as_time_goes(void)
{
    struct tp_holes *h = tp_holes_new((struct tp_holes_rule){.after = 10, .step = 10});

    see(h, "x", 0, "a");
    see(h, "y", 5, "b");
    CHECK(advance(h, 10, ""));
    CHECK(advance(h, 21, "a+10 b+15 a+20 "));
    see(h, "x", 25, "longer");
    CHECK(advance(h, 41, "b+25 b+35 longer+35 "));
    CHECK(tp_holes_count(h) == 2);
    tp_holes_free(h);
}

static void
waits_for_proof(void)
{
    struct tp_holes_rule rule = {.after = 25, .step = 10};
    struct tp_holes *h = tp_holes_new(rule);

    CHECK(tp_holes_lag(&rule) == 15);
    see(h, "x", 0, "a");
    see(h, "x", 25, "b"); /* exactly 25 is no hole */
    CHECK(advance(h, 50, ""));
    CHECK(advance(h, 51, "b+35 b+45 "));
    CHECK(advance(h, 56, "b+55 "));
    tp_holes_free(h);
}

static void
waits_for_the_end(void)
{
    struct tp_holes_rule rule = {.after = 10, .step = 10, .forget = 30, .waits = true};
    struct tp_holes *h = tp_holes_new(rule);

    CHECK(tp_holes_lag(&rule) == 20);
    see(h, "x", 0, "a");
    CHECK(advance(h, 30, ""));
    see(h, "x", 30, "b");
    CHECK(is_told("a+10-b a+20-b "));
    see(h, "x", 61, "c"); /* too long */
    CHECK(is_told(""));
    CHECK(advance(h, TP_TIME_AFTER_ALL, ""));
    CHECK(tp_holes_count(h) == 0);
    tp_holes_free(h);
}

static void
forgets(void)
{
    struct tp_holes *h =
        tp_holes_new((struct tp_holes_rule){.after = 10, .step = 10, .forget = 25});

    see(h, "x", 0, "a");
    CHECK(advance(h, 100, "a+10 a+20 "));
    CHECK(tp_holes_count(h) == 0);
    see(h, "x", 100, "b");
    CHECK(is_told(""));
    see(h, "x", TP_TIME_MAX - 5, "c");
    CHECK(is_told("b+110 b+120 "));
    CHECK(advance(h, TP_TIME_AFTER_ALL, ""));
    tp_holes_free(h);
}

int
main(void)
{
    RUN(fills_as_time_goes);
    RUN(waits_for_proof);
    RUN(waits_for_the_end);
    RUN(forgets);
    tp_buf_release(&told);
    return unit_end();
}
