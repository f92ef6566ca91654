#include <stdlib.h>

#include "record/logformat_parts.h"
#include "value/text.h"

/* A format, and how far it has been read. */
struct cursor {
    struct tp_str format;
    const char *p, *end;
    struct tp_buf *text; /* where text between variables goes */
};

static int
refuse(const struct cursor *at, const char *from, const char *what, struct tp_err *err)
{
    return tp_err_at(err, TP_FAULT_USAGE, from - at->format.ptr, "%s: \"%.*s\"", what,
                     (int)(at->p - from), from);
}

/* A new part, behind the text so far; NULL with the reason. */
static struct tp_logformat_part *
add_part(struct tp_logformat *logformat, struct cursor *at, const char *from, struct tp_err *err)
{
    struct tp_logformat_part *all;

    if (logformat->parts && at->text->len == 0) {
        refuse(at, from, "nothing stands before this variable to tell it from the last", err);
        return NULL;
    }
    all = realloc(logformat->part, (logformat->parts + 1) * sizeof *all);
    if (!all) {
        tp_err_memory(err);
        return NULL;
    }
    logformat->part = all;
    all[logformat->parts] = (struct tp_logformat_part){0};
    at->text = &all[logformat->parts].behind;
    return &all[logformat->parts++];
}

static int
set_stamp(struct tp_logformat *logformat, struct tp_logformat_part *part, const char *format,
          struct tp_err *err)
{
    part->kind = TP_LOGFORMAT_STAMP;
    part->stamp = tp_stamp_new(format, logformat->zone, err);
    return part->stamp ? 0 : -1;
}

/* --- nginx -------------------------------------------------------------------------------------*/

static bool
is_word(char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_';
}

/* `$name` or `${name}`. */
static int
take_nginx(struct tp_logformat *logformat, struct cursor *at, struct tp_err *err)
{
    const char *from = at->p++, *time_format = NULL;
    bool braces = at->p < at->end && *at->p == '{';
    struct tp_logformat_part *part;
    struct tp_str name;

    at->p += braces;
    name.ptr = at->p;
    while (at->p < at->end && is_word(*at->p))
        at->p++;
    name.len = (size_t)(at->p - name.ptr);
    if (name.len == 0 || (braces && (at->p == at->end || *at->p != '}')))
        return refuse(at, from, "no variable's name", err);
    at->p += braces;
    part = add_part(logformat, at, from, err);
    if (!part)
        return -1;
    part->kind = tp_logformat_nginx(name, &part->name, &time_format);
    return part->kind == TP_LOGFORMAT_STAMP ? set_stamp(logformat, part, time_format, err) : 0;
}

/* --- Apache ------------------------------------------------------------------------------------*/

/* `%t` writes brackets around its time, `%{format}t` does not. */
static int
take_apache_time(struct tp_logformat *logformat, struct cursor *at, const char *from,
                 struct tp_str argument, struct tp_err *err)
{
    static const struct {
        const char *argument, *format;
    } units[] = {{"sec", "epoch_s"}, {"msec", "epoch_ms"}, {"usec", "epoch_us"}};
    struct tp_logformat_part *part;
    struct tp_buf format = TP_BUF_INIT;
    int result;

    if (argument.len == 0)
        TP_BUF_PUT(at->text, "[");
    part = add_part(logformat, at, from, err);
    if (!part)
        return -1;
    if (argument.len == 0) {
        part->kind = TP_LOGFORMAT_CLF;
        TP_BUF_PUT(at->text, "]");
        return 0;
    }
    if (argument.len > 6 && memcmp(argument.ptr, "begin:", 6) == 0)
        argument = (struct tp_str){argument.ptr + 6, argument.len - 6};
    else if (argument.len > 4 && memcmp(argument.ptr, "end:", 4) == 0)
        argument = (struct tp_str){argument.ptr + 4, argument.len - 4};
    for (size_t i = 0; i < 3; i++)
        if (tp_str_equal(argument, tp_str_of(units[i].argument)))
            return set_stamp(logformat, part, units[i].format, err);
    tp_buf_put_str(&format, argument);
    result = set_stamp(logformat, part, tp_buf_text(&format), err);
    tp_buf_release(&format);
    return result;
}

/* `%h`, `%>s`, `%!200,304{Referer}i`, `%%`. */
static int
take_apache(struct tp_logformat *logformat, struct cursor *at, struct tp_err *err)
{
    const char *from = at->p++;
    struct tp_str argument = {NULL, 0};
    struct tp_logformat_part *part;
    int kind;

    while (at->p < at->end && *at->p && strchr("<>!,0123456789", *at->p))
        at->p++;
    if (at->p < at->end && *at->p == '{') {
        const char *close = memchr(at->p, '}', (size_t)(at->end - at->p));

        if (!close)
            return refuse(at, from, "no closing '}'", err);
        argument = (struct tp_str){at->p + 1, (size_t)(close - at->p - 1)};
        at->p = close + 1;
    }
    if (at->p == at->end)
        return refuse(at, from, "no directive's letter", err);
    if (*at->p++ == '%') {
        TP_BUF_PUT(at->text, "%");
        return 0;
    }
    if (at->p[-1] == 't')
        return take_apache_time(logformat, at, from, argument, err);
    part = add_part(logformat, at, from, err);
    if (!part)
        return -1;
    kind = tp_logformat_apache(at->p[-1], argument, &part->name);
    if (kind < 0)
        return refuse(at, from, "no such directive", err);
    part->kind = (enum tp_logformat_kind)kind;
    return 0;
}

/* --- both --------------------------------------------------------------------------------------*/

/* A variable of nginx anywhere: then `%` is text. */
static bool
is_nginx(struct tp_str format)
{
    for (size_t i = 0; i + 1 < format.len; i++)
        if (format.ptr[i] == '$' && (format.ptr[i + 1] == '{' || is_word(format.ptr[i + 1])))
            return true;
    return false;
}

static int
take_pieces(struct tp_logformat *logformat, struct cursor *at, struct tp_err *err)
{
    bool nginx = is_nginx(at->format);

    while (at->p < at->end) {
        int result = 0;

        if (nginx && *at->p == '$') {
            result = take_nginx(logformat, at, err);
        } else if (!nginx && *at->p == '%') {
            result = take_apache(logformat, at, err);
        } else {
            /* Apache's configuration writes \" in its strings. */
            at->p += !nginx && *at->p == '\\' && at->end - at->p > 1 && at->p[1] == '"';
            tp_buf_put_char(at->text, *at->p++);
        }
        if (result < 0)
            return -1;
    }
    return 0;
}

/* A name as the record has it. */
static void
finish_name(struct tp_buf *name)
{
    struct tp_buf quoted = TP_BUF_INIT;

    TP_BUF_PUT(&quoted, ",");
    tp_text_quote(tp_buf_str(name), &quoted);
    TP_BUF_PUT(&quoted, ":");
    quoted.failed |= tp_buf_failed(name);
    tp_buf_release(name);
    *name = quoted;
}

int
tp_logformat_compile(struct tp_logformat *logformat, struct tp_str format, struct tp_err *err)
{
    struct cursor at = {format, format.ptr, format.ptr + format.len, &logformat->before};
    bool failed = tp_buf_failed(&logformat->before);

    if (take_pieces(logformat, &at, err) < 0)
        return -1;
    for (size_t i = 0; i < logformat->parts; i++) {
        struct tp_logformat_part *part = &logformat->part[i];

        if (part->kind >= TP_LOGFORMAT_CLF)
            logformat->time = part;
        finish_name(&part->name);
        failed |= tp_buf_failed(&part->name) || tp_buf_failed(&part->behind);
    }
    if (failed)
        return tp_err_memory(err);
    if (!logformat->time)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "the format has no time: $time_local, $time_iso8601, $msec or %%t");
    return 0;
}
