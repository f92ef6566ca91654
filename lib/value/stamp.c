#include "value/stamp.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "value/cursor.h"
#include "value/stamp_epoch.h"
#include "value/stamp_format.h"

#define MINUTE_LEN 16 /* of "2026-11-21T10:15" */

enum form {
    FORM_AUTO,
    FORM_RFC3339,
    FORM_EPOCH,
    FORM_CLF, /* FORM_PATTERN in the one shape that has a fast reader */
    FORM_PATTERN,
};

struct tp_stamp {
    enum form form;
    enum tp_epoch_unit unit; /* FORM_EPOCH */
    struct tp_format format; /* FORM_CLF and FORM_PATTERN */
    struct tp_zone *zone;
    /* The minute read last whose every instant is inside the range. */
    char minute[MINUTE_LEN];
    tp_time minute_start; /* as if UTC */
};

static int
choose_form(struct tp_stamp *stamp, const char *format, struct tp_err *err)
{
    static const struct {
        const char *name;
        enum form form;
        enum tp_epoch_unit unit;
    } names[] = {
        {"auto", FORM_AUTO, TP_EPOCH_AUTO},    {"rfc3339", FORM_RFC3339, TP_EPOCH_AUTO},
        {"epoch_s", FORM_EPOCH, TP_EPOCH_S},   {"epoch_ms", FORM_EPOCH, TP_EPOCH_MS},
        {"epoch_us", FORM_EPOCH, TP_EPOCH_US}, {"epoch_ns", FORM_EPOCH, TP_EPOCH_NS},
    };
    size_t i;

    for (i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(format, names[i].name) != 0)
            continue;
        stamp->form = names[i].form;
        stamp->unit = names[i].unit;
        return 0;
    }
    if (!strchr(format, '%'))
        return tp_err_set(
            err, TP_FAULT_USAGE,
            "unknown time format \"%s\" (expected auto, rfc3339, epoch_s, epoch_ms, "
            "epoch_us, epoch_ns, or strptime letters such as %%Y-%%m-%%d %%H:%%M:%%S)",
            tp_excerpt_of(tp_str_of(format)).text);
    stamp->form = strcmp(format, "%d/%b/%Y:%H:%M:%S %z") == 0 ? FORM_CLF : FORM_PATTERN;
    return tp_format_compile(&stamp->format, format, err);
}

struct tp_stamp *
tp_stamp_new(const char *format, struct tp_zone *zone, struct tp_err *err)
{
    struct tp_stamp *stamp = calloc(1, sizeof *stamp);

    if (!stamp) {
        tp_err_memory(err);
        return NULL;
    }
    stamp->zone = zone;
    memcpy(stamp->minute, "1970-01-01T00:00", MINUTE_LEN);
    if (choose_form(stamp, format ? format : "auto", err) < 0) {
        free(stamp);
        return NULL;
    }
    return stamp;
}

void
tp_stamp_free(struct tp_stamp *stamp)
{
    if (!stamp)
        return;
    tp_format_release(&stamp->format);
    free(stamp);
}

static int
settle(struct tp_zone *zone, struct tp_reading *reading, struct tp_str text, tp_time *time,
       struct tp_err *err)
{
    if (!reading->zoned && zone)
        reading->second = tp_zone_second(zone, reading->second, NULL);
    return tp_reading_instant(reading, text, time, err);
}

/* Up to nine digits of a fraction; *AT moves behind them. False when there is none. */
static inline bool
read_nano(const char **at, const char *end, int32_t *nano)
{
    static const int32_t scale[] = {1000000000, 100000000, 10000000, 1000000, 100000,
                                    10000,      1000,      100,      10,      1};
    const char *start = *at, *p = start;
    const char *limit = end - p > 9 ? p + 9 : end;
    int32_t number = 0;

    for (; p < limit && tp_is_digit(*p); p++)
        number = number * 10 + (*p - '0');
    *nano = number * scale[p - start];
    *at = p;
    return p > start;
}

/* `:SS.mmmZ`, what most stamps have behind their minute, read from one word. False: another shape,
 * or a second above 59. */
static inline bool
read_milliseconds(const char *p, tp_duration *behind)
{
    static const char zero[8] = {':', '0', '0', '.', '0', '0', '0', 'Z'};
    const uint64_t digits = UINT64_C(0x000f0f0f000f0f00);
    uint64_t word, form, ten;
    unsigned second, milli;

    memcpy(&word, p, sizeof word);
    memcpy(&form, zero, sizeof form);
    word = le64toh(word ^ form);
    /* What is left is 0..9 where a digit stood and 0 elsewhere: nothing carries out of a byte. */
    if ((word & ~digits) || ((word + UINT64_C(0x0006060600060600)) & ~digits))
        return false;
    ten = word * 10 + (word >> 8); /* pairs: of the byte at hand and the next */
    second = ten >> 8 & 0xff;
    milli = (unsigned)(ten >> 32 & 0xff) * 10 + (unsigned)(word >> 48);
    *behind = (tp_duration)second * TP_SECOND + (tp_duration)milli * TP_MILLISECOND;
    return second <= 59;
}

/* The shape that most stamps have, in the minute of the one before, as most are. */
static inline bool
read_in_milliseconds(const struct tp_stamp *stamp, struct tp_str text, tp_time *time)
{
    tp_duration behind;

    if (text.len != MINUTE_LEN + 8 || memcmp(text.ptr, stamp->minute, MINUTE_LEN) != 0 ||
        !read_milliseconds(text.ptr + MINUTE_LEN, &behind))
        return false;
    *time = stamp->minute_start + behind;
    return true;
}

/* Most stamps share their minute with the one before: then two digits of seconds, a fraction and
 * the zone are all there is to read. False: not such a stamp, it may still be a good one. */
static inline bool
read_in_minute(const struct tp_stamp *stamp, struct tp_str text, tp_time *time)
{
    const char *p = text.ptr, *end = p + text.len;
    struct tp_cursor cursor;
    int32_t nano = 0, offset;
    int second;

    if (text.len < 20 || memcmp(p, stamp->minute, MINUTE_LEN) != 0)
        return false;
    second = tp_two_digits(p + 17);
    if (p[16] != ':' || second < 0 || second > 59)
        return false;
    p += 19;
    if (*p == '.') {
        p++;
        if (!read_nano(&p, end, &nano))
            return false;
    }
    *time = stamp->minute_start + second * TP_SECOND + nano;
    if (end - p == 1 && *p == 'Z')
        return true;
    cursor = (struct tp_cursor){p, end};
    return tp_cursor_offset(&cursor, &offset) && cursor.at == end &&
           tp_time_subtract(*time, offset * TP_SECOND, time);
}

/* TEXT was read whole and found good: keep its minute. */
static void
remember_minute(struct tp_stamp *stamp, struct tp_str text, const struct tp_reading *reading)
{
    int64_t minute = reading->second - reading->leap;

    minute -= (minute % 60 + 60) % 60;
    if (text.len < MINUTE_LEN || minute <= TP_TIME_MIN / TP_SECOND ||
        minute >= TP_TIME_MAX / TP_SECOND - 60)
        return;
    memcpy(stamp->minute, text.ptr, MINUTE_LEN);
    stamp->minute_start = minute * TP_SECOND;
}

static int
read_rfc3339(struct tp_stamp *stamp, struct tp_str text, tp_time *time, struct tp_err *err)
{
    struct tp_reading reading;

    if (tp_reading_parse(text, &reading, err) < 0)
        return -1;
    remember_minute(stamp, text, &reading);
    return settle(stamp->zone, &reading, text, time, err);
}

static bool
looks_like_date(struct tp_str text)
{
    const char *p = text.ptr;

    /* All four digits are looked at: 640e-12 is a number. */
    return text.len >= 5 && tp_two_digits(p) >= 0 && tp_two_digits(p + 2) >= 0 && p[4] == '-';
}

static int
read_auto(struct tp_stamp *stamp, struct tp_str text, tp_time *time, struct tp_err *err)
{
    if (read_in_minute(stamp, text, time))
        return 0;
    if (looks_like_date(text))
        return read_rfc3339(stamp, text, time, err);
    return tp_epoch_parse(text, TP_EPOCH_AUTO, time, err);
}

static int
read_pattern(struct tp_stamp *stamp, struct tp_str text, tp_time *time, struct tp_err *err)
{
    struct tp_reading reading;

    if (tp_format_read(&stamp->format, text, &reading, err) < 0)
        return -1;
    return settle(stamp->zone, &reading, text, time, err);
}

static __attribute__((noinline)) int
read_text(struct tp_stamp *stamp, struct tp_str text, tp_time *time, struct tp_err *err)
{
    switch (stamp->form) {
    case FORM_AUTO:
        return read_auto(stamp, text, time, err);
    case FORM_RFC3339:
        return read_in_minute(stamp, text, time) ? 0 : read_rfc3339(stamp, text, time, err);
    case FORM_EPOCH:
        return tp_epoch_parse(text, stamp->unit, time, err);
    case FORM_CLF:
        if (tp_time_parse_clf(text, time, NULL) == 0)
            return 0;
        return read_pattern(stamp, text, time, err);
    case FORM_PATTERN:
        break;
    }
    return read_pattern(stamp, text, time, err);
}

int
tp_stamp_read_text(struct tp_stamp *stamp, struct tp_str text, tp_time *time, struct tp_err *err)
{
    if (stamp->form <= FORM_RFC3339 && read_in_milliseconds(stamp, text, time))
        return 0;
    return read_text(stamp, text, time, err);
}

int
tp_stamp_read_number(struct tp_stamp *stamp, struct tp_str text, tp_time *time, struct tp_err *err)
{
    if (stamp->form == FORM_AUTO)
        return tp_epoch_parse(text, TP_EPOCH_AUTO, time, err);
    if (stamp->form == FORM_RFC3339)
        return tp_time_refuse(err, text, 0,
                              "a number; expected RFC 3339 such as 2026-11-21T12:00:00Z");
    /* A format may well describe digits: %Y%m%d. */
    return tp_stamp_read_text(stamp, text, time, err);
}
