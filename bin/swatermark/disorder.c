#include "disorder.h"

#include "record/emit.h"

void
disorder_add(struct disorder *d, tp_time largest, tp_time time)
{
    tp_duration behind;

    d->records++;
    if (time >= largest)
        return;
    if (__builtin_sub_overflow(largest, time, &behind))
        behind = INT64_MAX;
    tp_lateness_add(&d->behind, behind);
}

/* The delay that would keep PERCENT of the records. */
static int
write_share(const struct disorder *d, struct tp_stage *stage, double percent, struct tp_err *err)
{
    double allowed = (1 - percent / 100) * (double)d->records;
    double behind = (double)d->behind.count;
    tp_duration delay =
        allowed >= behind ? 0 : tp_lateness_delay(&d->behind, 100 * (1 - allowed / behind));
    struct tp_buf *to = tp_stage_row(stage, err);
    struct tp_emit row;
    char text[TP_TIME_TEXT];

    if (!to)
        return -1;
    row = tp_emit_open(to);
    tp_emit_real(&row, TP_STR("percent"), percent);
    tp_emit_text(&row, TP_STR("delay"), (struct tp_str){text, tp_duration_write(text, delay)});
    tp_emit_int(&row, TP_STR("records"), (int64_t)d->records);
    tp_emit_int(&row, TP_STR("behind"), (int64_t)d->behind.count);
    tp_emit_text(&row, TP_STR("most"),
                 (struct tp_str){text, tp_duration_write(text, d->behind.most)});
    tp_emit_close(&row);
    return tp_stage_row_end(stage, err);
}

int
disorder_write(const struct disorder *d, struct tp_stage *stage, struct tp_err *err)
{
    static const double shares[] = {50, 90, 95, 99, 99.9, 100};

    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++)
        if (write_share(d, stage, shares[i], err) < 0)
            return -1;
    return 0;
}
