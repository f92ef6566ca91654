/*
 * What a meter says: as JSON, as a line for people, as metrics.
 */
#include "event/meter.h"

#include <string.h>

#include "record/emit.h"
#include "value/text.h"

static double
seconds(tp_duration duration)
{
    return (double)duration / (double)TP_SECOND;
}

bool
tp_meter_lag(const struct tp_meter_report *report, tp_duration *lag)
{
    tp_time reached = report->state->event_time;

    if (report->state->watermark > reached)
        reached = report->state->watermark;
    return reached != TP_TIME_BEFORE_ALL && !__builtin_sub_overflow(report->now, reached, lag);
}

/* Of the input's size, 0 to 100. */
static double
percent(const struct tp_meter_report *report)
{
    double part = 100 * (double)report->state->bytes / (double)report->size;

    return part < 100 ? part : 100;
}

/* Until the end, at the speed so far; false: not known. */
static bool
time_left(const struct tp_meter_report *report, tp_duration *left)
{
    uint64_t bytes = report->state->bytes;
    double ahead;

    if (report->size == 0 || bytes == 0)
        return false;
    ahead = bytes < report->size ? (double)(report->size - bytes) : 0;
    ahead *= (double)report->elapsed / (double)bytes;
    if (ahead >= 1e18) /* 31 years */
        return false;
    *left = (tp_duration)ahead;
    return true;
}

/* --- JSON --------------------------------------------------------------------------------------*/

static double
in_thousandths(double x)
{
    return x < 1e15 ? (double)(int64_t)(x * 1000 + (x < 0 ? -0.5 : 0.5)) / 1000 : x;
}

static void
emit_time(struct tp_emit *row, struct tp_str name, tp_time time)
{
    if (time == TP_TIME_BEFORE_ALL)
        tp_emit_null(row, name);
    else
        tp_emit_time(row, name, time);
}

static void
emit_held_by(struct tp_emit *row, struct tp_str held_by)
{
    if (held_by.len == 0) {
        tp_emit_null(row, TP_STR("held_by"));
        return;
    }
    tp_emit_name(row, TP_STR("held_by"));
    tp_buf_put_char(row->to, '"');
    tp_buf_put_str(row->to, held_by);
    tp_buf_put_char(row->to, '"');
}

static void
emit_progress(struct tp_emit *row, const struct tp_meter_report *report)
{
    tp_duration left;

    if (report->size == 0)
        return;
    tp_emit_real(row, TP_STR("percent"), in_thousandths(percent(report)));
    if (time_left(report, &left))
        tp_emit_real(row, TP_STR("eta"), in_thousandths(seconds(left)));
    else
        tp_emit_null(row, TP_STR("eta"));
}

const struct tp_str *
tp_meter_names(size_t *count)
{
#define NAME(text)             \
    {                          \
        text, sizeof(text) - 1 \
    }
    static const struct tp_str names[] = {
        NAME("time"),      NAME("name"),         NAME("elapsed"),    NAME("records"),
        NAME("bytes"),     NAME("records_rate"), NAME("bytes_rate"), NAME("event_time"),
        NAME("watermark"), NAME("held_by"),      NAME("lag"),        NAME("late"),
        NAME("rejected"),  NAME("idle"),         NAME("stream"),     NAME("done"),
        NAME("percent"),   NAME("eta"),
    };
#undef NAME

    *count = sizeof names / sizeof *names;
    return names;
}

void
tp_meter_write_json(const struct tp_meter_report *report, struct tp_buf *to)
{
    static const char *const ends[] = {"open", "complete", "suspended"};
    const struct tp_meter_state *state = report->state;
    struct tp_emit row = tp_emit_open(to);
    tp_duration lag;

    tp_emit_time(&row, TP_STR("time"), tp_time_floor(report->now, TP_MILLISECOND, 0));
    if (report->name)
        tp_emit_text(&row, TP_STR("name"), tp_str_of(report->name));
    tp_emit_real(&row, TP_STR("elapsed"), in_thousandths(seconds(report->elapsed)));
    tp_emit_int(&row, TP_STR("records"), (int64_t)state->records);
    tp_emit_int(&row, TP_STR("bytes"), (int64_t)state->bytes);
    tp_emit_real(&row, TP_STR("records_rate"), in_thousandths(report->records_rate));
    tp_emit_real(&row, TP_STR("bytes_rate"), in_thousandths(report->bytes_rate));
    emit_time(&row, TP_STR("event_time"), state->event_time);
    emit_time(&row, TP_STR("watermark"), state->watermark);
    emit_held_by(&row, state->held_by);
    if (tp_meter_lag(report, &lag))
        tp_emit_real(&row, TP_STR("lag"), in_thousandths(seconds(lag)));
    else
        tp_emit_null(&row, TP_STR("lag"));
    tp_emit_int(&row, TP_STR("late"), (int64_t)state->ledger.late);
    tp_emit_int(&row, TP_STR("rejected"), (int64_t)state->ledger.rejected);
    tp_emit_json(&row, TP_STR("idle"), state->idle ? TP_STR("true") : TP_STR("false"));
    tp_emit_text(&row, TP_STR("stream"), tp_str_of(ends[state->end]));
    tp_emit_json(&row, TP_STR("done"), report->done ? TP_STR("true") : TP_STR("false"));
    emit_progress(&row, report);
    tp_emit_close(&row);
}

/* --- for people --------------------------------------------------------------------------------*/

/* Three digits and a unit: 12.3M. */
static void
put_size(double x, struct tp_buf *to)
{
    static const char units[] = " kMGTPE";
    size_t unit = 0;

    for (; x >= 999.5 && unit < sizeof units - 2; unit++)
        x /= 1000;
    if (unit == 0)
        tp_buf_printf(to, "%.0f", x);
    else
        tp_buf_printf(to, "%.*f%c", x < 9.995 ? 2 : x < 99.95 ? 1 : 0, x, units[unit]);
}

/* In whole seconds, unless it is shorter than ten. */
static void
put_duration(tp_duration duration, struct tp_buf *to)
{
    tp_duration step =
        duration < 10 * TP_SECOND && duration > -10 * TP_SECOND ? 100 * TP_MILLISECOND : TP_SECOND;
    char text[TP_TIME_TEXT];

    tp_buf_put(to, text, tp_duration_write(text, duration / step * step));
}

static void
put_time(const char *what, tp_time time, struct tp_buf *to)
{
    char text[TP_TIME_TEXT];
    size_t len = tp_time_write(text, tp_time_floor(time, TP_SECOND, 0));

    if (len <= 20) /* beyond the years that are written so */
        return;
    text[10] = ' ';
    tp_buf_printf(to, "%s%.19s", what, text); /* 2026-01-01 12:00:00 */
}

static void
put_event_time(const struct tp_meter_report *report, struct tp_buf *to)
{
    const struct tp_meter_state *state = report->state;
    tp_duration lag;

    if (state->event_time != TP_TIME_BEFORE_ALL)
        put_time(" | at ", state->event_time, to);
    if (tp_meter_lag(report, &lag)) {
        TP_BUF_PUT(to, " | lag ");
        put_duration(lag, to);
    }
    if (state->watermark != TP_TIME_BEFORE_ALL)
        put_time(" | watermark ", state->watermark, to);
    if (state->held_by.len) {
        TP_BUF_PUT(to, " held by ");
        tp_buf_put_str(to, state->held_by);
    }
    if (state->idle)
        TP_BUF_PUT(to, " | idle");
}

static void
put_ledger(const struct tp_ledger *ledger, struct tp_buf *to)
{
    if (ledger->late)
        tp_buf_printf(to, " | late %llu", (unsigned long long)ledger->late);
    if (ledger->rejected)
        tp_buf_printf(to, " | rejected %llu", (unsigned long long)ledger->rejected);
}

void
tp_meter_write_line(const struct tp_meter_report *report, struct tp_buf *to)
{
    tp_duration left;

    if (report->name)
        tp_buf_printf(to, "%s: ", report->name);
    put_duration(report->elapsed, to);
    TP_BUF_PUT(to, " | ");
    put_size((double)report->state->records, to);
    TP_BUF_PUT(to, " records, ");
    put_size((double)report->state->bytes, to);
    TP_BUF_PUT(to, "B | ");
    put_size(report->records_rate, to);
    TP_BUF_PUT(to, "/s, ");
    put_size(report->bytes_rate, to);
    TP_BUF_PUT(to, "B/s");
    put_event_time(report, to);
    put_ledger(&report->state->ledger, to);
    if (report->size)
        tp_buf_printf(to, " | %.0f %%", percent(report));
    if (time_left(report, &left) && left > 0) {
        TP_BUF_PUT(to, ", left ");
        put_duration(left, to);
    }
}

size_t
tp_meter_fit(struct tp_str line, size_t columns)
{
    static const char between[] = " | ";
    size_t len = tp_text_fit(line, columns);

    if (len == line.len)
        return len;
    for (size_t end = len; end > 0; end--)
        if (line.len - end >= 3 && memcmp(line.ptr + end, between, 3) == 0)
            return end;
    return len;
}

/* --- metrics -----------------------------------------------------------------------------------*/

struct series {
    const struct tp_meter_report *report;
    struct tp_buf *to;
};

/* What a label's value may hold: the escapes of Prometheus' text format. */
static void
put_label(const char *text, struct tp_buf *to)
{
    for (; *text; text++) {
        if (*text == '\n') {
            TP_BUF_PUT(to, "\\n");
            continue;
        }
        if (*text == '"' || *text == '\\')
            tp_buf_put_char(to, '\\');
        tp_buf_put_char(to, *text);
    }
}

static void
put_metric(const struct series *series, const char *name, const char *type, const char *help,
           double value)
{
    tp_buf_printf(series->to, "# HELP tidepipe_%s %s\n# TYPE tidepipe_%s %s\ntidepipe_%s", name,
                  help, name, type, name);
    if (series->report->name) {
        TP_BUF_PUT(series->to, "{name=\"");
        put_label(series->report->name, series->to);
        TP_BUF_PUT(series->to, "\"}");
    }
    tp_buf_printf(series->to, " %.17g\n", value);
}

void
tp_meter_write_prometheus(const struct tp_meter_report *report, struct tp_buf *to)
{
    const struct tp_meter_state *state = report->state;
    const struct series series = {report, to};
    tp_duration lag;

    put_metric(&series, "records_total", "counter", "Records that went by.",
               (double)state->records);
    put_metric(&series, "bytes_total", "counter", "Bytes that went by.", (double)state->bytes);
    if (state->event_time != TP_TIME_BEFORE_ALL)
        put_metric(&series, "event_time_seconds", "gauge", "The latest event time seen.",
                   seconds(state->event_time));
    if (state->watermark != TP_TIME_BEFORE_ALL)
        put_metric(&series, "watermark_seconds", "gauge", "The watermark.",
                   seconds(state->watermark));
    if (tp_meter_lag(report, &lag))
        put_metric(&series, "lag_seconds", "gauge", "How far the stream is behind the clock.",
                   seconds(lag));
    put_metric(&series, "late_total", "counter", "Records dropped as late, by the stream's end.",
               (double)state->ledger.late);
    put_metric(&series, "rejected_total", "counter", "Records refused, by the stream's end.",
               (double)state->ledger.rejected);
    put_metric(&series, "idle", "gauge", "Whether the stream said that it is idle.", state->idle);
    put_metric(&series, "complete", "gauge", "Whether the stream said that it is complete.",
               state->end == TP_METER_COMPLETE);
}
