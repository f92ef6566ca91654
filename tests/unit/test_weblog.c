/*
 * weblog: every part of the two formats, escapes, and what is refused where.
 */
#include "record/weblog.h"

#include <stdlib.h>

#include "unit.h"

#define COMMON "1.2.3.4 - bob [17/May/2015:10:05:03 +0000] \"GET /a HTTP/1.1\" 200 12"

static struct tp_buf out = TP_BUF_INIT;
static tp_time when;
static struct tp_err why;

/* Reads TEXT from memory that ends right behind the padding, so that a sanitizer sees overruns. */
static int
read_line(struct tp_weblog *weblog, struct tp_str text)
{
    char *line = malloc(text.len + TP_WEBLOG_PADDING);
    int result;

    memcpy(line, text.ptr, text.len);
    memset(line + text.len, '"', TP_WEBLOG_PADDING);
    tp_buf_clear(&out);
    result = tp_weblog_read(weblog, (struct tp_str){line, text.len}, &out, &when, &why);
    free(line);
    return result;
}

static const char *
record_of(enum tp_weblog_format format, const char *text)
{
    struct tp_weblog *weblog = tp_weblog_new(format);
    int result = read_line(weblog, tp_str_of(text));

    tp_weblog_free(weblog);
    return result < 0 ? why.text : tp_buf_text(&out);
}

static void
check_record(enum tp_weblog_format format, const char *text, const char *expected)
{
    const char *got = record_of(format, text);

    CHECK_THAT(strcmp(got, expected) == 0, "%s\n  got      %s  expected %s", text, got, expected);
}

static void
whole_lines(void)
{
    check_record(TP_WEBLOG_COMMON, COMMON,
                 "{\"@timestamp\":\"2015-05-17T10:05:03.000Z\",\"ip\":\"1.2.3.4\",\"ident\":null,"
                 "\"user\":\"bob\",\"method\":\"GET\",\"path\":\"/a\",\"protocol\":\"HTTP/1.1\","
                 "\"status\":200,\"bytes\":12}\n");
    CHECK(when == INT64_C(1431857103) * TP_SECOND);
    check_record(TP_WEBLOG_COMMON, COMMON "\r", record_of(TP_WEBLOG_COMMON, COMMON));
    check_record(TP_WEBLOG_COMBINED, COMMON " \"-\" \"Mozilla/5.0 (X11)\"",
                 "{\"@timestamp\":\"2015-05-17T10:05:03.000Z\",\"ip\":\"1.2.3.4\",\"ident\":null,"
                 "\"user\":\"bob\",\"method\":\"GET\",\"path\":\"/a\",\"protocol\":\"HTTP/1.1\","
                 "\"status\":200,\"bytes\":12,\"referer\":null,\"agent\":\"Mozilla/5.0 (X11)\"}\n");
}

/* The member NAME of the record of a line with this request, agent, ... */
static void
check_member(const char *format, const char *text, const char *expected)
{
    char line[512];
    const char *got;

    snprintf(line, sizeof line, format, text);
    got = record_of(TP_WEBLOG_COMBINED, line);
    CHECK_THAT(strstr(got, expected) != NULL, "%s\n  got      %s  expected %s", line, got,
               expected);
}

static const char request_line[] = "h - - [17/May/2015:10:05:03 +0000] \"%s\" 200 - \"-\" \"-\"";
static const char agent_line[] =
    "h - - [17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 404 0 \"http://x/\" \"%s\"";

static void
requests(void)
{
    check_member(request_line, "GET /a b HTTP/1.1",
                 "\"method\":\"GET\",\"path\":\"/a b\",\"protocol\":\"HTTP/1.1\",");
    check_member(request_line, "GET /", "\"method\":null,\"path\":\"GET /\",\"protocol\":null,");
    check_member(request_line, "-", "\"method\":null,\"path\":null,\"protocol\":null,");
    check_member(request_line, "", "\"method\":null,\"path\":\"\",\"protocol\":null,");
    check_member(request_line, "GET  HTTP/1.1", "\"method\":null,\"path\":\"GET  HTTP/1.1\"");
    check_member(request_line, "\\x16\\x03\\x01", "\"path\":\"\\u0016\\u0003\\u0001\",");
    check_member(request_line, "GET /\\xd0\\xbf HTTP/1.0", "\"path\":\"/п\",\"protocol\"");
    check_member(request_line, "GET / HTTP/1.1", "\"status\":200,\"bytes\":null,");
}

static void
escapes(void)
{
    check_member(agent_line, "a \\\"b\\\" c", "\"agent\":\"a \\\"b\\\" c\"}");
    check_member(agent_line, "a \"b\"c", "\"agent\":\"a \\\"b\\\"c\"}");
    check_member(agent_line, "back\\\\slash", "\"agent\":\"back\\\\slash\"}");
    check_member(agent_line, "tab\\tend", "\"agent\":\"tab\\tend\"}");
    check_member(agent_line, "odd \\q \\x4", "\"agent\":\"odd \\\\q \\\\x4\"}");
    check_member(agent_line, "пример", "\"agent\":\"пример\"}");
    check_member(agent_line, "caf\xe9!", "\"agent\":\"caf\\\\xe9!\"}");
    check_member(agent_line, "\\xe4\\xe5 \xef\xbf\xbd",
                 "\"agent\":\"\\\\xe4\\\\xe5 \xef\xbf\xbd\"}");
    check_member(agent_line, "\t", "\"agent\":\"\\t\"}");
}

static void
check_time(const char *stamp, const char *expected)
{
    char line[256];
    const char *got;

    snprintf(line, sizeof line, "h - - [%s] \"GET / HTTP/1.1\" 200 1", stamp);
    got = record_of(TP_WEBLOG_COMMON, line);
    CHECK_THAT(strstr(got, expected) != NULL, "%s: %s instead of %s", stamp, got, expected);
}

static void
times(void)
{
    check_time("17/May/2015:10:05:03 +0200", "\"2015-05-17T08:05:03.000Z\"");
    check_time("31/Dec/2014:23:59:59 -0130", "\"2015-01-01T01:29:59.000Z\"");
    check_time("29/Feb/2016:00:00:00 +0000", "\"2016-02-29T00:00:00.000Z\"");
    check_time("31/Dec/2016:23:59:60 +0000", "\"2017-01-01T00:00:00.000Z\"");
    check_time("01/Jan/2017:08:59:60 +0900", "\"2017-01-01T00:00:00.000Z\"");
    check_time("29/Feb/2015:00:00:00 +0000", "not a time");
    check_time("17/May/2015:24:05:03 +0000", "not a time");
    check_time("17/May/2015:10:60:03 +0000", "not a time");
    check_time("17/May/2015:10:05:61 +0000", "not a time");
    check_time("17/May/2015:10:05:60 +0000", "second 60");
    check_time("17/Mai/2015:10:05:03 +0000", "not a time");
    check_time("17/May/2015 10:05:03 +0000", "not a time");
    check_time("17/May/2015:10:05:03 +2400", "not a time");
    check_time("17/May/1500:10:05:03 +0000", "not a time");
    check_time("17/May/2015:10:05:03", "expected a time");
}

/* The remembered minute must never show in a line of another one. */
static void
minutes_are_not_mixed(void)
{
    static const char *const stamps[] = {
        "17/May/2015:10:05:03 +0000", "17/May/2015:10:05:04 +0000", "17/May/2015:10:05:04 +0100",
        "17/May/2015:10:06:04 +0100", "17/May/2015:99:06:04 +0100", "17/May/2015:10:06:05 +0100",
        "18/May/2015:10:06:04 +0100",
    };
    struct tp_weblog *weblog = tp_weblog_new(TP_WEBLOG_COMMON);

    for (size_t i = 0; i < sizeof stamps / sizeof *stamps; i++) {
        char line[256], *alone;
        int result;

        snprintf(line, sizeof line, "h - - [%s] \"GET / HTTP/1.1\" 200 1", stamps[i]);
        alone = strdup(record_of(TP_WEBLOG_COMMON, line));
        result = read_line(weblog, tp_str_of(line));
        CHECK(strcmp(alone, result < 0 ? why.text : tp_buf_text(&out)) == 0);
        free(alone);
    }
    tp_weblog_free(weblog);
}

static void
check_refused(enum tp_weblog_format format, const char *text, long at)
{
    struct tp_weblog *weblog = tp_weblog_new(format);

    CHECK_THAT(read_line(weblog, tp_str_of(text)) < 0, "accepted: %s", text);
    CHECK_THAT(why.fault == TP_FAULT_RECORD && why.at == at, "%s: %s at %ld, not %ld", text,
               why.text, why.at, at);
    CHECK(out.len == 0);
    tp_weblog_free(weblog);
}

static void
refusals(void)
{
    check_refused(TP_WEBLOG_COMMON, "", 0);
    check_refused(TP_WEBLOG_COMMON, "garbage", 0);
    check_refused(TP_WEBLOG_COMMON, "{\"@watermark\":\"end\"}", 0);
    check_refused(TP_WEBLOG_COMMON, COMMON " \"-\" \"-\"", (long)sizeof COMMON - 1);
    check_refused(TP_WEBLOG_COMBINED, COMMON, (long)sizeof COMMON - 1);
    check_refused(TP_WEBLOG_COMBINED, COMMON " \"-\" \"cut", (long)sizeof COMMON + 4);
    check_refused(TP_WEBLOG_COMBINED, COMMON " \"-\" \"-\" more", (long)sizeof COMMON + 7);
    check_refused(TP_WEBLOG_COMMON, "h - - [17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1\" OK 1",
                  52);
    check_refused(TP_WEBLOG_COMMON, "h - - [17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 x",
                  56);
    /* Cut off after every byte: refused, unless it is the end of the number. */
    for (size_t len = 0; len + 2 < sizeof COMMON; len++) {
        struct tp_weblog *weblog = tp_weblog_new(TP_WEBLOG_COMMON);

        CHECK_THAT(read_line(weblog, (struct tp_str){COMMON, len}) < 0, "%.*s", (int)len, COMMON);
        tp_weblog_free(weblog);
    }
}

int
main(void)
{
    RUN(whole_lines);
    RUN(requests);
    RUN(escapes);
    RUN(times);
    RUN(minutes_are_not_mixed);
    RUN(refusals);
    tp_buf_release(&out);
    return unit_end();
}
