/*
 * What sources ask of their stage that pass lines on (operator.h).
 */
#include "filter/stage.h"
#include "filter/stage_time.h"

int
tp_stage_pass(struct tp_stage *s, struct tp_str lines, uint64_t count, struct tp_err *err)
{
    s->count.in += count;
    s->count.used += count;
    return tp_out_pass(s->out, lines.ptr, lines.len, err);
}

void
tp_stage_pass_over(struct tp_stage *s, uint64_t count)
{
    s->count.in += count;
    s->count.filtered += count;
}

int
tp_stage_refuse(struct tp_stage *s, const struct tp_origin *origin, struct tp_str line,
                const struct tp_err *why, struct tp_err *err)
{
    struct tp_place place = {origin->source, origin->line_number, origin->offset};

    s->count.in++;
    s->count.rejected++;
    return tp_side_reject(&s->side, &s->report, &s->settings, &place, line, why, err);
}

const char *
tp_stage_read_time(struct tp_stage *s, const char *line, const char *end, tp_time *time,
                   struct tp_err *err)
{
    const char *next = tp_input_read_time(s, line, end);

    if (!next)
        *err = s->err;
    *time = s->record.time;
    return next;
}

int
tp_stage_check_time(struct tp_stage *s, tp_time time, struct tp_err *err)
{
    if (tp_record_check_time(s, time) == 0)
        return 0;
    *err = s->err;
    return -1;
}

int
tp_stage_say_watermark(struct tp_stage *s, tp_time watermark, struct tp_err *err)
{
    if (tp_flow_forward(s, watermark) == 0)
        return 0;
    *err = s->err;
    return -1;
}
