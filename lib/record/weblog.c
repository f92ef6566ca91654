#include "record/weblog.h"

#include <stdlib.h>
#if defined(__SSE2__) && !defined(TP_PORTABLE)
#include <emmintrin.h>
#endif

#include "record/weblog_parts.h"
#include "value/num_digits.h"

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
    tp_buf_release(&weblog->scratch[0]);
    tp_buf_release(&weblog->scratch[1]);
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
    tp_err_at(err, TP_FAULT_RECORD, (long)(at->p - at->line), "%s", reason);
    return -1; /* said here too, for analysers that do not look into err.c */
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
take_word(struct cursor *at, struct tp_weblog_part *part, const char *missing, struct tp_err *err)
{
    const char *p;

    part->plain = true;
    /* Most identities and users. */
    if (at->end - at->p >= 2 && at->p[0] == '-' && at->p[1] == ' ') {
        part->text = (struct tp_str){at->p, 1};
        at->p += 2;
        return 0;
    }
    p = skip_plain(at->p, at->end, ' ');
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
take_text(struct cursor *at, struct tp_weblog_part *part, const char *missing, struct tp_err *err)
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

/* The first byte from P on that is no digit, or END. Eight at a time: how many there are is not
 * foreseeable, so a loop over them costs a wrong guess of the branch. */
static inline const char *
skip_digits(const char *p, const char *end)
{
    while (p < end) {
        unsigned count = tp_num_leading_digits(tp_num_load(p));

        p += count;
        if (count < 8)
            return p < end ? p : end;
    }
    return end;
}

/* Digits or `-`. Zeros in front are dropped: JSON has none. */
static int
take_number(struct cursor *at, struct tp_str *number, const char *missing, struct tp_err *err)
{
    const char *from = at->p, *p = skip_digits(from, at->end);

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
take_visitor(struct cursor *at, struct tp_weblog_parts *parts, struct tp_err *err)
{
    if (expect(at, ' ', "expected a referer and an agent: is this the common format?", err) < 0 ||
        take_text(at, &parts->referer, "expected '\"' and the referer", err) < 0 ||
        expect(at, ' ', "expected a blank before the agent", err) < 0)
        return -1;
    return take_text(at, &parts->agent, "expected '\"' and the agent", err);
}

static int
take_parts(struct cursor *at, enum tp_weblog_format format, struct tp_weblog_parts *parts,
           struct tp_err *err)
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

int
tp_weblog_read(struct tp_weblog *weblog, struct tp_str line, struct tp_buf *to, tp_time *time,
               struct tp_err *err)
{
    struct cursor at = {line.ptr, line.ptr, line.ptr + line.len};
    struct tp_weblog_parts parts;

    if (line.len && at.end[-1] == '\r')
        at.end--;
    if (take_parts(&at, weblog->format, &parts, err) < 0 ||
        read_stamp(weblog, &at, parts.stamp, time, err) < 0)
        return -1;
    tp_weblog_write(weblog, &parts, *time, line.len, to);
    return 0;
}
