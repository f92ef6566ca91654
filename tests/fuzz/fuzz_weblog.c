/*
 * fuzz_weblog: log lines, the first byte chooses the format. What is not refused must be a valid
 * record with a newline, whose @timestamp is the time that was read; and what was remembered of one
 * line must not change the record of the next.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "record/scan.h"
#include "record/weblog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition)
{
    if (!condition)
        abort();
}

static void
check_record(struct tp_buf *record, tp_time time)
{
    static const char head[] = "{\"@timestamp\":\"";
    const size_t stamp_at = sizeof head - 1;
    struct tp_err err;
    tp_time stamp;
    bool zoneless;
    const char *quote;

    require(record->len > stamp_at && memcmp(record->ptr, head, stamp_at) == 0);
    require(memchr(record->ptr, '\n', record->len) == record->ptr + record->len - 1);
    require(tp_scan_validate((struct tp_str){record->ptr, record->len - 1}, &err) == 0);
    quote = memchr(record->ptr + stamp_at, '"', record->len - stamp_at);
    require(tp_time_parse(
                (struct tp_str){record->ptr + stamp_at, (size_t)(quote - record->ptr) - stamp_at},
                &stamp, &zoneless, &err) == 0);
    require(stamp == time && !zoneless);
}

static void
try_line(struct tp_weblog *weblog, enum tp_weblog_format format, struct tp_str line)
{
    struct tp_weblog *fresh = tp_weblog_new(format);
    struct tp_buf record = TP_BUF_INIT, again = TP_BUF_INIT;
    char *copy = malloc(line.len + TP_WEBLOG_PADDING);
    struct tp_err err;
    tp_time time, second_time;
    int result;

    memcpy(copy, line.ptr, line.len);
    memset(copy + line.len, 0, TP_WEBLOG_PADDING);
    line.ptr = copy;
    result = tp_weblog_read(weblog, line, &record, &time, &err);
    require(tp_weblog_read(fresh, line, &again, &second_time, &err) == result);
    require(tp_str_equal(tp_buf_str(&record), tp_buf_str(&again)));
    if (result == 0)
        check_record(&record, time);
    else
        require(record.len == 0 && err.at >= 0 && (size_t)err.at <= line.len);
    tp_buf_release(&record);
    tp_buf_release(&again);
    tp_weblog_free(fresh);
    free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *p = (const char *)data + 1, *end = (const char *)data + size;
    enum tp_weblog_format format;
    struct tp_weblog *weblog;

    if (size == 0)
        return 0;
    format = data[0] & 1 ? TP_WEBLOG_COMBINED : TP_WEBLOG_COMMON;
    weblog = tp_weblog_new(format);
    while (p < end) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        const char *stop = newline ? newline : end;

        try_line(weblog, format, (struct tp_str){p, (size_t)(stop - p)});
        p = stop + 1;
    }
    tp_weblog_free(weblog);
    return 0;
}
