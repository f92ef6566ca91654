#include "record/logformat.h"

#include <stdlib.h>

#include "record/logformat_parts.h"
#include "record/typed.h"
#include "record/weblog.h"

struct tp_logformat *
tp_logformat_new(struct tp_str format, struct tp_zone *zone, struct tp_err *err)
{
    struct tp_logformat *logformat = calloc(1, sizeof *logformat);

    if (!logformat) {
        tp_err_memory(err);
        return NULL;
    }
    logformat->zone = zone;
    if (tp_logformat_compile(logformat, format, err) < 0) {
        tp_logformat_free(logformat);
        return NULL;
    }
    return logformat;
}

void
tp_logformat_free(struct tp_logformat *logformat)
{
    if (!logformat)
        return;
    for (size_t i = 0; i < logformat->parts; i++) {
        tp_buf_release(&logformat->part[i].name);
        tp_buf_release(&logformat->part[i].behind);
        tp_stamp_free(logformat->part[i].stamp);
    }
    tp_buf_release(&logformat->before);
    tp_buf_release(&logformat->scratch[0]);
    tp_buf_release(&logformat->scratch[1]);
    free(logformat->part);
    free(logformat);
}

/* --- finding the values ------------------------------------------------------------------------*/

/* Is the quote at P content: an odd number of backslashes before it? */
static bool
is_escaped(const char *from, const char *p)
{
    const char *first = p;

    while (first > from && first[-1] == '\\')
        first--;
    return (p - first) % 2 == 1;
}

/* Where TEXT stands first in [P, END); NULL when it does not. */
static const char *
find_text(const char *p, const char *end, struct tp_str text)
{
    const char *found = p;

    while ((found = memmem(found, (size_t)(end - found), text.ptr, text.len))) {
        if (text.ptr[0] != '"' || !is_escaped(p, found))
            return found;
        found++;
    }
    return NULL;
}

/* The last variable goes on to the end of the line, but for the text behind it. */
static const char *
find_last(const char *p, const char *end, struct tp_str text)
{
    if ((size_t)(end - p) < text.len ||
        (text.len && memcmp(end - text.len, text.ptr, text.len) != 0))
        return NULL;
    return end - text.len;
}

static int
find_values(struct tp_logformat *logformat, struct tp_str line, struct tp_err *err)
{
    const char *p = line.ptr, *end = line.ptr + line.len;
    struct tp_str before = tp_buf_str(&logformat->before);

    if (line.len < before.len || (before.len && memcmp(p, before.ptr, before.len) != 0))
        return tp_err_at(err, TP_FAULT_RECORD, 0, "expected '%.*s'", (int)before.len, before.ptr);
    p += before.len;
    for (size_t i = 0; i < logformat->parts; i++) {
        struct tp_logformat_part *part = &logformat->part[i];
        struct tp_str behind = tp_buf_str(&part->behind);
        const char *stop =
            i + 1 == logformat->parts ? find_last(p, end, behind) : find_text(p, end, behind);

        if (!stop)
            return tp_err_at(err, TP_FAULT_RECORD, p - line.ptr, "no '%.*s' behind this",
                             (int)behind.len, behind.ptr);
        part->value = (struct tp_str){p, (size_t)(stop - p)};
        p = stop + behind.len;
    }
    return 0;
}

static int
read_time(const struct tp_logformat_part *part, struct tp_str line, tp_time *time,
          struct tp_err *err)
{
    struct tp_err why;
    int result = part->kind == TP_LOGFORMAT_CLF
                     ? tp_time_parse_clf(part->value, time, &why)
                     : tp_stamp_read_text(part->stamp, part->value, time, &why);

    if (result == 0)
        return 0;
    return tp_err_at(err, TP_FAULT_RECORD, part->value.ptr - line.ptr, "%s", why.text);
}

/* --- writing the record ------------------------------------------------------------------------*/

/* Can TEXT stand in a JSON string as it is? */
static bool
is_plain(struct tp_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];

        if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
            return false;
    }
    return true;
}

static void
put_text(struct tp_logformat *logformat, struct tp_str text, struct tp_buf *to)
{
    if (tp_str_equal(text, TP_STR("-"))) {
        TP_BUF_PUT(to, "null");
    } else if (is_plain(text)) {
        TP_BUF_PUT(to, "\"");
        tp_buf_put_str(to, text);
        TP_BUF_PUT(to, "\"");
    } else {
        tp_weblog_put_text(text, logformat->scratch, to);
    }
}

static void
put_request(struct tp_logformat *logformat, struct tp_str request, struct tp_buf *to)
{
    struct tp_str null = TP_STR("-"), method = null, path = request, protocol = null;
    size_t from, end;

    if (request.len && tp_weblog_split_request(request, &from, &end)) {
        method = (struct tp_str){request.ptr, from - 1};
        path = (struct tp_str){request.ptr + from, end - from};
        protocol = (struct tp_str){request.ptr + end + 1, request.len - end - 1};
    }
    TP_BUF_PUT(to, ",\"method\":");
    put_text(logformat, method, to);
    TP_BUF_PUT(to, ",\"path\":");
    put_text(logformat, path, to);
    TP_BUF_PUT(to, ",\"protocol\":");
    put_text(logformat, protocol, to);
}

static void
put_part(struct tp_logformat *logformat, const struct tp_logformat_part *part, struct tp_buf *to)
{
    switch (part->kind) {
    case TP_LOGFORMAT_REQUEST:
        put_request(logformat, part->value, to);
        return;
    case TP_LOGFORMAT_CLF:
    case TP_LOGFORMAT_STAMP:
        return;
    case TP_LOGFORMAT_TYPED:
    case TP_LOGFORMAT_TEXT:
        break;
    }
    tp_buf_put_str(to, tp_buf_str(&part->name));
    if (part->kind == TP_LOGFORMAT_TYPED && tp_typed_is(part->value))
        tp_typed_put(part->value, to);
    else
        put_text(logformat, part->value, to);
}

int
tp_logformat_read(struct tp_logformat *logformat, struct tp_str line, struct tp_buf *to,
                  tp_time *time, struct tp_err *err)
{
    char stamp[TP_TIME_TEXT];

    if (line.len && line.ptr[line.len - 1] == '\r')
        line.len--;
    if (line.len == 0)
        return 0;
    if (find_values(logformat, line, err) < 0 || read_time(logformat->time, line, time, err) < 0)
        return -1;
    TP_BUF_PUT(to, "{\"@timestamp\":\"");
    tp_buf_put(to, stamp, tp_time_write(stamp, *time));
    TP_BUF_PUT(to, "\"");
    for (size_t i = 0; i < logformat->parts; i++)
        put_part(logformat, &logformat->part[i], to);
    TP_BUF_PUT(to, "}\n");
    return 1;
}
