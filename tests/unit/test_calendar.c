#include "event/calendar.h"

#include "unit.h"

static tp_time
at(const char *text)
{
    tp_time time = 0;
    bool zoneless;

    CHECK_THAT(tp_time_parse(tp_str_of(text), &time, &zoneless, NULL) == 0, "%s", text);
    return time;
}

static struct tp_calendar *
calendar(int64_t count, enum tp_calendar_unit unit, const char *zone, tp_duration offset)
{
    struct tp_err err = {.text = ""};
    struct tp_calendar *made = tp_calendar_new(count, unit, tp_str_of(zone), &err);

    CHECK_THAT(made && tp_calendar_shift(made, offset, &err) == 0, "%s: %s", zone, err.text);
    return made;
}

/* The period that holds TIME is [START, END). */
static void
check(int64_t count, enum tp_calendar_unit unit, const char *zone, tp_duration offset,
      const char *time, const char *start, const char *end)
{
    struct tp_calendar *made = calendar(count, unit, zone, offset);
    tp_time from, to;

    CHECK(tp_calendar_period(made, at(time), &from, &to));
    CHECK_THAT(from == at(start) && to == at(end), "%s in %s", time, zone);
    CHECK(to - from <= tp_calendar_longest(made));
    tp_calendar_free(made);
}

static void
lengths(void)
{
    const enum tp_calendar_unit day = TP_CALENDAR_DAY;

    /* 23 hours, 25 hours */
    check(1, day, "Europe/Berlin", 0, "2026-03-29T12:00Z", "2026-03-28T23:00Z",
          "2026-03-29T22:00Z");
    check(1, day, "Europe/Berlin", 0, "2026-10-25T22:59:59Z", "2026-10-24T22:00Z",
          "2026-10-25T23:00Z");
    check(1, TP_CALENDAR_WEEK, "UTC", 0, "2026-11-22T23:59:59Z", "2026-11-16T00:00Z",
          "2026-11-23T00:00Z");
    check(1, TP_CALENDAR_MONTH, "Europe/Berlin", 0, "2026-03-31T21:59:59Z", "2026-02-28T23:00Z",
          "2026-03-31T22:00Z");
    check(3, TP_CALENDAR_MONTH, "UTC", 0, "2026-11-21T00:00Z", "2026-10-01T00:00Z",
          "2027-01-01T00:00Z");
    check(10, TP_CALENDAR_YEAR, "UTC", 0, "1969-12-31T23:59:59Z", "1960-01-01T00:00Z",
          "1970-01-01T00:00Z");
    check(1, TP_CALENDAR_YEAR, "+05:30", 0, "2024-12-31T18:30Z", "2024-12-31T18:30Z",
          "2025-12-31T18:30Z");
}

/* Clocks that were moved at or over a boundary. */
static void
moved_boundaries(void)
{
    const enum tp_calendar_unit day = TP_CALENDAR_DAY;

    /* Sao Paulo went from 24:00 back to 23:00, and from 0:00 on to 1:00. */
    check(1, day, "America/Sao_Paulo", 0, "2018-02-18T02:30Z", "2018-02-17T02:00Z",
          "2018-02-18T03:00Z");
    check(1, day, "America/Sao_Paulo", 0, "2018-11-04T03:00Z", "2018-11-04T03:00Z",
          "2018-11-05T02:00Z");
    /* With days from 23:30 on, that time came twice: the first begins the day. */
    check(1, day, "America/Sao_Paulo", 1410 * TP_MINUTE, "2018-02-18T02:10Z", "2018-02-18T01:30Z",
          "2018-02-19T02:30Z");
    /* Samoa had no 30 December 2011. */
    check(1, day, "Pacific/Apia", 0, "2011-12-30T09:59:59Z", "2011-12-29T10:00Z",
          "2011-12-30T10:00Z");
    check(1, day, "Pacific/Apia", 0, "2011-12-30T10:00Z", "2011-12-30T10:00Z", "2011-12-31T10:00Z");
    /* Kwajalein likewise had no 21 August 1993. */
    check(1, day, "Pacific/Kwajalein", 0, "1993-08-21T12:00Z", "1993-08-21T12:00Z",
          "1993-08-22T12:00Z");
}

static void
offsets(void)
{
    struct tp_calendar *made = calendar(1, TP_CALENDAR_DAY, "UTC", 0);

    check(1, TP_CALENDAR_DAY, "Europe/Berlin", 6 * TP_HOUR, "2026-03-29T04:00Z",
          "2026-03-29T04:00Z", "2026-03-30T04:00Z");
    check(1, TP_CALENDAR_DAY, "Europe/Berlin", 6 * TP_HOUR, "2026-03-29T03:59Z",
          "2026-03-28T05:00Z", "2026-03-29T04:00Z");
    check(1, TP_CALENDAR_DAY, "UTC", -TP_MILLISECOND, "2026-03-28T23:59:59.999Z",
          "2026-03-28T23:59:59.999Z", "2026-03-29T23:59:59.999Z");
    check(1, TP_CALENDAR_DAY, "UTC", -TP_MILLISECOND, "2026-03-28T23:59:59.998Z",
          "2026-03-27T23:59:59.999Z", "2026-03-28T23:59:59.999Z");
    CHECK(tp_calendar_shift(made, TP_DAY, NULL) == -1);
    CHECK(tp_calendar_shift(made, -TP_DAY, NULL) == -1);
    tp_calendar_free(made);
}

/* Periods of every kind lie side by side, and each holds its own. */
static void
side_by_side(void)
{
    static const char *const zones[] = {"UTC", "Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia",
                                        "Australia/Lord_Howe"};

    for (size_t z = 0; z < sizeof zones / sizeof *zones; z++)
        for (int unit = TP_CALENDAR_DAY; unit <= TP_CALENDAR_YEAR; unit++) {
            struct tp_calendar *made =
                calendar(1 + (int64_t)z % 3, (enum tp_calendar_unit)unit, zones[z],
                         (tp_duration)(z * 7 - 11) * 1800 * TP_SECOND);
            tp_time start, end, next = at("2008-02-11T00:00Z"), until = at("2021-01-01T00:00Z");

            while (next < until) {
                tp_time inner, inner_end;

                CHECK(tp_calendar_period(made, next, &start, &end));
                CHECK(start <= next && next < end);
                CHECK(tp_calendar_period(made, end - 1, &inner, &inner_end));
                CHECK(inner == start && inner_end == end);
                CHECK(tp_calendar_period(made, end, &inner, &inner_end) && inner == end);
                next = end;
            }
            tp_calendar_free(made);
        }
}

static void
range(void)
{
    struct tp_calendar *made = calendar(1, TP_CALENDAR_YEAR, "UTC", 0);
    tp_time start, end;
    struct tp_err err;

    CHECK(!tp_calendar_period(made, TP_TIME_MIN, &start, &end));
    CHECK(!tp_calendar_period(made, TP_TIME_MAX, &start, &end));
    CHECK(tp_calendar_period(made, at("2261-12-31T23:59:59Z"), &start, &end));
    tp_calendar_free(made);
    CHECK(!tp_calendar_new(0, TP_CALENDAR_DAY, TP_STR("UTC"), &err));
    CHECK(!tp_calendar_new(101, TP_CALENDAR_YEAR, TP_STR("UTC"), &err));
    CHECK(!tp_calendar_new(1, TP_CALENDAR_DAY, TP_STR("No/Where"), &err));
}

int
main(void)
{
    RUN(lengths);
    RUN(moved_boundaries);
    RUN(offsets);
    RUN(side_by_side);
    RUN(range);
    return unit_end();
}
