#include "event/trigger.h"

#include "event/saving.h"
#include "value/num.h"

int
tp_trigger_parse_early(struct tp_trigger *trigger, struct tp_str text, struct tp_err *err)
{
    int64_t count;

    if (tp_num_parse_int(text, &count)) {
        if (count <= 0)
            return tp_err_set(err, TP_FAULT_USAGE, "a number of records from 1 on, or a time");
        trigger->early_count = (uint64_t)count;
        return 0;
    }
    if (tp_duration_parse(text, &trigger->early_every, err) < 0) {
        err->fault = TP_FAULT_USAGE;
        return -1;
    }
    if (trigger->early_every < TP_MILLISECOND || trigger->early_every % TP_MILLISECOND != 0)
        return tp_err_set(err, TP_FAULT_USAGE, "whole milliseconds above zero are wanted");
    return 0;
}

tp_time
tp_trigger_limit(const struct tp_trigger *trigger, tp_time end)
{
    tp_time limit;

    return tp_time_add(end, trigger->lateness, &limit) ? limit : TP_TIME_MAX;
}

bool
tp_trigger_is_over(const struct tp_trigger *trigger, tp_time end, tp_time watermark)
{
    return end <= watermark && tp_trigger_limit(trigger, end) <= watermark;
}

tp_time
tp_trigger_next_early(const struct tp_trigger *trigger, const struct tp_window *window,
                      tp_time watermark)
{
    tp_time next = TP_TIME_AFTER_ALL;
    tp_duration since = 0;

    if (trigger->early_every == 0 || watermark >= window->end)
        return TP_TIME_AFTER_ALL;
    /* Within a window there is no overflow: both its ends are times. */
    if (watermark > window->start)
        since = (watermark - window->start) / trigger->early_every * trigger->early_every;
    if (!tp_time_add(window->start + since, trigger->early_every, &next) || next >= window->end)
        return TP_TIME_AFTER_ALL;
    return next;
}

void
tp_firing_release(struct tp_firing *firing)
{
    tp_buf_release(&firing->text);
    *firing = (struct tp_firing){0};
}

static struct tp_row
row_of(const struct tp_said *said, enum tp_row_op op)
{
    struct tp_row row = {.head = tp_row_head_of(said->window), .key = said->key};

    row.head.paned = true;
    row.head.op = op;
    return row;
}

/* The row that stands, again: with its own number, as it was said. */
static int
put_standing(const struct tp_said *said, enum tp_row_op op, const struct tp_row_to *to,
             struct tp_err *err)
{
    const struct tp_firing *firing = said->firing;
    struct tp_row row = row_of(said, op);

    row.head.n = firing->n - 1;
    row.head.timing = firing->timing;
    row.text = tp_buf_str(&firing->text);
    return to->put(to->self, &row, err);
}

/* What the next row does to the one that stands. A first row on time needs no word. */
static enum tp_row_op
next_op(const struct tp_trigger *trigger, const struct tp_firing *firing, enum tp_timing timing)
{
    bool plain = timing == TP_ON_TIME && firing->n == 0;

    if (trigger->discard)
        return plain ? TP_ROW_NEW : TP_ROW_INSERT;
    if (firing->stands)
        return trigger->retract ? TP_ROW_UPDATE : TP_ROW_UPSERT;
    if (plain)
        return TP_ROW_NEW;
    return trigger->retract ? TP_ROW_INSERT : TP_ROW_UPSERT;
}

int
tp_trigger_fire(const struct tp_trigger *trigger, const struct tp_said *said, enum tp_timing timing,
                bool last, const struct tp_row_to *to, struct tp_err *err)
{
    struct tp_firing *firing = said->firing;
    struct tp_row row = row_of(said, next_op(trigger, firing, timing));

    if (row.head.op == TP_ROW_UPDATE && put_standing(said, TP_ROW_RETRACT, to, err) < 0)
        return -1;
    row.head.n = firing->n;
    row.head.timing = timing;
    row.head.last = last;
    row.head.paned = !tp_trigger_is_plain(trigger);
    row.acc = said->acc;
    tp_buf_clear(&firing->text);
    if (trigger->keeps_text && !last)
        row.copy = &firing->text;
    if (to->put(to->self, &row, err) < 0)
        return -1;
    firing->n++;
    firing->fresh = 0;
    firing->timing = timing;
    firing->stands = !trigger->discard;
    if (trigger->discard)
        tp_aggs_clear(said->aggs, said->acc);
    return 0;
}

int
tp_trigger_take_back(const struct tp_said *said, const struct tp_row_to *to, struct tp_err *err)
{
    if (!said->firing->stands)
        return 0;
    said->firing->stands = false;
    return put_standing(said, TP_ROW_DELETE, to, err);
}

/* --- saved state -------------------------------------------------------------------------------*/

void
tp_firing_save(const struct tp_firing *firing, struct tp_emit *line)
{
    tp_emit_int(line, TP_STR("fresh"), (int64_t)firing->fresh);
    tp_emit_int(line, TP_STR("rows"), (int64_t)firing->n);
    tp_emit_int(line, TP_STR("timing"), firing->timing);
    tp_saving_put_flag(line, TP_STR("stands"), firing->stands);
    tp_emit_text(line, TP_STR("text"), tp_buf_str(&firing->text));
}

int
tp_firing_load(struct tp_firing *firing, struct tp_str line, struct tp_err *err)
{
    uint64_t timing = 0;
    const struct tp_saved fields[] = {
        {"fresh", TP_SAVED_COUNT, &firing->fresh, false},
        {"rows", TP_SAVED_COUNT, &firing->n, false},
        {"timing", TP_SAVED_COUNT, &timing, false},
        {"stands", TP_SAVED_FLAG, &firing->stands, false},
        {"text", TP_SAVED_TEXT, &firing->text, false},
    };

    if (tp_saved_read(line, fields, sizeof fields / sizeof *fields, err) < 0)
        return -1;
    if (timing > TP_LATE_ROW)
        return tp_err_set(err, TP_FAULT_MACHINE, "a saved row of no known timing");
    firing->timing = (enum tp_timing)timing;
    return 0;
}
