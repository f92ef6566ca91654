#include "filter/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "value/text.h"

#define EXCERPT 60 /* columns of the line shown around the place */

/* One write(2) a message, so that the messages of a pipeline's stages do not mix. */
static void
say(const struct tp_buf *message)
{
    ssize_t written = write(STDERR_FILENO, message->ptr, message->len);

    (void)written; /* nowhere is left to complain */
}

static void
begin(struct tp_buf *message, const struct tp_report *report)
{
    tp_buf_printf(message, "%s: ", report->program);
}

static void
end(struct tp_buf *message)
{
    tp_buf_put_char(message, '\n');
    if (!tp_buf_failed(message))
        say(message);
    tp_buf_release(message);
}

void
tp_report_failure(const struct tp_report *report, const struct tp_err *err)
{
    struct tp_buf message = TP_BUF_INIT;

    begin(&message, report);
    tp_buf_put_str(&message, tp_str_of(err->text));
    end(&message);
}

void
tp_report_note(const struct tp_report *report, const char *format, ...)
{
    struct tp_buf message = TP_BUF_INIT;
    char text[1024];
    va_list args;

    if (report->quiet)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    begin(&message, report);
    tp_buf_put_str(&message, tp_str_of(text));
    end(&message);
}

/* A part of LINE around AT that is safe to show: control characters and bad UTF-8 as `.`. */
static void
put_excerpt(struct tp_buf *message, struct tp_str line, long at)
{
    size_t place = at < 0 ? 0 : (size_t)at;
    size_t from = place > EXCERPT / 2 ? place - EXCERPT / 2 : 0;
    size_t i;

    if (from >= line.len)
        from = 0;
    while (from > 0 && from < line.len && ((unsigned char)line.ptr[from] & 0xc0) == 0x80)
        from--;
    if (from > 0)
        TP_BUF_PUT(message, "…");
    for (i = from; i < line.len && i < from + EXCERPT;) {
        uint32_t code = tp_text_next(line, &i);

        if (code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0xfffd)
            tp_buf_put_char(message, '.');
        else
            tp_text_put(message, code);
    }
    if (i < line.len)
        TP_BUF_PUT(message, "…");
}

void
tp_report_bad_record(struct tp_report *report, const char *source, uint64_t line_number, long at,
                     const char *reason, struct tp_str line)
{
    struct tp_buf message = TP_BUF_INIT;

    if (report->quiet || report->bad_shown >= TP_REPORT_FIRST)
        return;
    report->bad_shown++;
    begin(&message, report);
    tp_buf_printf(&message, "%s:%llu: ", source, (unsigned long long)line_number);
    if (at >= 0)
        tp_buf_printf(&message, "byte %ld: ", at + 1);
    tp_buf_put_str(&message, tp_str_of(reason));
    TP_BUF_PUT(&message, ": ");
    put_excerpt(&message, line, at);
    end(&message);
}

int
tp_report_status(const struct tp_err *err)
{
    return err->fault == TP_FAULT_USAGE ? TP_STATUS_USAGE : TP_STATUS_FAILED;
}
