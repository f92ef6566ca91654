/* Functions of time. Zones, units and formats are constants, made ready once. */
#include "query/expr_cast.h"
#include "query/expr_func.h"
#include "value/text.h"

enum unit {
    NANOSECOND,
    MICROSECOND,
    MILLISECOND,
    SECOND,
    MINUTE,
    HOUR,
    DAY,
    WEEK,
    MONTH,
    QUARTER,
    YEAR,
    DOW,
    ISODOW,
    DOY,
    EPOCH,
    UNITS,
};

static const char *const unit_names[UNITS] = {
    "nanosecond", "microsecond", "millisecond", "second", "minute", "hour", "day",  "week",
    "month",      "quarter",     "year",        "dow",    "isodow", "doy",  "epoch"};

static const tp_duration unit_length[] = {1,         TP_MICROSECOND, TP_MILLISECOND,
                                          TP_SECOND, TP_MINUTE,      TP_HOUR};

int
tp_unit_find(struct tp_str name)
{
    int i;

    for (i = 0; i < UNITS; i++)
        if (tp_text_equal_nocase(name, tp_str_of(unit_names[i])))
            return i;
    if (name.len > 1 && (name.ptr[name.len - 1] | 0x20) == 's')
        return tp_unit_find((struct tp_str){name.ptr, name.len - 1});
    return -1;
}

static int
prepare_unit(struct tp_compile *c, struct tp_node *node)
{
    const struct tp_node *name = node->arg[0];
    struct tp_str names[UNITS], text = name->value.text;
    const struct tp_str *likest;
    int i;

    if (name->value.kind != TP_TEXT)
        return 0;
    node->unit = tp_unit_find(text);
    if (node->unit >= 0)
        return 0;
    for (i = 0; i < UNITS; i++)
        names[i] = tp_str_of(unit_names[i]);
    likest = tp_text_likest(text, names, UNITS);
    return tp_compile_fail(c, name->at, "no unit of time %.*s%s%.*s%s",
                           (int)(text.len < 40 ? text.len : 40), text.ptr,
                           likest ? " (did you mean " : "", likest ? (int)likest->len : 0,
                           likest ? likest->ptr : "", likest ? "?)" : "");
}

int
tp_prepare_zone(struct tp_compile *c, struct tp_node *node, size_t i)
{
    struct tp_aux *aux;
    struct tp_err reason;

    if (node->count <= i || node->arg[i]->value.kind != TP_TEXT || (node->aux && node->aux->zone))
        return 0;
    aux = tp_node_aux(c, node);
    if (!aux)
        return -1;
    aux->zone = tp_zone_open(node->arg[i]->value.text, &reason);
    return aux->zone ? 0 : tp_compile_fail(c, node->arg[i]->at, "%s", reason.text);
}

int
tp_prepare_date_trunc(struct tp_compile *c, struct tp_node *node)
{
    if (prepare_unit(c, node) < 0)
        return -1;
    if (node->unit > YEAR)
        return tp_compile_fail(c, node->arg[0]->at, "cannot truncate to %s",
                               unit_names[node->unit]);
    return tp_prepare_zone(c, node, 2);
}

int
tp_prepare_date_part(struct tp_compile *c, struct tp_node *node)
{
    if (prepare_unit(c, node) < 0)
        return -1;
    if (node->unit < SECOND)
        return tp_compile_fail(c, node->arg[0]->at,
                               "no such part: use epoch_ms(…) %% 1000 and the like");
    return tp_prepare_zone(c, node, 2);
}

static tp_duration
offset_at(const struct tp_node *node, tp_time time)
{
    return node->aux && node->aux->zone ? tp_zone_offset(node->aux->zone, time) * TP_SECOND : 0;
}

/* The local time of TIME in the function's zone, as if it were UTC. */
static int
to_local(const struct tp_node *node, struct tp_run *run, tp_time time, tp_time *local)
{
    if (tp_time_add(time, offset_at(node, time), local))
        return 0;
    return tp_run_fail(run, node, "timestamp overflow");
}

static int
from_local(const struct tp_node *node, struct tp_run *run, tp_time local, struct tp_value *out)
{
    struct tp_err reason;

    out->kind = TP_TIME;
    out->time = local;
    if (!node->aux || !node->aux->zone)
        return 0;
    if (tp_zone_instant(node->aux->zone, local, &out->time, NULL, &reason) < 0)
        return tp_run_fail(run, node, "%s", reason.text);
    return 0;
}

static int
floor_to(const struct tp_node *node, struct tp_run *run, tp_time time, tp_duration step,
         tp_time *floored)
{
    tp_duration rest = time % step;

    if (rest < 0)
        rest += step;
    if (tp_time_subtract(time, rest, floored))
        return 0;
    return tp_run_fail(run, node, "timestamp overflow");
}

/* The midnight that begins the day, week, month, quarter or year of a local time. */
static int
floor_to_date(const struct tp_node *node, struct tp_run *run, tp_time local, tp_time *floored)
{
    struct tp_civil civil = tp_civil_of_time(local),
                    date = {.year = civil.year, .month = 1, .day = 1};
    struct tp_err reason;
    int64_t days;

    if (node->unit == DAY)
        return floor_to(node, run, local, TP_DAY, floored);
    if (node->unit == WEEK) {
        days = tp_days_of_civil(civil.year, civil.month, civil.day);
        tp_civil_of_days(days - tp_weekday_of_days(days), &date.year, &date.month, &date.day);
    } else if (node->unit != YEAR) {
        date.month = node->unit == MONTH ? civil.month : (civil.month - 1) / 3 * 3 + 1;
    }
    if (tp_time_of_civil(&date, floored, &reason) < 0)
        return tp_run_fail(run, node, "%s", reason.text);
    return 0;
}

int
tp_call_date_trunc(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
                   struct tp_value *out)
{
    tp_time local, floored;
    tp_duration offset = offset_at(node, arg[1].time);

    if (to_local(node, run, arg[1].time, &local) < 0)
        return -1;
    if (node->unit >= DAY)
        return floor_to_date(node, run, local, &floored) < 0 ? -1
                                                             : from_local(node, run, floored, out);
    /* Within a day the offset in force stays, so that no hour that comes twice is mistaken. */
    out->kind = TP_TIME;
    if (floor_to(node, run, local, unit_length[node->unit], &floored) < 0)
        return -1;
    return tp_time_subtract(floored, offset, &out->time)
               ? 0
               : tp_run_fail(run, node, "timestamp overflow");
}

/* time_bucket(width, time [, offset]): [multiple of width, shifted), aligned to the epoch as
 * windows are. */
int
tp_call_time_bucket(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
                    struct tp_value *out)
{
    tp_duration width = arg[0].duration, offset = node->count > 2 ? arg[2].duration : 0;
    tp_time shifted, floored;

    if (width <= 0)
        return tp_run_fail(run, node->arg[0], "a bucket must be longer than 0");
    offset %= width;
    out->kind = TP_TIME;
    if (!tp_time_subtract(arg[1].time, offset, &shifted))
        return tp_run_fail(run, node, "timestamp overflow");
    if (floor_to(node, run, shifted, width, &floored) < 0)
        return -1;
    return tp_time_add(floored, offset, &out->time) ? 0
                                                    : tp_run_fail(run, node, "timestamp overflow");
}

/* The week of ISO 8601: that with the year's first Thursday is number 1. *YEAR is its year. */
static int
iso_week(int64_t days, int64_t *year)
{
    int64_t thursday = days - tp_weekday_of_days(days) + 3;
    int month, day;

    tp_civil_of_days(thursday, year, &month, &day);
    return (int)((thursday - tp_days_of_civil(*year, 1, 1)) / 7) + 1;
}

static int64_t
floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int64_t
date_part(int unit, tp_time local, tp_time time)
{
    struct tp_civil civil = tp_civil_of_time(local);
    int64_t days = tp_days_of_civil(civil.year, civil.month, civil.day), year;

    switch (unit) {
    case SECOND:
        return civil.second;
    case MINUTE:
        return civil.minute;
    case HOUR:
        return civil.hour;
    case DAY:
        return civil.day;
    case WEEK:
        return iso_week(days, &year);
    case MONTH:
        return civil.month;
    case QUARTER:
        return (civil.month - 1) / 3 + 1;
    case YEAR:
        return civil.year;
    case DOW: /* Flink (Calcite): 1 is Sunday */
        return (tp_weekday_of_days(days) + 1) % 7 + 1;
    case ISODOW:
        return tp_weekday_of_days(days) + 1;
    case DOY:
        return days - tp_days_of_civil(civil.year, 1, 1) + 1;
    default:
        return floor_div(time, TP_SECOND);
    }
}

int
tp_call_date_part(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
                  struct tp_value *out)
{
    tp_time local;

    if (to_local(node, run, arg[1].time, &local) < 0)
        return -1;
    *out = tp_int(date_part(node->unit, local, arg[1].time));
    return 0;
}

#define EPOCH_FUNCTION(name, unit)                                             \
    int tp_call_epoch_##name(const struct tp_node *node, struct tp_run *run,   \
                             const struct tp_value *arg, struct tp_value *out) \
    {                                                                          \
        (void)node;                                                            \
        (void)run;                                                             \
        *out = tp_int(floor_div(arg[0].time, unit));                           \
        return 0;                                                              \
    }

EPOCH_FUNCTION(s, TP_SECOND)
EPOCH_FUNCTION(ms, TP_MILLISECOND)
EPOCH_FUNCTION(us, TP_MICROSECOND)
EPOCH_FUNCTION(ns, 1)

#define FORMAT_LETTERS "YmdHMSfNjaAbBzyseuIpGVFT%"

int
tp_prepare_format_time(struct tp_compile *c, struct tp_node *node)
{
    const struct tp_node *format = node->arg[1];
    struct tp_str text = format->value.text;
    size_t i;

    for (i = 0; format->value.kind == TP_TEXT && i < text.len; i++) {
        if (text.ptr[i] != '%')
            continue;
        if (++i == text.len || !memchr(FORMAT_LETTERS, text.ptr[i], sizeof FORMAT_LETTERS - 1))
            return tp_compile_fail(c, format->at + i,
                                   "no such letter of a time format; there are %%%s",
                                   FORMAT_LETTERS);
    }
    return tp_prepare_zone(c, node, 2);
}

static const char *const days_of_week[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                           "Friday", "Saturday", "Sunday"};
static const char *const months[] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};

/* What format_time writes one letter of. */
struct moment {
    struct tp_civil civil;
    int64_t days, epoch;
    tp_duration offset;
};

static void
put_offset(struct tp_buf *to, tp_duration offset)
{
    int minutes = (int)(offset / TP_MINUTE), size = minutes < 0 ? -minutes : minutes;

    tp_buf_printf(to, "%c%02d%02d", offset < 0 ? '-' : '+', size / 60, size % 60);
}

static void
put_date_letter(struct tp_buf *to, char letter, const struct moment *at)
{
    const struct tp_civil *civil = &at->civil;
    int week;
    int64_t year;

    week = iso_week(at->days, &year);
    switch (letter) {
    case 'Y':
        tp_buf_printf(to, "%04d", (int)civil->year);
        break;
    case 'y':
        tp_buf_printf(to, "%02d", (int)(civil->year % 100));
        break;
    case 'G':
        tp_buf_printf(to, "%04d", (int)year);
        break;
    case 'V':
        tp_buf_printf(to, "%02d", week);
        break;
    case 'm':
        tp_buf_printf(to, "%02d", civil->month);
        break;
    case 'd':
        tp_buf_printf(to, "%02d", civil->day);
        break;
    case 'e':
        tp_buf_printf(to, "%2d", civil->day);
        break;
    case 'F':
        tp_buf_printf(to, "%04d-%02d-%02d", (int)civil->year, civil->month, civil->day);
        break;
    case 'j':
        tp_buf_printf(to, "%03d", (int)(at->days - tp_days_of_civil(civil->year, 1, 1) + 1));
        break;
    case 'u':
        tp_buf_printf(to, "%d", tp_weekday_of_days(at->days) + 1);
        break;
    case 'a':
    case 'A':
        tp_buf_printf(to, letter == 'a' ? "%.3s" : "%s",
                      days_of_week[tp_weekday_of_days(at->days)]);
        break;
    default: /* b, B */
        tp_buf_printf(to, letter == 'b' ? "%.3s" : "%s", months[civil->month - 1]);
        break;
    }
}

static void
put_letter(struct tp_buf *to, char letter, const struct moment *at)
{
    const struct tp_civil *civil = &at->civil;

    switch (letter) {
    case 'H':
        tp_buf_printf(to, "%02d", civil->hour);
        break;
    case 'I':
        tp_buf_printf(to, "%02d", (civil->hour + 11) % 12 + 1);
        break;
    case 'p':
        tp_buf_put_str(to, civil->hour < 12 ? TP_STR("AM") : TP_STR("PM"));
        break;
    case 'M':
        tp_buf_printf(to, "%02d", civil->minute);
        break;
    case 'S':
        tp_buf_printf(to, "%02d", civil->second);
        break;
    case 'T':
        tp_buf_printf(to, "%02d:%02d:%02d", civil->hour, civil->minute, civil->second);
        break;
    case 'f':
        tp_buf_printf(to, "%06d", civil->nano / 1000);
        break;
    case 'N':
        tp_buf_printf(to, "%09d", civil->nano);
        break;
    case 's':
        tp_buf_printf(to, "%lld", (long long)at->epoch);
        break;
    case 'z':
        put_offset(to, at->offset);
        break;
    case '%':
        tp_buf_put_char(to, '%');
        break;
    default:
        put_date_letter(to, letter, at);
        break;
    }
}

int
tp_call_format_time(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
                    struct tp_value *out)
{
    struct tp_str format = arg[1].text;
    struct moment at = {.offset = offset_at(node, arg[0].time),
                        .epoch = floor_div(arg[0].time, TP_SECOND)};
    tp_time local;
    size_t i;

    if (to_local(node, run, arg[0].time, &local) < 0)
        return -1;
    at.civil = tp_civil_of_time(local);
    at.days = tp_days_of_civil(at.civil.year, at.civil.month, at.civil.day);
    tp_buf_clear(&run->temp);
    for (i = 0; i < format.len; i++) {
        if (format.ptr[i] == '%')
            put_letter(&run->temp, format.ptr[++i], &at);
        else
            tp_buf_put_char(&run->temp, format.ptr[i]);
    }
    return tp_run_finish_text(run, node, out);
}

int
tp_prepare_parse_time(struct tp_compile *c, struct tp_node *node)
{
    const struct tp_node *format = node->arg[1];
    struct tp_err reason;
    struct tp_aux *aux;
    char text[128];

    if (format->value.kind != TP_TEXT || (node->aux && node->aux->stamp))
        return 0;
    if (format->value.text.len >= sizeof text)
        return tp_compile_fail(c, format->at, "a time format of more than 127 bytes");
    if (tp_prepare_zone(c, node, 2) < 0 || !(aux = tp_node_aux(c, node)))
        return -1;
    memcpy(text, format->value.text.ptr, format->value.text.len);
    text[format->value.text.len] = '\0';
    aux->stamp = tp_stamp_new(text, aux->zone, &reason);
    return aux->stamp ? 0 : tp_compile_fail(c, format->at, "%s", reason.text);
}

int
tp_call_parse_time(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
                   struct tp_value *out)
{
    struct tp_err reason;

    out->kind = TP_TIME;
    if (tp_stamp_read_text(node->aux->stamp, arg[0].text, &out->time, &reason) < 0)
        return tp_run_fail(run, node->arg[0], "%s", reason.text);
    return 0;
}
