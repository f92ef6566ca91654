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

tp_duration
tp_local_offset(const struct tp_node *node, tp_time time)
{
    return node->aux && node->aux->zone ? tp_zone_offset(node->aux->zone, time) * TP_SECOND : 0;
}

int
tp_to_local(const struct tp_node *node, struct tp_run *run, tp_time time, tp_time *local)
{
    if (tp_time_add(time, tp_local_offset(node, time), local))
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
    tp_duration offset = tp_local_offset(node, arg[1].time);

    if (tp_to_local(node, run, arg[1].time, &local) < 0)
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

int
tp_iso_week(int64_t days, int64_t *year)
{
    int64_t thursday = days - tp_weekday_of_days(days) + 3;
    int month, day;

    tp_civil_of_days(thursday, year, &month, &day);
    return (int)((thursday - tp_days_of_civil(*year, 1, 1)) / 7) + 1;
}

static int64_t
floor_mod(int64_t a, int64_t b)
{
    return a - tp_floor_div(a, b) * b;
}

static int64_t
date_part(int unit, tp_time local)
{
    int64_t days = tp_floor_div(local, TP_DAY), year;
    int month, day;

    tp_civil_of_days(days, &year, &month, &day);
    switch (unit) {
    case DAY:
        return day;
    case WEEK:
        return tp_iso_week(days, &year);
    case MONTH:
        return month;
    case QUARTER:
        return (month - 1) / 3 + 1;
    case YEAR:
        return year;
    case DOW: /* Flink (Calcite): 1 is Sunday */
        return (tp_weekday_of_days(days) + 1) % 7 + 1;
    case ISODOW:
        return tp_weekday_of_days(days) + 1;
    default: /* DOY */
        return days - tp_days_of_civil(year, 1, 1) + 1;
    }
}

static int64_t
part_of(int unit, tp_time local, tp_time time)
{
    int64_t second = tp_floor_div(local, TP_SECOND);

    switch (unit) {
    case SECOND:
        return floor_mod(second, 60);
    case MINUTE:
        return floor_mod(second, 3600) / 60;
    case HOUR:
        return floor_mod(second, 86400) / 3600;
    case EPOCH:
        return tp_floor_div(time, TP_SECOND);
    default:
        return date_part(unit, local);
    }
}

int
tp_call_date_part(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
                  struct tp_value *out)
{
    tp_time local;

    if (tp_to_local(node, run, arg[1].time, &local) < 0)
        return -1;
    *out = tp_int(part_of(node->unit, local, arg[1].time));
    return 0;
}

#define EPOCH_FUNCTION(name, unit)                                             \
    int tp_call_epoch_##name(const struct tp_node *node, struct tp_run *run,   \
                             const struct tp_value *arg, struct tp_value *out) \
    {                                                                          \
        (void)node;                                                            \
        (void)run;                                                             \
        *out = tp_int(tp_floor_div(arg[0].time, unit));                        \
        return 0;                                                              \
    }

EPOCH_FUNCTION(s, TP_SECOND)
EPOCH_FUNCTION(ms, TP_MILLISECOND)
EPOCH_FUNCTION(us, TP_MICROSECOND)
EPOCH_FUNCTION(ns, 1)

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
