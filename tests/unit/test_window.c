#include "event/window.h"

#include "unit.h"

static uint64_t seed = 3;

static uint64_t
random_below(uint64_t n)
{
    return unit_random(&seed) % n;
}

/* ---- spellings ---- */

static void
check_fixed(const char *text, tp_duration size, tp_duration slide, tp_duration pane)
{
    struct tp_window_spec spec;
    struct tp_err err = {.text = ""};

    CHECK_THAT(tp_window_parse(tp_str_of(text), &spec, &err) == 0, "%s: %s", text, err.text);
    CHECK_THAT(spec.kind == TP_WINDOW_FIXED && spec.size == size && spec.slide == slide &&
                   spec.pane == pane && spec.offset == 0,
               "%s", text);
}

static void
spellings(void)
{
    struct tp_window_spec spec;

    check_fixed("1m", TP_MINUTE, TP_MINUTE, TP_MINUTE);
    check_fixed("tumble:1m", TP_MINUTE, TP_MINUTE, TP_MINUTE);
    check_fixed("1h30m", 90 * TP_MINUTE, 90 * TP_MINUTE, 90 * TP_MINUTE);
    check_fixed("7d", 7 * TP_DAY, 7 * TP_DAY, 7 * TP_DAY);
    check_fixed("hop:10m,1m", 10 * TP_MINUTE, TP_MINUTE, TP_MINUTE);
    check_fixed("hop:10s,4s", 10 * TP_SECOND, 4 * TP_SECOND, 2 * TP_SECOND);
    check_fixed("hop:7ms,3ms", 7 * TP_MILLISECOND, 3 * TP_MILLISECOND, TP_MILLISECOND);
    check_fixed("hop:1m,1m", TP_MINUTE, TP_MINUTE, TP_MINUTE);
    CHECK(tp_window_parse(TP_STR("session:30m"), &spec, NULL) == 0);
    CHECK(spec.kind == TP_WINDOW_SESSION && spec.size == 30 * TP_MINUTE);
    CHECK(tp_window_parse(TP_STR("session:1w"), &spec, NULL) == 0); /* a gap begins nowhere */
    CHECK(spec.kind == TP_WINDOW_SESSION && spec.size == 7 * TP_DAY);
    CHECK(tp_window_parse(TP_STR("all"), &spec, NULL) == 0 && spec.kind == TP_WINDOW_ALL);
    CHECK(tp_window_parse(TP_STR("count:100"), &spec, NULL) == 0);
    CHECK(spec.kind == TP_WINDOW_COUNT && spec.size == 100 && spec.slide == 100);
    CHECK(tp_window_parse(TP_STR("count:100,20"), &spec, NULL) == 0);
    CHECK(spec.kind == TP_WINDOW_COUNT && spec.size == 100 && spec.slide == 20);
}

static void
check_refused(const char *text, long at, const char *reason)
{
    struct tp_window_spec spec;
    struct tp_err err = {.text = ""};

    CHECK_THAT(tp_window_parse(tp_str_of(text), &spec, &err) == -1, "%s", text);
    CHECK_THAT(err.fault == TP_FAULT_USAGE && err.at == at && strstr(err.text, reason),
               "%s: at %ld: %s", text, err.at, err.text);
}

static void
refusals(void)
{
    check_refused("", 0, "a length is missing");
    check_refused("5", 0, "a bare number is a count, not a time: write 5s");
    check_refused("5", 0, "records are count:5");
    check_refused("hop:10m,1", 8, "write 1s");
    check_refused("session:30", 8, "write 30s");
    check_refused("0", 0, "above zero");
    check_refused("0s", 0, "above zero");
    check_refused("-5s", 0, "above zero");
    check_refused("1.5ms", 0, "whole number of milliseconds");
    check_refused("hop:1s,300us", 7, "whole number of milliseconds");
    check_refused("1w", 0, "7d is counted from the epoch, a Thursday");
    check_refused("1w", 0, "the calendar week from Monday is 1w@UTC");
    check_refused("2w", 0, "14d");
    check_refused("tumble:1w", 7, "7d");
    check_refused("hop:2w,1w", 4, "14d");
    check_refused("hop:14d,1w", 8, "7d");
    check_refused("1w1h", 0, "In days, 7d for 1w");
    check_refused("1mo", 0,
                  "30d is counted from the epoch; calendar months in a time zone are 1mo@UTC");
    check_refused("tumble:2y", 7, "730d is counted from the epoch; calendar years");
    check_refused("1h@UTC", 0, "days, weeks, months or years");
    check_refused("d@UTC", 0, "days, weeks, months or years");
    check_refused("0d@UTC", 3, "1 to 36600 days");
    check_refused("101y@UTC", 5, "1 to 100 years");
    check_refused("1d@", 3, "1d@UTC, say");
    check_refused("1d@Mars/Olympus", 3, "Mars/Olympus");
    check_refused("hop:1d@UTC,1h", 0, "days, weeks, months or years");
    check_refused("cumulate:1d", 9, "cumulate:1d,1h");
    check_refused("cumulate:1h,1d", 12, "whole number of steps");
    check_refused("cumulate:1h,7m", 12, "whole number of steps");
    check_refused("cumulate", 8, "a length is missing");
    check_refused("hop:10m", 4, "hop:10m,1m");
    check_refused("hop:,1m", 4, "missing");
    check_refused("hop:1m,", 7, "missing");
    check_refused("hop:1m,10m", 7, "larger than the size");
    check_refused("hop:3m,2m,1m", 7, "windows are");
    check_refused("tumble:10m,1m", 7, "hop:10m,1m");
    check_refused("10m,1m", 0, "hop:10m,1m");
    check_refused("session:10m,1m", 8, "one length, the gap");
    check_refused("tumble:", 7, "missing");
    check_refused("session", 7, "missing");
    check_refused("all:1m", 4, "no length");
    check_refused("count", 5, "missing");
    check_refused("count:", 6, "a number of records");
    check_refused("count:0", 6, "a number of records");
    check_refused("count:-3", 6, "a number of records");
    check_refused("count:1m", 6, "a number of records");
    check_refused("count:10,", 9, "a number of records");
    check_refused("count:10,20", 9, "larger than the size");
    check_refused("count:10,5,1", 9, "a number of records");
    check_refused("count:2000000000000", 6, "no window holds more");
    check_refused("count:1000000,1", 14, "more than 100000 windows");
    check_refused("sliding:1m", 0, "no kind of window is called sliding");
    check_refused("one minute", 0, "windows are");
}

static void
long_texts_are_cut(void)
{
    struct tp_window_spec spec;
    struct tp_err err;
    char text[5000];

    memset(text, '7', sizeof text);
    CHECK(tp_window_parse((struct tp_str){text, sizeof text}, &spec, &err) == -1);
    CHECK(strstr(err.text, "bare number"));
    CHECK(tp_window_parse((struct tp_str){NULL, 0}, &spec, &err) == -1);
    for (size_t i = 0; i + 1 < sizeof text; i += 2)
        memcpy(text + i, "ü", 2);
    text[0] = 'u'; /* so that characters start at odd places */
    text[1] = 'u';
    CHECK(tp_window_parse((struct tp_str){text + 1, sizeof text - 1}, &spec, &err) == -1);
    CHECK_THAT(strstr(err.text, "ü\": "), "%s", err.text);
}

static void
shifts(void)
{
    struct tp_window_spec spec;
    struct tp_window pane;

    CHECK(tp_window_parse(TP_STR("hop:10m,4m"), &spec, NULL) == 0);
    CHECK(tp_window_shift(&spec, -TP_MINUTE, NULL) == 0 && spec.offset == 3 * TP_MINUTE);
    CHECK(tp_window_shift(&spec, 9 * TP_MINUTE, NULL) == 0 && spec.offset == TP_MINUTE);
    CHECK(tp_window_shift(&spec, 1, NULL) == -1);
    CHECK(tp_window_parse(TP_STR("7d"), &spec, NULL) == 0);
    CHECK(tp_window_shift(&spec, 4 * TP_DAY, NULL) == 0); /* 1970-01-05 was a Monday */
    CHECK(tp_window_pane(&spec, 0, &pane, NULL) == 0 && pane.start == -3 * TP_DAY);
    CHECK(tp_window_parse(TP_STR("session:1m"), &spec, NULL) == 0);
    CHECK(tp_window_shift(&spec, TP_SECOND, NULL) == -1);
}

/* ---- which windows ---- */

static __int128
floor_to(__int128 time, tp_duration step)
{
    __int128 whole = time / step * step;

    return whole > time ? whole - step : whole;
}

/* Every window near TIME is looked at: it must be among the pane's exactly when it holds TIME, and
 * TIME must be refused exactly when such a window leaves tp_time. */
static void
check_membership(const struct tp_window_spec *spec, tp_time time)
{
    __int128 slide = spec->slide;
    __int128 from = floor_to((__int128)time - spec->offset, spec->slide) + spec->offset;
    struct tp_window pane, first, last;
    struct tp_err err = {.fault = TP_FAULT_NONE};
    int result = tp_window_pane(spec, time, &pane, &err);
    __int128 at;
    bool leaves = false;

    for (__int128 s = from; s + spec->size > time; s -= spec->slide)
        leaves |= s < TP_TIME_MIN || s + spec->size > TP_TIME_MAX;
    CHECK(result == (leaves ? -1 : 0));
    if (result < 0) {
        CHECK(err.fault == TP_FAULT_RECORD);
        return;
    }
    CHECK(pane.start <= time && time < pane.end && pane.end - pane.start == spec->pane);
    tp_window_of_pane(spec, pane.start, &first, &last);
    CHECK(first.end - first.start == spec->size && last.end - last.start == spec->size);
    CHECK(first.start <= last.start);
    at = first.start;
    for (__int128 s = from - (spec->size / spec->slide + 2) * slide; s <= from + 3 * slide;
         s += spec->slide) {
        bool holds = s <= time && time < s + spec->size;
        bool given = s == at && at <= last.start;

        CHECK(holds == given);
        if (given)
            at += spec->slide;
        CHECK(!holds || (s <= pane.start && pane.end <= s + spec->size));
    }
    CHECK(at == (__int128)last.start + spec->slide);
}

static struct tp_window_spec
random_spec(void)
{
    struct tp_window_spec spec = {.kind = TP_WINDOW_FIXED};
    char text[80];
    int size = 1 + (int)random_below(60), slide = 1 + (int)random_below((uint64_t)size);

    snprintf(text, sizeof text, "hop:%dms,%dms", size, random_below(3) ? slide : size);
    CHECK(tp_window_parse(tp_str_of(text), &spec, NULL) == 0);
    CHECK(tp_window_shift(&spec, ((tp_duration)random_below(200) - 100) * TP_MILLISECOND, NULL) ==
          0);
    return spec;
}

static void
membership_is_containment(void)
{
    for (int run = 0; run < 3000; run++) {
        struct tp_window_spec spec = random_spec();
        tp_duration range = 4 * spec.size;

        for (int i = 0; i < 10; i++) {
            tp_duration by = (tp_duration)random_below((uint64_t)range);

            check_membership(&spec, by - range / 2);
            check_membership(&spec, (by - range / 2) / TP_MILLISECOND * TP_MILLISECOND);
            check_membership(&spec, TP_TIME_MIN + by);
            check_membership(&spec, TP_TIME_MAX - by);
            check_membership(&spec, (tp_time)(random_below(1ULL << 53) << 10) + INT64_MIN / 2);
        }
    }
}

/* Sizes that are a good part of all time: nothing may wrap. */
static void
vast_windows(void)
{
    static const char *const texts[] = {"hop:106000d,50000d", "hop:100000d,99999d", "106751d",
                                        "hop:80000d,30000d"};
    static const tp_time times[] = {TP_TIME_MIN, TP_TIME_MIN + 1, -1, 0, 1, TP_TIME_MAX};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (size_t j = 0; j < sizeof times / sizeof *times; j++) {
            struct tp_window_spec spec;

            CHECK(tp_window_parse(tp_str_of(texts[i]), &spec, NULL) == 0);
            check_membership(&spec, times[j]);
            CHECK(tp_window_shift(&spec, INT64_MAX / TP_DAY * TP_DAY - 5 * TP_DAY, NULL) == 0);
            check_membership(&spec, times[j]);
        }
}

static void
sessions_and_all(void)
{
    struct tp_window_spec spec;
    struct tp_window pane, first, last;
    struct tp_err err;

    CHECK(tp_window_parse(TP_STR("session:30s"), &spec, NULL) == 0);
    CHECK(tp_window_pane(&spec, TP_MILLISECOND + 1, &pane, NULL) == 0);
    CHECK(pane.start == TP_MILLISECOND && pane.end == TP_MILLISECOND + 30 * TP_SECOND);
    CHECK(tp_window_pane(&spec, -1, &pane, NULL) == 0 && pane.start == -TP_MILLISECOND);
    tp_window_of_pane(&spec, pane.start, &first, &last);
    CHECK(first.start == pane.start && last.end == pane.end);
    CHECK(tp_window_pane(&spec, TP_TIME_MAX - 29 * TP_SECOND, &pane, &err) == -1);
    CHECK(err.fault == TP_FAULT_RECORD && strstr(err.text, "2262-04-11T23:46:47"));
    CHECK(tp_window_pane(&spec, TP_TIME_MIN, &pane, &err) == -1);

    CHECK(tp_window_parse(TP_STR("all"), &spec, NULL) == 0);
    CHECK(tp_window_pane(&spec, TP_TIME_MAX, &pane, NULL) == 0);
    CHECK(pane.start == TP_TIME_MIN && pane.end == TP_TIME_AFTER_ALL);
    tp_window_of_pane(&spec, pane.start, &first, &last);
    CHECK(first.start == TP_TIME_MIN && last.end == TP_TIME_AFTER_ALL);
}

/* ---- windows that cumulate ---- */

static void
check_cumulate(const struct tp_window_spec *spec, tp_time time)
{
    struct tp_window pane, first, last;
    tp_time day = tp_time_floor(time, spec->size, spec->offset);

    CHECK(tp_window_pane(spec, time, &pane, NULL) == 0);
    CHECK(pane.start <= time && time < pane.end && pane.end - pane.start == spec->slide);
    tp_window_of_pane(spec, pane.start, &first, &last);
    CHECK(first.start == day && last.start == day && last.end == day + spec->size);
    CHECK(first.end == pane.end);
    for (tp_time end = first.end; end <= last.end; end += spec->slide)
        CHECK(tp_window_start(spec, end) == day);
}

static void
cumulating(void)
{
    for (int run = 0; run < 2000; run++) {
        struct tp_window_spec spec;
        int step = 1 + (int)random_below(20), steps = 1 + (int)random_below(10);
        char text[80];

        snprintf(text, sizeof text, "cumulate:%dms,%dms", step * steps, step);
        CHECK(tp_window_parse(tp_str_of(text), &spec, NULL) == 0);
        CHECK(spec.kind == TP_WINDOW_CUMULATE);
        CHECK(tp_window_shift(&spec, (tp_duration)random_below(300) * TP_MILLISECOND, NULL) == 0);
        for (int i = 0; i < 10; i++)
            check_cumulate(&spec, (tp_time)random_below(500000000) - 250000000);
    }
}

int
main(void)
{
    RUN(spellings);
    RUN(refusals);
    RUN(long_texts_are_cut);
    RUN(shifts);
    RUN(membership_is_containment);
    RUN(vast_windows);
    RUN(sessions_and_all);
    RUN(cumulating);
    return unit_end();
}
