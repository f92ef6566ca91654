/*
 * fuzz_time: every reader of times. The first byte chooses the reader; for formats the text up to
 * the first newline is the format. Besides not crashing: what is read lies inside the range, and
 * what the library writes it reads back as the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "value/stamp.h"
#include "value/time.h"
#include "value/zone.h"
#include "value/zone_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition)
{
    if (!condition)
        abort();
}

static void
check_time(tp_time time)
{
    char text[TP_TIME_TEXT];
    bool zoneless;
    tp_time back;

    require(time >= TP_TIME_MIN && time <= TP_TIME_MAX);
    require(tp_time_parse((struct tp_str){text, tp_time_write(text, time)}, &back, &zoneless,
                          NULL) == 0);
    require(back == time && !zoneless);
}

static void
try_stamp(const char *format, struct tp_str text)
{
    struct tp_err err;
    struct tp_stamp *stamp = tp_stamp_new(format, NULL, &err);
    tp_time time, again;

    if (!stamp)
        return;
    if (tp_stamp_read_text(stamp, text, &time, &err) == 0) {
        check_time(time);
        /* Now with its minute remembered. */
        require(tp_stamp_read_text(stamp, text, &again, &err) == 0 && again == time);
    } else {
        require(strlen(err.text) > 0 && err.fault == TP_FAULT_RECORD);
    }
    tp_stamp_free(stamp);
}

static void
try_format(struct tp_str text)
{
    const char *newline = memchr(text.ptr, '\n', text.len);
    size_t len = newline ? (size_t)(newline - text.ptr) : text.len;
    char *format = malloc(len + 1);

    require(format);
    memcpy(format, text.ptr, len);
    format[len] = '\0';
    if (newline)
        len++;
    try_stamp(format, (struct tp_str){text.ptr + len, text.len - len});
    free(format);
}

static void
try_duration(struct tp_str text)
{
    char written[TP_TIME_TEXT];
    tp_duration duration, back;
    struct tp_err err;

    if (tp_duration_parse(text, &duration, &err) < 0)
        return;
    require(tp_duration_parse((struct tp_str){written, tp_duration_write(written, duration)}, &back,
                              &err) == 0);
    require(back == duration);
}

static void
try_moment(struct tp_str text)
{
    struct tp_err err;
    tp_time time;

    if (tp_moment_parse(text, INT64_C(1795262400) * TP_SECOND, NULL, &time, &err) == 0)
        check_time(time);
    else
        require(err.fault == TP_FAULT_USAGE);
}

static void
try_table(struct tp_str bytes)
{
    static const int64_t seconds[] = {INT64_C(-9300000000), -1, 0, 1795262400, INT64_C(9300000000)};
    struct tp_zone_table table;
    size_t i;

    if (tp_zone_table_read(bytes, "fuzz", &table, NULL) < 0)
        return;
    for (i = 0; i < sizeof seconds / sizeof *seconds; i++) {
        struct tp_zone_span span = tp_zone_table_span(&table, seconds[i]);

        require(span.from <= seconds[i] && seconds[i] < span.until);
    }
    tp_zone_table_release(&table);
}

static void
try_rule(struct tp_str text)
{
    struct tp_zone_rule rule;
    struct tp_zone_span span;
    int64_t second;

    if (!tp_zone_rule_parse(text, &rule))
        return;
    for (second = INT64_C(-9300000000); second < INT64_C(9300000000); second += 1234567890) {
        span = tp_zone_rule_span(&rule, second);
        require(span.from <= second && second < span.until);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tp_str text = {(const char *)data + 1, size - 1};
    tp_time time;

    if (size == 0)
        return 0;
    switch (data[0]) {
    case 'a':
        try_stamp("auto", text);
        break;
    case 'e':
        try_stamp("epoch_ms", text);
        break;
    case 'f':
        try_format(text);
        break;
    case 'd':
        try_duration(text);
        break;
    case 'm':
        try_moment(text);
        break;
    case 'c':
        if (tp_time_parse_clf(text, &time, NULL) == 0)
            check_time(time);
        break;
    case 'r':
        try_rule(text);
        break;
    case 'z':
        try_table(text);
        break;
    default:
        break;
    }
    return 0;
}
