#include "value/stamp.h"

#include "value/cursor.h"
#include "value/stamp_epoch.h"

#define MOMENT_EXPECTED                                                                           \
    "expected RFC 3339 such as 2026-11-21T12:00:00Z, a date, now, today, yesterday, -7d, +1h or " \
    "@1763712000"

/* The first instant of the day of NOW, or of one AWAY days from it, in ZONE. */
static int
start_of_day(tp_time now, int away, struct tp_zone *zone, struct tp_str text, tp_time *time,
             struct tp_err *err)
{
    struct tp_reading reading = {.zoned = true};
    int64_t second = tp_time_floor(now, TP_SECOND, 0) / TP_SECOND;
    int64_t day;

    if (zone)
        second += tp_zone_offset(zone, now);
    day = second / 86400 - (second % 86400 < 0) + away;
    reading.second = zone ? tp_zone_second(zone, day * 86400, NULL) : day * 86400;
    return tp_reading_instant(&reading, text, time, err);
}

static int
read_relative(struct tp_str text, tp_time now, tp_time *time, struct tp_err *err)
{
    tp_duration by;

    if (tp_duration_parse(text, &by, err) < 0)
        return -1;
    return tp_time_add(now, by, time) ? 0 : tp_time_refuse_range(err, text);
}

static int
read_absolute(struct tp_str text, struct tp_zone *zone, tp_time *time, struct tp_err *err)
{
    struct tp_reading reading;
    struct tp_err fault;

    if (tp_reading_parse(text, &reading, &fault) < 0) {
        /* What goes wrong before the month was hardly meant as a date. */
        if (fault.at < 5)
            return tp_err_set(err, TP_FAULT_USAGE, "no time: \"%s\" (" MOMENT_EXPECTED ")",
                              tp_excerpt_of(text).text);
        return tp_err_set(err, TP_FAULT_USAGE, "%s", fault.text);
    }
    if (!reading.zoned && zone)
        reading.second = tp_zone_second(zone, reading.second, NULL);
    return tp_reading_instant(&reading, text, time, err);
}

static int
read_moment(struct tp_str text, tp_time now, struct tp_zone *zone, tp_time *time,
            struct tp_err *err)
{
    if (tp_str_equal(text, TP_STR("now"))) {
        *time = now;
        return 0;
    }
    if (tp_str_equal(text, TP_STR("today")))
        return start_of_day(now, 0, zone, text, time, err);
    if (tp_str_equal(text, TP_STR("yesterday")))
        return start_of_day(now, -1, zone, text, time, err);
    if (text.len > 0 && (text.ptr[0] == '-' || text.ptr[0] == '+'))
        return read_relative(text, now, time, err);
    if (text.len > 0 && text.ptr[0] == '@')
        return tp_epoch_parse((struct tp_str){text.ptr + 1, text.len - 1}, TP_EPOCH_S, time, err);
    return read_absolute(text, zone, time, err);
}

int
tp_moment_parse(struct tp_str text, tp_time now, struct tp_zone *zone, tp_time *time,
                struct tp_err *err)
{
    if (read_moment(text, now, zone, time, err) == 0)
        return 0;
    if (err)
        err->fault = TP_FAULT_USAGE; /* a word on the command line, not a record */
    return -1;
}
