#include "plot/stretch.h"

/* TO - FROM (not below it), which may be more than a tp_duration holds. */
static uint64_t
length(int64_t from, int64_t to)
{
    return (uint64_t)to - (uint64_t)from;
}

void
tp_stretch_init(struct tp_stretch *s, size_t parts, tp_duration span)
{
    *s = (struct tp_stretch){.span = span, .parts = parts};
    /* One more than the span has may be in sight: its ends lie within parts. */
    while ((uint64_t)span >> s->shift >= parts - 1)
        s->shift++;
}

tp_time
tp_stretch_begin(const struct tp_stretch *s)
{
    tp_time from;

    if (s->span == 0)
        return s->from;
    return tp_time_subtract(s->to, s->span, &from) ? from : TP_TIME_MIN;
}

bool
tp_stretch_take(struct tp_stretch *s, tp_time time, unsigned *wider)
{
    unsigned shift = s->shift;

    *wider = 0;
    if (s->any && time >= s->from && time <= s->to)
        return s->span == 0 || time >= tp_stretch_begin(s);
    if (s->any && s->span && time < tp_stretch_begin(s))
        return false;
    s->from = s->any && s->from < time ? s->from : time;
    s->to = s->any && s->to > time ? s->to : time;
    s->any = true;
    while (!s->span && length(s->from >> shift, s->to >> shift) >= s->parts)
        shift++;
    *wider = shift - s->shift;
    s->shift = shift;
    return true;
}

bool
tp_stretch_sees(const struct tp_stretch *s, int64_t part)
{
    return s->any && part >= tp_stretch_part(s, tp_stretch_begin(s)) &&
           part <= tp_stretch_part(s, s->to);
}

tp_time
tp_stretch_middle(const struct tp_stretch *s, int64_t part)
{
    tp_time begin = (tp_time)((uint64_t)part << s->shift);
    tp_duration half = s->shift ? INT64_C(1) << (s->shift - 1) : 0;

    return begin > TP_TIME_MAX - half ? TP_TIME_MAX : begin + half;
}

size_t
tp_stretch_column(const struct tp_stretch *s, tp_time time, size_t columns)
{
    tp_time from = tp_stretch_begin(s);
    double place;

    if (from == s->to)
        return columns / 2;
    if (time <= from)
        return 0;
    place = (double)length(from, time) / (double)length(from, s->to) * (double)(columns - 1) + 0.5;
    return place >= (double)columns ? columns - 1 : (size_t)place;
}
