#include "event/window.h"

/* ---- parsing ---- */

#define KINDS "a length (1m, tumble:1m), hop:SIZE,SLIDE, session:GAP or all"

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
                      "(windows by count, count:%.*s, are not accepted yet)",
                      text_width(part), part.ptr, text_width(part), part.ptr);
    if (tp_duration_parse(part, length, &reason) < 0)
        return REFUSE(reader, part, "%s; windows are " KINDS, reason.text);
    if (*length <= 0)
        return REFUSE(reader, part, "a length must be above zero");
    if (*length % TP_MILLISECOND != 0)
        return REFUSE(reader, part, "a length must be a whole number of milliseconds");
    return 0;
}

/* A length that lies aligned to the epoch. Weeks do not say where they begin: people mean Monday,
 * the epoch was a Thursday. */
static int
read_aligned(const struct reader *reader, struct tp_str part, tp_duration *length)
{
    size_t at;

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
                  "calendar week from Monday would be 1w@UTC, but calendar windows are not "
                  "accepted yet",
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

static int
parse_kind(const struct reader *reader, size_t colon, struct tp_window_spec *spec)
{
    struct tp_str kind = slice(reader->text, 0, colon);
    struct tp_str rest = slice(reader->text, colon + 1, reader->text.len);

    if (tp_str_equal(kind, TP_STR("tumble")))
        return parse_tumble(reader, rest, spec);
    if (tp_str_equal(kind, TP_STR("hop")))
        return parse_hop(reader, rest, spec);
    if (tp_str_equal(kind, TP_STR("session")))
        return parse_session(reader, rest, spec);
    if (tp_str_equal(kind, TP_STR("all")))
        return REFUSE(reader, rest, "the window of everything has no length: all");
    return REFUSE(reader, kind, "no kind of window is called %.*s; windows are " KINDS,
                  text_width(kind), kind.ptr);
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
        return REFUSE(&reader, slice(text, at, text.len),
                      "calendar windows (in a time zone) are not accepted yet");
    if (find(text, ':', &at))
        return parse_kind(&reader, at, spec);
    if (tp_str_equal(text, TP_STR("tumble")) || tp_str_equal(text, TP_STR("hop")) ||
        tp_str_equal(text, TP_STR("session")))
        return REFUSE(&reader, slice(text, text.len, text.len),
                      "a length is missing; windows are " KINDS);
    return parse_tumble(&reader, text, spec);
}

int
tp_window_shift(struct tp_window_spec *spec, tp_duration offset, struct tp_err *err)
{
    if (spec->kind != TP_WINDOW_FIXED)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "an offset shifts windows of fixed length, not sessions or all");
    if (offset % TP_MILLISECOND != 0)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "a window's offset must be a whole number of milliseconds");
    spec->offset = offset % spec->slide;
    if (spec->offset < 0)
        spec->offset += spec->slide;
    return 0;
}

/* ---- arithmetic ---- */

static tp_duration
modulo(int64_t a, tp_duration step)
{
    tp_duration rest = a % step;

    return rest < 0 ? rest + step : rest;
}

/* How far TIME lies behind the last boundary at or before it. Unlike `(time - offset) % step` it
 * cannot overflow. OFFSET >= 0. */
static tp_duration
since_boundary(tp_time time, tp_duration step, tp_duration offset)
{
    tp_duration since = modulo(time, step) - (offset < step ? offset : offset % step);

    return since < 0 ? since + step : since;
}

/* The window [TIME - SINCE, the same + LENGTH); false when it leaves tp_time. */
static bool
window_around(tp_time time, tp_duration since, tp_duration length, struct tp_window *window)
{
    return !__builtin_sub_overflow(time, since, &window->start) && window->start >= TP_TIME_MIN &&
           !__builtin_add_overflow(window->start, length, &window->end) &&
           window->end <= TP_TIME_MAX;
}

/* How far the first window that holds a pane starts before the last one that does, which starts
 * SINCE before the pane: they reach back by whole slides while they still end behind its start. */
static tp_duration
reach_back(const struct tp_window_spec *spec, tp_duration since)
{
    return (spec->size - since - 1) / spec->slide * spec->slide;
}

static bool
fixed_pane(const struct tp_window_spec *spec, tp_time time, struct tp_window *pane)
{
    tp_duration since = since_boundary(time, spec->pane, spec->offset);
    struct tp_window last, first;

    if (!window_around(time, since, spec->pane, pane))
        return false;
    if (spec->pane == spec->size)
        return true;
    since = since_boundary(pane->start, spec->slide, spec->offset);
    return window_around(pane->start, since, spec->size, &last) &&
           window_around(last.start, reach_back(spec, since), spec->size, &first);
}

static bool
pane_of(const struct tp_window_spec *spec, tp_time time, struct tp_window *pane)
{
    switch (spec->kind) {
    case TP_WINDOW_FIXED:
        return fixed_pane(spec, time, pane);
    case TP_WINDOW_SESSION:
        return window_around(time, modulo(time, TP_MILLISECOND), spec->size, pane);
    case TP_WINDOW_ALL:
        break;
    }
    *pane = (struct tp_window){TP_TIME_MIN, TP_TIME_AFTER_ALL};
    return true;
}

int
tp_window_pane(const struct tp_window_spec *spec, tp_time time, struct tp_window *pane,
               struct tp_err *err)
{
    char text[TP_TIME_TEXT];

    if (pane_of(spec, time, pane))
        return 0;
    return tp_err_set(err, TP_FAULT_RECORD,
                      "%.*s: a window of it would leave the range of times (1677 to 2262)",
                      (int)tp_time_write(text, time), text);
}

void
tp_window_of_pane(const struct tp_window_spec *spec, tp_time pane_start, struct tp_window *first,
                  struct tp_window *last)
{
    tp_duration since;

    if (spec->kind != TP_WINDOW_FIXED) {
        pane_of(spec, pane_start, first);
        *last = *first;
        return;
    }
    since = since_boundary(pane_start, spec->slide, spec->offset);
    last->start = pane_start - since;
    last->end = last->start + spec->size;
    first->start = last->start - reach_back(spec, since);
    first->end = first->start + spec->size;
}
