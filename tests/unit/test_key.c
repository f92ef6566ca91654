#include "record/key.h"

#include <stdlib.h>

#include "unit.h"

/* The value of member "a" of {OBJECT, as a key: of the slot, and of the slot's value. */
static void
put_keys(const char *object, struct tp_buf *of_slot, struct tp_buf *of_value)
{
    struct tp_buf line = TP_BUF_INIT, scratch = TP_BUF_INIT;
    struct tp_scan *scan = tp_scan_new();
    struct tp_path path;
    struct tp_slot slot;
    struct tp_err err;

    CHECK(tp_path_parse(&path, TP_STR("a"), &err) == 0);
    CHECK(tp_scan_want(scan, &path, &err) == 0);
    tp_path_release(&path);
    tp_buf_printf(&line, "{\"%s}\n", object);
    memset(tp_buf_reserve(&line, TP_SCAN_PADDING), 0, TP_SCAN_PADDING);
    CHECK(tp_scan_line(scan, line.ptr, line.ptr + line.len, &slot, NULL, NULL) != NULL);
    tp_key_put_slot(of_slot, &slot);
    tp_key_put_value(of_value, tp_slot_value(&slot, &scratch));
    tp_buf_release(&scratch);
    tp_buf_release(&line);
    tp_scan_free(scan);
}

static void
check_key(const char *a, const char *b, bool same)
{
    struct tp_buf of_slot[2] = {TP_BUF_INIT, TP_BUF_INIT};
    struct tp_buf of_value[2] = {TP_BUF_INIT, TP_BUF_INIT};

    put_keys(a, &of_slot[0], &of_value[0]);
    put_keys(b, &of_slot[1], &of_value[1]);
    CHECK_THAT(tp_str_equal(tp_buf_str(&of_slot[0]), tp_buf_str(&of_slot[1])) == same, "%s, %s", a,
               b);
    for (int i = 0; i < 2; i++) {
        CHECK_THAT(tp_str_equal(tp_buf_str(&of_slot[i]), tp_buf_str(&of_value[i])), "%s",
                   i ? b : a);
        tp_buf_release(&of_slot[i]);
        tp_buf_release(&of_value[i]);
    }
}

/* They are hashed, and the hashes saved: the same bytes on any machine. */
static void
lengths_have_one_byte_order(void)
{
    struct tp_buf key = TP_BUF_INIT;
    size_t at = 0;

    for (int i = 0; i < 2; i++) {
        size_t part = tp_key_begin(&key, 2);

        tp_key_put_value(&key, (struct tp_value){.kind = TP_TEXT, .text = TP_STR("ab")});
        tp_key_end(&key, 2, part);
    }
    CHECK(tp_str_equal(tp_buf_str(&key), TP_STR("\3\0\0\0\"ab\3\0\0\0\"ab")));
    tp_key_next(tp_buf_str(&key), 2, &at);
    CHECK(tp_str_equal(tp_key_next(tp_buf_str(&key), 2, &at), TP_STR("\"ab")));
    CHECK(at == key.len);
    tp_buf_release(&key);
}

static void
keys_are_equal_when_values_are(void)
{
    check_key("a\":1", "a\":1.0", true);
    check_key("a\":100", "a\":1e2", true);
    check_key("a\":9007199254740993", "a\":9007199254740992", false);
    check_key("a\":1", "a\":\"1\"", false);
    check_key("a\":\"\\u0061\"", "a\":\"a\"", true);
    check_key("a\":null", "x\":1", true);
    check_key("a\":null", "a\":\"\"", false);
    check_key("a\":true", "a\":false", false);
    check_key("a\":true", "a\":\"rue\"", false);
    check_key("a\":[1]", "a\":[1]", true);
    check_key("a\":[]", "a\":{}", false);
}

/* Parts whose joined texts are the same, and what is written back of them. */
static void
parts_are_kept_apart(void)
{
    const char *part[2][2] = {{"ab", "c"}, {"a", "bc"}};
    struct tp_buf key[2] = {TP_BUF_INIT, TP_BUF_INIT}, json = TP_BUF_INIT;
    size_t at = 0;

    for (int k = 0; k < 2; k++) {
        for (int i = 0; i < 2; i++) {
            size_t begun = tp_key_begin(&key[k], 2);
            struct tp_value value = {.kind = TP_TEXT, .text = tp_str_of(part[k][i])};

            tp_key_put_value(&key[k], value);
            tp_key_end(&key[k], 2, begun);
        }
    }
    CHECK(!tp_str_equal(tp_buf_str(&key[0]), tp_buf_str(&key[1])));
    for (int i = 0; i < 2; i++) {
        tp_key_write(&json, tp_key_next(tp_buf_str(&key[1]), 2, &at));
        tp_buf_put_char(&json, ' ');
    }
    CHECK(tp_str_equal(tp_buf_str(&json), TP_STR("\"a\" \"bc\" ")));
    tp_buf_release(&key[0]);
    tp_buf_release(&key[1]);
    tp_buf_release(&json);
}

int
main(void)
{
    RUN(lengths_have_one_byte_order);
    RUN(keys_are_equal_when_values_are);
    RUN(parts_are_kept_apart);
    return unit_end();
}
