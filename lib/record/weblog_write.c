#include "record/weblog_parts.h"

#include "value/text.h"

/* Room for a record: names, punctuation and time; and what a byte of the line can grow to. */
#define FRAMEWORK 512
#define GROWTH 6 /* \u0000 */

static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Undoes the escape at P (a backslash) and returns how long it is. Escapes that no server writes
 * are taken as they stand. */
static size_t
undo_escape(const char *p, const char *end, struct tp_buf *to)
{
    static const char letters[] = "\"\"\\\\b\bf\fn\nr\rt\tv\v";

    if (end - p >= 4 && p[1] == 'x' && hex_digit(p[2]) >= 0 && hex_digit(p[3]) >= 0) {
        tp_buf_put_char(to, (char)(hex_digit(p[2]) * 16 + hex_digit(p[3])));
        return 4;
    }
    for (size_t i = 0; end - p >= 2 && i < sizeof letters - 1; i += 2)
        if (p[1] == letters[i]) {
            tp_buf_put_char(to, letters[i + 1]);
            return 2;
        }
    tp_buf_put_char(to, '\\');
    return 1;
}

/* Appends TEXT with every byte that is not part of valid UTF-8 as \xhh. */
static void
put_repaired(struct tp_str text, struct tp_buf *to)
{
    size_t at = 0;

    while (at < text.len) {
        size_t start = at;
        bool bad = tp_text_next(text, &at) == 0xfffd && at - start == 1;

        if (bad)
            tp_buf_printf(to, "\\x%02x", (unsigned char)text.ptr[start]);
        else
            tp_buf_put(to, text.ptr + start, at - start);
    }
}

void
tp_weblog_put_text(struct tp_str text, struct tp_buf scratch[2], struct tp_buf *to)
{
    struct tp_buf *undone = &scratch[0], *repaired = &scratch[1];
    const char *p = text.ptr, *end = text.ptr + text.len;

    tp_buf_clear(undone);
    while (p < end) {
        const char *escape = memchr(p, '\\', (size_t)(end - p));
        const char *stop = escape ? escape : end;

        if (stop > p)
            tp_buf_put(undone, p, (size_t)(stop - p));
        p = escape ? escape + undo_escape(escape, end, undone) : end;
    }
    to->failed |= tp_buf_failed(undone);
    if (tp_text_is_utf8(tp_buf_str(undone))) {
        tp_text_quote(tp_buf_str(undone), to);
        return;
    }
    tp_buf_clear(repaired);
    put_repaired(tp_buf_str(undone), repaired);
    to->failed |= tp_buf_failed(repaired);
    tp_text_quote(tp_buf_str(repaired), to);
}

static bool
is_dash(struct tp_str text)
{
    return text.len == 1 && text.ptr[0] == '-';
}

/*
 * The members are written through a bare pointer into room that was made for the whole record:
 * checking the room for each of its 30 pieces cost a third of the speed.
 */
struct pen {
    struct tp_buf *to;
    char *p;
};

#define WRITE(pen, literal)                             \
    do {                                                \
        memcpy((pen)->p, literal, sizeof(literal) - 1); \
        (pen)->p += sizeof(literal) - 1;                \
    } while (0)

/* Writes TEXT, and up to COPY_STEP - 1 bytes of what lies behind it. */
#define COPY_STEP 16

static inline void
write_plain(struct pen *pen, struct tp_str text)
{
    for (size_t i = 0; i < text.len; i += COPY_STEP)
        memcpy(pen->p + i, text.ptr + i, COPY_STEP);
    pen->p += text.len;
}

static void
write_undone(struct tp_weblog *weblog, struct pen *pen, struct tp_str text)
{
    pen->to->len = (size_t)(pen->p - pen->to->ptr);
    tp_weblog_put_text(text, weblog->scratch, pen->to);
    pen->p = pen->to->ptr + pen->to->len;
}

static inline void
write_text(struct tp_weblog *weblog, struct pen *pen, const struct tp_weblog_part *part)
{
    if (is_dash(part->text)) {
        WRITE(pen, "null");
    } else if (part->plain) {
        *pen->p++ = '"';
        write_plain(pen, part->text);
        *pen->p++ = '"';
    } else {
        write_undone(weblog, pen, part->text);
    }
}

static inline void
write_number(struct pen *pen, struct tp_str number)
{
    if (is_dash(number))
        WRITE(pen, "null");
    else
        write_plain(pen, number);
}

static inline bool
is_method_byte(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
}

/* The last blank of REQUEST, at once where ` HTTP/1.1` or the like ends it; NULL: it has none. */
static inline const char *
last_blank(struct tp_str request)
{
    static const char version[] = " HTTP/1.";
    size_t len = sizeof version; /* with a digit in the place of the NUL */

    if (request.len >= len && request.ptr[request.len - 1] != ' ' &&
        memcmp(request.ptr + request.len - len, version, len - 1) == 0)
        return request.ptr + request.len - len;
    return memrchr(request.ptr, ' ', request.len);
}

bool
tp_weblog_split_request(struct tp_str request, size_t *path, size_t *path_end)
{
    const char *last = last_blank(request);
    size_t method = 0;

    while (method < request.len && is_method_byte(request.ptr[method]))
        method++;
    if (!last || method == 0 || request.ptr[method] != ' ')
        return false;
    *path = method + 1;
    *path_end = (size_t)(last - request.ptr);
    return *path_end > *path && request.len - *path_end > 6 && memcmp(last, " HTTP/", 6) == 0;
}

static void
write_request(struct tp_weblog *weblog, struct pen *pen, const struct tp_weblog_part *request)
{
    struct tp_weblog_part path = *request, protocol = *request;
    size_t from = 0, end = 0;

    if (!tp_weblog_split_request(request->text, &from, &end)) {
        WRITE(pen, ",\"method\":null,\"path\":");
        write_text(weblog, pen, request);
        WRITE(pen, ",\"protocol\":null");
        return;
    }
    path.text = (struct tp_str){request->text.ptr + from, end - from};
    protocol.text = (struct tp_str){request->text.ptr + end + 1, request->text.len - end - 1};
    WRITE(pen, ",\"method\":\"");
    write_plain(pen, (struct tp_str){request->text.ptr, from - 1});
    WRITE(pen, "\",\"path\":");
    write_text(weblog, pen, &path);
    WRITE(pen, ",\"protocol\":");
    write_text(weblog, pen, &protocol);
}

static void
write_stamp(struct tp_weblog *weblog, struct pen *pen, const char *second, tp_time time)
{
    WRITE(pen, "{\"@timestamp\":\"");
    if (second[0] == '6') {
        pen->p += tp_time_write(pen->p, time);
    } else {
        memcpy(pen->p, weblog->minute_text, MINUTE_LEN);
        memcpy(pen->p + MINUTE_LEN, second, 2);
        pen->p += MINUTE_LEN + 2;
        WRITE(pen, ".000Z");
    }
    WRITE(pen, "\"");
}

static void
write_record(struct tp_weblog *weblog, struct pen *pen, const struct tp_weblog_parts *parts,
             tp_time time)
{
    write_stamp(weblog, pen, parts->stamp.ptr + MINUTE_LEN + 1, time);
    WRITE(pen, ",\"ip\":");
    write_text(weblog, pen, &parts->ip);
    WRITE(pen, ",\"ident\":");
    write_text(weblog, pen, &parts->ident);
    WRITE(pen, ",\"user\":");
    write_text(weblog, pen, &parts->user);
    write_request(weblog, pen, &parts->request);
    WRITE(pen, ",\"status\":");
    write_number(pen, parts->status);
    WRITE(pen, ",\"bytes\":");
    write_number(pen, parts->bytes);
    if (weblog->format == TP_WEBLOG_COMBINED) {
        WRITE(pen, ",\"referer\":");
        write_text(weblog, pen, &parts->referer);
        WRITE(pen, ",\"agent\":");
        write_text(weblog, pen, &parts->agent);
    }
    WRITE(pen, "}\n");
}

/* Bytes that suffice for the record of a line of LEN bytes. */
static size_t
room_for(const struct tp_weblog_parts *parts, enum tp_weblog_format format, size_t len)
{
    bool plain = parts->ip.plain && parts->ident.plain && parts->user.plain && parts->request.plain;

    if (format == TP_WEBLOG_COMBINED)
        plain = plain && parts->referer.plain && parts->agent.plain;
    return FRAMEWORK + (plain ? 1 : GROWTH) * len;
}

void
tp_weblog_write(struct tp_weblog *weblog, const struct tp_weblog_parts *parts, tp_time time,
                size_t line_len, struct tp_buf *to)
{
    struct pen pen = {.to = to};

    pen.p = tp_buf_reserve(to, room_for(parts, weblog->format, line_len));
    if (!pen.p)
        return;
    write_record(weblog, &pen, parts, time);
    to->len = (size_t)(pen.p - to->ptr);
}
