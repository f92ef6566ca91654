/* Appending, and what happens when memory runs out. */
#include "base/buf.h"

#include <stdint.h>
#include <stdlib.h>

#include "unit.h"

static void
test_appending(void)
{
    struct tp_buf buf = TP_BUF_INIT;

    CHECK(!strcmp(tp_buf_text(&buf), ""));
    tp_buf_put(&buf, NULL, 0);
    tp_buf_put_char(&buf, 'a');
    TP_BUF_PUT(&buf, "b\0c");
    tp_buf_put_str(&buf, TP_STR("d"));
    tp_buf_printf(&buf, "%d%s", 12, "");
    CHECK(tp_str_equal(tp_buf_str(&buf), TP_STR("ab\0cd12")));
    CHECK(tp_buf_text(&buf)[buf.len] == '\0' && buf.len == 7);
    tp_buf_clear(&buf);
    CHECK(buf.len == 0 && buf.cap > 0);
    tp_buf_release(&buf);
    CHECK(!buf.ptr && !buf.cap);
}

/* Grown a byte at a time and in leaps, it holds what was put in. */
static void
test_growing(void)
{
    struct tp_buf buf = TP_BUF_INIT;
    char leap[5000];
    size_t wrong = 0;

    for (size_t i = 0; i < 1000; i++)
        tp_buf_put_char(&buf, (char)i);
    memset(leap, 'x', sizeof leap);
    for (size_t i = 0; i < 100; i++)
        tp_buf_put(&buf, leap, i * 50);
    CHECK(!tp_buf_failed(&buf) && buf.len == 1000 + 50 * 4950);
    for (size_t i = 0; i < buf.len; i++)
        wrong += buf.ptr[i] != (i < 1000 ? (char)i : 'x');
    CHECK(wrong == 0);
    tp_buf_release(&buf);
}

/* Only the text counts, not what is read behind it. */
static void
test_padded(void)
{
    const char bytes[] = "a text of some length, with enough bytes behind it..............";

    for (size_t len = 0; len <= 40; len++) {
        struct tp_buf buf = TP_BUF_INIT;
        struct tp_str text = {bytes, len};

        tp_buf_put_padded(&buf, text);
        tp_buf_put_padded(&buf, text);
        CHECK(buf.len == 2 * len && memcmp(buf.ptr, bytes, len) == 0);
        CHECK(memcmp(buf.ptr + len, bytes, len) == 0);
        tp_buf_release(&buf);
    }
}

static void
test_printf_of_all_lengths(void)
{
    for (int width = 1; width < 300; width++) {
        struct tp_buf buf = TP_BUF_INIT;

        tp_buf_printf(&buf, "%*d", width, 7);
        CHECK(buf.len == (size_t)width && buf.ptr[width - 1] == '7');
        tp_buf_release(&buf);
    }
}

static void
test_out_of_memory(void)
{
    struct tp_buf buf = TP_BUF_INIT;

    tp_buf_put_char(&buf, 'a');
    CHECK(!tp_buf_reserve(&buf, SIZE_MAX));
    CHECK(tp_buf_failed(&buf));
    tp_buf_put_char(&buf, 'b');
    tp_buf_printf(&buf, "c");
    CHECK(buf.len == 1 && !strcmp(tp_buf_text(&buf), ""));
    tp_buf_clear(&buf);
    CHECK(!tp_buf_failed(&buf));
    tp_buf_put_char(&buf, 'b');
    CHECK(!strcmp(tp_buf_text(&buf), "b"));
    tp_buf_release(&buf);
}

int
main(void)
{
    RUN(test_appending);
    RUN(test_growing);
    RUN(test_padded);
    RUN(test_printf_of_all_lengths);
    RUN(test_out_of_memory);
    return unit_end();
}
