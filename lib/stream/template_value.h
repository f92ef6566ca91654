/*
 * template_value: a record's values as parts of a name; the rules stand in template.h.
 */
#ifndef TP_STREAM_TEMPLATE_VALUE_H
#define TP_STREAM_TEMPLATE_VALUE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"
#include "value/value.h"

enum tp_template_unit {
    TP_TEMPLATE_WHOLE, /* no time: the value as it is */
    TP_TEMPLATE_HOUR,
    TP_TEMPLATE_DAY,
    TP_TEMPLATE_WEEK,
    TP_TEMPLATE_MONTH,
};

/* Appends VALUE made safe, at most MOST bytes of it (more than those of a hash). */
void tp_template_put_value(struct tp_buf *to, struct tp_str value, size_t most, bool in_command);

void tp_template_put_time(struct tp_buf *to, tp_time time, enum tp_template_unit unit);

#endif
