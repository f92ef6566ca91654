#include "record/narrow.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

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
    tp_arena_release(&arena);
}

static void
keeps_what_is_named(void)
{
    static const struct tp_str names[] = {{"a", 1}, {"b\"", 2}, {"c", 1}};
    struct tp_scan *scan = tp_scan_new();
    struct tp_narrow narrow = {0};
    struct tp_err err;

    CHECK(tp_narrow_init(&narrow, scan, names, 3, &err) == 0);
    narrows(&narrow, scan, "{\"c\":1.50,\"x\":[1],\"a\":{\"b\": [ 2 ]}}",
            "{\"a\":{\"b\": [ 2 ]},\"c\":1.50}");
    narrows(&narrow, scan, "{\"b\\u0022\":\"\\n\",\"a\":null}", "{\"a\":null,\"b\\\"\":\"\\n\"}");
    narrows(&narrow, scan, "{\"a\":1,\"a\":\"2\"}", "{\"a\":\"2\"}");
    narrows(&narrow, scan, "{\"x\":1}", "{}");
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
    return unit_end();
}
