#include "record/logfmt.h"

#include "record/typed.h"
#include "value/text.h"

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The first byte from P on that ends a name or a value: a blank, STOP or a quote. */
static const char *
skip_word(const char *p, const char *end, char stop)
{
    while (p < end && !is_blank(*p) && *p != stop && *p != '"')
        p++;
    return p;
}

static const char *
skip_blanks(const char *p, const char *end)
{
    while (p < end && is_blank(*p))
        p++;
    return p;
}

/* --- reading -----------------------------------------------------------------------------------*/

static bool
is_hex(const char *p, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!((p[i] >= '0' && p[i] <= '9') || ((p[i] | 32) >= 'a' && (p[i] | 32) <= 'f')))
            return false;
    return true;
}

/* The length of the escape at P (a backslash), 0 when JSON has no such. */
static size_t
escape_len(const char *p, const char *end)
{
    if (end - p >= 6 && p[1] == 'u' && is_hex(p + 2, 4))
        return 6;
    return end - p >= 2 && p[1] && strchr("\"\\/bfnrt", p[1]) ? 2 : 0;
}

/* The closing quote of the text that begins at P; NULL with the reason. */
static const char *
find_quote(struct tp_str line, const char *p, bool *escaped, struct tp_err *err)
{
    const char *end = line.ptr + line.len, *open = p - 1;

    *escaped = false;
    while (p < end && *p != '"') {
        size_t len = *p == '\\' ? escape_len(p, end) : 1;

        if (len == 0) {
            tp_err_at(err, TP_FAULT_RECORD, p - line.ptr, "no such escape in a quoted value");
            return NULL;
        }
        *escaped |= *p == '\\';
        p += len;
    }
    if (p >= end) {
        tp_err_at(err, TP_FAULT_RECORD, open - line.ptr, "no closing '\"'");
        return NULL;
    }
    return p;
}

/* The value in quotes that begins at P, a quote; returns the byte behind it. */
static const char *
read_quoted(struct tp_fields *fields, struct tp_str line, struct tp_str name, const char *p,
            struct tp_err *err)
{
    bool escaped;
    const char *stop = find_quote(line, p + 1, &escaped, err);
    struct tp_str text;

    if (!stop)
        return NULL;
    text = (struct tp_str){p + 1, (size_t)(stop - p - 1)};
    if (escaped && !fields->failed) {
        size_t from = fields->undone.len;

        tp_text_unescape(text, &fields->undone);
        text = (struct tp_str){fields->undone.ptr + from, fields->undone.len - from};
    }
    tp_fields_add(fields, name, text, TP_FIELD_TEXT);
    return stop + 1;
}

/* What stands behind NAME, at P; returns the byte behind it. */
static const char *
read_value(struct tp_fields *fields, struct tp_str line, struct tp_str name, const char *p,
           struct tp_err *err)
{
    const char *end = line.ptr + line.len, *stop;

    if (p == end || *p != '=') {
        tp_fields_add(fields, name, TP_STR("true"), TP_FIELD_JSON);
        return p;
    }
    p++;
    if (p < end && *p == '"')
        return read_quoted(fields, line, name, p, err);
    stop = skip_word(p, end, ' ');
    tp_fields_add(fields, name, (struct tp_str){p, (size_t)(stop - p)}, TP_FIELD_TYPED);
    return stop;
}

int
tp_logfmt_split(struct tp_fields *fields, struct tp_str line, struct tp_err *err)
{
    const char *p, *end;

    if (line.len && line.ptr[line.len - 1] == '\r')
        line.len--;
    end = line.ptr + line.len;
    tp_fields_begin(fields, line);
    for (p = skip_blanks(line.ptr, end); p < end; p = skip_blanks(p, end)) {
        const char *stop = skip_word(p, end, '=');
        struct tp_str name = {p, (size_t)(stop - p)};

        if (name.len == 0 || (stop < end && *stop == '"'))
            return tp_err_at(err, TP_FAULT_RECORD, stop - line.ptr, "expected a name");
        p = read_value(fields, line, name, stop, err);
        if (!p)
            return -1;
        if (p < end && !is_blank(*p))
            return tp_err_at(err, TP_FAULT_RECORD, p - line.ptr,
                             *p == '"' ? "a '\"' inside a value that is not in quotes"
                                       : "text behind a closing '\"'");
    }
    return fields->count > 0;
}

/* --- writing -----------------------------------------------------------------------------------*/

void
tp_logfmt_put_name(struct tp_str name, struct tp_buf *to)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];

        tp_buf_put_char(to, (unsigned char)c <= ' ' || c == '=' || c == '"' ? '_' : c);
    }
    if (name.len == 0)
        TP_BUF_PUT(to, "_");
    TP_BUF_PUT(to, "=");
}

static bool
needs_quotes(struct tp_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if ((unsigned char)c <= ' ' || c == '"' || c == '=' || c == '\\' || c == '\x7f')
            return true;
    }
    return tp_typed_is(text);
}

void
tp_logfmt_put_string(struct tp_str text, struct tp_buf *to)
{
    if (needs_quotes(text))
        tp_text_quote(text, to);
    else
        tp_buf_put_str(to, text);
}
