#include "record/narrow.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

/* What is read of the object that was made is what was in the record. */
static void
reads_back(const struct tp_narrow *narrow, const struct tp_slot *slots, struct tp_str object)
{
    struct tp_slot back[4];

    CHECK(tp_narrow_read(narrow, object, back));
    for (size_t i = 0; i < narrow->count; i++)
        CHECK(back[i].kind == slots[i].kind &&
              tp_str_equal(tp_slot_json(&back[i]), tp_slot_json(&slots[i])));
}

/* What NARROW makes of LINE. */
static void
narrows(const struct tp_narrow *narrow, struct tp_scan *scan, const char *line, const char *want)
{
    char block[256] = {0};
    struct tp_slot slots[4];
    struct tp_arena arena = {0};
    struct tp_str got;
    struct tp_err err;
    size_t len = (size_t)snprintf(block, sizeof block - TP_SCAN_PADDING, "%s\n", line);

    CHECK(tp_scan_line(scan, block, block + len, slots, NULL, &err));
    got = tp_narrow_record(narrow, slots, &arena);
    CHECK_THAT(tp_str_equal(got, tp_str_of(want)), "%s: %.*s, not %s", line, (int)got.len, got.ptr,
               want);
    reads_back(narrow, slots, got);
    if (narrow->marked) { /* what is marked is read by the marks, unless they are zeros */
        memset((char *)got.ptr + got.len, 0, narrow->count * 3 * sizeof(uint32_t));
        reads_back(narrow, slots, got);
    }
    tp_arena_release(&arena);
}

static void
keeps(bool marked)
{
    static const struct tp_str names[] = {{"a", 1}, {"b\"", 2}, {"c", 1}};
    struct tp_scan *scan = tp_scan_new();
    struct tp_narrow narrow = {0};
    struct tp_err err;

    CHECK(tp_narrow_init(&narrow, scan, names, 3, &err) == 0);
    CHECK(!marked || tp_narrow_mark(&narrow) == sizeof(uint32_t) * 9);
    narrows(&narrow, scan, "{\"c\":1.50,\"x\":[1],\"a\":{\"b\": [ 2 ]}}",
            "{\"a\":{\"b\": [ 2 ]},\"c\":1.50}");
    narrows(&narrow, scan, "{\"b\\u0022\":\"\\n\",\"a\":null}", "{\"a\":null,\"b\\\"\":\"\\n\"}");
    narrows(&narrow, scan, "{\"a\":1,\"a\":\"2\"}", "{\"a\":\"2\"}");
    narrows(&narrow, scan, "{\"x\":1}", "{}");
    tp_narrow_release(&narrow);
    tp_scan_free(scan);
}

static void
keeps_what_is_named(void)
{
    keeps(false);
    keeps(true);
}

/* Objects that somebody else made are told apart, or read right. */
static void
knows_its_own(void)
{
    static const struct tp_str names[] = {{"a", 1}, {"b", 1}};
    static const char *const others[] = {
        "{\"b\":1,\"a\":2}", "{\"a\":1,\"x\":2}", "{\"a\": 1}",
        " {\"a\":1}",        "{\"a\":1} ",        "{ }",
        "{\"x\":1}",         "{\"a\":1,\"a\":2}", "{\"a\":1 ,\"b\":2}"};
    struct tp_scan *scan = tp_scan_new();
    struct tp_narrow narrow = {0};
    struct tp_slot slots[2];
    struct tp_err err;

    CHECK(tp_narrow_init(&narrow, scan, names, 2, &err) == 0);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        CHECK_THAT(!tp_narrow_read(&narrow, tp_str_of(others[i]), slots), "%s", others[i]);
    CHECK(tp_narrow_read(&narrow, TP_STR("{\"b\":[\"}\"]}"), slots));
    CHECK(slots[0].kind == TP_SLOT_MISSING && slots[1].kind == TP_SLOT_ARRAY && slots[1].len == 5);
    tp_narrow_release(&narrow);
    tp_scan_free(scan);
}

static void
keeps_nothing(void)
{
    struct tp_scan *scan = tp_scan_new();
    struct tp_narrow narrow = {0};
    struct tp_err err;

    CHECK(tp_narrow_init(&narrow, scan, NULL, 0, &err) == 0);
    narrows(&narrow, scan, "{\"x\":1}", "{}");
    tp_narrow_release(&narrow);
    tp_scan_free(scan);
}

int
main(void)
{
    RUN(keeps_what_is_named);
    RUN(keeps_nothing);
    RUN(knows_its_own);
    return unit_end();
}
