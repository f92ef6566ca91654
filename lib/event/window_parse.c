#include "event/window.h"

#include "value/num.h"

#define MOST_RECORDS INT64_C(1000000000000) /* far beyond use, far below overflow */
#define MOST_OPEN 100000                    /* accumulators a key may take */

#define KINDS                                                                    \
    "a length (1m, tumble:1m), hop:SIZE,SLIDE, cumulate:MAX,STEP, session:GAP, " \
    "count:N, all or of the calendar (1d@Europe/Berlin, 1w@, 1mo@, 1y@)"

/* Reads the text of one specification; the places of errors count from its start. */
struct reader {
    struct tp_str text;
    struct tp_err *err;
};

static struct tp_str
slice(struct tp_str text, size_t from, size_t to)
{
    return (struct tp_str){text.ptr + from, to - from};
}

static bool
find(struct tp_str text, char c, size_t *at)
{
    const char *found = text.len ? memchr(text.ptr, c, text.len) : NULL;

    if (!found)
        return false;
    *at = (size_t)(found - text.ptr);
    return true;
}

/* 0 is both a number and a time. */
static bool
is_bare_number(struct tp_str text)
{
    if (text.len > 0 && text.ptr[0] == '0')
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    return text.len > 0;
}

/* For %.*s: a text that is too long to be one is not repeated in full, but in whole characters. */
static int
text_width(struct tp_str text)
{
    size_t shown = text.len < 80 ? text.len : 80;

    while (shown > 0 && shown < text.len && ((unsigned char)text.ptr[shown] & 0xC0) == 0x80)
        shown--;
    return (int)shown;
}

#define REFUSE(reader, part, format, ...)                                                 \
    tp_err_at((reader)->err, TP_FAULT_USAGE, (long)((part).ptr - (reader)->text.ptr),     \
              "window \"%.*s\": " format, text_width((reader)->text), (reader)->text.ptr, \
              ##__VA_ARGS__)

/* A length: whole milliseconds, above zero. */
static int
read_length(const struct reader *reader, struct tp_str part, tp_duration *length)
{
    struct tp_err reason;

    if (part.len == 0)
        return REFUSE(reader, part, "a length is missing; windows are " KINDS);
    if (is_bare_number(part))
        return REFUSE(reader, part,
                      "a bare number is a count, not a time: write %.*ss "
                      "(windows of so many records are count:%.*s)",
                      text_width(part), part.ptr, text_width(part), part.ptr);
    if (tp_duration_parse(part, length, &reason) < 0)
        return REFUSE(reader, part, "%s; windows are " KINDS, reason.text);
    if (*length <= 0)
        return REFUSE(reader, part, "a length must be above zero");
    if (*length % TP_MILLISECOND != 0)
        return REFUSE(reader, part, "a length must be a whole number of milliseconds");
    return 0;
}

/* The calendar's unit that ends NUMBER in TEXT ("2w"): false when there is no such. */
static bool
read_calendar(struct tp_str text, int64_t *count, enum tp_calendar_unit *unit)
{
    static const struct {
        struct tp_str name;
        enum tp_calendar_unit unit;
    } units[] = {
        {{"d", 1}, TP_CALENDAR_DAY},
        {{"w", 1}, TP_CALENDAR_WEEK},
        {{"mo", 2}, TP_CALENDAR_MONTH},
        {{"y", 1}, TP_CALENDAR_YEAR},
    };
    size_t digits = 0;

    *count = 0;
    while (digits < text.len && digits < 9 && text.ptr[digits] >= '0' && text.ptr[digits] <= '9')
        *count = 10 * *count + text.ptr[digits++] - '0';
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        *unit = units[i].unit;
        if (digits > 0 && tp_str_equal(slice(text, digits, text.len), units[i].name))
            return true;
    }
    return false;
}

/* A length that lies aligned to the epoch. Weeks do not say where they begin: people mean Monday,
 * the epoch was a Thursday. Months and years do not say how long they are, nor where. */
static int
read_aligned(const struct reader *reader, struct tp_str part, tp_duration *length)
{
    enum tp_calendar_unit unit;
    int64_t count;
    size_t at;

    if (read_calendar(part, &count, &unit) && unit >= TP_CALENDAR_MONTH)
        return REFUSE(reader, part,
                      "how long is it, and where would it begin? %lldd is counted from the epoch; "
                      "calendar %s in a time zone are %.*s@UTC",
                      (long long)count * (unit == TP_CALENDAR_MONTH ? 30 : 365),
                      unit == TP_CALENDAR_MONTH ? "months" : "years", text_width(part), part.ptr);
    if (read_length(reader, part, length) < 0)
        return -1;
    if (!find(part, 'w', &at))
        return 0;
    if (*length % TP_DAY != 0)
        return REFUSE(reader, part,
                      "where would a week begin? In days, 7d for 1w, it is counted from the epoch, "
                      "a Thursday");
    return REFUSE(reader, part,
                  "where would a week begin? %lldd is counted from the epoch, a Thursday; the "
                  "calendar week from Monday is 1w@UTC",
                  (long long)(*length / TP_DAY));
}

static tp_duration
common_divisor(tp_duration a, tp_duration b)
{
    while (b != 0) {
        tp_duration rest = a % b;

        a = b;
        b = rest;
    }
    return a;
}

static int
parse_tumble(const struct reader *reader, struct tp_str rest, struct tp_window_spec *spec)
{
    size_t comma;

    if (find(rest, ',', &comma))
        return REFUSE(reader, rest, "tumbling windows have one length; with a slide: hop:%.*s",
                      text_width(rest), rest.ptr);
    if (read_aligned(reader, rest, &spec->size) < 0)
        return -1;
    spec->kind = TP_WINDOW_FIXED;
    spec->slide = spec->pane = spec->size;
    return 0;
}

static int
parse_hop(const struct reader *reader, struct tp_str rest, struct tp_window_spec *spec)
{
    struct tp_str size, slide;
    size_t comma;

    if (!find(rest, ',', &comma))
        return REFUSE(reader, rest, "hopping windows have a size and a slide: hop:10m,1m");
    size = slice(rest, 0, comma);
    slide = slice(rest, comma + 1, rest.len);
    if (read_aligned(reader, size, &spec->size) < 0 ||
        read_aligned(reader, slide, &spec->slide) < 0)
        return -1;
    if (spec->slide > spec->size)
        return REFUSE(reader, slide,
                      "the slide is larger than the size, and records in between would be lost: "
                      "the size comes first");
    spec->kind = TP_WINDOW_FIXED;
    spec->pane = common_divisor(spec->size, spec->slide);
    return 0;
}

static int
parse_cumulate(const struct reader *reader, struct tp_str rest, struct tp_window_spec *spec)
{
    struct tp_str max, step;
    size_t comma;

    if (!find(rest, ',', &comma))
        return REFUSE(reader, rest,
                      "cumulating windows have a greatest size and a step: cumulate:1d,1h");
    max = slice(rest, 0, comma);
    step = slice(rest, comma + 1, rest.len);
    if (read_aligned(reader, max, &spec->size) < 0 || read_aligned(reader, step, &spec->pane) < 0)
        return -1;
    if (spec->size % spec->pane != 0)
        return REFUSE(reader, step, "the size must be a whole number of steps (the size is first)");
    spec->kind = TP_WINDOW_CUMULATE;
    spec->slide = spec->pane;
    return 0;
}

static int
parse_session(const struct reader *reader, struct tp_str rest, struct tp_window_spec *spec)
{
    size_t comma;

    if (find(rest, ',', &comma))
        return REFUSE(reader, rest, "sessions have one length, the gap: session:30m");
    if (read_length(reader, rest, &spec->size) < 0)
        return -1;
    spec->kind = TP_WINDOW_SESSION;
    return 0;
}

/* A number of records. */
static int
read_count(const struct reader *reader, struct tp_str part, int64_t *count)
{
    if (!tp_num_parse_int(part, count) || *count <= 0)
        return REFUSE(reader, part, "a number of records from 1 on is wanted: count:100");
    if (*count > MOST_RECORDS)
        return REFUSE(reader, part, "no window holds more than %lld records",
                      (long long)MOST_RECORDS);
    return 0;
}

static int
parse_count(const struct reader *reader, struct tp_str rest, struct tp_window_spec *spec)
{
    struct tp_str size = rest, slide = rest;
    size_t comma;

    if (find(rest, ',', &comma)) {
        size = slice(rest, 0, comma);
        slide = slice(rest, comma + 1, rest.len);
    }
    if (read_count(reader, size, &spec->size) < 0 || read_count(reader, slide, &spec->slide) < 0)
        return -1;
    if (spec->slide > spec->size)
        return REFUSE(reader, slide,
                      "the slide is larger than the size, and records in between would be lost: "
                      "the size comes first");
    if ((spec->size - 1) / spec->slide >= MOST_OPEN)
        return REFUSE(reader, slide, "a record would be in more than %d windows", MOST_OPEN);
    spec->kind = TP_WINDOW_COUNT;
    spec->pane = spec->size;
    return 0;
}

static int
parse_kind(const struct reader *reader, size_t colon, struct tp_window_spec *spec)
{
    struct tp_str kind = slice(reader->text, 0, colon);
    struct tp_str rest = slice(reader->text, colon + 1, reader->text.len);

    if (tp_str_equal(kind, TP_STR("tumble")))
        return parse_tumble(reader, rest, spec);
    if (tp_str_equal(kind, TP_STR("hop")))
        return parse_hop(reader, rest, spec);
    if (tp_str_equal(kind, TP_STR("cumulate")))
        return parse_cumulate(reader, rest, spec);
    if (tp_str_equal(kind, TP_STR("session")))
        return parse_session(reader, rest, spec);
    if (tp_str_equal(kind, TP_STR("count")))
        return parse_count(reader, rest, spec);
    if (tp_str_equal(kind, TP_STR("all")))
        return REFUSE(reader, rest, "the window of everything has no length: all");
    return REFUSE(reader, kind, "no kind of window is called %.*s; windows are " KINDS,
                  text_width(kind), kind.ptr);
}

/* `1d@Europe/Berlin`: AT is where the @ stands. */
static int
parse_calendar(const struct reader *reader, size_t at, struct tp_window_spec *spec)
{
    struct tp_str text = reader->text, tumble = TP_STR("tumble:");
    size_t from =
        text.len >= tumble.len && memcmp(text.ptr, tumble.ptr, tumble.len) == 0 ? tumble.len : 0;
    struct tp_str length = slice(text, from, at);
    struct tp_str zone = slice(text, at + 1, text.len);
    enum tp_calendar_unit unit;
    struct tp_err why;
    int64_t count;

    if (!read_calendar(length, &count, &unit))
        return REFUSE(reader, length,
                      "windows in a time zone are days, weeks, months or years: 1d@, 1w@, 1mo@, "
                      "1y@; shorter ones lie aligned to the epoch, --offset shifts them");
    if (zone.len == 0)
        return REFUSE(reader, zone, "a time zone is missing: %.*s@UTC, say", text_width(length),
                      length.ptr);
    spec->calendar = tp_calendar_new(count, unit, zone, &why);
    if (!spec->calendar && why.fault == TP_FAULT_MACHINE)
        return tp_err_memory(reader->err);
    if (!spec->calendar)
        return REFUSE(reader, zone, "%s", why.text);
    spec->kind = TP_WINDOW_CALENDAR;
    spec->size = spec->slide = spec->pane = tp_calendar_longest(spec->calendar);
    return 0;
}

int
tp_window_parse(struct tp_str text, struct tp_window_spec *spec, struct tp_err *err)
{
    struct reader reader = {text, err};
    size_t at;

    *spec = (struct tp_window_spec){.kind = TP_WINDOW_ALL};
    if (tp_str_equal(text, TP_STR("all")))
        return 0;
    if (find(text, '@', &at))
        return parse_calendar(&reader, at, spec);
    if (find(text, ':', &at))
        return parse_kind(&reader, at, spec);
    if (tp_str_equal(text, TP_STR("tumble")) || tp_str_equal(text, TP_STR("hop")) ||
        tp_str_equal(text, TP_STR("cumulate")) || tp_str_equal(text, TP_STR("session")) ||
        tp_str_equal(text, TP_STR("count")))
        return REFUSE(&reader, slice(text, text.len, text.len),
                      "a length is missing; windows are " KINDS);
    return parse_tumble(&reader, text, spec);
}

void
tp_window_release(struct tp_window_spec *spec)
{
    tp_calendar_free(spec->calendar);
    spec->calendar = NULL;
}

int
tp_window_shift(struct tp_window_spec *spec, tp_duration offset, struct tp_err *err)
{
    tp_duration cycle = spec->kind == TP_WINDOW_CUMULATE ? spec->size : spec->slide;

    if (spec->kind >= TP_WINDOW_SESSION)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "an offset shifts windows of fixed length, not sessions, counts or all");
    if (offset % TP_MILLISECOND != 0)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "a window's offset must be a whole number of milliseconds");
    if (spec->kind == TP_WINDOW_CALENDAR)
        return tp_calendar_shift(spec->calendar, offset, err);
    spec->offset = offset % cycle;
    if (spec->offset < 0)
        spec->offset += cycle;
    return 0;
}
