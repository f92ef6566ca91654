/*
 * What operators ask of their stage (operator.h).
 */
#include "filter/stage.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "value/clock.h"

int
tp_stage_want(struct tp_stage *s, const char *text, struct tp_err *err)
{
    struct tp_path path;
    int slot;

    if (tp_path_parse(&path, tp_str_of(text), err) < 0)
        return -1;
    slot = tp_stage_want_path(s, &path, err);
    tp_path_release(&path);
    return slot;
}

int
tp_stage_want_path(struct tp_stage *s, const struct tp_path *path, struct tp_err *err)
{
    int slot = tp_scan_want(s->scan, path, err);

    if (slot < 0)
        return -1;
    return tp_stage_note_wanted(s, (size_t)slot, path, false) < 0 ? tp_err_memory(err) : slot;
}

int
tp_stage_grow_wanted(struct tp_stage *s, size_t slots)
{
    struct tp_wanted *grown;

    if (slots <= s->slots)
        return 0;
    grown = realloc(s->wanted, slots * sizeof *grown);
    if (!grown)
        return -1;
    s->wanted = grown;
    while (s->slots < slots)
        s->wanted[s->slots++] = (struct tp_wanted){TP_BUF_INIT, false};
    return 0;
}

int
tp_stage_note_wanted(struct tp_stage *s, size_t slot, const struct tp_path *path, bool maybe_text)
{
    if (tp_stage_grow_wanted(s, slot + 1) < 0)
        return -1;
    if (s->wanted[slot].path.len == 0)
        tp_path_write(path, &s->wanted[slot].path);
    s->wanted[slot].maybe_text |= maybe_text;
    return 0;
}

void
tp_stage_take_untimed(struct tp_stage *s)
{
    s->time_optional = true;
    tp_buf_clear(&s->wanted[s->time_slot].path); /* nobody is surprised when no record has it */
}

void
tp_stage_ignore_time(struct tp_stage *s)
{
    tp_stage_take_untimed(s);
    s->time_slot = -1;
}

void
tp_stage_keep_last(struct tp_stage *s)
{
    s->keeps_last = true;
}

const char *
tp_stage_last_operand(const struct tp_stage *s)
{
    return s->last_operand;
}

void
tp_stage_write_no_control(struct tp_stage *s)
{
    s->settings.control = "never";
}

struct tp_scan *
tp_stage_scan(struct tp_stage *s)
{
    return s->scan;
}

const char *
tp_stage_operand(const struct tp_stage *s, int i)
{
    return i < s->operands ? s->operand[i] : NULL;
}

int
tp_stage_inputs(const struct tp_stage *s)
{
    return s->inputs;
}

const char *
tp_stage_input_name(const struct tp_stage *s, int input)
{
    return tp_in_name(s->input[input].in);
}

struct tp_buf *
tp_stage_row(struct tp_stage *s, struct tp_err *err)
{
    return tp_out_buf(s->out, err);
}

int
tp_stage_row_end(struct tp_stage *s, struct tp_err *err)
{
    s->count.rows++;
    return tp_out_check(s->out, err);
}

int
tp_stage_pass_held(struct tp_stage *s, struct tp_str line, struct tp_err *err)
{
    tp_stage_release(s, 1);
    return tp_out_pass(s->out, line.ptr, line.len + 1, err);
}

int
tp_stage_control(struct tp_stage *s, struct tp_str line, struct tp_err *err)
{
    struct tp_buf *to;

    if (!s->writes_control)
        return 0;
    to = tp_out_buf(s->out, err);
    if (!to)
        return -1;
    tp_buf_put_str(to, line);
    return tp_out_check(s->out, err);
}

int
tp_stage_flush(struct tp_stage *s, struct tp_err *err)
{
    if (tp_side_flush(&s->side, err) < 0)
        return -1;
    return tp_out_pending(s->out) ? tp_out_flush(s->out, err) : 0;
}

void
tp_stage_advance(struct tp_stage *s, int input, tp_time watermark)
{
    struct tp_input *in = &s->input[input];

    if (watermark <= in->watermark && !in->idle)
        return;
    if (watermark > in->watermark)
        in->watermark = watermark;
    in->idle = false;
    tp_minimum_set(s->minimum, input, in->watermark);
    s->moved = true;
}

void
tp_stage_idle(struct tp_stage *s, int input)
{
    s->input[input].idle = true;
    tp_minimum_set_idle(s->minimum, input);
    s->moved = true;
}

enum tp_verdict
tp_stage_late(struct tp_stage *s, tp_time window_end, tp_time limit)
{
    s->late_window_end = window_end;
    s->late_limit = limit;
    return TP_LATE;
}

enum tp_verdict
tp_stage_late_behind(struct tp_stage *s, tp_time reached, tp_time limit)
{
    s->late_reached = reached;
    return tp_stage_late(s, TP_TIME_BEFORE_ALL, limit);
}

enum tp_verdict
tp_stage_reject(struct tp_stage *s, long at, const char *format, ...)
{
    va_list args;

    s->err.fault = TP_FAULT_RECORD;
    s->err.at = at;
    va_start(args, format);
    vsnprintf(s->err.text, sizeof s->err.text, format, args);
    va_end(args);
    return TP_REJECTED;
}

enum tp_verdict
tp_stage_fail(struct tp_stage *s, const struct tp_err *err)
{
    if (err != &s->err)
        s->err = *err;
    return err->fault == TP_FAULT_RECORD ? TP_REJECTED : TP_FAILED;
}

void
tp_stage_release(struct tp_stage *s, uint64_t count)
{
    s->count.held -= count;
    s->count.used += count;
}

void
tp_stage_drop(struct tp_stage *s, uint64_t count)
{
    s->count.held -= count;
    s->count.filtered += count;
}

void
tp_stage_drop_duplicate(struct tp_stage *s, uint64_t count)
{
    s->count.held -= count;
    s->count.duplicate += count;
}

void
tp_stage_spoiled(struct tp_stage *s, const struct tp_err *err)
{
    if (s->spoiled++ < TP_REPORT_FIRST)
        tp_report_failure(&s->report, err);
}

void
tp_stage_stop(struct tp_stage *s)
{
    s->stopped = true;
}

void
tp_stage_suspend(struct tp_stage *s)
{
    s->suspended = true;
}

bool
tp_stage_keeps_state(const struct tp_stage *s)
{
    return s->settings.state && *s->settings.state;
}

void
tp_stage_mute(struct tp_stage *s)
{
    s->muted = true;
}

tp_time
tp_stage_now(struct tp_stage *s)
{
    return s->has_now ? s->now : tp_clock_wall();
}

tp_time
tp_stage_arrival(struct tp_stage *s)
{
    if (!s->has_arrival)
        s->arrival = tp_stage_now(s);
    s->has_arrival = true;
    return s->arrival;
}

tp_duration
tp_stage_waited(const struct tp_stage *s)
{
    return s->waited;
}

void
tp_stage_wake_after(struct tp_stage *s, tp_duration after)
{
    if (after <= 0)
        s->wake_at = 0;
    else if (__builtin_add_overflow(s->waited, after, &s->wake_at))
        s->wake_at = INT64_MAX;
}

tp_duration
tp_stage_delay(const struct tp_stage *s)
{
    return s->settings.delay;
}

void
tp_stage_default_delay(struct tp_stage *s, tp_duration delay)
{
    if (s->settings.delay < 0)
        s->settings.delay = s->delay = delay;
}

tp_duration
tp_stage_step(const struct tp_stage *s)
{
    return s->settings.step;
}

size_t
tp_stage_max_line(const struct tp_stage *s)
{
    return (size_t)s->settings.max_line;
}

int
tp_stage_time_slot(const struct tp_stage *s)
{
    return s->time_slot;
}

const char *
tp_stage_time_field(const struct tp_stage *s)
{
    return s->settings.time_field;
}

bool
tp_stage_time_is_reread(const struct tp_stage *s)
{
    return s->settings.time_format || s->settings.zone;
}

void
tp_stage_note(struct tp_stage *s, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    tp_report_note(&s->report, "%s", text);
}

void
tp_stage_stat(struct tp_stage *s, const char *format, ...)
{
    struct tp_report loud = {s->report.program, false, 0};
    char text[1024];
    va_list args;

    if (!s->settings.stats)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    tp_report_note(&loud, "%s", text);
}

bool
tp_stage_takes_control(const struct tp_stage *s, bool stream)
{
    return strcmp(s->settings.control, "always") == 0 ||
           (stream && strcmp(s->settings.control, "auto") == 0);
}

bool
tp_stage_to_terminal(const struct tp_stage *s)
{
    return tp_out_is_terminal(s->out);
}
