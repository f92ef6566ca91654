/*
 * live: frames that take each other's place, keys that go, terminals that are too low.
 */
#include "record/live.h"

#include "unit.h"

static struct tp_buf out = TP_BUF_INIT;
static struct tp_err err;

static void
put(struct tp_live *live, const char *key, const char *line)
{
    CHECK(tp_live_put(live, tp_str_of(key), tp_str_of(line), &err) == 0);
}

static void
check_frame(struct tp_live *live, size_t lines, const char *expected)
{
    struct tp_live_look look = {.lines = lines};

    tp_buf_clear(&out);
    CHECK(tp_live_draw(live, &look, &out, &err) == 0);
    CHECK_THAT(strcmp(tp_buf_text(&out), expected) == 0, "%s", tp_buf_text(&out));
    CHECK(!tp_live_changed(live));
}

static void
frames(void)
{
    struct tp_grid *grid = tp_grid_new();
    struct tp_live *live = tp_live_new(grid);

    check_frame(live, 0, "\r\033[J");
    put(live, "a", "{\"k\":\"a\",\"n\":1}");
    put(live, "b", "{\"k\":\"b\",\"n\":2}");
    CHECK(tp_live_changed(live));
    check_frame(live, 0, "\r\033[Jk  n\na  1\nb  2\n");
    put(live, "a", "{\"k\":\"a\",\"n\":30,\"new\":true}");
    check_frame(live, 0, "\033[3A\r\033[Jk   n  new\na  30  true\nb   2\n");
    tp_live_remove(live, TP_STR("a"));
    tp_live_remove(live, TP_STR("nobody"));
    check_frame(live, 0, "\033[3A\r\033[Jk  n  new\nb  2\n");
    tp_live_free(live);
    tp_grid_free(grid);
}

static void
low_terminals(void)
{
    struct tp_grid *grid = tp_grid_new();
    struct tp_live *live = tp_live_new(grid);

    for (char key[] = "1"; *key <= '5'; ++*key) {
        char line[] = "{\"k\":0}";

        line[5] = *key;
        put(live, key, line);
    }
    check_frame(live, 7, "\r\033[Jk\n1\n2\n3\n4\n5\n");
    check_frame(live, 6, "\033[6A\r\033[Jk\n1\n2\n3\n… 2 more\n");
    check_frame(live, 4, "\033[5A\r\033[Jk\n1\n… 4 more\n");
    tp_live_free(live);
    tp_grid_free(grid);
}

int
main(void)
{
    RUN(frames);
    RUN(low_terminals);
    tp_buf_release(&out);
    return unit_end();
}
