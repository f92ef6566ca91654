/*
 * A file that is followed: what comes out is what was written, whatever happened to the file.
 */
#include "stream/tail.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "unit.h"

enum { MAX_LINE = 1 << 20 };

static char dir[] = "/tmp/tidepipe-tail-XXXXXX";
static char path[128], other[128];

static void
write_file(const char *name, const char *mode, const char *text)
{
    FILE *file = fopen(name, mode);

    if (!file || fputs(text, file) < 0 || fclose(file))
        abort();
}

/* All there is now. */
static enum tp_in_state
drain(struct tp_tail *tail, struct tp_buf *to)
{
    struct tp_err err;
    struct tp_str block;
    enum tp_in_state state;

    while ((state = tp_tail_next(tail, &block, &err)) == TP_IN_BLOCK)
        tp_buf_put_str(to, block);
    return state;
}

static bool
gives(struct tp_tail *tail, const char *expected)
{
    struct tp_buf got = TP_BUF_INIT;
    enum tp_in_state state = drain(tail, &got);
    bool same = tp_str_equal(tp_buf_str(&got), tp_str_of(expected)) && state != TP_IN_ERROR;

    if (!same)
        printf("instead of \"%s\": \"%s\"\n", expected, tp_buf_text(&got));
    tp_buf_release(&got);
    return same;
}

static struct tp_tail *
open_tail(bool follow)
{
    struct tp_err err;
    struct tp_tail *tail = tp_tail_open(path, follow, MAX_LINE, &err);

    if (!tail)
        abort();
    return tail;
}

static void
grows(void)
{
    struct tp_tail *tail;

    write_file(path, "w", "one\ntwo\npar");
    tail = open_tail(true);
    CHECK(gives(tail, "one\ntwo\n"));
    CHECK(tp_tail_place(tail).offset == 8);
    write_file(path, "a", "tial\n");
    CHECK(gives(tail, "partial\n"));
    CHECK(tp_tail_offset(tail) == 8 && tp_tail_turn(tail) == 0);
    write_file(path, "a", "last");
    CHECK(gives(tail, ""));
    tp_tail_stop_following(tail);
    CHECK(gives(tail, "last\n"));
    CHECK(tp_tail_place(tail).offset == 20);
    tp_tail_close(tail);
}

/* A place tells the file it was taken in from others, also where the inode is the same. */
static void
places(void)
{
    struct tp_tail_place place;
    struct tp_tail *tail;
    struct tp_err err;
    FILE *file;

    write_file(path, "w", "one\ntwo\n");
    tail = open_tail(true);
    CHECK(gives(tail, "one\ntwo\n"));
    place = tp_tail_place(tail);
    tp_tail_close(tail);
    write_file(path, "a", "three\n");
    file = fopen(path, "r");
    CHECK(tp_tail_is_at(fileno(file), &place) == 1);
    tail = open_tail(true);
    CHECK(tp_tail_skip_to(tail, place.offset, &err) == 0);
    CHECK(gives(tail, "three\n"));
    tp_tail_close(tail);
    write_file(path, "w", "one\ntwO\nthree\n");
    CHECK(tp_tail_is_at(fileno(file), &place) == 0);
    write_file(path, "w", "one\n");
    CHECK(tp_tail_is_at(fileno(file), &place) == 0);
    fclose(file);
}

static void
truncated(void)
{
    struct tp_tail *tail;

    write_file(path, "w", "one\ntwo\n");
    tail = open_tail(true);
    CHECK(gives(tail, "one\ntwo\n") && !tp_tail_news(tail));
    write_file(path, "w", "x\n");
    CHECK(gives(tail, "x\n"));
    CHECK(tp_tail_news(tail) && !tp_tail_news(tail) && tp_tail_turn(tail) == 1);
    /* The same length, and the same time to the second. */
    write_file(path, "w", "y\n");
    CHECK(gives(tail, "y\n"));
    tp_tail_close(tail);
}

/* Every place to begin at gives the lines that begin there or behind it. */
static void
skips(void)
{
    static const char text[] = "one\n\ntwo\nthree";

    write_file(path, "w", text);
    for (size_t from = 0; from <= sizeof text - 1; from++) {
        struct tp_tail *tail = open_tail(false);
        size_t line = from;
        char expected[32] = "";
        struct tp_err err;

        while (line > 0 && line < sizeof text - 1 && text[line - 1] != '\n')
            line++;
        if (line < sizeof text - 1)
            snprintf(expected, sizeof expected, "%s\n", text + line);
        CHECK(tp_tail_skip_to(tail, from, &err) == 0);
        CHECK_THAT(gives(tail, expected), "from %zu", from);
        tp_tail_close(tail);
    }
}

static void
beyond(void)
{
    struct tp_err err;
    struct tp_tail *tail = open_tail(false);

    CHECK(tp_tail_skip_to(tail, 1000, &err) == -1 && err.fault == TP_FAULT_USAGE);
    tp_tail_close(tail);
    CHECK(!tp_tail_open("/nonexistent/file", false, MAX_LINE, &err));
    CHECK(!tp_tail_open(dir, true, MAX_LINE, &err)); /* a folder */
}

static void
only_new(void)
{
    struct tp_err err;
    struct tp_tail *tail;

    write_file(path, "w", "old\nhalf");
    tail = open_tail(true);
    CHECK(tp_tail_skip_all(tail, &err) == 0);
    CHECK(gives(tail, ""));
    write_file(path, "a", " an old line\nnew\n");
    CHECK(gives(tail, "new\n"));
    tp_tail_close(tail);
}

static void
replaced(void)
{
    struct tp_tail *tail;

    write_file(path, "w", "one\n");
    tail = open_tail(true);
    CHECK(gives(tail, "one\n"));
    rename(path, other);
    CHECK(gives(tail, ""));
    write_file(path, "w", "new\n");
    CHECK(gives(tail, "")); /* the old one may still be written to */
    write_file(other, "a", "two\n");
    CHECK(gives(tail, "two\n"));
    tp_tail_stop_following(tail);
    CHECK(gives(tail, "new\n") && tp_tail_turn(tail) == 1);
    tp_tail_close(tail);
}

int
main(void)
{
    if (!mkdtemp(dir))
        return 1;
    snprintf(path, sizeof path, "%s/log", dir);
    snprintf(other, sizeof other, "%s/log.1", dir);
    RUN(grows);
    RUN(places);
    RUN(truncated);
    RUN(skips);
    RUN(beyond);
    RUN(only_new);
    RUN(replaced);
    unlink(path);
    unlink(other);
    rmdir(dir);
    return unit_end();
}
