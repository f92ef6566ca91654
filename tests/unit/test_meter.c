/*
 * meter: what it counts and reads, however the bytes are cut; what it says.
 */
#include "event/meter.h"

#include <stdlib.h>

#include "record/scan.h"
#include "unit.h"

static struct tp_err err;

/* Takes TEXT in pieces of SIZE bytes, each in memory that ends right behind its padding. */
static struct tp_meter *
meter_of(const char *text, size_t size)
{
    struct tp_meter *meter = tp_meter_new("@timestamp", NULL, &err);
    size_t len = strlen(text);

    for (size_t at = 0; at < len; at += size) {
        size_t piece = len - at < size ? len - at : size;
        char *bytes = malloc(piece + TP_SCAN_PADDING);

        memcpy(bytes, text + at, piece);
        memset(bytes + piece, '{', TP_SCAN_PADDING);
        CHECK(tp_meter_take(meter, (struct tp_str){bytes, piece}, &err) == 0);
        free(bytes);
    }
    tp_meter_finish(meter);
    return meter;
}

static const char stream[] =
    "{\"@watermark\":\"start\"}\n"
    "{\"@timestamp\":\"2026-01-01T00:00:10Z\",\"n\":1}\n"
    "\n"
    "{\"@timestamp\":\"2026-01-01T00:00:12Z\",\"n\":2}\n"
    "{ \"@watermark\" : \"2026-01-01T00:00:08Z\", \"held_by\":\"a\\\"b\"}\n"
    "{\"@watermark-like\":1}\n"
    "no record at all\n"
    "{\n"
    "{\"@timestamp\":\"2026-01-01T00:00:11Z\",\"n\":3}\n"
    "{\"@watermark\":\"idle\"}\n";

static void
counts_do_not_depend_on_the_pieces(void)
{
    for (size_t size = 1; size < sizeof stream; size++) {
        struct tp_meter *meter = meter_of(stream, size);
        const struct tp_meter_state *state = tp_meter_state(meter);

        CHECK_THAT(state->records == 6, "%zu: %llu", size, (unsigned long long)state->records);
        CHECK(state->bytes == sizeof stream - 1);
        CHECK(state->watermark == (INT64_C(1767225600) + 8) * TP_SECOND);
        CHECK(state->held_by.len == 4 && memcmp(state->held_by.ptr, "a\\\"b", 4) == 0);
        CHECK(state->spoke && state->idle && state->end == TP_METER_OPEN);
        tp_meter_free(meter);
    }
}

/* Of the last line of each piece only, and the greatest of them. */
static void
the_event_time_is_that_of_last_lines(void)
{
    struct tp_meter *meter = meter_of(stream, sizeof stream);

    CHECK(tp_meter_state(meter)->event_time == (INT64_C(1767225600) + 11) * TP_SECOND);
    tp_meter_free(meter);
    /* Pieces of one byte: each line is the last that its piece ends. */
    meter = meter_of(stream, 1);
    CHECK(tp_meter_state(meter)->event_time == (INT64_C(1767225600) + 12) * TP_SECOND);
    tp_meter_free(meter);
}

static void
ends_are_told_apart(void)
{
    static const struct {
        const char *text;
        enum tp_meter_end end;
        uint64_t late, rejected;
    } cases[] = {
        {"{\"@watermark\":\"end\",\"rejected\":12,\"late\":3}\n", TP_METER_COMPLETE, 3, 12},
        {"{\"@watermark\":\"end\"}\n{\"@barrier\":1000,\"last\":true}\n", TP_METER_COMPLETE, 0, 0},
        {"{\"@barrier\":1000,\"last\":true}\n", TP_METER_SUSPENDED, 0, 0},
        {"{\"@barrier\":1000}\n", TP_METER_OPEN, 0, 0},
        {"{\"@watermark\":\"no such\"}\n", TP_METER_OPEN, 0, 0},
        {"{\"@watermark\":\"end\"}", TP_METER_COMPLETE, 0, 0}, /* without its newline */
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tp_meter *meter = meter_of(cases[i].text, 7);
        const struct tp_meter_state *state = tp_meter_state(meter);

        CHECK(state->spoke && state->records == 0);
        CHECK(state->end == cases[i].end);
        CHECK(state->ledger.late == cases[i].late && state->ledger.rejected == cases[i].rejected);
        tp_meter_free(meter);
    }
}

static void
an_endless_control_line_is_data(void)
{
    char *line = malloc(200002);
    struct tp_meter *meter;

    memset(line, ' ', 200000);
    memcpy(line, "{ ", 2);
    memcpy(line + 200000, "\n", 2);
    meter = meter_of(line, 1000);
    CHECK(tp_meter_state(meter)->records == 1 && !tp_meter_state(meter)->spoke);
    tp_meter_free(meter);
    free(line);
}

static void
lines_without_time_are_counted(void)
{
    struct tp_meter *meter = meter_of("{\"@timestamp\":true}\n{\"@timestamp\":\"x\"}\nlast", 19);

    CHECK(tp_meter_state(meter)->records == 3);
    CHECK(tp_meter_state(meter)->event_time == TP_TIME_BEFORE_ALL);
    tp_meter_free(meter);
    meter = tp_meter_new("ts", "epoch_ms", &err);
    CHECK(tp_meter_take(meter,
                        (struct tp_str){"{\"ts\":1767225600000}\n" /* padding */
                                        "                                              "
                                        "                    ",
                                        21},
                        &err) == 0);
    CHECK(tp_meter_state(meter)->event_time == INT64_C(1767225600) * TP_SECOND);
    tp_meter_free(meter);
    CHECK(!tp_meter_new("a[", NULL, &err) && err.fault == TP_FAULT_USAGE);
    CHECK(!tp_meter_new("a", "no format", &err) && err.fault == TP_FAULT_USAGE);
}

/* --- what it says ------------------------------------------------------------------------------*/

static struct tp_meter_report
report_of(const struct tp_meter_state *state)
{
    return (struct tp_meter_report){
        .state = state,
        .name = "a\"b",
        .now = (INT64_C(1767225600) + 20) * TP_SECOND,
        .elapsed = 4 * TP_SECOND,
        .records_rate = 1234567,
        .bytes_rate = 2.5e9,
        .size = 2 * (sizeof stream - 1),
    };
}

static void
check_said(void (*write)(const struct tp_meter_report *, struct tp_buf *),
           const struct tp_meter_report *report, const char *expected)
{
    struct tp_buf said = TP_BUF_INIT;

    write(report, &said);
    CHECK_THAT(strcmp(tp_buf_text(&said), expected) == 0, "\n  got      %s\n  expected %s",
               tp_buf_text(&said), expected);
    tp_buf_release(&said);
}

static void
all_is_said(void)
{
    struct tp_meter *meter = meter_of(stream, sizeof stream);
    struct tp_meter_report report = report_of(tp_meter_state(meter));

    check_said(tp_meter_write_json, &report,
               "{\"time\":\"2026-01-01T00:00:20.000Z\",\"name\":\"a\\\"b\",\"elapsed\":4,"
               "\"records\":6,\"bytes\":278,\"records_rate\":1234567,\"bytes_rate\":2500000000,"
               "\"event_time\":\"2026-01-01T00:00:11.000Z\","
               "\"watermark\":\"2026-01-01T00:00:08.000Z\",\"held_by\":\"a\\\"b\",\"lag\":9,"
               "\"late\":0,\"rejected\":0,\"idle\":true,\"stream\":\"open\",\"done\":false,"
               "\"percent\":50,\"eta\":4}\n");
    check_said(tp_meter_write_line, &report,
               "a\"b: 4s | 6 records, 278B | 1.23M/s, 2.50GB/s | at 2026-01-01 00:00:11 | lag 9s"
               " | watermark 2026-01-01 00:00:08 held by a\\\"b | idle | 50 %, left 4s");
    tp_meter_free(meter);
}

/* An alert is refused when it asks for another name. */
static void
all_names_are_known(void)
{
    struct tp_meter *meter = meter_of(stream, sizeof stream);
    struct tp_meter_report report = report_of(tp_meter_state(meter));
    struct tp_buf said = TP_BUF_INIT, name = TP_BUF_INIT;
    size_t count, members = 0;
    const struct tp_str *names = tp_meter_names(&count);

    tp_meter_write_json(&report, &said);
    for (const char *p = tp_buf_text(&said); (p = strstr(p, "\":")); p++)
        members++;
    CHECK_THAT(members == count, "%zu members, %zu names", members, count);
    for (size_t i = 0; i < count; i++) {
        tp_buf_clear(&name);
        tp_buf_printf(&name, "\"%.*s\":", (int)names[i].len, names[i].ptr);
        CHECK_THAT(strstr(tp_buf_text(&said), tp_buf_text(&name)), "%s", tp_buf_text(&name));
    }
    tp_buf_release(&said);
    tp_buf_release(&name);
    tp_meter_free(meter);
}

static void
a_line_is_cut_between_fields(void)
{
    static const char line[] = "\xc3\xa4 | 12 records | lag 3s";

    CHECK(tp_meter_fit(TP_STR(line), 100) == sizeof line - 1);
    CHECK(tp_meter_fit(TP_STR(line), 23) == sizeof line - 1);
    CHECK(tp_meter_fit(TP_STR(line), 22) == 15);
    CHECK(tp_meter_fit(TP_STR(line), 14) == 15);
    CHECK(tp_meter_fit(TP_STR(line), 13) == 2);
    CHECK(tp_meter_fit(TP_STR("no field ends"), 5) == 5);
    CHECK(tp_meter_fit(TP_STR(""), 5) == 0);
}

static void
what_is_not_known_is_left_out(void)
{
    struct tp_meter *meter = meter_of("x\n", 2);
    struct tp_meter_report report = report_of(tp_meter_state(meter));
    tp_duration lag;

    report.name = NULL;
    report.size = 0;
    report.done = true;
    check_said(tp_meter_write_json, &report,
               "{\"time\":\"2026-01-01T00:00:20.000Z\",\"elapsed\":4,\"records\":1,\"bytes\":2,"
               "\"records_rate\":1234567,\"bytes_rate\":2500000000,\"event_time\":null,"
               "\"watermark\":null,\"held_by\":null,\"lag\":null,\"late\":0,\"rejected\":0,"
               "\"idle\":false,\"stream\":\"open\",\"done\":true}\n");
    check_said(tp_meter_write_line, &report, "4s | 1 records, 2B | 1.23M/s, 2.50GB/s");
    CHECK(!tp_meter_lag(&report, &lag));
    tp_meter_free(meter);
}

static void
prometheus_gets_what_is_known(void)
{
    struct tp_meter *meter = meter_of(stream, sizeof stream);
    struct tp_meter_report report = report_of(tp_meter_state(meter));
    struct tp_buf said = TP_BUF_INIT;

    tp_meter_write_prometheus(&report, &said);
    CHECK(strstr(tp_buf_text(&said), "# TYPE tidepipe_records_total counter\n"
                                     "tidepipe_records_total{name=\"a\\\"b\"} 6\n"));
    CHECK(strstr(tp_buf_text(&said), "tidepipe_lag_seconds{name=\"a\\\"b\"} 9\n"));
    CHECK(strstr(tp_buf_text(&said), "tidepipe_watermark_seconds{name=\"a\\\"b\"} 1767225608\n"));
    tp_buf_clear(&said);
    report.name = NULL;
    tp_meter_write_prometheus(&report, &said);
    CHECK(strstr(tp_buf_text(&said), "\ntidepipe_idle 1\n"));
    tp_buf_release(&said);
    tp_meter_free(meter);
}

int
main(void)
{
    RUN(counts_do_not_depend_on_the_pieces);
    RUN(the_event_time_is_that_of_last_lines);
    RUN(ends_are_told_apart);
    RUN(an_endless_control_line_is_data);
    RUN(lines_without_time_are_counted);
    RUN(all_is_said);
    RUN(all_names_are_known);
    RUN(a_line_is_cut_between_fields);
    RUN(what_is_not_known_is_left_out);
    RUN(prometheus_gets_what_is_known);
    return unit_end();
}
