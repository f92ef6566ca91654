/*
 * text_format: frames give the same pieces however much they see, and two formats that say the same
 * thing give the same records.
 */
#include "record/text_format.h"

#include <stdlib.h>

#include "unit.h"

static struct tp_err err;

/* All records of TEXT, of which the frame first sees STEP bytes' worth of whole lines, then more.
 */
static void
read_all(const char *name, const struct tp_text_options *options, struct tp_str text, size_t step,
         struct tp_buf *to)
{
    const struct tp_text_format *format = tp_text_format_find(name, &err);
    struct tp_text_reader *reader = tp_text_reader_new(format, options, &err);
    const char *p = text.ptr, *end = text.ptr + text.len, *seen = p;
    tp_time time;

    CHECK_THAT(reader != NULL, "%s", err.text);
    while (reader && p < end) {
        const char *next = NULL;

        while (seen <= p || (seen < end && seen[-1] != '\n'))
            seen++;
        next = format->next ? format->next(options, p, seen, seen == end)
                            : (const char *)memchr(p, '\n', (size_t)(end - p)) + 1;
        if (!next) {
            seen += (size_t)(end - seen) < step ? (size_t)(end - seen) : step;
            while (seen < end && seen[-1] != '\n')
                seen++;
            continue;
        }
        if (tp_text_read(reader, (struct tp_str){p, (size_t)(next - 1 - p)}, to, &time, &err) < 0)
            tp_buf_printf(to, "! %s\n", err.text);
        p = next;
    }
    tp_text_reader_free(reader);
}

/* With padding behind it. */
static struct tp_str
padded(const char *text, size_t len)
{
    char *copy = calloc(1, len + 64);

    memcpy(copy, text, len);
    return (struct tp_str){copy, len};
}

static void
check_steps(const char *name, const struct tp_text_options *options, const char *bytes, size_t len)
{
    struct tp_str text = padded(bytes, len);
    struct tp_buf whole = TP_BUF_INIT, parts = TP_BUF_INIT;

    read_all(name, options, text, len, &whole);
    CHECK(whole.len > 0);
    for (size_t step = 1; step < len; step++) {
        tp_buf_clear(&parts);
        read_all(name, options, text, step, &parts);
        CHECK_THAT(tp_str_equal(tp_buf_str(&whole), tp_buf_str(&parts)), "%s by %zu: %s", name,
                   step, tp_buf_text(&parts));
    }
    free((char *)text.ptr);
    tp_buf_release(&whole);
    tp_buf_release(&parts);
}

static void
frames(void)
{
    static const char json[] = "[{\"a\":1},\n 2,[\n{\"b\":\n[1,\n2]}]\n]{\"c\":\"x\"}\n{\"d\":tru\n"
                               "}\n{\"e\":\n}\n\n  {\"f\":}\n  {\"g\":1}\n\"open\n{\"h\":2}\n";
    static const char journal[] = "__REALTIME_TIMESTAMP=1\nA=1\nMESSAGE\n\x04\0\0\0\0\0\0\0a\n\nb\n"
                                  "B=2\n\n\n__REALTIME_TIMESTAMP=2\nC=3\n\nD=4\nE\n\x90\0\n";
    static const char csv[] = "a,b\n1,\"two\nlines\"\n\"x\"\"\n,\",2\n3,\"open\n4,5\n";
    struct tp_text_options options = {.year = -1};
    struct tp_text_options path = {.year = -1, .path = TP_STR("b")};

    check_steps("json", &options, json, sizeof json - 1);
    check_steps("json", &path, json, sizeof json - 1);
    check_steps("journal", &options, journal, sizeof journal - 1);
    check_steps("csv", &options, csv, sizeof csv - 1);
}

/* logformat knows what combined knows. */
static void
logformat_is_combined(void)
{
    static const char *const formats[] = {
        "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\"",
        "$remote_addr $ident $remote_user [$time_local] \"$request\" $status $body_bytes_sent "
        "\"$http_referer\" \"$http_user_agent\""};
    static const char log[] =
        "1.2.3.4 - bob [17/May/2015:10:05:03 +0200] \"GET /a?b HTTP/1.1\" 200 12 \"-\" \"M x\"\n"
        "::1 i - [17/May/2015:23:59:60 +0000] \"GET /\\\"q\\\" b HTTP/2\" 404 - \"http://x/\" "
        "\"\"\n"
        "h - \xc3\xa9 [17/May/2015:10:05:03 +0000] \"\\x16\\x03\" 400 0 \"\\\\\" \"\xff\"\n";
    struct tp_text_options options = {.year = -1};
    struct tp_buf combined = TP_BUF_INIT, ours = TP_BUF_INIT;
    struct tp_str text = padded(log, sizeof log - 1);

    read_all("combined", &options, text, 1, &combined);
    CHECK_THAT(!strstr(tp_buf_text(&combined), "!"), "%s", tp_buf_text(&combined));
    for (size_t i = 0; i < 2; i++) {
        options.pattern = tp_str_of(formats[i]);
        tp_buf_clear(&ours);
        read_all("logformat", &options, text, 1, &ours);
        CHECK_THAT(tp_str_equal(tp_buf_str(&combined), tp_buf_str(&ours)), "%s\n%s",
                   tp_buf_text(&combined), tp_buf_text(&ours));
    }
    free((char *)text.ptr);
    tp_buf_release(&combined);
    tp_buf_release(&ours);
}

/* The @timestamp of `Mon dd` lines read one after the other, now being NOW. */
static void
check_years(tp_time now, const char *lines, const char *expected)
{
    struct tp_text_options options = {.year = -1, .now = now};
    struct tp_str text = padded(lines, strlen(lines));
    struct tp_buf records = TP_BUF_INIT;
    char years[64] = "";

    read_all("syslog", &options, text, 1, &records);
    for (const char *p = tp_buf_text(&records); (p = strstr(p, "@timestamp\":\"")); p++)
        snprintf(years + strlen(years), sizeof years - strlen(years), "%.4s ", p + 13);
    CHECK_THAT(strcmp(years, expected) == 0, "%s: %s, not %s", lines, years, expected);
    free((char *)text.ptr);
    tp_buf_release(&records);
}

static void
years_of_syslog(void)
{
    const tp_time new_year = INT64_C(1767225600) * TP_SECOND; /* 2026-01-01T00:00:00Z */

    check_years(new_year, "Jan  1 00:00:00 h a: x\n", "2026 ");
    check_years(new_year, "Jan  1 23:59:59 h a: x\n", "2026 ");
    check_years(new_year, "Jan  2 00:00:01 h a: x\n", "2025 ");
    check_years(new_year, "Dec 31 23:59:59 h a: x\nJan  1 00:00:00 h a: x\n", "2025 2026 ");
    check_years(new_year, "Jan  1 00:00:00 h a: x\nDec 31 23:59:59 h a: x\n", "2026 2025 ");
    check_years(new_year,
                "Jul  1 00:00:00 h a: x\nDec  1 00:00:00 h a: x\nMar  1 00:00:00 h a: x\n",
                "2025 2025 2026 ");
    check_years(new_year, "Feb 29 00:00:00 h a: x\n", "2024 ");
}

int
main(void)
{
    RUN(frames);
    RUN(logformat_is_combined);
    RUN(years_of_syslog);
    return unit_end();
}
