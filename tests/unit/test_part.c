#include "event/part.h"

#include "unit.h"

#define AGGREGATES TP_STR("count AS c, max(x) FILTER (WHERE s = \"q\\u0022\") AS m")

/* Accumulators of AGGREGATES, which count N. */
static void
fill(const struct tp_aggs *aggs, void *acc, int64_t n)
{
    struct tp_value values[4];
    struct tp_err err;

    CHECK(tp_aggs_arguments(aggs) <= 4);
    for (int i = 0; i < 4; i++)
        values[i] = tp_null();
    for (int64_t i = 0; i < n; i++)
        CHECK(tp_aggs_add(aggs, acc, values, i, (uint64_t)i, &err) == 0);
}

static struct tp_slot
text(const char *bytes)
{
    return (struct tp_slot){.ptr = bytes, .len = (unsigned)strlen(bytes), .kind = TP_SLOT_TEXT};
}

/* What read says of a row at TIME with these bounds, for windows of SPEC. */
static int
reads(const char *spec_text, const char *of, const char *start, const char *end, tp_time time)
{
    struct tp_err err;
    struct tp_aggs *aggs = tp_aggs_parse(TP_STR("count"), &err);
    struct tp_part *part = tp_part_new(aggs, TP_STR("count"));
    struct tp_scan *scan = tp_scan_new();
    struct tp_window_spec spec;
    struct tp_slot slot[4] = {
        text(of), {.ptr = "[3]", .len = 3, .kind = TP_SLOT_ARRAY}, text(start), text(end)};
    int result;

    CHECK(tp_window_parse(tp_str_of(spec_text), &spec, &err) == 0);
    CHECK(tp_part_want(part, scan, &spec, &err) == 0 && tp_scan_slots(scan) == 4);
    result = tp_part_read(part, slot, time, true, &err);
    CHECK(result == 0 || err.fault == TP_FAULT_RECORD);
    tp_window_release(&spec);
    tp_scan_free(scan);
    tp_part_free(part);
    tp_aggs_free(aggs);
    return result;
}

#define MINUTE0 "1970-01-01T00:00:00Z"
#define MINUTE1 "1970-01-01T00:01:00Z"
#define LAST (60 * TP_SECOND - TP_MILLISECOND)

static void
wants_windows_that_cover(void)
{
    CHECK(reads("1m", "count", MINUTE0, MINUTE1, LAST) == 0);
    CHECK(reads("1h", "count", MINUTE0, MINUTE1, LAST) == 0);
    CHECK(reads("hop:3m,1m", "count", MINUTE0, MINUTE1, LAST) == 0);
    CHECK(reads("30s", "count", MINUTE0, MINUTE1, LAST) < 0);
    CHECK(reads("1m", "count", MINUTE0, "1970-01-01T00:02:00Z", LAST) < 0);
    CHECK(reads("1m", "count", MINUTE1, MINUTE1, LAST) < 0);
    CHECK(reads("1m", "count", "soon", MINUTE1, LAST) < 0);
    CHECK(reads("1m", "count", "1970-01-01T00:00:00", MINUTE1, LAST) < 0); /* of no zone */
    CHECK(reads("all", "count", MINUTE0, MINUTE1, LAST) < 0);
    CHECK(reads("all", "count", MINUTE0, MINUTE1, 60 * TP_SECOND) == 0);
}

static void
wants_its_own_list(void)
{
    CHECK(reads("1m", "count AS n", MINUTE0, MINUTE1, LAST) < 0);
    CHECK(reads("1m", "", MINUTE0, MINUTE1, LAST) < 0);
}

static void
merges_what_was_written(void)
{
    struct tp_err err;
    struct tp_aggs *aggs = tp_aggs_parse(AGGREGATES, &err);
    struct tp_part *part = tp_part_new(aggs, AGGREGATES);
    struct tp_scan *scan = tp_scan_new();
    struct tp_window_spec spec;
    struct tp_buf line = TP_BUF_INIT, columns = TP_BUF_INIT;
    struct tp_slot slot[4];
    _Alignas(16) char one[256] = {0}, both[256] = {0};
    const char *end;

    CHECK(tp_aggs_size(aggs) <= sizeof one);
    CHECK(tp_window_parse(TP_STR("all"), &spec, &err) == 0);
    CHECK(tp_part_want(part, scan, &spec, &err) == 0);
    fill(aggs, one, 3);
    fill(aggs, both, 2);
    TP_BUF_PUT(&line, "{\"k\":1");
    CHECK(tp_part_write(part, one, &line, &err) == 0);
    TP_BUF_PUT(&line, "}\n");
    memset(tp_buf_reserve(&line, TP_SCAN_PADDING), 0, TP_SCAN_PADDING);
    end = line.ptr + line.len;
    CHECK(tp_scan_line(scan, line.ptr, end, slot, NULL, &err) == end);
    CHECK(tp_part_read(part, slot, 0, false, &err) == 0);
    CHECK(tp_part_merge(part, both, &err) == 0);
    CHECK(tp_aggs_write(aggs, both, &columns, &err) == 0);
    CHECK_THAT(strcmp(tp_buf_text(&columns), ",\"c\":5,\"m\":null") == 0, "%s",
               tp_buf_text(&columns));
    tp_aggs_clear(aggs, one);
    tp_aggs_clear(aggs, both);
    tp_buf_release(&line);
    tp_buf_release(&columns);
    tp_window_release(&spec);
    tp_scan_free(scan);
    tp_part_free(part);
    tp_aggs_free(aggs);
}

int
main(void)
{
    RUN(wants_windows_that_cover);
    RUN(wants_its_own_list);
    RUN(merges_what_was_written);
    return unit_end();
}
