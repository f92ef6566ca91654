#include "lines.h"

#include <string.h>

/* --- opening -----------------------------------------------------------------------------------*/

/* --format: only what has a time in each line of its own. */
static int
open_format(struct lines *l, struct tp_stage *stage, const char *name, struct tp_err *err)
{
    const struct tp_text_format *format = tp_text_format_find(name, err);

    if (!format)
        return -1;
    if (!(format->traits & TP_TEXT_TIMED) || format->next || (format->traits & TP_TEXT_PATTERN))
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--format: lines of %s do not say by themselves when they happened; put "
                          "sfrom %s before it",
                          name, name);
    l->stamp = tp_stamp_new(NULL, NULL, err);
    if (!l->stamp)
        return -1;
    l->text = (struct tp_text_options){.stamp = l->stamp, .year = -1, .now = tp_stage_now(stage)};
    l->reader = tp_text_reader_new(format, &l->text, err);
    return l->reader ? 0 : -1;
}

int
lines_open(struct lines *l, struct tp_stage *stage, const char *format, struct tp_err *err)
{
    tp_duration delay = tp_stage_delay(stage);

    if (format && open_format(l, stage, format, err) < 0)
        return -1;
    tp_bounded_init(&l->bounded, delay < 0 ? 0 : delay, tp_stage_step(stage));
    l->looks = delay >= 0 || l->pace.speed > 0 || tp_span_is_timed(&l->span);
    l->takes_all = !l->looks && l->pace.rate == 0 && l->span.to.kind != TP_SPAN_OFFSET;
    if (!l->looks || l->reader)
        tp_stage_ignore_time(stage);
    return 0;
}

void
lines_close(struct lines *l)
{
    tp_text_reader_free(l->reader);
    tp_stamp_free(l->stamp);
    tp_buf_release(&l->scratch);
}

/* --- the block at hand -------------------------------------------------------------------------*/

void
lines_begin(struct lines *l, struct tp_source *source, struct tp_str block)
{
    l->source = source;
    l->block = block.ptr;
    l->left = block;
}

struct tp_str
lines_taken(const struct lines *l)
{
    if (l->left.len == 0)
        return (struct tp_str){NULL, 0};
    return (struct tp_str){l->block, (size_t)(l->left.ptr - l->block)};
}

static uint64_t
offset_of(const struct lines *l, const char *line)
{
    return tp_source_offset(l->source) + (uint64_t)(line - l->block);
}

int
lines_refuse(struct lines *l, struct tp_stage *stage, struct tp_str line, const struct tp_err *why,
             struct tp_err *err)
{
    struct tp_origin origin = {
        .source = tp_source_name(l->source),
        .line_number = l->source->line_number,
        .offset = offset_of(l, line.ptr),
    };

    return tp_stage_refuse(stage, &origin, line, why, err);
}

static void
say_control(struct tp_err *why)
{
    tp_err_at(why, TP_FAULT_RECORD, -1, "a control line in the content");
}

/* A run of lines that go on, not yet passed. */
struct run {
    const char *from;
    uint64_t lines;
};

static int
pass_run(struct tp_stage *stage, struct run *run, const char *to, struct tp_err *err)
{
    uint64_t lines = run->lines;

    run->lines = 0;
    if (lines == 0)
        return 0;
    return tp_stage_pass(stage, (struct tp_str){run->from, (size_t)(to - run->from)}, lines, err);
}

/* What becomes of a line. */
enum fate {
    FATE_GOES_ON,
    FATE_UNWANTED, /* before --from, or not before --to */
    FATE_BAD,
    FATE_NOT_YET, /* --rate, --speed */
    FATE_BEYOND,  /* it and all behind it, by --to */
    FATE_FAILED,
};

/* 1: *TIME is the line's, 0: it has none and needs none, -1: bad. */
static int
read_time(struct lines *l, struct tp_stage *stage, struct tp_str line, const char *end,
          tp_time *time, struct tp_err *err)
{
    int result;

    if (line.len == 0)
        return 0;
    if (!l->reader)
        return tp_stage_read_time(stage, line.ptr, end, time, err) ? 1 : -1;
    tp_buf_clear(&l->scratch);
    err->at = -1;
    result = tp_text_read(l->reader, line, &l->scratch, time, err);
    return result == 1 && tp_stage_check_time(stage, *time, err) < 0 ? -1 : result;
}

/* *TIME is filled when the line moves the watermark's clock. */
static enum fate
judge(struct lines *l, struct tp_stage *stage, struct tp_str line, const char *end, tp_time *time,
      struct tp_err *err)
{
    tp_duration wait;
    int timed = 0;

    *time = TP_TIME_BEFORE_ALL;
    if (l->span.to.kind == TP_SPAN_OFFSET && offset_of(l, line.ptr) >= l->span.to.offset)
        return FATE_BEYOND;
    if (tp_control_maybe(line.ptr) && tp_control_is(line)) {
        say_control(err);
        return FATE_BAD;
    }
    if (l->looks)
        timed = read_time(l, stage, line, end, time, err);
    if (timed < 0) {
        *time = TP_TIME_BEFORE_ALL;
        return err->fault == TP_FAULT_RECORD ? FATE_BAD : FATE_FAILED;
    }
    if (timed && !tp_span_wants(&l->span, *time))
        return FATE_UNWANTED;
    wait = tp_pace_wait(&l->pace, *time);
    if (wait > 0)
        tp_stage_wake_after(stage, wait);
    return wait > 0 ? FATE_NOT_YET : FATE_GOES_ON;
}

/* The line that ends before NEXT had the event time TIME. */
static int
observe(struct lines *l, struct tp_stage *stage, struct run *run, tp_time time, const char *next,
        struct tp_err *err)
{
    if (tp_stage_delay(stage) < 0 || time == TP_TIME_BEFORE_ALL ||
        !tp_bounded_observe(&l->bounded, time))
        return 0;
    if (pass_run(stage, run, next, err) < 0 ||
        tp_stage_say_watermark(stage, l->bounded.watermark, err) < 0)
        return -1;
    run->from = next;
    l->is_over = l->span.to.kind == TP_SPAN_TIME && l->bounded.watermark >= l->span.to.time;
    return 0;
}

/* A line that does not go on. */
static int
leave_out(struct lines *l, struct tp_stage *stage, enum fate fate, struct tp_str line,
          struct tp_err *err)
{
    struct tp_err why = *err;

    if (fate == FATE_BAD)
        return lines_refuse(l, stage, line, &why, err);
    tp_stage_pass_over(stage, 1);
    return 0;
}

/* The first line of what is left, and no more of it than that. */
static int
refuse_control(struct lines *l, struct tp_stage *stage, struct tp_err *err)
{
    const char *end = memchr(l->left.ptr, '\n', l->left.len);
    struct tp_str line = {l->left.ptr, (size_t)(end - l->left.ptr)};
    struct tp_err why;

    l->left.ptr = end + 1;
    l->left.len -= line.len + 1;
    say_control(&why);
    return lines_refuse(l, stage, line, &why, err);
}

/* Nothing is asked of a line but that it is no control line. */
static int
take_all(struct lines *l, struct tp_stage *stage, struct tp_err *err)
{
    while (l->left.len > 0) {
        uint64_t count;
        struct tp_str lines = tp_control_skip(l->left, &count);

        l->source->line_number += count;
        l->left.ptr += lines.len;
        l->left.len -= lines.len;
        if (lines.len > 0 && tp_stage_pass(stage, lines, count, err) < 0)
            return -1;
        if (l->left.len == 0)
            return 0;
        l->source->line_number++;
        if (refuse_control(l, stage, err) < 0)
            return -1;
    }
    return 0;
}

/* Passes on what is left of the block at hand, as far as it may go now. */
static int
take_each(struct lines *l, struct tp_stage *stage, struct tp_err *err)
{
    const char *p = l->left.ptr, *end = p + l->left.len;
    struct run run = {p, 0};

    while (p < end && !l->is_over) {
        const char *next = (const char *)memchr(p, '\n', (size_t)(end - p)) + 1;
        struct tp_str line = {p, (size_t)(next - p) - 1};
        tp_time time;
        enum fate fate = judge(l, stage, line, end, &time, err);

        if (fate == FATE_FAILED)
            return -1;
        l->is_over |= fate == FATE_BEYOND;
        if (fate == FATE_NOT_YET || fate == FATE_BEYOND)
            break;
        l->source->line_number++;
        if (fate == FATE_GOES_ON) {
            run.lines++;
        } else {
            if (pass_run(stage, &run, p, err) < 0 || leave_out(l, stage, fate, line, err) < 0)
                return -1;
            run.from = next;
        }
        if (l->looks && observe(l, stage, &run, time, next, err) < 0)
            return -1;
        p = next;
    }
    l->left = (struct tp_str){p, (size_t)(end - p)};
    return pass_run(stage, &run, p, err);
}

int
lines_take(struct lines *l, struct tp_stage *stage, struct tp_err *err)
{
    return l->takes_all ? take_all(l, stage, err) : take_each(l, stage, err);
}
