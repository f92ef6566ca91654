#include "record/weblog.h"

#include <stdbool.h>
#include <stdlib.h>
#if defined(__SSE2__) && !defined(TP_PORTABLE)
#include <emmintrin.h>
#endif

#include "value/text.h"

#define STAMP_LEN 26  /* 17/May/2015:10:05:03 +0000 */
#define MINUTE_LEN 17 /* 17/May/2015:10:05, and as long in RFC 3339: 2015-05-17T10:05: */
#define ZONE_AT 20    /* the blank before +0000 */

/* Room for a record: names, punctuation and time; and what a byte of the line can grow to. */
#define FRAMEWORK 512
#define GROWTH 6 /* \u0000 */

struct tp_weblog {
    enum tp_weblog_format format;
    struct tp_buf scratch, repaired; /* for texts that are not plain */
    /* The last minute read: logs have many lines in each. */
    char minute[MINUTE_LEN], zone[STAMP_LEN - ZONE_AT];
    tp_time minute_time;
    char minute_text[TP_TIME_TEXT];
};

/* A part of the line. Plain: no escapes, no quotes, nothing but printable ASCII, so that it can be
 * copied into a JSON string as it is. */
struct part {
    struct tp_str text;
    bool plain;
};

struct parts {
    struct part ip, ident, user;
    struct tp_str stamp;
    struct part request;
    struct tp_str status, bytes;
    struct part referer, agent;
};

struct cursor {
    const char *line, *p, *end;
};

struct tp_weblog *
tp_weblog_new(enum tp_weblog_format format)
{
    struct tp_weblog *weblog = calloc(1, sizeof *weblog);

    if (weblog)
        weblog->format = format;
    return weblog;
}

void
tp_weblog_free(struct tp_weblog *weblog)
{
    if (!weblog)
        return;
    tp_buf_release(&weblog->scratch);
    tp_buf_release(&weblog->repaired);
    free(weblog);
}

/* --- finding the parts ------------------------------------------------------------------------*/

/* The first byte from P on that is STOP or not plain, or END. */
static inline const char *
skip_plain(const char *p, const char *end, char stop)
{
#if defined(__SSE2__) && !defined(TP_PORTABLE)
    const __m128i stops = _mm_set1_epi8(stop), quotes = _mm_set1_epi8('"');
    const __m128i escapes = _mm_set1_epi8('\\'), printable = _mm_set1_epi8(0x20);

    while (p < end) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
        /* As signed bytes those above 127 are negative: one compare finds them and the control
         * characters. */
        __m128i odd = _mm_cmplt_epi8(bytes, printable);
        unsigned found;

        odd = _mm_or_si128(odd, _mm_cmpeq_epi8(bytes, stops));
        odd = _mm_or_si128(odd, _mm_cmpeq_epi8(bytes, quotes));
        odd = _mm_or_si128(odd, _mm_cmpeq_epi8(bytes, escapes));
        found = (unsigned)_mm_movemask_epi8(odd);
        if (found) {
            p += __builtin_ctz(found);
            return p < end ? p : end;
        }
        p += 16;
    }
    return end;
#else
    while (p < end && *p != stop && (unsigned char)*p - 0x20u < 0x60u && *p != '"' && *p != '\\')
        p++;
    return p;
#endif
}

static int
refuse(const struct cursor *at, const char *reason, struct tp_err *err)
{
    return tp_err_at(err, TP_FAULT_RECORD, (long)(at->p - at->line), "%s", reason);
}

static int
expect(struct cursor *at, char c, const char *reason, struct tp_err *err)
{
    if (at->p == at->end || *at->p != c)
        return refuse(at, reason, err);
    at->p++;
    return 0;
}

/* Up to the next blank, and over it. */
static int
take_word(struct cursor *at, struct part *part, const char *missing, struct tp_err *err)
{
    const char *p = skip_plain(at->p, at->end, ' ');

    part->plain = true;
    while (p < at->end && *p != ' ') {
        part->plain = false;
        p = skip_plain(p + 1, at->end, ' ');
    }
    if (p == at->p || p == at->end)
        return refuse(at, missing, err);
    part->text = (struct tp_str){at->p, (size_t)(p - at->p)};
    at->p = p + 1;
    return 0;
}

static bool
ends_text(const char *p, const char *end)
{
    return *p == '"' && (p + 1 == end || p[1] == ' ');
}

/* The inside of "…", and over the closing quote. */
static int
take_text(struct cursor *at, struct part *part, const char *missing, struct tp_err *err)
{
    const char *from, *p;

    if (expect(at, '"', missing, err) < 0)
        return -1;
    from = at->p;
    part->plain = true;
    for (p = skip_plain(from, at->end, '"'); p < at->end && !ends_text(p, at->end);) {
        part->plain = false;
        p += *p == '\\' && at->end - p > 1 ? 2 : 1;
        p = skip_plain(p, at->end, '"');
    }
    if (p >= at->end) {
        at->p = from - 1;
        return refuse(at, "no closing '\"'", err);
    }
    part->text = (struct tp_str){from, (size_t)(p - from)};
    at->p = p + 1;
    return 0;
}

/* Digits or `-`. Zeros in front are dropped: JSON has none. */
static int
take_number(struct cursor *at, struct tp_str *number, const char *missing, struct tp_err *err)
{
    const char *from = at->p, *p = from;

    while (p < at->end && *p >= '0' && *p <= '9')
        p++;
    if (p == from && p < at->end && *p == '-')
        p++;
    if (p == from || (p < at->end && *p != ' '))
        return refuse(at, missing, err);
    while (p - from > 1 && *from == '0')
        from++;
    *number = (struct tp_str){from, (size_t)(p - from)};
    at->p = p;
    return 0;
}

static int
take_stamp(struct cursor *at, struct tp_str *stamp, struct tp_err *err)
{
    if (at->end - at->p < STAMP_LEN + 2 || at->p[0] != '[' || at->p[STAMP_LEN + 1] != ']')
        return refuse(at, "expected a time like [17/May/2015:10:05:03 +0000]", err);
    *stamp = (struct tp_str){at->p + 1, STAMP_LEN};
    at->p += STAMP_LEN + 2;
    return 0;
}

static int
take_visitor(struct cursor *at, struct parts *parts, struct tp_err *err)
{
    if (expect(at, ' ', "expected a referer and an agent: is this the common format?", err) < 0 ||
        take_text(at, &parts->referer, "expected '\"' and the referer", err) < 0 ||
        expect(at, ' ', "expected a blank before the agent", err) < 0)
        return -1;
    return take_text(at, &parts->agent, "expected '\"' and the agent", err);
}

static int
take_parts(struct cursor *at, enum tp_weblog_format format, struct parts *parts, struct tp_err *err)
{
    if (take_word(at, &parts->ip, "expected an address", err) < 0 ||
        take_word(at, &parts->ident, "expected an identity or '-'", err) < 0 ||
        take_word(at, &parts->user, "expected a user or '-'", err) < 0 ||
        take_stamp(at, &parts->stamp, err) < 0 ||
        expect(at, ' ', "expected a blank before the request", err) < 0 ||
        take_text(at, &parts->request, "expected '\"' and the request", err) < 0 ||
        expect(at, ' ', "expected a blank before the status", err) < 0 ||
        take_number(at, &parts->status, "expected a status", err) < 0 ||
        expect(at, ' ', "expected a blank before the number of bytes", err) < 0 ||
        take_number(at, &parts->bytes, "expected a number of bytes or '-'", err) < 0)
        return -1;
    if (format == TP_WEBLOG_COMBINED && take_visitor(at, parts, err) < 0)
        return -1;
    if (at->p != at->end)
        return refuse(at,
                      format == TP_WEBLOG_COMMON
                          ? "text behind the number of bytes: is this the combined format?"
                          : "text behind the agent",
                      err);
    return 0;
}

/* --- time --------------------------------------------------------------------------------------*/

/* COUNT digits; -1 when they are not. */
static int
digits(const char *p, int count)
{
    int value = 0;

    for (int i = 0; i < count; i++) {
        if (p[i] < '0' || p[i] > '9')
            return -1;
        value = value * 10 + (p[i] - '0');
    }
    return value;
}

static int
month_number(const char *p)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    for (int i = 0; i < 12; i++)
        if (memcmp(p, names + 3 * (size_t)i, 3) == 0)
            return i + 1;
    return -1;
}

/* " +hhmm": seconds east of UTC. */
static bool
read_zone(const char *p, tp_duration *offset)
{
    int hours = digits(p + 2, 2), minutes = digits(p + 4, 2);

    if (p[0] != ' ' || (p[1] != '+' && p[1] != '-') || hours < 0 || hours > 23 || minutes < 0 ||
        minutes > 59)
        return false;
    *offset = (hours * TP_HOUR + minutes * TP_MINUTE) * (p[1] == '-' ? -1 : 1);
    return true;
}

/* Reads date, hour, minute and zone of STAMP and remembers them. */
static bool
learn_minute(struct tp_weblog *weblog, const char *stamp)
{
    struct tp_civil civil = {.year = digits(stamp + 7, 4),
                             .month = month_number(stamp + 3),
                             .day = digits(stamp, 2),
                             .hour = digits(stamp + 12, 2),
                             .minute = digits(stamp + 15, 2)};
    tp_duration offset;
    tp_time local, minute;

    if (stamp[2] != '/' || stamp[6] != '/' || stamp[11] != ':' || stamp[14] != ':' ||
        civil.year < 0 || civil.month < 1 || civil.day < 1 ||
        civil.day > tp_days_in_month(civil.year, civil.month) || civil.hour < 0 ||
        civil.hour > 23 || civil.minute < 0 || civil.minute > 59 ||
        !read_zone(stamp + ZONE_AT, &offset) || tp_time_of_civil(&civil, &local, NULL) < 0 ||
        !tp_time_subtract(local, offset, &minute))
        return false;
    weblog->minute_time = minute;
    tp_time_write(weblog->minute_text, weblog->minute_time);
    memcpy(weblog->minute, stamp, MINUTE_LEN);
    memcpy(weblog->zone, stamp + ZONE_AT, sizeof weblog->zone);
    return true;
}

static int
read_stamp(struct tp_weblog *weblog, struct cursor *at, struct tp_str stamp, tp_time *time,
           struct tp_err *err)
{
    int second = digits(stamp.ptr + MINUTE_LEN + 1, 2);
    bool known = memcmp(weblog->minute, stamp.ptr, MINUTE_LEN) == 0 &&
                 memcmp(weblog->zone, stamp.ptr + ZONE_AT, sizeof weblog->zone) == 0;

    at->p = stamp.ptr;
    if (stamp.ptr[MINUTE_LEN] != ':' || second < 0 || second > 60 ||
        (!known && !learn_minute(weblog, stamp.ptr)))
        return refuse(at, "not a time like 17/May/2015:10:05:03 +0000", err);
    /* As everywhere a leap second is the first instant of the next day: value/time.h. */
    if (second == 60 && memcmp(weblog->minute_text + 11, "23:59", 5) != 0)
        return refuse(at, "second 60 other than at 23:59 UTC", err);
    if (!tp_time_add(weblog->minute_time, second * TP_SECOND, time))
        return refuse(at, "time out of range", err);
    return 0;
}

/* --- writing -----------------------------------------------------------------------------------*/

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

/* Appends TEXT, which is not plain, as a JSON string. */
static void
put_undone(struct tp_weblog *weblog, struct tp_str text, struct tp_buf *to)
{
    struct tp_buf *undone = &weblog->scratch, *repaired = &weblog->repaired;
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
    put_undone(weblog, text, pen->to);
    pen->p = pen->to->ptr + pen->to->len;
}

static inline void
write_text(struct tp_weblog *weblog, struct pen *pen, const struct part *part)
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

/* METHOD PATH HTTP/x: where the path begins and ends. */
static bool
split_request(struct tp_str request, size_t *path, size_t *path_end)
{
    const char *last = memrchr(request.ptr, ' ', request.len);
    size_t method = 0;

    while (method < request.len && ((request.ptr[method] >= 'A' && request.ptr[method] <= 'Z') ||
                                    (request.ptr[method] >= 'a' && request.ptr[method] <= 'z') ||
                                    request.ptr[method] == '-' || request.ptr[method] == '_'))
        method++;
    if (!last || method == 0 || request.ptr[method] != ' ')
        return false;
    *path = method + 1;
    *path_end = (size_t)(last - request.ptr);
    return *path_end > *path && request.len - *path_end > 6 && memcmp(last, " HTTP/", 6) == 0;
}

static void
write_request(struct tp_weblog *weblog, struct pen *pen, const struct part *request)
{
    struct part path = *request, protocol = *request;
    size_t from = 0, end = 0;

    if (!split_request(request->text, &from, &end)) {
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
write_record(struct tp_weblog *weblog, struct pen *pen, const struct parts *parts, tp_time time)
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
room_for(const struct parts *parts, enum tp_weblog_format format, size_t len)
{
    bool plain = parts->ip.plain && parts->ident.plain && parts->user.plain && parts->request.plain;

    if (format == TP_WEBLOG_COMBINED)
        plain = plain && parts->referer.plain && parts->agent.plain;
    return FRAMEWORK + (plain ? 1 : GROWTH) * len;
}

int
tp_weblog_read(struct tp_weblog *weblog, struct tp_str line, struct tp_buf *to, tp_time *time,
               struct tp_err *err)
{
    struct cursor at = {line.ptr, line.ptr, line.ptr + line.len};
    struct parts parts;
    struct pen pen = {.to = to};

    if (line.len && at.end[-1] == '\r')
        at.end--;
    if (take_parts(&at, weblog->format, &parts, err) < 0 ||
        read_stamp(weblog, &at, parts.stamp, time, err) < 0)
        return -1;
    pen.p = tp_buf_reserve(to, room_for(&parts, weblog->format, line.len));
    if (!pen.p)
        return 0;
    write_record(weblog, &pen, &parts, *time);
    to->len = (size_t)(pen.p - to->ptr);
    return 0;
}
