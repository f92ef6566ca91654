/*
 * Saved state as text: what is written is read back, and any damage to it is noticed.
 */
#include "record/snapshot.h"

#include <stdlib.h>

#include "record/emit.h"
#include "record/key.h"
#include "saved.h"
#include "unit.h"

static struct tp_buf
small_snapshot(void)
{
    struct tp_buf text = TP_BUF_INIT;
    struct tp_snapshot header = {.id = 1763712000000,
                                 .filter = TP_STR("swindow"),
                                 .version = TP_STR("1"),
                                 .options = TP_STR("{\"window\":\"1m\"}"),
                                 .last = true};
    struct tp_save save;
    struct tp_err err;

    tp_epochs_set(&header.epochs, TP_STR("sread"), 7, &err);
    tp_save_init(&save, saved_append, &text, &err);
    tp_snapshot_write(&header, tp_save_line(&save));
    tp_save_line_end(&save, &err);
    tp_buf_put_str(tp_save_line(&save), TP_STR("{\"key\":[\"a\"],\"count\":3}"));
    tp_save_line_end(&save, &err);
    tp_save_seal(&save, &err);
    tp_save_release(&save);
    tp_snapshot_release(&header);
    return text;
}

static void
is_read_back(void)
{
    struct tp_buf text = small_snapshot();
    struct tp_snapshot header;
    struct tp_str body, line;
    struct tp_err err;
    uint64_t count = 0;
    const struct tp_saved field = {"count", TP_SAVED_COUNT, &count, false};

    CHECK(tp_snapshot_open(tp_buf_str(&text), &body, &err) == 0);
    CHECK(tp_snapshot_next(&body, &line));
    CHECK(tp_snapshot_parse(&header, line, &err) == 0);
    CHECK(header.id == 1763712000000 && header.last && !header.complete && !header.sink);
    CHECK(tp_str_equal(header.filter, TP_STR("swindow")));
    CHECK(tp_epochs_find(&header.epochs, TP_STR("sread")) == 7);
    CHECK(tp_snapshot_next(&body, &line) && tp_saved_is(line, "key"));
    CHECK(tp_saved_read(line, &field, 1, &err) == 0 && count == 3);
    CHECK(!tp_snapshot_next(&body, &line));
    tp_snapshot_release(&header);
    tp_buf_release(&text);
}

/* A copy of exactly LEN bytes, so that a sanitizer sees a read behind them. */
static bool
opens(const char *bytes, size_t len)
{
    char *copy = malloc(len ? len : 1);
    struct tp_str body;
    struct tp_err err;
    bool good;

    memcpy(copy, bytes, len);
    good = tp_snapshot_open((struct tp_str){copy, len}, &body, &err) == 0;
    free(copy);
    return good;
}

static void
damage_is_noticed(void)
{
    struct tp_buf text = small_snapshot();
    size_t missed = 0;

    CHECK(opens(text.ptr, text.len));
    for (size_t len = 0; len < text.len; len++)
        missed += opens(text.ptr, len);
    for (size_t bit = 0; bit < text.len * 8; bit++) {
        text.ptr[bit / 8] = (char)(text.ptr[bit / 8] ^ 1 << bit % 8);
        missed += opens(text.ptr, text.len);
        text.ptr[bit / 8] = (char)(text.ptr[bit / 8] ^ 1 << bit % 8);
    }
    tp_buf_put_str(&text, TP_STR("{}\n"));
    missed += opens(text.ptr, text.len);
    CHECK(missed == 0);
    tp_buf_release(&text);
}

static void
keys_are_read_back(void)
{
    const char *const values[] = {"[null]", "[true,\"a\\u0001\\\"b\"]", "[-12.5,{\"x\":[1]},\"\"]",
                                  "[12345678901234567890123]"};
    const size_t parts[] = {1, 2, 3, 1};
    struct tp_err err;

    for (size_t i = 0; i < 4; i++) {
        struct tp_buf key = TP_BUF_INIT, again = TP_BUF_INIT, text = TP_BUF_INIT;

        CHECK(tp_key_load(&key, tp_str_of(values[i]), parts[i], &err) == 0);
        tp_key_save(&text, tp_buf_str(&key), parts[i]);
        CHECK(tp_key_load(&again, tp_buf_str(&text), parts[i], &err) == 0);
        CHECK(tp_str_equal(tp_buf_str(&again), tp_buf_str(&key)));
        tp_buf_release(&again);
        tp_buf_clear(&key);
        CHECK(tp_key_load(&key, tp_str_of(values[i]), parts[i] + 1, &err) < 0);
        tp_buf_release(&key);
        tp_buf_release(&text);
    }
}

static void
epochs_unite(void)
{
    struct tp_epochs one = {NULL, 0}, other = {NULL, 0};
    struct tp_buf text = TP_BUF_INIT;
    struct tp_err err;

    CHECK(tp_epochs_parse(&one, TP_STR("{\"b\":2,\"a\":1}"), &err) == 0);
    CHECK(tp_epochs_parse(&other, TP_STR("{\"c\":3,\"b\":2}"), &err) == 0);
    CHECK(!tp_epochs_within(&one, &other));
    CHECK(tp_epochs_unite(&one, &other, &err) == 0 && tp_epochs_within(&other, &one));
    tp_epochs_write(&one, &text);
    CHECK(tp_str_equal(tp_buf_str(&text), TP_STR("{\"a\":1,\"b\":2,\"c\":3}")));
    CHECK(tp_epochs_set(&one, TP_STR("b"), 5, &err) < 0);
    CHECK(tp_epochs_set(&one, TP_STR("a/b"), 5, &err) < 0);
    tp_epochs_release(&one);
    tp_epochs_release(&other);
    tp_buf_release(&text);
}

static void
bytes_are_hexadecimal(void)
{
    struct tp_buf line = TP_BUF_INIT, bytes = TP_BUF_INIT;
    const struct tp_saved field = {"key", TP_SAVED_HEX, &bytes, false};
    struct tp_err err;

    TP_BUF_PUT(&line, "{\"key\":");
    tp_save_hex(&line, (struct tp_str){"\0\xff\n0", 4});
    TP_BUF_PUT(&line, "}");
    CHECK(tp_str_equal(tp_buf_str(&line), TP_STR("{\"key\":\"00ff0a30\"}")));
    CHECK(tp_saved_read(tp_buf_str(&line), &field, 1, &err) == 0);
    CHECK(tp_str_equal(tp_buf_str(&bytes), (struct tp_str){"\0\xff\n0", 4}));
    CHECK(tp_saved_read(TP_STR("{\"key\":\"0\"}"), &field, 1, &err) < 0);
    CHECK(tp_saved_read(TP_STR("{\"key\":\"0x\"}"), &field, 1, &err) < 0);
    tp_buf_release(&line);
    tp_buf_release(&bytes);
}

int
main(void)
{
    RUN(is_read_back);
    RUN(damage_is_noticed);
    RUN(keys_are_read_back);
    RUN(epochs_unite);
    RUN(bytes_are_hexadecimal);
    return unit_end();
}
