/* spill and backlog: what goes out is what went in, wherever it lay meanwhile. */
#include "stream/backlog.h"
#include "stream/spill.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

static void
blocks_come_back(void)
{
    struct tp_err err;
    struct tp_spill *spill = tp_spill_new(&err);
    struct tp_buf got = TP_BUF_INIT;
    static char big[300000];
    uint64_t at = 0, second;

    CHECK(spill != NULL);
    memset(big, 'x', sizeof big);
    CHECK(tp_spill_write(spill, TP_STR("first"), &err) == 0);
    second = tp_spill_end(spill);
    CHECK(tp_spill_write(spill, (struct tp_str){big, sizeof big}, &err) == 0);
    CHECK_THAT(tp_spill_end(spill) < 10000, "%llu", (unsigned long long)tp_spill_end(spill));
    CHECK(tp_spill_read(spill, &at, &got, &err) == 0);
    CHECK(tp_str_equal(tp_buf_str(&got), TP_STR("first")));
    CHECK(at == second);
    tp_buf_clear(&got);
    CHECK(tp_spill_read(spill, &second, &got, &err) == 0);
    CHECK(got.len == sizeof big && memcmp(got.ptr, big, sizeof big) == 0);
    CHECK(second == tp_spill_end(spill));
    CHECK(tp_spill_read(spill, &second, &got, &err) < 0); /* behind the end */
    CHECK(tp_spill_clear(spill, &err) == 0 && tp_spill_end(spill) == 0);
    CHECK(tp_spill_bytes(spill) > 0);
    tp_buf_release(&got);
    tp_spill_free(spill);
}

static void
a_missing_directory_is_named(void)
{
    char *before = getenv("TMPDIR") ? strdup(getenv("TMPDIR")) : NULL;
    struct tp_err err;

    setenv("TMPDIR", "/nowhere/at/all", 1);
    CHECK(tp_spill_new(&err) == NULL);
    CHECK_THAT(strstr(err.text, "/nowhere/at/all"), "%s", err.text);
    if (before)
        setenv("TMPDIR", before, 1);
    else
        unsetenv("TMPDIR");
    free(before);
}

/* Random puts and takes against counting: byte N of the stream is a function of N. */
static char
byte_at(uint64_t n)
{
    return (char)(n * 2654435761u >> 13);
}

static void
put_some(struct tp_backlog *backlog, uint64_t *in, size_t want)
{
    struct tp_err err;
    size_t len;
    char *room = tp_backlog_room(backlog, &len, &err);

    CHECK(room && len > 0);
    if (len > want)
        len = want;
    for (size_t i = 0; i < len; i++)
        room[i] = byte_at(*in + i);
    tp_backlog_filled(backlog, len);
    *in += len;
}

static void
take_some(struct tp_backlog *backlog, uint64_t *out, size_t want)
{
    static char bytes[200000];
    struct tp_err err;
    ssize_t got = tp_backlog_take(backlog, bytes, want, &err);
    size_t same = 0;

    CHECK(got >= 0);
    while (got > 0 && same < (size_t)got && bytes[same] == byte_at(*out + same))
        same++;
    CHECK(got <= 0 || same == (size_t)got);
    *out += got > 0 ? (uint64_t)got : 0;
}

static void
first_in_first_out(void)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct tp_backlog *backlog = tp_backlog_new();
        uint64_t random = seed, in = 0, out = 0;

        CHECK(tp_backlog_is_empty(backlog));
        for (int i = 0; i < 200; i++) {
            bool put = unit_random(&random) % 5 < (i < 100 ? 3u : 2u);
            size_t want = 1 + unit_random(&random) % 199999;

            if (put)
                put_some(backlog, &in, want);
            else
                take_some(backlog, &out, want);
            CHECK(tp_backlog_is_empty(backlog) == (in == out));
        }
        while (out < in)
            take_some(backlog, &out, 150000);
        CHECK(tp_backlog_is_empty(backlog));
        CHECK(tp_backlog_spilled(backlog) > 0);
        take_some(backlog, &out, 10);
        CHECK(out == in);
        tp_backlog_free(backlog);
    }
}

int
main(void)
{
    RUN(blocks_come_back);
    RUN(a_missing_directory_is_named);
    RUN(first_in_first_out);
    return unit_end();
}
