#include "unit.h"

#include <inttypes.h>
#include <stdlib.h>

#include "value/time.h"

static uint64_t random_state = 20261121;

static uint64_t
random_next(void)
{
    return unit_random(&random_state);
}

static tp_time
random_time(void)
{
    int64_t time = (int64_t)random_next();
    static const int64_t grain[] = {1, TP_MICROSECOND, TP_MILLISECOND, TP_SECOND};
    int64_t unit = grain[random_next() % 4];

    time = time / unit * unit;
    return time < TP_TIME_MIN ? TP_TIME_MIN : time > TP_TIME_MAX ? TP_TIME_MAX : time;
}

static const char *
written(tp_time time)
{
    static char text[TP_TIME_TEXT + 1];

    text[tp_time_write(text, time)] = '\0';
    return text;
}

static tp_time
parsed(const char *text)
{
    struct tp_err err;
    bool zoneless;
    tp_time time = 0;

    CHECK_THAT(tp_time_parse(tp_str_of(text), &time, &zoneless, &err) == 0, "%s", err.text);
    return time;
}

static const char *
refused(const char *text)
{
    static struct tp_err err;
    bool zoneless;
    tp_time time;

    CHECK_THAT(tp_time_parse(tp_str_of(text), &time, &zoneless, &err) == -1, "accepted: %s", text);
    CHECK(err.fault == TP_FAULT_RECORD);
    return err.text;
}

static void
test_days_follow_the_calendar(void)
{
    int64_t days = tp_days_of_civil(1600, 1, 1), year;
    int y, month, day, weekday = 5; /* 1600-01-01 was a Saturday */

    for (y = 1600; y <= 2300; y++) {
        int m;

        for (m = 1; m <= 12; m++) {
            int d, length = tp_days_in_month(y, m);

            for (d = 1; d <= length; d++, days++, weekday = (weekday + 1) % 7) {
                bool same;

                tp_civil_of_days(days, &year, &month, &day);
                same = year == y && month == m && day == d;
                if (!same || tp_days_of_civil(y, m, d) != days ||
                    tp_weekday_of_days(days) != weekday)
                    CHECK_THAT(false, "%d-%d-%d", y, m, d);
            }
        }
    }
    CHECK(days == tp_days_of_civil(2301, 1, 1));
    CHECK(tp_days_of_civil(1970, 1, 1) == 0);
    CHECK(tp_days_in_month(1900, 2) == 28 && tp_days_in_month(2000, 2) == 29);
    CHECK(tp_days_in_month(2100, 2) == 28 && tp_days_in_month(2024, 2) == 29);
}

static void
test_days_far_away(void)
{
    int i;

    for (i = 0; i < 100000; i++) {
        int64_t days = (int64_t)(random_next() % 3600000000u) - 1800000000, year;
        int month, day;

        tp_civil_of_days(days, &year, &month, &day);
        if (tp_days_of_civil(year, month, day) != days || month < 1 || month > 12 || day < 1 ||
            day > tp_days_in_month(year, month))
            CHECK_THAT(false, "day %" PRId64, days);
    }
    CHECK(tp_days_of_civil(0, 3, 1) == -719468);
    CHECK(tp_days_of_civil(-1, 12, 31) == -719529);
}

static void
test_write_and_parse_round_trip(void)
{
    int i;

    for (i = 0; i < 200000; i++) {
        char text[TP_TIME_TEXT];
        tp_time time = random_time(), back = 0;
        bool zoneless = true;
        struct tp_str as = {text, tp_time_write(text, time)};
        struct tp_civil civil = tp_civil_of_time(time);
        tp_time of_civil = 0;

        if (tp_time_parse(as, &back, &zoneless, NULL) < 0 || back != time || zoneless)
            CHECK_THAT(false, "%" PRId64 " %.*s", time, (int)as.len, as.ptr);
        if (tp_time_of_civil(&civil, &of_civil, NULL) < 0 || of_civil != time)
            CHECK_THAT(false, "%" PRId64 " civil", time);
    }
}

/* Times that stay on a day for a while, and leave it in either direction, by little and by much. */
static void
test_write_on_a_day(void)
{
    struct tp_time_day day = {0};
    tp_time time = 0;

    for (int i = 0; i < 100000; i++) {
        char text[TP_TIME_TEXT], same[TP_TIME_TEXT];
        size_t len;

        if (i % 50 == 0 || !tp_time_add(time, random_time() / 100000, &time))
            time = random_time();
        len = tp_time_write(text, time);
        CHECK(tp_time_write_on(&day, same, time) == len && memcmp(text, same, len) == 0);
    }
}

static void
test_written_text(void)
{
    CHECK(strcmp(written(0), "1970-01-01T00:00:00.000Z") == 0);
    CHECK(strcmp(written(-1), "1969-12-31T23:59:59.999999999Z") == 0);
    CHECK(strcmp(written(-TP_MICROSECOND), "1969-12-31T23:59:59.999999Z") == 0);
    CHECK(strcmp(written(INT64_C(1763712000123000000)), "2025-11-21T08:00:00.123Z") == 0);
    CHECK(strcmp(written(INT64_C(1763712000120005000)), "2025-11-21T08:00:00.120005Z") == 0);
    CHECK(strcmp(written(TP_TIME_MIN), "1677-09-21T00:12:43.145224193Z") == 0);
    CHECK(strcmp(written(TP_TIME_MAX), "2262-04-11T23:47:16.854775806Z") == 0);
}

static void
test_forms_of_rfc3339(void)
{
    const tp_time noon = INT64_C(1795262400) * TP_SECOND; /* 2026-11-21T12:00:00Z */
    bool zoneless = false;
    tp_time time;

    CHECK(parsed("2026-11-21T12:00:00Z") == noon);
    CHECK(parsed("2026-11-21t12:00:00z") == noon);
    CHECK(parsed("2026-11-21 12:00Z") == noon);
    CHECK(parsed("2026-11-21T14:00:00+02:00") == noon);
    CHECK(parsed("2026-11-21T14:00:00+0200") == noon);
    CHECK(parsed("2026-11-21 14:00:00+02") == noon);
    CHECK(parsed("2026-11-21T06:30:00-05:30") == noon);
    CHECK(parsed("2026-11-21T12:00:00.5Z") == noon + 500 * TP_MILLISECOND);
    CHECK(parsed("2026-11-21T12:00:00,123456789Z") == noon + 123456789);
    CHECK(parsed("2026-11-21T12:00:00.1234567899Z") == noon + 123456789);
    CHECK(parsed("2026-11-21") == noon - 12 * TP_HOUR);
    CHECK(tp_time_parse(TP_STR("2026-11-21 12:00:00"), &time, &zoneless, NULL) == 0 && zoneless);
    CHECK(time == noon);
    CHECK(tp_time_parse(TP_STR("2026-11-21T12:00:00-00:00"), &time, &zoneless, NULL) == 0);
    CHECK(time == noon && !zoneless);
}

static void
test_leap_days_and_years_end(void)
{
    CHECK(parsed("2000-02-29T00:00:00Z") == INT64_C(951782400) * TP_SECOND);
    CHECK(parsed("2024-02-29T00:00:00Z") == INT64_C(1709164800) * TP_SECOND);
    CHECK(strstr(refused("1900-02-29T00:00:00Z"), "no such day"));
    CHECK(strstr(refused("2100-02-29"), "no such day"));
    CHECK(parsed("2026-12-31T23:59:59.999999999Z") + 1 == parsed("2027-01-01T00:00:00Z"));
    CHECK(parsed("1969-12-31T23:59:59.999999999Z") == -1);
}

static void
test_leap_seconds(void)
{
    const tp_time new_year = INT64_C(1483228800) * TP_SECOND; /* 2017-01-01T00:00:00Z */

    CHECK(parsed("2016-12-31T23:59:60Z") == new_year);
    CHECK(parsed("2016-12-31T23:59:60.5Z") == new_year + 500 * TP_MILLISECOND);
    CHECK(parsed("2017-01-01T00:59:60+01:00") == new_year);
    CHECK(parsed("2016-12-31T18:59:60-05:00") == new_year);
    CHECK(strstr(refused("2016-12-31T23:59:60+01:00"), "23:59:60 UTC"));
    CHECK(strstr(refused("2016-12-31T12:00:60Z"), "23:59:60 UTC"));
    CHECK(strstr(refused("2016-12-31T23:59:61Z"), "second"));
}

static void
test_edges_of_the_range(void)
{
    CHECK(parsed("1677-09-21T00:12:43.145224193Z") == TP_TIME_MIN);
    CHECK(parsed("2262-04-11T23:47:16.854775806Z") == TP_TIME_MAX);
    CHECK(parsed("2262-04-12T01:47:16.854775806+02:00") == TP_TIME_MAX);
    CHECK(parsed("1677-09-20T22:12:43.145224193-02:00") == TP_TIME_MIN);
    CHECK(strstr(refused("1677-09-21T00:12:43.145224192Z"), "out of range"));
    CHECK(strstr(refused("2262-04-11T23:47:16.854775807Z"), "out of range"));
    CHECK(strstr(refused("2262-04-11T23:47:16.854775806-00:01"), "out of range"));
    CHECK(strstr(refused("0000-01-01T00:00:00Z"), "out of range"));
    CHECK(strstr(refused("9999-12-31T23:59:59Z"), "out of range"));
}

static void
test_what_is_no_time(void)
{
    static const char *const texts[] = {
        "",
        "2026",
        "2026-1-1",
        "2026-11-21T",
        "2026-11-21T12",
        "2026-11-21T12:0",
        "2026-11-21T24:00:00Z",
        "2026-11-21T12:60:00Z",
        "2026-11-21T12:00:Z",
        "2026-11-21T12:00:00.Z",
        "2026-11-21T12:00:00ZZ",
        "2026-11-21T12:00:00 Z",
        "2026-11-21T12:00:00+24:00",
        "2026-11-21T12:00:00+02:60",
        "2026-11-21T12:00:00+2",
        "2026-11-21T12:00:00+02:",
        "2026-11-21T12:00:00+020",
        "2026-11-21  12:00:00Z",
        "2026-11-21Z",
        "2026-00-21T12:00:00Z",
        "2026-13-21T12:00:00Z",
        "2026-11-00T12:00:00Z",
        "2026-11-31T12:00:00Z",
        "+2026-11-21T12:00:00Z",
        " 2026-11-21T12:00:00Z",
        "2026-11-21T12:00:00Z ",
        "2026/11/21",
    };
    size_t i;

    for (i = 0; i < sizeof texts / sizeof *texts; i++)
        refused(texts[i]);
    CHECK(strcmp(refused("yesterdayish"), "no time: \"yesterdayish\" (expected RFC 3339 such as "
                                          "2026-11-21T12:00:00Z)") == 0);
}

static void
test_long_and_dirty_text_in_messages(void)
{
    const char *text = refused("\x1b[31mred\a and much too long to be shown in a message as it is");

    CHECK(!strchr(text, '\x1b') && !strchr(text, '\a'));
    CHECK(strstr(text, "?[31mred? and") && strstr(text, "…"));
    /* 39 bytes and a character of two: not cut in its middle. */
    text = refused("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaäöü");
    CHECK(strstr(text, "aaa…\""));
}

/* A stamp cut short anywhere, or with one byte changed, never reads behind its end (the sanitizer
 * sees to that) and never gives the same time unless that byte does not matter. */
static void
test_cut_and_changed_text(void)
{
    static const char whole[] = "2026-11-21T10:15:30.123456789+01:00";
    size_t len;

    for (len = 0; len < sizeof whole - 1; len++) {
        char *copy = malloc(len + 1);
        bool zoneless;
        tp_time time;

        memcpy(copy, whole, len);
        tp_time_parse((struct tp_str){copy, len}, &time, &zoneless, NULL);
        free(copy);
    }
    for (len = 0; len < sizeof whole - 1; len++) {
        char changed[sizeof whole];
        int c;

        memcpy(changed, whole, sizeof whole);
        for (c = 0; c < 256; c++) {
            bool zoneless;
            tp_time time;

            changed[len] = (char)c;
            if (changed[len] == whole[len] || (len == 10 && (c == 't' || c == ' ')) ||
                (len == 19 && c == ','))
                continue;
            if (tp_time_parse((struct tp_str){changed, sizeof whole - 1}, &time, &zoneless, NULL) ==
                0)
                CHECK_THAT(time != INT64_C(1795252530123456789), "byte %zu as %d", len, c);
        }
    }
}

static void
test_clf(void)
{
    struct tp_err err;
    tp_time time = 0;

    CHECK(tp_time_parse_clf(TP_STR("17/May/2015:10:05:03 +0000"), &time, &err) == 0);
    CHECK(time == INT64_C(1431857103) * TP_SECOND);
    CHECK(tp_time_parse_clf(TP_STR("17/may/2015:10:05:03 +0530"), &time, &err) == 0);
    CHECK(time == (1431857103 - 19800) * TP_SECOND);
    CHECK(tp_time_parse_clf(TP_STR("01/Jan/2017:00:59:60 +0100"), &time, &err) == 0);
    CHECK(time == INT64_C(1483228800) * TP_SECOND);
    CHECK(tp_time_parse_clf(TP_STR("29/Feb/2023:10:05:03 +0000"), &time, &err) == -1);
    CHECK(tp_time_parse_clf(TP_STR("17/Mai/2015:10:05:03 +0000"), &time, &err) == -1);
    CHECK(tp_time_parse_clf(TP_STR("17/May/2015:10:05:03 +000"), &time, &err) == -1);
    CHECK(tp_time_parse_clf(TP_STR("17/May/2015:24:05:03 +0000"), &time, &err) == -1);
    CHECK(tp_time_parse_clf(TP_STR("17/May/2015:10:05:60 +0000"), &time, &err) == -1);
    CHECK(tp_time_parse_clf(TP_STR("31/Dec/2016:23:59:61 +0000"), &time, &err) == -1);
    CHECK(tp_time_parse_clf(TP_STR("17/May/2515:10:05:03 +0000"), &time, &err) == -1);
    CHECK(strstr(err.text, "out of range"));
}

/* Any single changed byte is refused or changes the time (or makes a letter small). */
static void
test_clf_changed(void)
{
    static const char whole[] = "17/May/2015:10:05:03 +0100";
    size_t i;
    int c;

    for (i = 0; i < sizeof whole - 1; i++) {
        for (c = 0; c < 256; c++) {
            char changed[sizeof whole];
            tp_time time;

            memcpy(changed, whole, sizeof whole);
            changed[i] = (char)c;
            if (changed[i] == whole[i] || (i >= 3 && i <= 5 && (c ^ whole[i]) == 32))
                continue;
            if (tp_time_parse_clf((struct tp_str){changed, sizeof whole - 1}, &time, NULL) == 0)
                CHECK_THAT(time != INT64_C(1431853503) * TP_SECOND, "byte %zu as %d", i, c);
        }
    }
}

static void
test_arithmetic_is_checked(void)
{
    tp_time time = 7;

    CHECK(tp_time_add(1, 2, &time) && time == 3);
    CHECK(tp_time_add(TP_TIME_MAX - 5, 5, &time) && time == TP_TIME_MAX);
    CHECK(!tp_time_add(TP_TIME_MAX - 5, 6, &time) && time == TP_TIME_MAX);
    CHECK(!tp_time_add(TP_TIME_MAX, INT64_MAX, &time));
    CHECK(tp_time_subtract(TP_TIME_MIN + 5, 5, &time) && time == TP_TIME_MIN);
    CHECK(!tp_time_subtract(TP_TIME_MIN + 5, 6, &time));
    CHECK(!tp_time_subtract(0, INT64_MIN, &time));
    CHECK(!tp_time_add(0, INT64_MIN, &time));
}

static void
test_floor(void)
{
    int i;

    CHECK(tp_time_floor(119, 60, 0) == 60 && tp_time_floor(120, 60, 0) == 120);
    CHECK(tp_time_floor(-1, 60, 0) == -60 && tp_time_floor(-60, 60, 0) == -60);
    CHECK(tp_time_floor(119, 60, 10) == 70 && tp_time_floor(5, 60, 10) == -50);
    CHECK(tp_time_floor(119, 60, -50) == 70 && tp_time_floor(119, 60, 610) == 70);
    CHECK(tp_time_floor(TP_TIME_MIN, TP_HOUR, 0) == TP_TIME_MIN);
    CHECK(tp_time_floor(TP_TIME_BEFORE_ALL, TP_HOUR, 0) == TP_TIME_BEFORE_ALL);
    CHECK(tp_time_floor(TP_TIME_AFTER_ALL, TP_HOUR, 0) == TP_TIME_AFTER_ALL);
    CHECK(tp_time_floor(TP_TIME_MIN, INT64_MAX, INT64_MAX - 1) == TP_TIME_MIN);
    for (i = 0; i < 100000; i++) {
        tp_time time = random_time();
        tp_duration step = (tp_duration)(random_next() >> (1 + random_next() % 62)) + 1;
        tp_duration offset = (tp_duration)random_next();
        tp_time floor = tp_time_floor(time, step, offset);
        __int128 gap = (__int128)time - floor, from_offset = (__int128)floor - offset;
        bool stopped = floor == TP_TIME_MIN;

        if (gap < 0 || gap >= step || (from_offset % step != 0 && !stopped))
            CHECK_THAT(false, "%" PRId64 " step %" PRId64 " offset %" PRId64, time, step, offset);
    }
}

static void
test_civil_is_checked(void)
{
    struct tp_civil civil = {2026, 2, 29, 0, 0, 0, 0};
    struct tp_err err;
    tp_time time;

    CHECK(tp_time_of_civil(&civil, &time, &err) == -1);
    civil.day = 28;
    CHECK(tp_time_of_civil(&civil, &time, &err) == 0);
    civil.hour = 24;
    CHECK(tp_time_of_civil(&civil, &time, &err) == -1);
    civil = (struct tp_civil){2262, 4, 11, 23, 47, 16, 854775807};
    CHECK(tp_time_of_civil(&civil, &time, &err) == -1 && strstr(err.text, "range"));
    civil = (struct tp_civil){INT64_MAX, 4, 11, 23, 47, 16, 0};
    CHECK(tp_time_of_civil(&civil, &time, &err) == -1);
    civil = (struct tp_civil){2016, 12, 31, 23, 59, 60, 0};
    CHECK(tp_time_of_civil(&civil, &time, &err) == 0 && time == INT64_C(1483228800) * TP_SECOND);
}

static tp_duration
duration(const char *text)
{
    tp_duration length = 0;
    struct tp_err err;

    CHECK_THAT(tp_duration_parse(tp_str_of(text), &length, &err) == 0, "%s", err.text);
    return length;
}

static const char *
no_duration(const char *text)
{
    static struct tp_err err;
    tp_duration length;

    CHECK_THAT(tp_duration_parse(tp_str_of(text), &length, &err) == -1, "accepted: %s", text);
    return err.text;
}

static void
test_durations_are_read(void)
{
    CHECK(duration("0") == 0 && duration("-0") == 0 && duration("0s") == 0);
    CHECK(duration("500ms") == 500 * TP_MILLISECOND);
    CHECK(duration("1h30m") == 90 * TP_MINUTE);
    CHECK(duration("1.5s") == 1500 * TP_MILLISECOND);
    CHECK(duration("-20s") == -20 * TP_SECOND && duration("+20s") == 20 * TP_SECOND);
    CHECK(duration("1w2d") == 9 * TP_DAY);
    CHECK(duration("0.1d") == 8640 * TP_SECOND);
    CHECK(duration("3us") == 3000 && duration("3µs") == 3000 && duration("3μs") == 3000);
    CHECK(duration("1.000000000000000000000s") == TP_SECOND);
    CHECK(duration("9223372036854775807ns") == INT64_MAX);
    CHECK(duration("-9223372036854775808ns") == INT64_MIN);
}

static void
test_durations_are_refused(void)
{
    CHECK(strstr(no_duration("5"), "a number needs a unit: 5s, 5m"));
    CHECK(strstr(no_duration("1h30"), "needs a unit"));
    CHECK(strstr(no_duration("1mo"), "no fixed length"));
    CHECK(strstr(no_duration("2y"), "no fixed length"));
    CHECK(strstr(no_duration("5M"), "unknown unit"));
    CHECK(strstr(no_duration("5 s"), "unknown unit"));
    CHECK(strstr(no_duration("0.5ns"), "finer"));
    CHECK(strstr(no_duration("0.0000000000000000000001w"), "finer"));
    CHECK(strstr(no_duration("9223372036854775808ns"), "292 years"));
    CHECK(strstr(no_duration("-9223372036854775809ns"), "292 years"));
    CHECK(strstr(no_duration("99999999999999999999999999999999999999999w"), "292 years"));
    CHECK(strstr(no_duration("1h-30m"), "expected a number"));
    no_duration("");
    no_duration("-");
    no_duration("s");
    no_duration("1.s");
    no_duration(".5s");
    no_duration("--1s");
    no_duration("1e3s");
}

static void
test_durations_are_written(void)
{
    static const char *const texts[] = {"0s",       "1h30m",  "1.5s", "-20s",  "250us",
                                        "1.5ms",    "7d",     "1ns",  "1m30s", "1d1ns",
                                        "-1.001us", "1m0.5s", "500ms"};
    /* A part of seconds behind minutes is written in its own unit. */
    static const char *const expected[] = {"0s",       "1h30m",   "1.5s", "-20s",  "250us",
                                           "1.5ms",    "7d",      "1ns",  "1m30s", "1d1ns",
                                           "-1.001us", "1m500ms", "500ms"};
    size_t i;

    for (i = 0; i < sizeof texts / sizeof *texts; i++) {
        char text[TP_TIME_TEXT + 1];

        text[tp_duration_write(text, duration(texts[i]))] = '\0';
        CHECK_THAT(strcmp(text, expected[i]) == 0, "%s, not %s", text, expected[i]);
    }
}

static void
test_durations_round_trip(void)
{
    size_t longest = 0;
    int i;

    for (i = 0; i < 200000; i++) {
        char text[TP_TIME_TEXT];
        tp_duration length = i == 0   ? INT64_MIN
                             : i == 1 ? INT64_MAX
                                      : (tp_duration)random_next() >> (random_next() % 64);
        tp_duration back = 0;
        size_t len = tp_duration_write(text, length);

        longest = len > longest ? len : longest;
        if (tp_duration_parse((struct tp_str){text, len}, &back, NULL) < 0 || back != length)
            CHECK_THAT(false, "%" PRId64 " as %.*s", length, (int)len, text);
    }
    CHECK(longest <= TP_TIME_TEXT);
}

int
main(void)
{
    RUN(test_days_follow_the_calendar);
    RUN(test_days_far_away);
    RUN(test_write_and_parse_round_trip);
    RUN(test_write_on_a_day);
    RUN(test_written_text);
    RUN(test_forms_of_rfc3339);
    RUN(test_leap_days_and_years_end);
    RUN(test_leap_seconds);
    RUN(test_edges_of_the_range);
    RUN(test_what_is_no_time);
    RUN(test_long_and_dirty_text_in_messages);
    RUN(test_cut_and_changed_text);
    RUN(test_clf);
    RUN(test_clf_changed);
    RUN(test_arithmetic_is_checked);
    RUN(test_floor);
    RUN(test_civil_is_checked);
    RUN(test_durations_are_read);
    RUN(test_durations_are_refused);
    RUN(test_durations_are_written);
    RUN(test_durations_round_trip);
    return unit_end();
}
