#include "filter/stage_time.h"

#include "value/text.h"

int
tp_record_check_ahead(struct tp_stage *s, tp_time time)
{
    char ahead[TP_TIME_TEXT];
    size_t len;
    tp_time now = tp_stage_now(s);

    if (s->inputs > 0 && s->input[s->record.input].timed && !s->settings.max_ahead)
        return 0; /* the stage that made its watermarks has judged it */
    if (!tp_time_add(now, s->max_ahead, &s->ahead_limit))
        s->ahead_limit = TP_TIME_MAX;
    if (time <= s->ahead_limit)
        return 0;
    len = tp_duration_write(ahead, (time - now) / TP_SECOND * TP_SECOND);
    return tp_err_set(&s->err, TP_FAULT_RECORD, "its time is %.*s ahead of the clock (--max-ahead)",
                      (int)len, ahead);
}

int
tp_record_read_other_time(struct tp_stage *s, const struct tp_slot *slot)
{
    switch (slot->kind) {
    case TP_SLOT_INTEGER:
    case TP_SLOT_REAL:
        return tp_stamp_read_number(s->stamp, (struct tp_str){slot->ptr, slot->len},
                                    &s->record.time, &s->err);
    case TP_SLOT_ESCAPED:
        tp_buf_clear(&s->scratch);
        tp_text_unescape((struct tp_str){slot->ptr, slot->len}, &s->scratch);
        if (tp_buf_failed(&s->scratch))
            return tp_err_memory(&s->err);
        return tp_stamp_read_text(s->stamp, tp_buf_str(&s->scratch), &s->record.time, &s->err);
    case TP_SLOT_MISSING:
        return tp_err_set(&s->err, TP_FAULT_RECORD, "no event time: no member \"%s\" (-t names it)",
                          s->settings.time_field);
    default:
        return tp_err_set(&s->err, TP_FAULT_RECORD,
                          "no event time: \"%s\" is neither text nor "
                          "number",
                          s->settings.time_field);
    }
}
