#include "unit.h"

#include <inttypes.h>
#include <stdlib.h>

#include "value/stamp.h"

#define NOON (INT64_C(1795262400) * TP_SECOND) /* 2026-11-21T12:00:00Z */

static uint64_t random_state = 20261121;

static uint64_t
random_next(void)
{
    return unit_random(&random_state);
}

static struct tp_stamp *
reader(const char *format)
{
    struct tp_err err;
    struct tp_stamp *stamp = tp_stamp_new(format, NULL, &err);

    CHECK_THAT(stamp, "%s", err.text);
    return stamp;
}

static tp_time
read_with(const char *format, const char *text)
{
    struct tp_stamp *stamp = reader(format);
    struct tp_err err;
    tp_time time = -7;

    CHECK_THAT(tp_stamp_read_text(stamp, tp_str_of(text), &time, &err) == 0, "%s", err.text);
    tp_stamp_free(stamp);
    return time;
}

static const char *
refused_with(const char *format, const char *text)
{
    static struct tp_err err;
    struct tp_stamp *stamp = reader(format);
    tp_time time;

    CHECK_THAT(tp_stamp_read_text(stamp, tp_str_of(text), &time, &err) == -1, "accepted: %s", text);
    CHECK(err.fault == TP_FAULT_RECORD);
    tp_stamp_free(stamp);
    return err.text;
}

static const char *
no_format(const char *format)
{
    static struct tp_err err;
    struct tp_stamp *stamp = tp_stamp_new(format, NULL, &err);

    CHECK_THAT(!stamp, "accepted: %s", format);
    CHECK(err.fault == TP_FAULT_USAGE);
    tp_stamp_free(stamp);
    return err.text;
}

static void
test_auto_tells_units_by_magnitude(void)
{
    CHECK(read_with(NULL, "1795262400") == NOON);
    CHECK(read_with("auto", "1795262400000") == NOON);
    CHECK(read_with(NULL, "1795262400000000") == NOON);
    CHECK(read_with(NULL, "1795262400000000000") == NOON);
    CHECK(read_with(NULL, "2026-11-21T12:00:00Z") == NOON);
    CHECK(read_with(NULL, "99999999999e-2") == INT64_C(999999999990000000));
    CHECK(strstr(refused_with(NULL, "99999999999"), "out of range")); /* seconds: year 5138 */
    CHECK(read_with(NULL, "100000000000") == INT64_C(100000000000) * TP_MILLISECOND);
    CHECK(read_with(NULL, "99999999999.9e-10") == INT64_C(9999999999));
    CHECK(read_with(NULL, "-100000000000") == INT64_C(-100000000000) * TP_MILLISECOND);
    CHECK(read_with(NULL, "100000000000000") == INT64_C(100000000000000) * TP_MICROSECOND);
    CHECK(read_with(NULL, "100000000000000000") == INT64_C(100000000000000000));
    CHECK(strstr(refused_with(NULL, "50000000000000000"), "out of range")); /* microseconds */
    CHECK(read_with(NULL, "640e-2") == 6400 * TP_MILLISECOND);              /* not a date */
}

static void
test_epoch_numbers_are_exact(void)
{
    CHECK(read_with("epoch_s", "1588205199.82437") == INT64_C(1588205199824370000));
    CHECK(read_with("epoch_s", "1588205199.824370001") == INT64_C(1588205199824370001));
    CHECK(read_with("epoch_s", "1588205199.8243700019999") == INT64_C(1588205199824370001));
    CHECK(read_with("epoch_s", "1.5e9") == INT64_C(1500000000) * TP_SECOND);
    CHECK(read_with("epoch_s", "15E+8") == INT64_C(1500000000) * TP_SECOND);
    CHECK(read_with("epoch_ms", "1588205199824.37") == INT64_C(1588205199824370000));
    CHECK(read_with("epoch_us", "0.0019") == 1);
    CHECK(read_with("epoch_ns", "1.9") == 1);
    CHECK(read_with("epoch_s", "0") == 0 && read_with("epoch_s", "-0.0") == 0);
    CHECK(read_with("epoch_s", "000.000e999999999999999999") == 0);
    CHECK(read_with("epoch_s", "1e-999999999999999999999") == 0);
    CHECK(read_with("epoch_s", "0.00000000000000000000000000001e30") == 10 * TP_SECOND);
}

static void
test_epoch_floors_towards_minus_infinity(void)
{
    CHECK(read_with("epoch_s", "-1.5") == -1500 * TP_MILLISECOND);
    CHECK(read_with("epoch_ns", "-0.1") == -1);
    CHECK(read_with("epoch_ns", "-1.0") == -1);
    CHECK(read_with("epoch_s", "-1e-400") == -1);
    CHECK(read_with("epoch_ns", "-1.00000000000000000000000000000000001") == -2);
}

static void
test_epoch_edges(void)
{
    CHECK(read_with("epoch_ns", "9223372036854775806") == TP_TIME_MAX);
    CHECK(read_with("epoch_ns", "9223372036854775806.99") == TP_TIME_MAX);
    CHECK(read_with("epoch_ns", "-9223372036854775807") == TP_TIME_MIN);
    CHECK(read_with("epoch_s", "9223372036.854775806") == TP_TIME_MAX);
    CHECK(strstr(refused_with("epoch_ns", "9223372036854775807"), "out of range"));
    CHECK(strstr(refused_with("epoch_ns", "-9223372036854775807.1"), "out of range"));
    CHECK(strstr(refused_with("epoch_ns", "-9223372036854775808"), "out of range"));
    CHECK(strstr(refused_with("epoch_s", "9223372036.854775807"), "out of range"));
    CHECK(strstr(refused_with("epoch_s", "1e400"), "out of range"));
    CHECK(strstr(refused_with("epoch_s", "1e99999999999999999999"), "out of range"));
    CHECK(strstr(refused_with(NULL, "99999999999999999999999999999"), "out of range"));
}

static void
test_what_is_no_number(void)
{
    static const char *const texts[] = {"",    "-",   "+",    ".5",    "5.",         "1e",  "1e+",
                                        "1.e", "0x1", "1 ",   " 1",    "--1",        "1,5", "1_000",
                                        "nan", "inf", "1e5.", "1.2.3", "1588205199s"};
    size_t i;

    for (i = 0; i < sizeof texts / sizeof *texts; i++) {
        refused_with("epoch_s", texts[i]);
        refused_with(NULL, texts[i]);
    }
}

static void
test_messages(void)
{
    CHECK(strcmp(refused_with(NULL, "yesterdayish"),
                 "no time: \"yesterdayish\" (expected RFC 3339 such as 2026-11-21T12:00:00Z, or an "
                 "epoch number)") == 0);
    CHECK(strstr(refused_with(NULL, "2026-02-30T00:00:00Z"), "no such day"));
    CHECK(strstr(refused_with("rfc3339", "1795262400"), "expected RFC 3339"));
    CHECK(strstr(refused_with("%d/%b/%Y", "17/Foo/2015"), "%b at byte 3: expected an English"));
    CHECK(strstr(refused_with("%d/%b/%Y", "17-May-2015"), "expected '/' at byte 2"));
    CHECK(strstr(refused_with("%d/%b/%Y", "17/May/2015 "), "something follows"));
}

static void
test_numbers(void)
{
    static const struct {
        const char *format, *text;
        tp_time time;
    } good[] = {{NULL, "1795262400.5", NOON + 500 * TP_MILLISECOND},
                {"epoch_ms", "1795262400000", NOON},
                {"%Y%m%d", "20261121", NOON - 12 * TP_HOUR}};
    struct tp_stamp *stamp;
    struct tp_err err;
    tp_time time;
    size_t i;

    for (i = 0; i < sizeof good / sizeof *good; i++) {
        stamp = reader(good[i].format);
        CHECK(tp_stamp_read_number(stamp, tp_str_of(good[i].text), &time, &err) == 0);
        CHECK(time == good[i].time);
        tp_stamp_free(stamp);
    }
    stamp = reader("rfc3339");
    CHECK(tp_stamp_read_number(stamp, TP_STR("1795262400"), &time, &err) == -1);
    CHECK(strstr(err.text, "a number"));
    tp_stamp_free(stamp);
}

static void
test_formats(void)
{
    static const struct {
        const char *format, *text;
        tp_time time;
    } cases[] = {
        {"%d/%b/%Y:%H:%M:%S %z", "21/Nov/2026:13:00:00 +0100", NOON},
        {"%d/%b/%Y:%H:%M:%S %z", "21/november/2026:12:00:00 Z", NOON}, /* not the fast reader's */
        {"%Y-%m-%d %H:%M:%S.%f", "2026-11-21 12:00:00.25", NOON + 250 * TP_MILLISECOND},
        {"%Y-%m-%d %H:%M:%S,%f", "2026-11-21 12:00:00,123456789", NOON + 123456789},
        {"%FT%T%z", "2026-11-21T14:00:00+02:00", NOON},
        {"%a, %d %b %Y %T %Z", "Sat, 21 Nov 2026 12:00:00 GMT", NOON},
        {"%A %B %e %k:%M %Y", "Saturday November 21 12:00 2026", NOON},
        {"%a %b %e %T %Y", "Sun Nov  1 09:00:00 2026", NOON - 20 * TP_DAY - 3 * TP_HOUR},
        {"%D %r", "11/21/26 12:00:00 PM", NOON},
        {"%D %l:%M %p", "11/21/26  1:00 pm", NOON + TP_HOUR},
        {"%Y-%m-%d %I %p", "2026-11-21 12 AM", NOON - 12 * TP_HOUR},
        {"%Y%j%H", "202632512", NOON},
        {"%Y%m%d%H%M%S", "20261121120000", NOON},
        {"%y%m%d", "690101", INT64_C(-31536000) * TP_SECOND},
        {"%y%m%d", "680101", INT64_C(3092601600) * TP_SECOND},
        {"%s", "1795262400", NOON},
        {"%s.%f", "1795262400.5", NOON + 500 * TP_MILLISECOND},
        {"%s.%f", "-1.5", -1500 * TP_MILLISECOND},
        {"%s.%f", "-0.5", -500 * TP_MILLISECOND},
        {"[%Y] 100%% %m%n%d", "[2026] 100% 11 \t 21", NOON - 12 * TP_HOUR},
        {"%Y-%m", "2026-11", NOON - 12 * TP_HOUR - 20 * TP_DAY},
        {"%Y", "1970", 0},
        {"%F %T", "2016-12-31 23:59:60", INT64_C(1483228800) * TP_SECOND},
        {"%F %R", "2026-11-21 12:00", NOON},
    };
    size_t i;

    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        tp_time time = read_with(cases[i].format, cases[i].text);

        CHECK_THAT(time == cases[i].time, "%s %s: %" PRId64, cases[i].format, cases[i].text, time);
    }
}

static void
test_formats_refuse(void)
{
    static const char *const cases[][2] = {
        {"%Y-%m-%d", "2026-11-31"},
        {"%Y-%m-%d", "2026-00-01"},
        {"%Y-%m-%d", "26-11-21"},
        {"%Y-%m-%d", "2026-11-"},
        {"%Y %j", "2026 366"},
        {"%Y %j", "2026 000"},
        {"%F %H", "2026-11-21 24"},
        {"%F %T", "2026-11-21 23:59:60 "},
        {"%F %T", "2026-11-21 12:00:60"},
        {"%F %I %p", "2026-11-21 13 PM"},
        {"%F %I %p", "2026-11-21 00 AM"},
        {"%F %Z", "2026-11-21 CEST"},
        {"%F %z", "2026-11-21 +25:00"},
        {"%F.%f", "2026-11-21."},
        {"%s", "99999999999999999999"},
        {"%Y", "1600"},
        {"%F", ""},
        {"%a %F", "Xyz 2026-11-21"},
    };
    size_t i;

    for (i = 0; i < sizeof cases / sizeof *cases; i++)
        refused_with(cases[i][0], cases[i][1]);
}

static void
test_formats_that_are_none(void)
{
    CHECK(strstr(no_format("iso"), "expected auto, rfc3339, epoch_s"));
    CHECK(strstr(no_format(""), "unknown time format"));
    CHECK(strstr(no_format("%b %e %H:%M:%S"), "has no year"));
    CHECK(strstr(no_format("%Y %d"), "no month"));
    CHECK(strstr(no_format("%F %I:%M"), "without %p"));
    CHECK(strstr(no_format("%F %H %p"), "without a 12-hour clock"));
    CHECK(strstr(no_format("%Y%Q"), "%Q is not known"));
    CHECK(strstr(no_format("%F %"), "single %"));
    CHECK(strstr(no_format("%c"), "%c is not known"));
}

/* The remembered minute must change nothing: one reader for all and a fresh reader for each agree
 * on stamps that share minutes, are damaged, or differ only behind the minute. */
static void
test_remembered_minute_changes_nothing(void)
{
    static const char *const tails[] = {":00Z",  ":59.999999999Z",  ":60Z",     ":61Z",     "Z",
                                        ":30",   ":30.5+01:00",     ":30-0530", ":3Z",      "",
                                        ":30.Z", ":30.1234567890Z", ":30z",     ":30,5Z",   ":30ZZ",
                                        ":30.5", ":30.12a4Z",       ";30Z",     ":30+25:00"};
    static const char *const minutes[] = {
        "2026-11-21T10:15",
        "2026-11-21 10:15",
        "2026-11-21t10:16",
        "2016-12-31T23:59",
        "1677-09-21T00:12",
        "2262-04-11T23:47",
        "1677-09-21T00:13",
        "2262-04-11T23:46",
        "1970-01-01T00:00",
        "2026-02-30T10:15",
        "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    };
    struct tp_stamp *one = reader(NULL);
    int i;

    for (i = 0; i < 50000; i++) {
        const char *minute = minutes[random_next() % (sizeof minutes / sizeof *minutes)];
        const char *tail = tails[random_next() % (sizeof tails / sizeof *tails)];
        struct tp_stamp *fresh = reader(NULL);
        struct tp_err err_one = {.text = ""}, err_fresh = {.text = ""};
        tp_time time_one = 0, time_fresh = 0;
        char text[64];
        int status_one, status_fresh;
        struct tp_str as = {text, 16 + strlen(tail)};

        memcpy(text, minute, 16);
        memcpy(text + 16, tail, strlen(tail));
        status_one = tp_stamp_read_text(one, as, &time_one, &err_one);
        status_fresh = tp_stamp_read_text(fresh, as, &time_fresh, &err_fresh);
        if (status_one != status_fresh || (status_one == 0 && time_one != time_fresh) ||
            strcmp(err_one.text, err_fresh.text) != 0)
            CHECK_THAT(false, "%.*s: %" PRId64 " %s, %" PRId64 " %s", (int)as.len, text, time_one,
                       err_one.text, time_fresh, err_fresh.text);
        tp_stamp_free(fresh);
    }
    tp_stamp_free(one);
}

/* The common tail, read from one word: any byte in any place of it, as a fresh reader judges. */
static void
test_damaged_milliseconds(void)
{
    struct tp_stamp *one = reader(NULL);
    int i;

    for (i = 0; i < 8 * 256; i++) {
        struct tp_stamp *fresh = reader(NULL);
        struct tp_err err_one = {.text = ""}, err_fresh = {.text = ""};
        tp_time time_one = 0, time_fresh = 0;
        char text[] = "2026-11-21T12:00:47.908Z";
        struct tp_str as = {text, sizeof text - 1};
        int status;

        CHECK(tp_stamp_read_text(one, as, &time_one, NULL) == 0);
        CHECK(time_one == NOON + 47908 * TP_MILLISECOND);
        text[16 + i % 8] = (char)(i / 8);
        status = tp_stamp_read_text(one, as, &time_one, &err_one);
        CHECK(status == tp_stamp_read_text(fresh, as, &time_fresh, &err_fresh));
        CHECK_THAT(status < 0 || time_one == time_fresh, "%s: %" PRId64, text, time_one);
        CHECK(strcmp(err_one.text, err_fresh.text) == 0);
        tp_stamp_free(fresh);
    }
    tp_stamp_free(one);
}

static void
test_zoneless_stamps_take_the_zone(void)
{
    struct tp_zone *zone = tp_zone_open(TP_STR("+02:00"), NULL);
    static const struct {
        const char *format, *text;
    } cases[] = {{NULL, "2026-11-21T14:00:00"},
                 {NULL, "2026-11-21T14:00"},
                 {NULL, "2026-11-21T12:00:00Z"},
                 {NULL, "1795262400"},
                 {"%F %T", "2026-11-21 14:00:00"},
                 {"%F %T %z", "2026-11-21 15:00:00 +0300"},
                 {"%s", "1795262400"}};
    size_t i;

    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tp_stamp *stamp = tp_stamp_new(cases[i].format, zone, NULL);
        tp_time time = 0;
        int again;

        for (again = 0; again < 2; again++) {
            CHECK(tp_stamp_read_text(stamp, tp_str_of(cases[i].text), &time, NULL) == 0);
            CHECK_THAT(time == NOON, "%s: %" PRId64, cases[i].text, time);
        }
        tp_stamp_free(stamp);
    }
    tp_zone_close(zone);
}

/* A leap second is judged in UTC, also where the zone is the reader's. */
static void
test_leap_second_in_a_zone(void)
{
    struct tp_zone *zone = tp_zone_open(TP_STR("+02:00"), NULL);
    struct tp_stamp *stamp = tp_stamp_new(NULL, zone, NULL);
    tp_time time = 0;

    CHECK(tp_stamp_read_text(stamp, TP_STR("2017-01-01T01:59:60"), &time, NULL) == 0);
    CHECK(time == INT64_C(1483228800) * TP_SECOND);
    CHECK(tp_stamp_read_text(stamp, TP_STR("2016-12-31T23:59:60"), &time, NULL) == -1);
    tp_stamp_free(stamp);
    tp_zone_close(zone);
}

static void
check_moment(struct tp_zone *zone, const char *text, tp_time expected)
{
    struct tp_err err;
    tp_time time = 0;

    CHECK_THAT(tp_moment_parse(tp_str_of(text), NOON, zone, &time, &err) == 0, "%s", err.text);
    CHECK_THAT(time == expected, "%s: %" PRId64, text, time);
}

static void
test_moments(void)
{
    struct tp_zone *zone = tp_zone_open(TP_STR("+13:00"), NULL); /* there it is 22 November */
    tp_time time;

    check_moment(NULL, "now", NOON);
    check_moment(NULL, "today", NOON - 12 * TP_HOUR);
    check_moment(NULL, "yesterday", NOON - 36 * TP_HOUR);
    check_moment(NULL, "-7d", NOON - 7 * TP_DAY);
    check_moment(NULL, "+1h30m", NOON + 90 * TP_MINUTE);
    check_moment(NULL, "@1763712000", INT64_C(1763712000) * TP_SECOND);
    check_moment(NULL, "@1763712000.5", INT64_C(1763712000500) * TP_MILLISECOND);
    check_moment(NULL, "@-1", -TP_SECOND);
    check_moment(NULL, "2026-11-21", NOON - 12 * TP_HOUR);
    check_moment(NULL, "2026-11-21T12:00:00Z", NOON);
    check_moment(zone, "now", NOON);
    check_moment(zone, "today", NOON - TP_HOUR);
    check_moment(zone, "yesterday", NOON - 25 * TP_HOUR);
    check_moment(zone, "2026-11-22", NOON - TP_HOUR);
    check_moment(zone, "2026-11-21T12:00:00Z", NOON);
    tp_zone_close(zone);
    CHECK(tp_moment_parse(TP_STR("today"), -1, NULL, &time, NULL) == 0 && time == -TP_DAY);
    CHECK(tp_moment_parse(TP_STR("today"), -TP_DAY, NULL, &time, NULL) == 0 && time == -TP_DAY);
}

static void
test_moments_are_refused(void)
{
    static const char *const texts[] = {"",         "tomorrowish", "7d",         "-7",
                                        "-7x",      "@",           "@x",         "@1e40",
                                        "-200000d", "Now",         "1763712000", "2026-11-31"};
    struct tp_err err;
    tp_time time;
    size_t i;

    for (i = 0; i < sizeof texts / sizeof *texts; i++) {
        CHECK_THAT(tp_moment_parse(tp_str_of(texts[i]), NOON, NULL, &time, &err) == -1,
                   "accepted: %s", texts[i]);
        CHECK(err.fault == TP_FAULT_USAGE);
    }
    tp_moment_parse(TP_STR("yesterdayish"), NOON, NULL, &time, &err);
    CHECK(strstr(err.text, "now, today, yesterday, -7d, +1h or @1763712000"));
    tp_moment_parse(TP_STR("-7"), NOON, NULL, &time, &err);
    CHECK(strstr(err.text, "needs a unit"));
    tp_moment_parse(TP_STR("-100000d"), -NOON, NULL, &time, &err);
    CHECK(strstr(err.text, "out of range"));
}

int
main(void)
{
    RUN(test_auto_tells_units_by_magnitude);
    RUN(test_epoch_numbers_are_exact);
    RUN(test_epoch_floors_towards_minus_infinity);
    RUN(test_epoch_edges);
    RUN(test_what_is_no_number);
    RUN(test_messages);
    RUN(test_numbers);
    RUN(test_formats);
    RUN(test_formats_refuse);
    RUN(test_formats_that_are_none);
    RUN(test_remembered_minute_changes_nothing);
    RUN(test_damaged_milliseconds);
    RUN(test_zoneless_stamps_take_the_zone);
    RUN(test_leap_second_in_a_zone);
    RUN(test_moments);
    RUN(test_moments_are_refused);
    return unit_end();
}
