/*
 * metrics: the row that a grid holds as samples for Prometheus, or as a line for InfluxDB.
 *
 * Members that are numbers are values, strings and booleans say what they belong to; null, arrays,
 * window_start and window_end are left out. The time is @timestamp.
 *
 *   prometheus  NAME_member{label="text",...} value milliseconds   one line a number (text format
 *               0.0.4, without # lines: rows come one by one, a metric's would have to come at
 * once) influx      NAME,tag=text,... member=value,... nanoseconds     booleans are fields here
 *
 * What a name cannot hold becomes `_`. In tags a newline becomes a blank, and a backslash at the
 * end, which would escape what follows, `_`.
 */
#ifndef TP_RECORD_METRICS_H
#define TP_RECORD_METRICS_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "record/grid.h"
#include "value/time.h"

/* NAME goes before the members' names; empty: they stand alone. TIME may be NULL: no timestamp. -1
 * with the reason, and TO as it was, when the row has no value. */
int tp_metrics_put_prometheus(const struct tp_grid *grid, struct tp_str name, const tp_time *time,
                              struct tp_buf *to, struct tp_err *err);

int tp_metrics_put_influx(const struct tp_grid *grid, struct tp_str name, const tp_time *time,
                          struct tp_buf *to, struct tp_err *err);

#endif
