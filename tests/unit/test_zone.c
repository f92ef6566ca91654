#include "unit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "value/zone.h"
#include "value/zone_rule.h"
#include "value/zone_table.h"

/* Zones of the system's database are asked only about the past, which tzdata seldom revises; years
 * to come are tested with files and rules made here. */
static bool
has_database(void)
{
    return access("/usr/share/zoneinfo/Europe/Berlin", R_OK) == 0;
}

static uint64_t random_state = 20261121;

static uint64_t
random_next(void)
{
    return unit_random(&random_state);
}

static tp_time
at(const char *text)
{
    bool zoneless;
    tp_time time = 0;

    CHECK(tp_time_parse(tp_str_of(text), &time, &zoneless, NULL) == 0);
    return time;
}

static struct tp_zone *
opened(const char *name)
{
    struct tp_err err;
    struct tp_zone *zone = tp_zone_open(tp_str_of(name), &err);

    CHECK_THAT(zone, "%s", err.text);
    return zone;
}

static const char *
refused(const char *name)
{
    static struct tp_err err;
    struct tp_zone *zone = tp_zone_open(tp_str_of(name), &err);

    CHECK_THAT(!zone, "opened: %s", name);
    tp_zone_close(zone);
    return err.text;
}

static const char *const fit_names[] = {"once", "twice", "never"};

static void
check_local(struct tp_zone *zone, const char *local, const char *instant, enum tp_zone_fit expected)
{
    enum tp_zone_fit fit = TP_ZONE_ONCE;
    char text[TP_TIME_TEXT];
    tp_time time = 0;
    size_t len;

    CHECK(tp_zone_instant(zone, at(local), &time, &fit, NULL) == 0);
    len = tp_time_write(text, time);
    CHECK_THAT(time == at(instant) && fit == expected, "%s is %.*s %s, not %s %s", local, (int)len,
               text, fit_names[fit], instant, fit_names[expected]);
}

static void
test_fixed_zones(void)
{
    static const struct {
        const char *name;
        int32_t offset;
    } zones[] = {{"UTC", 0},        {"Z", 0},          {"+02:00", 7200},
                 {"-0530", -19800}, {"+14:00", 50400}, {"-09", -32400}};
    size_t i;

    for (i = 0; i < sizeof zones / sizeof *zones; i++) {
        struct tp_zone *zone = opened(zones[i].name);
        enum tp_zone_fit fit;
        tp_time time = 0;

        CHECK(tp_zone_offset(zone, 0) == zones[i].offset);
        CHECK(tp_zone_offset(zone, TP_TIME_MIN) == zones[i].offset);
        CHECK(tp_zone_instant(zone, 5, &time, &fit, NULL) == 0 && fit == TP_ZONE_ONCE);
        CHECK(time == 5 - zones[i].offset * TP_SECOND);
        tp_zone_close(zone);
    }
}

static void
test_results_stay_in_range(void)
{
    struct tp_zone *zone = opened("+02:00");
    struct tp_err err;
    tp_time time;

    CHECK(tp_zone_instant(zone, TP_TIME_MIN, &time, NULL, &err) == -1);
    CHECK(strstr(err.text, "range"));
    CHECK(tp_zone_instant(zone, TP_TIME_MAX, &time, NULL, &err) == 0);
    CHECK(tp_zone_instant(zone, TP_TIME_MIN + 2 * TP_HOUR, &time, NULL, &err) == 0);
    CHECK(time == TP_TIME_MIN);
    tp_zone_close(zone);
}

static void
test_names_that_are_refused(void)
{
    CHECK(strstr(refused("Europe/Atlantis"), "no time zone \"Europe/Atlantis\""));
    CHECK(strstr(refused("Europe/Atlantis"), "/usr/share/zoneinfo"));
    refused("");
    refused("/etc/localtime");
    refused("../../../etc/localtime");
    refused("Europe/../Europe/Berlin");
    refused("Europe/Berlin/");
    refused("+25:00");
    refused("+02:00x");
    refused("CEST?");
    refused("Europe");
}

static void
test_missing_database(void)
{
    struct tp_zone *zone;

    setenv("TZDIR", "/nonexistent", 1);
    CHECK(strstr(refused("Europe/Berlin"), "Debian package tzdata"));
    zone = opened("UTC");
    tp_zone_close(zone);
    unsetenv("TZDIR");
}

/* Clocks in Berlin went forward at 01:00 UTC on 28 March 2021, back on 31 October. */
static void
test_berlin(void)
{
    struct tp_zone *zone = opened("Europe/Berlin");

    CHECK(tp_zone_offset(zone, at("2021-03-28T00:59:59.999999999Z")) == 3600);
    CHECK(tp_zone_offset(zone, at("2021-03-28T01:00:00Z")) == 7200);
    CHECK(tp_zone_offset(zone, at("2021-10-31T00:59:59.999999999Z")) == 7200);
    CHECK(tp_zone_offset(zone, at("2021-10-31T01:00:00Z")) == 3600);
    CHECK(tp_zone_offset(zone, at("1880-01-01T00:00:00Z")) == 3208);
    CHECK(tp_zone_offset(zone, at("1700-01-01T00:00:00Z")) == 3208);
    check_local(zone, "2021-03-28T01:59:59.5", "2021-03-28T00:59:59.5Z", TP_ZONE_ONCE);
    check_local(zone, "2021-03-28T02:00:00", "2021-03-28T01:00:00Z", TP_ZONE_NEVER);
    check_local(zone, "2021-03-28T02:59:59.25", "2021-03-28T01:59:59.25Z", TP_ZONE_NEVER);
    check_local(zone, "2021-03-28T03:00:00", "2021-03-28T01:00:00Z", TP_ZONE_ONCE);
    check_local(zone, "2021-10-31T01:59:59", "2021-10-30T23:59:59Z", TP_ZONE_ONCE);
    check_local(zone, "2021-10-31T02:00:00", "2021-10-31T00:00:00Z", TP_ZONE_TWICE);
    check_local(zone, "2021-10-31T02:59:59", "2021-10-31T00:59:59Z", TP_ZONE_TWICE);
    check_local(zone, "2021-10-31T03:00:00", "2021-10-31T02:00:00Z", TP_ZONE_ONCE);
    check_local(zone, "2021-07-01T12:00:00", "2021-07-01T10:00:00Z", TP_ZONE_ONCE);
    CHECK(tp_zone_offset(zone, at("1949-10-02T00:59:59.5Z")) == 7200); /* before 1970 */
    CHECK(tp_zone_offset(zone, at("1949-10-02T01:00:00Z")) == 3600);
    tp_zone_close(zone);
}

/* The span looked up last must not hide that a local time came twice, whichever side it lies on. */
static void
test_twice_beside_the_remembered_span(void)
{
    static const char *const before[] = {"2021-07-01T00:00:00Z", "2021-12-01T00:00:00Z"};
    struct tp_zone *berlin = opened("Europe/Berlin"), *york = opened("America/New_York");
    size_t i;

    for (i = 0; i < 2; i++) {
        tp_zone_offset(berlin, at(before[i]));
        check_local(berlin, "2021-10-31T02:00:00", "2021-10-31T00:00:00Z", TP_ZONE_TWICE);
        tp_zone_offset(berlin, at(before[i]));
        check_local(berlin, "2021-10-31T02:59:59", "2021-10-31T00:59:59Z", TP_ZONE_TWICE);
        tp_zone_offset(york, at(before[i]));
        check_local(york, "2021-11-07T01:00:00", "2021-11-07T05:00:00Z", TP_ZONE_TWICE);
        tp_zone_offset(york, at(before[i]));
        check_local(york, "2021-11-07T01:59:59", "2021-11-07T05:59:59Z", TP_ZONE_TWICE);
    }
    tp_zone_close(berlin);
    tp_zone_close(york);
}

static void
test_other_zones(void)
{
    static const struct {
        const char *zone, *time;
        int32_t offset;
    } facts[] = {
        {"America/New_York", "2021-03-14T06:59:59Z", -18000},
        {"America/New_York", "2021-03-14T07:00:00Z", -14400},
        {"Australia/Lord_Howe", "2021-01-01T00:00:00Z", 39600},
        {"Australia/Lord_Howe", "2021-07-01T00:00:00Z", 37800},
        {"Africa/Casablanca", "2023-04-01T00:00:00Z", 0},
        {"Africa/Casablanca", "2023-07-01T00:00:00Z", 3600},
        {"Asia/Kathmandu", "1985-12-31T18:29:59Z", 19800},
        {"Asia/Kathmandu", "1985-12-31T18:30:00Z", 20700},
        {"Pacific/Apia", "2011-12-30T09:59:59Z", -36000},
        {"Pacific/Apia", "2011-12-30T10:00:00Z", 50400},
        {"America/Sao_Paulo", "2018-12-01T00:00:00Z", -7200},
        {"America/Sao_Paulo", "2019-12-01T00:00:00Z", -10800},
        {"Africa/Monrovia", "1950-01-01T00:00:00Z", -2670},
        {"Europe/Dublin", "2021-07-01T00:00:00Z", 3600},
        {"Europe/Dublin", "2021-01-01T00:00:00Z", 0},
    };
    size_t i;

    for (i = 0; i < sizeof facts / sizeof *facts; i++) {
        struct tp_zone *zone = opened(facts[i].zone);
        int32_t offset = tp_zone_offset(zone, at(facts[i].time));

        CHECK_THAT(offset == facts[i].offset, "%s at %s: %" PRId32, facts[i].zone, facts[i].time,
                   offset);
        tp_zone_close(zone);
    }
}

static void
test_odd_jumps(void)
{
    struct tp_zone *zone = opened("Australia/Lord_Howe"); /* half an hour */

    check_local(zone, "2021-10-03T02:15:00", "2021-10-02T15:45:00Z", TP_ZONE_NEVER);
    check_local(zone, "2021-04-04T01:45:00", "2021-04-03T14:45:00Z", TP_ZONE_TWICE);
    tp_zone_close(zone);
    zone = opened("Pacific/Apia"); /* 30 December 2011 never was */
    check_local(zone, "2011-12-29T23:59:59", "2011-12-30T09:59:59Z", TP_ZONE_ONCE);
    check_local(zone, "2011-12-30T12:00:00", "2011-12-30T22:00:00Z", TP_ZONE_NEVER);
    check_local(zone, "2011-12-31T00:00:00", "2011-12-30T10:00:00Z", TP_ZONE_ONCE);
    tp_zone_close(zone);
    zone = opened("America/Sao_Paulo"); /* midnight skipped */
    check_local(zone, "2018-11-04T00:00:00", "2018-11-04T03:00:00Z", TP_ZONE_NEVER);
    tp_zone_close(zone);
}

/* For every instant the local time leads back to it, or to the earlier of two. */
static void
test_there_and_back(void)
{
    static const char *const names[] = {"Europe/Berlin", "America/New_York", "Pacific/Apia",
                                        "Africa/Casablanca", "Australia/Lord_Howe"};
    size_t n;
    int i;

    for (n = 0; n < sizeof names / sizeof *names; n++) {
        struct tp_zone *zone = opened(names[n]);

        for (i = 0; i < 20000; i++) {
            tp_time time = (tp_time)random_next() / 2, back = 0;
            tp_time local = time + tp_zone_offset(zone, time) * TP_SECOND;
            enum tp_zone_fit fit;
            bool same;

            CHECK(tp_zone_instant(zone, local, &back, &fit, NULL) == 0);
            same = back == time || (fit == TP_ZONE_TWICE && back < time);
            if (!same || fit == TP_ZONE_NEVER)
                CHECK_THAT(false, "%s %" PRId64 " %s", names[n], time, fit_names[fit]);
        }
        tp_zone_close(zone);
    }
}

static void
put_number(struct tp_buf *buf, uint64_t number, int bytes)
{
    while (bytes-- > 0)
        tp_buf_put_char(buf, (char)(number >> (8 * bytes) & 0xFF));
}

/* One block of a TZif file: two types (+1 h, +2 h), the transitions at 1000, 2000, … seconds. */
static void
put_block(struct tp_buf *buf, char version, uint32_t transitions, int time_len)
{
    uint32_t i;

    TP_BUF_PUT(buf, "TZif");
    tp_buf_put_char(buf, version);
    tp_buf_put(buf, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 15);
    put_number(buf, 0, 4);
    put_number(buf, 0, 4);
    put_number(buf, 0, 4);
    put_number(buf, transitions, 4);
    put_number(buf, 2, 4);
    put_number(buf, 4, 4);
    for (i = 0; i < transitions; i++)
        put_number(buf, 1000 * (i + 1), time_len);
    for (i = 0; i < transitions; i++)
        put_number(buf, (i + 1) % 2, 1);
    put_number(buf, 3600, 4);
    put_number(buf, 0, 2);
    put_number(buf, 7200, 4);
    put_number(buf, 0x0100, 2);
    tp_buf_put(buf, "ABC", 4);
}

static struct tp_buf
file_of(char version, uint32_t transitions, const char *footer)
{
    struct tp_buf buf = TP_BUF_INIT;

    put_block(&buf, version, version == '\0' ? transitions : 0, 4);
    if (version == '\0')
        return buf;
    put_block(&buf, version, transitions, 8);
    tp_buf_put_char(&buf, '\n');
    tp_buf_put(&buf, footer, strlen(footer));
    tp_buf_put_char(&buf, '\n');
    return buf;
}

static void
test_versions_of_the_file(void)
{
    static const char versions[] = {'\0', '2', '3', '4'};
    size_t i;

    for (i = 0; i < sizeof versions; i++) {
        struct tp_buf buf = file_of(versions[i], 3, "");
        struct tp_zone_table table;
        struct tp_zone_span span;

        CHECK(tp_zone_table_read(tp_buf_str(&buf), "test", &table, NULL) == 0);
        span = tp_zone_table_span(&table, 999);
        CHECK(span.from == INT64_MIN && span.until == 1000 && span.offset == 3600);
        span = tp_zone_table_span(&table, 1000);
        CHECK(span.from == 1000 && span.until == 2000 && span.offset == 7200);
        span = tp_zone_table_span(&table, 2500);
        CHECK(span.from == 2000 && span.until == 3000 && span.offset == 3600);
        span = tp_zone_table_span(&table, 3000);
        CHECK(span.from == 3000 && span.until == INT64_MAX && span.offset == 7200);
        tp_zone_table_release(&table);
        tp_buf_release(&buf);
    }
}

static void
test_footer_rules_what_follows(void)
{
    struct tp_buf buf = file_of('2', 1, "CET-1CEST,M3.5.0,M10.5.0/3");
    struct tp_zone_table table;
    struct tp_zone_span span;

    CHECK(tp_zone_table_read(tp_buf_str(&buf), "test", &table, NULL) == 0);
    span = tp_zone_table_span(&table, at("2250-07-01T00:00:00Z") / TP_SECOND);
    CHECK(span.offset == 7200 && span.from == at("2250-03-31T01:00:00Z") / TP_SECOND);
    CHECK(span.until == at("2250-10-27T01:00:00Z") / TP_SECOND);
    span = tp_zone_table_span(&table, 1000);
    CHECK(span.offset == 3600 && span.from == 1000); /* not before the table's last */
    tp_zone_table_release(&table);
    tp_buf_release(&buf);
}

static const char *
damage(struct tp_str bytes)
{
    static struct tp_err err;
    struct tp_zone_table table;
    bool read = tp_zone_table_read(bytes, "test", &table, &err) == 0;

    if (read)
        tp_zone_table_release(&table);
    return read ? NULL : err.text;
}

static void
test_damaged_files(void)
{
    struct tp_buf buf = file_of('2', 3, "CET-1");
    struct tp_buf leap = file_of('\0', 0, "");
    size_t len;

    for (len = 0; len < buf.len; len++) {
        char *copy = malloc(len + 1);

        memcpy(copy, buf.ptr, len);
        CHECK_THAT(damage((struct tp_str){copy, len}), "cut at %zu", len);
        free(copy);
    }
    CHECK(!damage(tp_buf_str(&buf)));
    CHECK(strstr(damage(TP_STR("# tzdata")), "not a time zone file"));
    CHECK(strstr(damage(TP_STR("TZif2")), "damaged"));
    leap.ptr[31] = 1; /* one leap second */
    put_number(&leap, 0, 4);
    put_number(&leap, 0, 4);
    CHECK(strstr(damage(tp_buf_str(&leap)), "leap seconds"));
    tp_buf_release(&leap);
    tp_buf_release(&buf);
    buf = file_of('\0', 3, "");
    CHECK(!damage(tp_buf_str(&buf)));
    memset(buf.ptr + buf.len - 4, 0, 4);
    buf.ptr[56] = 2; /* the first transition is of a third type, but there are two */
    CHECK(strstr(damage(tp_buf_str(&buf)), "damaged"));
    buf.ptr[56] = 1;
    CHECK(!damage(tp_buf_str(&buf)));
    memcpy(buf.ptr + 44, buf.ptr + 48, 4); /* the first two at the same second */
    CHECK(strstr(damage(tp_buf_str(&buf)), "damaged"));
    tp_buf_release(&buf);
    buf = file_of('2', 3, "CET-1CEST,M13.5.0,M10.5.0");
    CHECK(strstr(damage(tp_buf_str(&buf)), "damaged"));
    tp_buf_release(&buf);
}

/* A few bytes of a good file changed at random: read or refused, never a crash, and whatever is
 * read gives spans that hold what was asked for. */
static void
test_changed_files(void)
{
    struct tp_buf good = file_of('2', 20, "CET-1CEST,M3.5.0,M10.5.0/3");
    char *bytes = malloc(good.len);
    int i, read = 0;

    for (i = 0; i < 50000; i++) {
        int changes = 1 + (int)(random_next() % 3);
        struct tp_zone_table table;
        int j;

        memcpy(bytes, good.ptr, good.len);
        while (changes-- > 0)
            bytes[random_next() % good.len] = (char)random_next();
        if (tp_zone_table_read((struct tp_str){bytes, good.len}, "test", &table, NULL) < 0)
            continue;
        read++;
        for (j = 0; j < 8; j++) {
            int64_t second = (int64_t)random_next() >> (20 + random_next() % 30);
            struct tp_zone_span span = tp_zone_table_span(&table, second);

            if (second < span.from || second >= span.until)
                CHECK_THAT(false, "%" PRId64 " in [%" PRId64 ", %" PRId64 ")", second, span.from,
                           span.until);
        }
        tp_zone_table_release(&table);
    }
    CHECK(read > 1000 && read < 50000);
    free(bytes);
    tp_buf_release(&good);
}

static void
check_rule(const char *text, const char *time, int32_t offset)
{
    struct tp_zone_rule rule;
    struct tp_zone_span span;

    CHECK_THAT(tp_zone_rule_parse(tp_str_of(text), &rule), "%s", text);
    span = tp_zone_rule_span(&rule, at(time) / TP_SECOND);
    CHECK_THAT(span.offset == offset, "%s at %s: %" PRId32, text, time, span.offset);
    CHECK(span.from <= at(time) / TP_SECOND && at(time) / TP_SECOND < span.until);
}

static void
test_rules(void)
{
    check_rule("CET-1", "2050-07-01T00:00:00Z", 3600);
    check_rule("<+0330>-3:30", "2050-07-01T00:00:00Z", 12600);
    check_rule("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2050-03-27T00:59:59Z", -7200);
    check_rule("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2050-03-27T01:00:00Z", -3600);
    check_rule("IST-1GMT0,M10.5.0,M3.5.0/1", "2050-07-01T00:00:00Z", 3600); /* negative summer */
    check_rule("IST-1GMT0,M10.5.0,M3.5.0/1", "2050-12-01T00:00:00Z", 0);
    check_rule("AEST-10AEDT,M10.1.0,M4.1.0/3", "2050-01-01T00:00:00Z", 39600);
    check_rule("EST5EDT", "2050-07-01T00:00:00Z", -14400);
    check_rule("EST5EDT", "2050-12-01T00:00:00Z", -18000);
    check_rule("EST5EDT,0/0,J365/25", "2050-12-31T23:59:59Z", -14400); /* summer all year */
    check_rule("EST5EDT,0/0,J365/25", "2051-01-01T05:00:00Z", -14400);
    check_rule("EST5EDT4:30,J60,J300", "2052-03-01T07:00:00Z", -16200); /* J60 is 1 March */
    check_rule("EST5EDT4:30,J60,J300", "2052-03-01T06:59:59Z", -18000);
    check_rule("EST5EDT4:30,J59,J300", "2052-02-28T07:00:00Z", -16200);
    check_rule("CET-1CEST,M3.1.0/167,M10.5.0", "2050-03-13T00:00:00Z", 7200);
    check_rule("EST5EDT,59,300", "2052-02-29T06:59:59Z", -18000); /* 59 is 29 February */
    check_rule("EST5EDT,59,300", "2052-02-29T07:00:00Z", -14400);
    /* Hours beyond the day (RFC 8536): Thursday 50 h on is Saturday 02:00. */
    check_rule("IST-2IDT,M3.4.4/50,M10.4.4/50", "2050-03-25T23:59:59Z", 7200);
    check_rule("IST-2IDT,M3.4.4/50,M10.4.4/50", "2050-03-26T00:00:00Z", 10800);
}

static void
test_what_is_no_rule(void)
{
    static const char *const texts[] = {
        "",
        "CE-1",
        "CET",
        "CET-25",
        "<+03-3",
        "CET-1:60",
        "CET-1x",
        "CET-1CEST,M3.5.0",
        "CET-1CEST,M3.6.0,M10.5.0",
        "CET-1CEST,M0.5.0,M10.5.0",
        "CET-1CEST,J0,J300",
        "CET-1CEST,366,3",
        "CET-1CEST,1,2,3",
        "CET-1CEST,M3.5.0/168,M10.5.0",
        "CET-1CEST,M3.5.7,M10.5.0",
    };
    struct tp_zone_rule rule;
    size_t i;

    for (i = 0; i < sizeof texts / sizeof *texts; i++)
        CHECK_THAT(!tp_zone_rule_parse(tp_str_of(texts[i]), &rule), "%s", texts[i]);
}

static void
test_local(void)
{
    struct tp_zone *zone;

    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    zone = opened("local");
    CHECK(tp_zone_offset(zone, at("2250-07-01T00:00:00Z")) == 7200);
    tp_zone_close(zone);
    setenv("TZ", ":<+0545>-5:45", 1);
    zone = opened("local");
    CHECK(tp_zone_offset(zone, 0) == 20700);
    tp_zone_close(zone);
    setenv("TZ", "", 1);
    zone = opened("local");
    CHECK(tp_zone_offset(zone, 0) == 0);
    tp_zone_close(zone);
    setenv("TZ", "Nowhere/At_All", 1);
    refused("local");
    setenv("TZ", ":/nonexistent/file", 1);
    CHECK(strstr(refused("local"), "/nonexistent/file"));
    if (has_database()) {
        setenv("TZ", ":/usr/share/zoneinfo/Asia/Kathmandu", 1);
        zone = opened("local");
        CHECK(tp_zone_offset(zone, at("2000-01-01")) == 20700);
        tp_zone_close(zone);
    }
    unsetenv("TZ");
    zone = opened("local");
    tp_zone_close(zone);
}

/* A folder of its own as the database: what is found, what is a folder, what is no zone. */
static void
test_own_database(void)
{
    char folder[] = "/tmp/test_zone.XXXXXX", path[64];
    struct tp_buf good = file_of('2', 3, "");
    struct tp_zone *zone;
    FILE *file;

    CHECK(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/Mine", folder);
    file = fopen(path, "w");
    CHECK(file && fwrite(good.ptr, 1, good.len, file) == good.len && fclose(file) == 0);
    setenv("TZDIR", folder, 1);
    zone = opened("Mine");
    CHECK(tp_zone_offset(zone, 1000 * TP_SECOND) == 7200);
    CHECK(tp_zone_offset(zone, 1000 * TP_SECOND - 1) == 3600);
    tp_zone_close(zone);
    CHECK(strstr(refused("."), "not a time zone file"));
    CHECK(strstr(refused("Yours"), folder));
    CHECK(truncate(path, 60) == 0);
    CHECK(strstr(refused("Mine"), "damaged"));
    unsetenv("TZDIR");
    unlink(path);
    rmdir(folder);
    tp_buf_release(&good);
}

int
main(void)
{
    unsetenv("TZDIR");
    RUN(test_fixed_zones);
    RUN(test_results_stay_in_range);
    RUN(test_missing_database);
    RUN(test_versions_of_the_file);
    RUN(test_footer_rules_what_follows);
    RUN(test_damaged_files);
    RUN(test_changed_files);
    RUN(test_rules);
    RUN(test_what_is_no_rule);
    RUN(test_local);
    RUN(test_own_database);
    if (has_database()) {
        RUN(test_names_that_are_refused);
        RUN(test_berlin);
        RUN(test_twice_beside_the_remembered_span);
        RUN(test_other_zones);
        RUN(test_odd_jumps);
        RUN(test_there_and_back);
    } else {
        puts("skip: no tz database (Debian package tzdata)");
    }
    return unit_end();
}
