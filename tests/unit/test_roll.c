#include "stream/roll.h"

#include "unit.h"

static bool
makes(struct tp_roll roll, const char *name, uint64_t number, const char *expected)
{
    struct tp_buf got = TP_BUF_INIT;
    bool same;

    tp_roll_write_path(&roll, tp_str_of(name), 20000 * TP_DAY + 90 * TP_SECOND, number, &got);
    same = tp_str_equal(tp_buf_str(&got), tp_str_of(expected));
    if (!same)
        printf("instead of %s: %s\n", expected, tp_buf_text(&got));
    tp_buf_release(&got);
    return same;
}

static void
names(void)
{
    struct tp_roll by_time = {.by_time = true}, by_size = {.by_size = true};
    struct tp_roll packed = {.packing = TP_PACK_GZIP};

    CHECK(makes(by_time, "a.log", 1, "a.2024-10-04T000130Z.log"));
    CHECK(makes(by_time, "a.log", 2, "a.2024-10-04T000130Z-2.log"));
    CHECK(makes(by_size, "d.x/out", 7, "d.x/out.000007"));
    CHECK(makes(by_size, "d/a.b.ndjson.zst", 1234567, "d/a.b.1234567.ndjson.zst"));
    CHECK(makes(packed, "a.ndjson", 1, "a.ndjson.gz"));
    CHECK(makes(packed, "a.ndjson.gz", 3, "a-3.ndjson.gz"));
    CHECK(makes(by_size, ".hidden", 1, ".hidden.000001"));
    CHECK(makes(by_size, ".gz", 1, ".gz.000001"));
}

int
main(void)
{
    RUN(names);
    return unit_end();
}
