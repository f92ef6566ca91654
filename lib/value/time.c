#include "value/time.h"

#include <string.h>

#define DAYS_PER_ERA 146097 /* 400 Gregorian years */
#define EPOCH_IN_ERA 719468 /* days from 0000-03-01 to 1970-01-01 */

static int64_t
floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Both directions count years from 1 March, so that the leap day comes last: Howard Hinnant,
 * "chrono-compatible low-level date algorithms". */
int64_t
tp_days_of_civil(int64_t year, int month, int day)
{
    int64_t shifted = year - (month <= 2);
    int64_t era = floor_divide(shifted, 400);
    int64_t year_of_era = shifted - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * DAYS_PER_ERA + day_of_era - EPOCH_IN_ERA;
}

void
tp_civil_of_days(int64_t days, int64_t *year, int *month, int *day)
{
    int64_t shifted = days + EPOCH_IN_ERA;
    int64_t era = floor_divide(shifted, DAYS_PER_ERA);
    uint32_t day_of_era = (uint32_t)(shifted - era * DAYS_PER_ERA);
    uint32_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint32_t shifted_month = (5 * day_of_year + 2) / 153;

    *day = (int)(day_of_year - (153 * shifted_month + 2) / 5 + 1);
    *month = (int)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    *year = (int64_t)year_of_era + era * 400 + (*month <= 2);
}

int
tp_weekday_of_days(int64_t days)
{
    /* 1970-01-01 was a Thursday. */
    int64_t shifted = (days % 7 + 3) % 7;

    return (int)(shifted < 0 ? shifted + 7 : shifted);
}

static bool
is_leap_year(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int
tp_days_in_month(int64_t year, int month)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && is_leap_year(year));
}

static const char *
civil_fault(const struct tp_civil *civil)
{
    if (civil->year < -5000000 || civil->year > 5000000)
        return "the year is out of range";
    if (civil->month < 1 || civil->month > 12)
        return "the month is not 1 to 12";
    if (civil->day < 1 || civil->day > tp_days_in_month(civil->year, civil->month))
        return "the month has no such day";
    if (civil->hour < 0 || civil->hour > 23 || civil->minute < 0 || civil->minute > 59)
        return "no such time of day";
    if (civil->second < 0 || civil->second > 60 || civil->nano < 0 || civil->nano >= TP_SECOND)
        return "no such second";
    return NULL;
}

int
tp_time_of_civil(const struct tp_civil *civil, tp_time *time, struct tp_err *err)
{
    const char *fault = civil_fault(civil);
    struct tp_reading reading = {.nano = civil->nano, .leap = civil->second == 60};
    struct tp_err ignored;

    if (fault)
        return tp_err_set(err, TP_FAULT_RECORD, "no time: %s", fault);
    reading.second = tp_days_of_civil(civil->year, civil->month, civil->day) * 86400 +
                     civil->hour * 3600 + civil->minute * 60 + civil->second;
    if (tp_reading_instant(&reading, TP_STR(""), time, &ignored) == 0)
        return 0;
    return tp_err_set(err, TP_FAULT_RECORD, "no time: %s",
                      reading.leap ? "second 60 outside 23:59:60 UTC, or out of range"
                                   : "out of range (years 1677 to 2262)");
}

struct tp_civil
tp_civil_of_time(tp_time time)
{
    struct tp_civil civil;
    int64_t second = floor_divide(time, TP_SECOND);
    int64_t days = floor_divide(second, 86400);
    int of_day = (int)(second - days * 86400);

    tp_civil_of_days(days, &civil.year, &civil.month, &civil.day);
    civil.hour = of_day / 3600;
    civil.minute = of_day / 60 % 60;
    civil.second = of_day % 60;
    /* Unsigned, because second * TP_SECOND wraps for the earliest instants and back again. */
    civil.nano = (int)((uint64_t)time - (uint64_t)second * (uint64_t)TP_SECOND);
    return civil;
}

bool
tp_time_add(tp_time time, tp_duration by, tp_time *sum)
{
    int64_t result;

    if (__builtin_add_overflow(time, by, &result) || result < TP_TIME_MIN || result > TP_TIME_MAX)
        return false;
    *sum = result;
    return true;
}

bool
tp_time_subtract(tp_time time, tp_duration by, tp_time *difference)
{
    int64_t result;

    if (__builtin_sub_overflow(time, by, &result) || result < TP_TIME_MIN || result > TP_TIME_MAX)
        return false;
    *difference = result;
    return true;
}

/* A modulo STEP, in [0, STEP). */
static int64_t
floor_modulo(int64_t a, int64_t step)
{
    int64_t rest = a % step;

    return rest < 0 ? rest + step : rest;
}

tp_time
tp_time_floor(tp_time time, tp_duration step, tp_duration offset)
{
    int64_t rest, result;

    if (time == TP_TIME_BEFORE_ALL || time == TP_TIME_AFTER_ALL)
        return time;
    rest = floor_modulo(time, step);
    if (offset != 0) {
        /* Both terms are in [0, step): neither the difference nor the sum can overflow. */
        rest -= floor_modulo(offset, step);
        if (rest < 0)
            rest += step;
    }
    if (__builtin_sub_overflow(time, rest, &result) || result < TP_TIME_MIN)
        return TP_TIME_MIN;
    return result;
}

static void
put_two(char *to, uint32_t number)
{
    static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                                "25262728293031323334353637383940414243444546474849"
                                "50515253545556575859606162636465666768697071727374"
                                "75767778798081828384858687888990919293949596979899";

    memcpy(to, pairs + 2 * number, 2);
}

/* Three digits behind what is at TO. */
static char *
put_three(char *to, uint32_t number)
{
    *to = (char)('0' + number / 100);
    put_two(to + 1, number % 100);
    return to + 3;
}

static void
put_date(char *to, int64_t days)
{
    int64_t year;
    int month, day;

    tp_civil_of_days(days, &year, &month, &day);
    memcpy(to, "0000-00-00T", 11);
    put_two(to, (uint32_t)year / 100); /* 1677..2262 */
    put_two(to + 2, (uint32_t)year % 100);
    put_two(to + 5, (uint32_t)month);
    put_two(to + 8, (uint32_t)day);
}

/* Behind the date. NANO of a day, below 86,400 * 10^9. */
static char *
put_clock(char *to, uint64_t nano)
{
    uint32_t second = (uint32_t)(nano / TP_SECOND);
    char *end;

    nano %= TP_SECOND;
    memcpy(to, "00:00:00.", 9);
    put_two(to, second / 3600);
    put_two(to + 3, second / 60 % 60);
    put_two(to + 6, second % 60);
    end = put_three(to + 9, (uint32_t)nano / 1000000);
    if (nano % 1000000 != 0)
        end = put_three(end, (uint32_t)nano / 1000 % 1000);
    if (nano % 1000 != 0)
        end = put_three(end, (uint32_t)nano % 1000);
    *end++ = 'Z';
    return end;
}

size_t
tp_time_write_on(struct tp_time_day *day, char *to, tp_time time)
{
    int64_t days = floor_divide(time, TP_DAY);
    /* Unsigned, because days * TP_DAY wraps for the earliest instants and back again. */
    uint64_t nano = (uint64_t)time - (uint64_t)days * (uint64_t)TP_DAY;

    if (!day->known || day->day != days) {
        put_date(day->date, days);
        day->day = days;
        day->known = true;
    }
    memcpy(to, day->date, sizeof day->date);
    return (size_t)(put_clock(to + sizeof day->date, nano) - to);
}

size_t
tp_time_write(char *to, tp_time time)
{
    struct tp_time_day day = {0};

    return tp_time_write_on(&day, to, time);
}
