#include "record/syslog.h"

#include <stdlib.h>

#include "value/num.h"
#include "value/text.h"

#define NO_YEAR INT64_MIN

struct tp_syslog {
    struct tp_syslog_options options;
    bool begun; /* a stamp without a year was read: */
    tp_time last;
};

struct cursor {
    struct tp_str line;
    const char *p, *end;
};

bool
tp_syslog_last(const struct tp_syslog *syslog, tp_time *last)
{
    *last = syslog->last;
    return syslog->begun;
}

void
tp_syslog_resume(struct tp_syslog *syslog, tp_time last)
{
    syslog->begun = true;
    syslog->last = last;
}

struct tp_syslog *
tp_syslog_new(const struct tp_syslog_options *options)
{
    struct tp_syslog *syslog = calloc(1, sizeof *syslog);

    if (syslog)
        syslog->options = *options;
    return syslog;
}

void
tp_syslog_free(struct tp_syslog *syslog)
{
    free(syslog);
}

static int
expected(const struct cursor *at, const char *what, struct tp_err *err)
{
    return tp_err_at(err, TP_FAULT_RECORD, at->p - at->line.ptr, "expected %s", what);
}

static bool
skip(struct cursor *at, char c)
{
    if (at->p == at->end || *at->p != c)
        return false;
    at->p++;
    return true;
}

/* The bytes up to the next blank, and over it. */
static struct tp_str
next_word(struct cursor *at)
{
    const char *from = at->p;

    while (at->p < at->end && *at->p != ' ')
        at->p++;
    skip(at, ' ');
    return (struct tp_str){from, (size_t)(at->p - from) - (at->p > from && at->p[-1] == ' ')};
}

/* A number of up to MOST digits; -1 when there is none. */
static int
next_number(struct cursor *at, int most)
{
    int number = -1;

    for (int i = 0; i < most && at->p < at->end && *at->p >= '0' && *at->p <= '9'; i++)
        number = 10 * (number < 0 ? 0 : number) + (*at->p++ - '0');
    return number;
}

/* --- times -------------------------------------------------------------------------------------*/

static int
month_of(const char *p)
{
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";

    for (int i = 0; i < 12; i++)
        if ((p[0] | 32) == names[3 * i] && (p[1] | 32) == names[3 * i + 1] &&
            (p[2] | 32) == names[3 * i + 2])
            return i + 1;
    return 0;
}

/* `Oct 11 22:14:15`, `Oct  1 ...`, with a fraction, or a year behind the day (Cisco). */
static bool
read_month_stamp(struct cursor *at, struct tp_civil *civil)
{
    *civil = (struct tp_civil){.year = NO_YEAR};
    civil->month = at->end - at->p >= 15 ? month_of(at->p) : 0;
    if (!civil->month || at->p[3] != ' ')
        return false;
    at->p += 4;
    skip(at, ' ');
    civil->day = next_number(at, 2);
    if (!skip(at, ' '))
        return false;
    if (at->end - at->p > 4 && at->p[4] == ' ') {
        civil->year = next_number(at, 4);
        if (!skip(at, ' '))
            return false;
    }
    civil->hour = next_number(at, 2);
    if (!skip(at, ':'))
        return false;
    civil->minute = next_number(at, 2);
    if (!skip(at, ':'))
        return false;
    civil->second = next_number(at, 2);
    if (skip(at, '.'))
        for (int unit = 100000000; at->p < at->end && *at->p >= '0' && *at->p <= '9'; unit /= 10)
            civil->nano += (*at->p++ - '0') * unit;
    return civil->day > 0 && civil->hour >= 0 && civil->minute >= 0 && civil->second >= 0;
}

/* The instant of CIVIL in YEAR, in the zone; -1 when there is no such day in it. */
static int
instant_in(const struct tp_syslog *syslog, struct tp_civil civil, int64_t year, tp_time *time,
           struct tp_err *err)
{
    civil.year = year;
    if (tp_time_of_civil(&civil, time, err) < 0)
        return -1;
    if (!syslog->options.zone)
        return 0;
    return tp_zone_instant(syslog->options.zone, *time, time, NULL, err);
}

/* How far apart, without wrapping. */
static uint64_t
distance(tp_time a, tp_time b)
{
    return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

/* The first stamp without a year: not later than a day from now. 29 February may be 8 years back.*/
static int
find_first(const struct tp_syslog *syslog, const struct tp_civil *civil, tp_time *time,
           struct tp_err *err)
{
    int64_t year = syslog->options.year;
    tp_time limit;

    if (year >= 0)
        return instant_in(syslog, *civil, year, time, err);
    if (!tp_time_add(syslog->options.now, TP_DAY, &limit))
        limit = TP_TIME_MAX;
    year = tp_civil_of_time(limit).year + 1; /* a zone may be a year ahead */
    for (int i = 0; i < 10; i++)
        if (instant_in(syslog, *civil, year - i, time, err) == 0 && *time <= limit)
            return 0;
    return -1;
}

/* A further one: nearest to the one before. */
static int
find_nearest(const struct tp_syslog *syslog, const struct tp_civil *civil, tp_time *time,
             struct tp_err *err)
{
    int64_t year = tp_civil_of_time(syslog->last).year;
    tp_time candidate;
    int result = -1;

    for (int64_t y = year - 1; y <= year + 1; y++) {
        if (instant_in(syslog, *civil, y, &candidate, err) < 0)
            continue;
        if (result < 0 || distance(candidate, syslog->last) < distance(*time, syslog->last))
            *time = candidate;
        result = 0;
    }
    return result;
}

static int
find_year(struct tp_syslog *syslog, const struct tp_civil *civil, tp_time *time, struct tp_err *err)
{
    int result;

    if (civil->year != NO_YEAR)
        return instant_in(syslog, *civil, civil->year, time, err);
    result = syslog->begun ? find_nearest(syslog, civil, time, err)
                           : find_first(syslog, civil, time, err);
    if (result < 0)
        return -1;
    syslog->begun = true;
    syslog->last = *time;
    return 0;
}

/* RFC 3339; without a zone it is in the one given. */
static int
read_full_stamp(const struct tp_syslog *syslog, struct cursor *at, tp_time *time,
                struct tp_err *err)
{
    const char *from = at->p;
    struct tp_str word = next_word(at);
    struct tp_err why;
    bool zoneless;

    if (tp_time_parse(word, time, &zoneless, &why) < 0)
        return tp_err_at(err, TP_FAULT_RECORD, from - at->line.ptr, "%s", why.text);
    if (zoneless && syslog->options.zone)
        return tp_zone_instant(syslog->options.zone, *time, time, NULL, err);
    return 0;
}

static int
read_stamp(struct tp_syslog *syslog, struct cursor *at, tp_time *time, struct tp_err *err)
{
    const char *from = at->p;
    struct tp_civil civil;
    struct tp_err why;

    if (at->p < at->end && *at->p >= '0' && *at->p <= '9')
        return read_full_stamp(syslog, at, time, err);
    if (!read_month_stamp(at, &civil) || !skip(at, ' ')) {
        at->p = from;
        return expected(at, "a time (Oct 11 22:14:15, or RFC 3339)", err);
    }
    if (find_year(syslog, &civil, time, &why) < 0)
        return tp_err_at(err, TP_FAULT_RECORD, from - at->line.ptr, "%s", why.text);
    return 0;
}

/* --- fields ------------------------------------------------------------------------------------*/

static void
add_null(struct tp_fields *fields, struct tp_str name)
{
    tp_fields_add(fields, name, TP_STR("null"), TP_FIELD_JSON);
}

/* `-` and nothing are null. */
static void
add_word(struct tp_fields *fields, struct tp_str name, struct tp_str word)
{
    if (word.len == 0 || tp_str_equal(word, TP_STR("-")))
        add_null(fields, name);
    else
        tp_fields_add(fields, name, word, TP_FIELD_TEXT);
}

static void
add_pid(struct tp_fields *fields, struct tp_str word)
{
    int64_t number;

    if (word.len && word.ptr[0] >= '1' && word.ptr[0] <= '9' && tp_num_parse_int(word, &number))
        tp_fields_add(fields, TP_STR("pid"), word, TP_FIELD_JSON);
    else
        add_word(fields, TP_STR("pid"), word);
}

/* PRIORITY is -1 when there is none. */
static void
add_priority(struct tp_fields *fields, int priority)
{
    static const char *const facilities[] = {
        "kern",   "user",   "mail",     "daemon", "auth",   "syslog", "lpr",    "news",
        "uucp",   "cron",   "authpriv", "ftp",    "ntp",    "audit",  "alert",  "clock",
        "local0", "local1", "local2",   "local3", "local4", "local5", "local6", "local7"};
    static const char *const severities[] = {"emerg",   "alert",  "crit", "err",
                                             "warning", "notice", "info", "debug"};

    if (priority < 0) {
        add_null(fields, TP_STR("facility"));
        add_null(fields, TP_STR("severity"));
        add_null(fields, TP_STR("level"));
        return;
    }
    tp_fields_add(fields, TP_STR("facility"), tp_str_of(facilities[priority / 8]), TP_FIELD_TEXT);
    tp_fields_add(fields, TP_STR("severity"), tp_str_of(severities[priority % 8]), TP_FIELD_TEXT);
    tp_fields_add(fields, TP_STR("level"), (struct tp_str){&"01234567"[priority % 8], 1},
                  TP_FIELD_JSON);
}

/* `<34>`; -1 when there is none, -2 when it is broken. */
static int
read_priority(struct cursor *at)
{
    int priority;

    if (!skip(at, '<'))
        return -1;
    priority = next_number(at, 3);
    if (priority < 0 || priority > 191 || !skip(at, '>'))
        return -2;
    return priority;
}

/* --- RFC 5424 ----------------------------------------------------------------------------------*/

/* A name as SD-ID and PARAM-NAME are: printable ASCII but `=`, blank, `]` and `"`. */
static struct tp_str
next_sd_name(struct cursor *at)
{
    const char *from = at->p;

    while (at->p<at->end && * at->p> ' ' && *at->p < '\x7f' && !strchr("=]\"", *at->p))
        at->p++;
    return (struct tp_str){from, (size_t)(at->p - from)};
}

/* The value whose opening quote was read; `\"`, `\\` and `\]` are undone, as JSON. */
static int
read_sd_value(struct cursor *at, struct tp_buf *undone, struct tp_buf *to, struct tp_err *err)
{
    tp_buf_clear(undone);
    while (at->p < at->end && *at->p != '"') {
        if (*at->p == '\\' && at->end - at->p > 1 && strchr("\"\\]", at->p[1]) && at->p[1])
            at->p++;
        tp_buf_put_char(undone, *at->p++);
    }
    if (!skip(at, '"'))
        return expected(at, "'\"' behind a value of structured data", err);
    to->failed |= tp_buf_failed(undone);
    tp_text_quote(tp_buf_str(undone), to);
    return 0;
}

static int
read_sd_element(struct cursor *at, struct tp_buf *undone, struct tp_buf *to, struct tp_err *err)
{
    struct tp_str name = next_sd_name(at);

    if (name.len == 0)
        return expected(at, "the name of structured data", err);
    tp_text_quote(name, to);
    TP_BUF_PUT(to, ":{");
    for (bool any = false; skip(at, ' '); any = true) {
        name = next_sd_name(at);
        if (name.len == 0 || !skip(at, '=') || !skip(at, '"'))
            return expected(at, "name=\"value\" in structured data", err);
        if (any)
            TP_BUF_PUT(to, ",");
        tp_text_quote(name, to);
        TP_BUF_PUT(to, ":");
        if (read_sd_value(at, undone, to, err) < 0)
            return -1;
    }
    TP_BUF_PUT(to, "}");
    return skip(at, ']') ? 0 : expected(at, "']' behind structured data", err);
}

static int
read_sd(struct cursor *at, struct tp_buf *to, struct tp_err *err)
{
    struct tp_buf undone = TP_BUF_INIT;
    int result = 0;

    if (skip(at, '-')) {
        TP_BUF_PUT(to, "null");
        return 0;
    }
    if (at->p == at->end || *at->p != '[')
        return expected(at, "structured data or '-'", err);
    TP_BUF_PUT(to, "{");
    for (bool any = false; result == 0 && skip(at, '['); any = true) {
        if (any)
            TP_BUF_PUT(to, ",");
        result = read_sd_element(at, &undone, to, err);
    }
    TP_BUF_PUT(to, "}");
    tp_buf_release(&undone);
    return result;
}

/* What stands behind `<34>1 `. */
static int
read_5424(struct cursor *at, struct tp_fields *fields, const struct tp_syslog *syslog,
          tp_time *time, struct tp_err *err)
{
    struct tp_buf *data = &fields->undone;

    if (at->p < at->end && *at->p == '-')
        return tp_err_at(err, TP_FAULT_RECORD, at->p - at->line.ptr, "no event time: it is '-'");
    if (read_full_stamp(syslog, at, time, err) < 0)
        return -1;
    add_word(fields, TP_STR("host"), next_word(at));
    add_word(fields, TP_STR("app"), next_word(at));
    add_pid(fields, next_word(at));
    add_word(fields, TP_STR("msgid"), next_word(at));
    if (read_sd(at, data, err) < 0)
        return -1;
    fields->failed |= tp_buf_failed(data);
    tp_fields_add(fields, TP_STR("data"), tp_buf_str(data), TP_FIELD_JSON);
    if (at->p < at->end && !skip(at, ' '))
        return expected(at, "a blank behind structured data", err);
    if (at->end - at->p >= 3 && memcmp(at->p, "\xef\xbb\xbf", 3) == 0)
        at->p += 3;
    return 0;
}

/* --- RFC 3164 ----------------------------------------------------------------------------------*/

/* `su[123]: ` or `su: `; leaves the cursor where it is when there is no such tag. */
static void
read_tag(struct cursor *at, struct tp_fields *fields)
{
    struct cursor try = *at;
    struct tp_str app, pid = {NULL, 0};

    while (try.p<try.end && * try.p> ' ' && *try.p != ':' && *try.p != '[')
        try.p++;
    app = (struct tp_str){at->p, (size_t)(try.p - at->p)};
    if (skip(&try, '[')) {
        const char *close = memchr(try.p, ']', (size_t)(try.end - try.p));

        pid = (struct tp_str){try.p, close ? (size_t)(close - try.p) : 0};
        try.p = close ? close + 1 : try.end;
    }
    if (app.len == 0 || !skip(&try, ':')) {
        add_null(fields, TP_STR("app"));
        add_null(fields, TP_STR("pid"));
        return;
    }
    add_word(fields, TP_STR("app"), app);
    add_pid(fields, pid);
    skip(&try, ' ');
    *at = try;
}

static int
read_3164(struct cursor *at, struct tp_fields *fields, struct tp_syslog *syslog, tp_time *time,
          struct tp_err *err)
{
    if (read_stamp(syslog, at, time, err) < 0)
        return -1;
    add_word(fields, TP_STR("host"), next_word(at));
    read_tag(at, fields);
    return 0;
}

int
tp_syslog_read(struct tp_syslog *syslog, struct tp_fields *fields, struct tp_str line,
               struct tp_buf *to, tp_time *time, struct tp_err *err)
{
    struct cursor at = {line, line.ptr, line.ptr + line.len};
    int priority, result;

    if (line.len && at.end[-1] == '\r')
        at.end--;
    if (at.p == at.end)
        return 0;
    tp_fields_begin(fields, line);
    priority = read_priority(&at);
    if (priority == -2)
        return expected(&at, "a priority <0> to <191>", err);
    add_priority(fields, priority);
    if (priority >= 0 && at.end - at.p >= 2 && memcmp(at.p, "1 ", 2) == 0) {
        at.p += 2;
        result = read_5424(&at, fields, syslog, time, err);
    } else {
        result = read_3164(&at, fields, syslog, time, err);
    }
    if (result < 0)
        return -1;
    tp_fields_add(fields, TP_STR("message"), (struct tp_str){at.p, (size_t)(at.end - at.p)},
                  TP_FIELD_TEXT);
    return tp_fields_write_at(fields, *time, to, err);
}
