/*
 * stage_time: the event time of the record at hand, read from its slot and not too far ahead of the
 * clock (--max-ahead). Private to this floor.
 *
 * The clock is looked at only for a time behind the limit known so far (ahead_limit), which then
 * moves. A bad time is a bad record: s->err says why, and where in the line.
 */
#ifndef TP_FILTER_STAGE_TIME_H
#define TP_FILTER_STAGE_TIME_H

#include "filter/stage.h"

/* From a slot that is no plain text. -1 with s->err. */
int tp_record_read_other_time(struct tp_stage *stage, const struct tp_slot *slot);

/* TIME lies behind the limit known so far: has the clock gone on meanwhile? -1 with s->err. */
int tp_record_check_ahead(struct tp_stage *stage, tp_time time);

/* Is TIME, of a record made here, ahead of the clock? -1 with s->err. */
static inline int
tp_record_check_time(struct tp_stage *s, tp_time time)
{
    s->err.at = -1;
    return time > s->ahead_limit ? tp_record_check_ahead(s, time) : 0;
}

static inline int
tp_record_read_slot_time(struct tp_stage *s, const struct tp_slot *slot)
{
    if (slot->kind != TP_SLOT_TEXT)
        return tp_record_read_other_time(s, slot);
    return tp_stamp_read_text(s->stamp, (struct tp_str){slot->ptr, slot->len}, &s->record.time,
                              &s->err);
}

/* Fills s->record.time and has_time from the slot of the event time. -1: a bad record. */
static inline int
tp_record_read_time(struct tp_stage *s)
{
    const struct tp_slot *slot = &s->slot[s->time_slot];

    s->record.has_time = true;
    if (slot->kind <= TP_SLOT_NULL && s->time_optional) {
        s->record.has_time = false;
        return 0;
    }
    s->err.at = -1;
    if (tp_record_read_slot_time(s, slot) < 0) {
        s->err.at = slot->kind == TP_SLOT_MISSING ? -1 : slot->ptr - s->record.line.ptr;
        return -1;
    }
    return s->record.time > s->ahead_limit ? tp_record_check_ahead(s, s->record.time) : 0;
}

#endif
