/*
 * text_format: what must hold of every text format, whatever the input: frames go on and say the
 * same however much they see; what is not refused is valid records, each on its line, that are no
 * control lines and begin with their time where they have one; what is refused leaves no trace; and
 * a second reader gives the same.
 */
#ifndef TP_FUZZ_TEXT_FORMAT_H
#define TP_FUZZ_TEXT_FORMAT_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "record/control.h"
#include "record/scan.h"
#include "record/text_format.h"

#define PADDING 64
#define CHECKED_FRAME 512 /* inputs up to this size are cut everywhere */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void
require(bool condition)
{
    if (!condition)
        abort();
}

static inline const char *
next_record(const struct tp_text_format *format, const struct tp_text_options *options,
            const char *p, const char *end, bool at_end)
{
    if (format->next)
        return format->next(options, p, end, at_end);
    return (const char *)memchr(p, '\n', (size_t)(end - p)) + 1;
}

/* With fewer whole lines at hand the frame says the same, or that it needs more. */
static inline void
check_frame(const struct tp_text_format *format, const struct tp_text_options *options,
            const char *p, const char *next, const char *end)
{
    for (const char *cut = p; (cut = memchr(cut, '\n', (size_t)(end - cut)));) {
        const char *early = next_record(format, options, p, ++cut, false);

        require(!early || (early == next && early <= cut) || cut < next);
    }
}

static inline void
check_records(const struct tp_text_format *format, const struct tp_text_options *options,
              struct tp_str records)
{
    static const char head[] = "{\"@timestamp\":\"";
    const char *p = records.ptr, *end = records.ptr + records.len;
    bool timed = (format->traits & TP_TEXT_TIMED) || options->time_member.ptr;

    require(records.len > 0 && end[-1] == '\n');
    while (p < end) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        struct tp_str record = {p, (size_t)(newline - p)};
        struct tp_err err;

        require(tp_scan_validate(record, &err) == 0 && record.ptr[0] == '{');
        require(!tp_control_is(record));
        require(!timed || memcmp(p, head, sizeof head - 1) == 0);
        p = newline + 1;
    }
}

static inline void
read_both(struct tp_text_reader *reader, struct tp_text_reader *other,
          const struct tp_text_format *format, const struct tp_text_options *options,
          struct tp_str line)
{
    struct tp_buf records = TP_BUF_INIT, again = TP_BUF_INIT;
    struct tp_err err;
    tp_time time = 0, second_time = 0;
    int result;

    tp_buf_put(&records, "x", 1);
    result = tp_text_read(reader, line, &records, &time, &err);
    require(tp_text_read(other, line, &again, &second_time, &err) == result);
    require(result > 0 ? records.len == again.len + 1 &&
                             (again.len == 0 || memcmp(records.ptr + 1, again.ptr, again.len) == 0)
                       : records.len == 1 && again.len == 0);
    if (result > 0 && again.len)
        check_records(format, options, tp_buf_str(&again));
    tp_buf_release(&records);
    tp_buf_release(&again);
}

static inline int
try_input(const char *name, struct tp_text_options *options, const uint8_t *data, size_t size)
{
    struct tp_err err;
    const struct tp_text_format *format = tp_text_format_find(name, &err);
    struct tp_text_reader *reader = tp_text_reader_new(format, options, &err);
    struct tp_text_reader *other = tp_text_reader_new(format, options, &err);
    char *text = calloc(1, size + 1 + PADDING);
    const char *p = text, *end = text + size + 1;

    if (size)
        memcpy(text, data, size);
    text[size] = '\n';
    while (reader && p < end) {
        const char *next = next_record(format, options, p, end, true);

        require(next && next > p && next <= end);
        if (size < CHECKED_FRAME)
            check_frame(format, options, p, next, end);
        read_both(reader, other, format, options, (struct tp_str){p, (size_t)(next - 1 - p)});
        p = next;
    }
    tp_text_reader_free(reader);
    tp_text_reader_free(other);
    free(text);
    return 0;
}

#endif
