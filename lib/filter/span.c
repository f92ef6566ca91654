#include "filter/span.h"

#include <string.h>

#include "value/num.h"
#include "value/stamp.h"

static int
parse_bound(const char *option, const char *text, tp_time now, struct tp_span_bound *bound,
            struct tp_err *err)
{
    struct tp_err why;
    int64_t number;

    if (!text)
        return 0;
    if (strcmp(text, "start") == 0 || strcmp(text, "end") == 0) {
        bound->kind = *text == 's' ? TP_SPAN_START : TP_SPAN_END;
        return 0;
    }
    /* -7 and +7 are times without a unit, and refused as such. */
    if (*text != '-' && *text != '+' && tp_num_parse_int(tp_str_of(text), &number)) {
        bound->kind = TP_SPAN_OFFSET;
        bound->offset = (uint64_t)number;
        return 0;
    }
    bound->kind = TP_SPAN_TIME;
    if (tp_moment_parse(tp_str_of(text), now, NULL, &bound->time, &why) == 0)
        return 0;
    return tp_err_set(err, TP_FAULT_USAGE, "%s: %s", option, why.text);
}

int
tp_span_parse(struct tp_span_range *span, const char *from, const char *to, tp_time now,
              struct tp_err *err)
{
    if (parse_bound("--from", from, now, &span->from, err) < 0 ||
        parse_bound("--to", to, now, &span->to, err) < 0)
        return -1;
    if (span->to.kind == TP_SPAN_START || span->to.kind == TP_SPAN_END)
        return tp_err_set(err, TP_FAULT_USAGE, "--to: a time or a byte, not \"%s\"", to);
    return 0;
}

bool
tp_span_is_timed(const struct tp_span_range *span)
{
    return span->from.kind == TP_SPAN_TIME || span->to.kind == TP_SPAN_TIME;
}

bool
tp_span_has_offset(const struct tp_span_range *span)
{
    return span->from.kind == TP_SPAN_OFFSET || span->to.kind == TP_SPAN_OFFSET;
}

bool
tp_span_wants(const struct tp_span_range *span, tp_time time)
{
    return !(span->from.kind == TP_SPAN_TIME && time < span->from.time) &&
           !(span->to.kind == TP_SPAN_TIME && time >= span->to.time);
}
