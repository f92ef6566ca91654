/*
 * The hot path: from a block of whole lines to the operator's verdict on each record.
 */
#include <string.h>

#include "filter/stage.h"
#include "filter/stage_time.h"

static struct tp_place
place_of(const struct tp_input *in, const char *line)
{
    return (struct tp_place){
        .source = tp_in_name(in->in),
        .line_number = in->line_number,
        .offset = in->in_partial
                      ? in->partial_offset
                      : tp_in_offset(in->in) + (uint64_t)(line - in->block_start) + in->shift,
    };
}

/* A bad record, the reason in s->err. */
static int
reject(struct tp_stage *s, const struct tp_input *in, struct tp_str line)
{
    struct tp_err why = s->err;
    struct tp_place place = place_of(in, line.ptr);

    s->count.in++;
    s->count.rejected++;
    return tp_side_reject(&s->side, &s->report, &s->settings, &place, line, &why, &s->err);
}

static int
late(struct tp_stage *s, const struct tp_input *in)
{
    struct tp_place place = place_of(in, s->record.line.ptr);
    struct tp_late_record record = {
        .line = s->record.line,
        .members = s->record.members,
        .watermark = s->record.watermark,
        .window_end = s->late_window_end,
    };

    s->count.late++;
    if (record.watermark < s->late_reached)
        record.watermark = s->late_reached;
    /* Who judges by the own input's watermark may find late what the minimum would not. */
    if (record.watermark < s->late_limit)
        record.watermark = s->record.input_watermark;
    if (__builtin_sub_overflow(record.watermark, s->late_limit, &record.by))
        record.by = INT64_MAX;
    return tp_side_late(&s->side, &s->settings, &place, &record, &s->err);
}

/* Carries out what the operator said of the record [LINE, NEXT). A record is counted when it is
 * dealt with, so that the counts balance however a run ends. */
static __attribute__((noinline)) int
settle_other(struct tp_stage *s, const struct tp_input *in, enum tp_verdict verdict)
{
    if (verdict == TP_FAILED)
        return -1;
    if (verdict == TP_REJECTED)
        return reject(s, in, s->record.line);
    s->count.in++;
    switch (verdict) {
    case TP_DUPLICATE:
        s->count.duplicate++;
        return 0;
    case TP_HELD:
        s->count.held++;
        return 0;
    case TP_LATE:
        return late(s, in);
    default:
        return -1;
    }
}

/* The verdicts that most records get: each instruction counts. */
static inline int
settle(struct tp_stage *s, const struct tp_input *in, enum tp_verdict verdict, const char *next)
{
    const char *line = s->record.line.ptr;

    switch (verdict) {
    case TP_PASS:
        s->count.in++;
        s->count.used++;
        return tp_out_pass(s->out, line, (size_t)(next - line), &s->err);
    case TP_USED:
        s->count.in++;
        s->count.used++;
        return 0;
    case TP_FILTERED:
        s->count.in++;
        s->count.filtered++;
        return 0;
    default:
        return settle_other(s, in, verdict);
    }
}

/* Some member that was asked for has not been seen yet: is it in this record? */
static void
look_for_unseen(struct tp_stage *s)
{
    for (size_t i = 0; i < s->slots; i++) {
        if (s->seen[i] || s->slot[i].kind == TP_SLOT_MISSING)
            continue;
        s->seen[i] = true;
        s->unseen -= s->wanted[i].path.len > 0;
    }
}

const char *
tp_input_read_time(struct tp_stage *s, const char *line, const char *end)
{
    const char *next = tp_scan_line(s->scan, line, end, s->slot, &s->record.members, &s->err);

    if (!next)
        return NULL;
    s->record.line = (struct tp_str){line, (size_t)(next - 1 - line)};
    if (s->unseen)
        look_for_unseen(s);
    return tp_record_read_time(s) < 0 ? NULL : next;
}

/* TP_NO_CHANGES: a changelog would be counted wrongly, so the run ends before it is. */
static int
refuse_change(struct tp_stage *s, const struct tp_input *in)
{
    const struct tp_slot *op = &s->slot[s->change_slot];
    struct tp_place place = place_of(in, s->record.line.ptr);

    if (op->kind == TP_SLOT_TEXT && op->len == 6 && memcmp(op->ptr, "insert", 6) == 0)
        return 0;
    return tp_err_set(&s->err, TP_FAULT_USAGE,
                      "%s:%llu: a record with \"@op\": %s cannot take changes, only new records",
                      place.source, (unsigned long long)place.line_number, s->op->name);
}

/* -d: the record at hand may move the watermark of its input. */
static inline void
observe(struct tp_stage *s, int which)
{
    struct tp_input *in = &s->input[which];

    if (tp_bounded_observe(&in->bounded, s->record.time))
        tp_stage_advance(s, which, in->bounded.watermark);
}

/* Hands the scanned (or framed) record [s->record.line, NEXT) to the operator. */
static inline int
offer(struct tp_stage *s, int which, const char *next)
{
    struct tp_input *in = &s->input[which];
    enum tp_verdict verdict;

    s->record.line_number = in->line_number;
    s->record.sequence++;
    if (in->idle)
        tp_stage_advance(s, which, in->watermark);
    verdict = s->op->record(s->self, s, &s->record);
    return settle(s, in, verdict, next);
}

static int
take_json(struct tp_stage *s, int which, const char *next)
{
    struct tp_input *in = &s->input[which];

    if (s->unseen)
        look_for_unseen(s);
    if (s->time_slot >= 0 && tp_record_read_time(s) < 0)
        return s->err.fault == TP_FAULT_MACHINE ? -1 : reject(s, in, s->record.line);
    if (s->change_slot >= 0 && s->slot[s->change_slot].kind > TP_SLOT_NULL &&
        refuse_change(s, in) < 0)
        return -1;
    if (offer(s, which, next) < 0)
        return -1;
    /* A record that was late or bad cannot move the watermark back, and one that was not used for
     * another reason has still been there. */
    if (s->settings.delay >= 0 && !in->timed && s->record.has_time &&
        !(s->op->traits & TP_MAKES_TIME))
        observe(s, which);
    return 0;
}

static bool
is_blank(struct tp_str line)
{
    for (size_t i = 0; i < line.len; i++)
        if (!strchr(" \t\r", line.ptr[i]) || line.ptr[i] == '\0')
            return false;
    return true;
}

/* Does content speak here? A text input's control lines count only when asked for, or on a
 * standard input that begins with one: so a stage of ours is known, and a log line that looks like
 * one is not. */
static void
begin_input(struct tp_stage *s, struct tp_input *in, struct tp_str line)
{
    in->begun = true;
    in->may_speak = !(s->op->traits & TP_UNTIMED_ROWS) || s->settings.control_in ||
                    (strcmp(tp_in_name(in->in), "stdin") == 0 && !tp_in_is_regular(in->in) &&
                     tp_control_is(line));
}

/* The line at LINE may be blank or a control line. 1: dealt with, 0: it is data, -1: failed. */
static int
take_special(struct tp_stage *s, int which, struct tp_str line)
{
    struct tp_input *in = &s->input[which];

    if (!in->begun) {
        begin_input(s, in, line);
        if (tp_barrier_first_line(s, which, in->may_speak && tp_control_is_restore(line)) < 0)
            return -1;
    }
    if (!tp_control_is(line)) {
        if (s->op->frame || !is_blank(line))
            return 0;
        in->line_number++;
        return 1;
    }
    in->line_number++;
    if (in->may_speak)
        return tp_flow_control(s, which, line) < 0 ? -1 : 1;
    tp_err_set(&s->err, TP_FAULT_RECORD,
               "a control line in the content (--control-in for saved streams)");
    return reject(s, in, line) < 0 ? -1 : 1;
}

/* One record of lines of JSON, from LINE on. Returns the byte behind it, NULL on failure. */
static const char *
take_line(struct tp_stage *s, int which, const char *line, const char *end)
{
    struct tp_input *in = &s->input[which];
    const char *next;

    if (tp_control_maybe(line) || !in->begun) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        int special = take_special(s, which, (struct tp_str){line, (size_t)(newline - line)});

        if (special)
            return special < 0 ? NULL : newline + 1;
    }
    in->line_number++;
    if (in->said_end || in->last) {
        tp_flow_after_end(s, in);
        return NULL;
    }
    next = tp_scan_line(s->scan, line, end, s->slot, &s->record.members, &s->err);
    if (!next) {
        next = (const char *)memchr(line, '\n', (size_t)(end - line)) + 1;
        return reject(s, in, (struct tp_str){line, (size_t)(next - 1 - line)}) < 0 ? NULL : next;
    }
    s->record.line = (struct tp_str){line, (size_t)(next - 1 - line)};
    return take_json(s, which, next) < 0 ? NULL : next;
}

/* Lines between two places: what a framed record adds to the line number. */
static uint64_t
lines_in(const char *from, const char *to)
{
    uint64_t lines = 0;

    while (from < to && (from = memchr(from, '\n', (size_t)(to - from)))) {
        from++;
        lines++;
    }
    return lines;
}

int
tp_input_take_frame(struct tp_stage *s, int which, const char *p, const char *next)
{
    struct tp_input *in = &s->input[which];
    uint64_t lines = lines_in(p, next);
    int result;

    in->line_number++; /* a record is named by its first line */
    s->record.line = (struct tp_str){p, (size_t)(next - p) - (next[-1] == '\n')};
    result = offer(s, which, next);
    in->line_number += lines - 1;
    return result;
}

/* A control line at P, when it is one. 1: dealt with, *NEXT is behind it. */
static int
take_framed_special(struct tp_stage *s, int which, const char *p, const char *end,
                    const char **next)
{
    const char *newline;

    /* Only the start is looked at: a text may have thousands of records in one line. */
    if (s->input[which].begun && !tp_control_is((struct tp_str){p, (size_t)(end - p)}))
        return 0;
    newline = memchr(p, '\n', (size_t)(end - p));
    *next = newline + 1;
    return take_special(s, which, (struct tp_str){p, (size_t)(newline - p)});
}

/* One record of another framing. *NEXT is NULL when it is not complete in this block. */
static int
take_framed(struct tp_stage *s, int which, const char *p, const char *end, const char **next)
{
    struct tp_input *in = &s->input[which];
    int special = take_framed_special(s, which, p, end, next);
    const char *limit;

    if (special)
        return special < 0 ? -1 : 0;
    limit = tp_partial_limit(in, p, end);
    if (in->partial.len > 0)
        return tp_partial_go_on(s, which, p, limit, next);
    *next = s->op->frame->next(s->self, p, limit, limit == end && tp_in_at_end(in->in));
    if (!*next && limit < end) {
        *next = limit;
        return tp_partial_keep(s, in, p, limit);
    }
    if (!*next)
        return 0;
    if (in->said_end || in->last)
        return tp_flow_after_end(s, in);
    return tp_input_take_frame(s, which, p, *next);
}

static const char *
frame_line(void *self, const char *p, const char *end, bool at_end)
{
    (void)self;
    (void)at_end;
    return (const char *)memchr(p, '\n', (size_t)(end - p)) + 1;
}

const struct tp_frame tp_frame_line = {frame_line};

/* Is it another input's turn? */
static inline bool
yields(struct tp_stage *s, int which)
{
    return s->stopped || (s->chosen >= 0 && s->op->choose(s->self, s) != which);
}

/* The watermark that records of an input are judged by, for those who judge by their own input's:
 * what went by while it was not waited for is over for it, too. */
void
tp_input_judge(struct tp_stage *s, int which)
{
    enum tp_minimum_state state;
    tp_time own = s->input[which].watermark, least;

    s->record.input_watermark = own;
    if (s->inputs == 1)
        return;
    tp_minimum_member(s->minimum, which, &state);
    least = tp_minimum_watermark(s->minimum);
    if (state != TP_MINIMUM_COUNTS && least > own)
        s->record.input_watermark = least;
}

bool
tp_stage_input_ready(const struct tp_stage *s, int input)
{
    return s->input[input].block.len > 0;
}

/* Watermarks moved: first what the input's own proves, then the least of all. */
static int
advance(struct tp_stage *s, int which)
{
    const struct tp_input *in = &s->input[which];
    tp_time own = in->idle ? TP_TIME_AFTER_ALL : in->watermark;

    if (s->op->input_watermark && s->op->input_watermark(s->self, s, which, own, &s->err) < 0)
        return -1;
    if (tp_flow_advance(s) < 0)
        return -1;
    tp_input_judge(s, which);
    return 0;
}

int
tp_input_take(struct tp_stage *s, int which)
{
    struct tp_input *in = &s->input[which];
    const char *p = in->block.ptr, *end = p + in->block.len;

    s->record.input = which;
    tp_input_judge(s, which);
    while (p < end) {
        const char *next;

        if (!s->op->frame) {
            next = take_line(s, which, p, end);
            if (!next)
                return -1;
        } else if (take_framed(s, which, p, end, &next) < 0) {
            return -1;
        } else if (!next) {
            tp_in_keep(in->in, p);
            in->block = (struct tp_str){p, 0};
            return 0;
        }
        p = next;
        if (s->moved) {
            if (advance(s, which) < 0)
                return -1;
            if (s->inputs > 1)
                break;
        }
        if (yields(s, which) || in->at_barrier)
            break;
    }
    in->block = (struct tp_str){p, (size_t)(end - p)};
    return 0;
}

void
tp_input_look_again(struct tp_stage *s)
{
    for (int i = 0; i < s->inputs; i++)
        s->input[i].waiting = false;
}

int
tp_input_read(struct tp_stage *s, int which)
{
    struct tp_input *in = &s->input[which];
    struct tp_str block;

    if (s->op->settle && s->op->settle(s->self, s, &s->err) < 0)
        return -1;
    if (tp_out_settle(s->out, &s->err) < 0)
        return -1;
    switch (tp_in_next(in->in, &block, &s->err)) {
    case TP_IN_BLOCK:
        /* After every block: one input that always has more must not starve the others. */
        tp_input_look_again(s);
        in->block = block;
        in->block_start = block.ptr;
        in->block_end = NULL;
        s->has_arrival = false;
        return 0;
    case TP_IN_WAIT:
        in->waiting = true;
        return 0;
    case TP_IN_TOO_LONG:
        in->line_number++;
        in->block_start = block.ptr;
        tp_err_set(&s->err, TP_FAULT_RECORD, "longer than --max-line");
        return reject(s, in, block);
    case TP_IN_END:
        return tp_flow_input_end(s, which);
    case TP_IN_ERROR:
        break;
    }
    return -1;
}
