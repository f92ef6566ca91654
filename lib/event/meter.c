#include "event/meter.h"

#include <stdlib.h>

#include "record/scan.h"
#include "value/stamp.h"

#define KEPT_MAX ((size_t)64 << 10)

struct tp_meter {
    struct tp_meter_state state;
    struct tp_scan *scan;
    struct tp_stamp *stamp;
    struct tp_slot slot;
    bool in_data;        /* the next bytes go on with a line too long to be kept */
    struct tp_buf begun; /* the start of a line that came in pieces */
    struct tp_buf held_by;
};

static int
want_time(struct tp_meter *meter, const char *field, struct tp_err *err)
{
    struct tp_path path;
    int result = tp_path_parse(&path, tp_str_of(field), err);

    if (result == 0)
        result = tp_scan_want(meter->scan, &path, err);
    tp_path_release(&path);
    return result;
}

struct tp_meter *
tp_meter_new(const char *field, const char *format, struct tp_err *err)
{
    struct tp_meter *meter = calloc(1, sizeof *meter);

    if (!meter) {
        tp_err_memory(err);
        return NULL;
    }
    meter->state.event_time = meter->state.watermark = TP_TIME_BEFORE_ALL;
    meter->scan = tp_scan_new();
    if (!meter->scan)
        tp_err_memory(err);
    else
        meter->stamp = tp_stamp_new(format, NULL, err);
    if (meter->stamp && want_time(meter, field, err) >= 0)
        return meter;
    tp_meter_free(meter);
    return NULL;
}

void
tp_meter_free(struct tp_meter *meter)
{
    if (!meter)
        return;
    tp_scan_free(meter->scan);
    tp_stamp_free(meter->stamp);
    tp_buf_release(&meter->begun);
    tp_buf_release(&meter->held_by);
    free(meter);
}

const struct tp_meter_state *
tp_meter_state(const struct tp_meter *meter)
{
    return &meter->state;
}

/* --- control lines -----------------------------------------------------------------------------*/

static void
take_watermark(struct tp_meter *meter, const struct tp_control *control)
{
    struct tp_meter_state *state = &meter->state;

    if (control->watermark > state->watermark)
        state->watermark = control->watermark;
    tp_buf_clear(&meter->held_by);
    tp_buf_put_str(&meter->held_by, control->held_by);
    state->held_by = tp_buf_str(&meter->held_by);
}

/* A line that is control, but not as it should be, is the next stage's business. */
static void
take_control(struct tp_meter *meter, struct tp_str line)
{
    struct tp_meter_state *state = &meter->state;
    struct tp_control control;
    struct tp_err ignored;

    state->spoke = true;
    if (tp_control_parse(line, &control, &ignored) < 0)
        return;
    state->idle = control.kind == TP_CONTROL_IDLE;
    if (control.kind == TP_CONTROL_WATERMARK)
        take_watermark(meter, &control);
    if (control.kind == TP_CONTROL_END) {
        state->end = TP_METER_COMPLETE;
        state->ledger = control.ledger;
    }
    if (control.kind == TP_CONTROL_BARRIER && control.last && state->end == TP_METER_OPEN)
        state->end = TP_METER_SUSPENDED;
}

/* --- data --------------------------------------------------------------------------------------*/

/* [LINE, END) begins with a whole line of data. One without a time that can be read says nothing.
 */
static void
look_up_time(struct tp_meter *meter, const char *line, const char *end)
{
    struct tp_err ignored;
    tp_time time;
    int result = -1;

    if (!tp_scan_line(meter->scan, line, end, &meter->slot, NULL, &ignored))
        return;
    if (meter->slot.kind == TP_SLOT_TEXT)
        result = tp_stamp_read_text(meter->stamp, (struct tp_str){meter->slot.ptr, meter->slot.len},
                                    &time, &ignored);
    else if (meter->slot.kind == TP_SLOT_INTEGER || meter->slot.kind == TP_SLOT_REAL)
        result = tp_stamp_read_number(
            meter->stamp, (struct tp_str){meter->slot.ptr, meter->slot.len}, &time, &ignored);
    if (result == 0 && time > meter->state.event_time)
        meter->state.event_time = time;
}

static void
count_data(struct tp_meter *meter)
{
    meter->state.records++;
    meter->state.idle = false;
}

/* A line of data that came in pieces, without its newline. */
static void
take_joined(struct tp_meter *meter)
{
    char *padding;
    size_t len;

    count_data(meter);
    tp_buf_put_char(&meter->begun, '\n');
    len = meter->begun.len;
    padding = tp_buf_reserve(&meter->begun, TP_SCAN_PADDING);
    if (!padding)
        return;
    memset(padding, 0, TP_SCAN_PADDING);
    look_up_time(meter, meter->begun.ptr, meter->begun.ptr + len);
}

void
tp_meter_finish(struct tp_meter *meter)
{
    struct tp_str line = tp_buf_str(&meter->begun);

    meter->in_data = false;
    if (line.len && tp_control_is(line))
        take_control(meter, line);
    else if (line.len)
        take_joined(meter);
    tp_buf_clear(&meter->begun);
}

/* [P, END) is the start of a line, or goes on with it. */
static void
begin_line(struct tp_meter *meter, const char *p, const char *end)
{
    tp_buf_put(&meter->begun, p, (size_t)(end - p));
    if (meter->begun.len <= KEPT_MAX)
        return;
    count_data(meter);
    meter->in_data = true;
    tp_buf_clear(&meter->begun);
}

/* The rest of a line that the piece before began, up to its newline, or all of the piece. Returns
 * what comes behind it. */
static const char *
finish_line(struct tp_meter *meter, const char *p, const char *end)
{
    const char *newline = memchr(p, '\n', (size_t)(end - p));

    if (!meter->in_data)
        begin_line(meter, p, newline ? newline : end);
    if (!newline)
        return end;
    tp_meter_finish(meter);
    return newline + 1;
}

/* Whole lines, and what may be left behind them. Returns the last whole line of data, or NULL. */
static const char *
take_lines(struct tp_meter *meter, const char *p, const char *end)
{
    const char *last = NULL, *newline;

    for (; p < end && (newline = memchr(p, '\n', (size_t)(end - p))); p = newline + 1) {
        if (newline == p)
            continue;
        if (tp_control_maybe(p) && tp_control_is((struct tp_str){p, (size_t)(newline - p)})) {
            take_control(meter, (struct tp_str){p, (size_t)(newline - p)});
            continue;
        }
        count_data(meter);
        last = p;
    }
    if (p < end)
        begin_line(meter, p, end);
    return last;
}

int
tp_meter_take(struct tp_meter *meter, struct tp_str bytes, struct tp_err *err)
{
    const char *p = bytes.ptr, *end = p + bytes.len, *last;

    meter->state.bytes += bytes.len;
    if (p < end && (meter->in_data || meter->begun.len))
        p = finish_line(meter, p, end);
    last = take_lines(meter, p, end);
    if (last)
        look_up_time(meter, last, (const char *)memchr(last, '\n', (size_t)(end - last)) + 1);
    if (tp_buf_failed(&meter->begun) || tp_buf_failed(&meter->held_by))
        return tp_err_memory(err);
    return 0;
}
