/*
 * sim_weblog: visits to a web site that does not exist, as lines of its access log.
 *
 * A visit is a pure function of (seed, number). The line of a visit is what a server would have
 * written at TIME: in the combined format (record/weblog), or as JSON.
 */
#ifndef TP_RECORD_SIM_WEBLOG_H
#define TP_RECORD_SIM_WEBLOG_H

#include <stdint.h>

#include "base/buf.h"
#include "record/draw.h"
#include "value/time.h"

enum tp_sim_format { TP_SIM_COMBINED, TP_SIM_JSON };

/* Appends the line of visit NUMBER, with its newline. */
void tp_sim_weblog(enum tp_sim_format format, uint64_t seed, uint64_t number, tp_time time,
                   struct tp_buf *to);

/* Breaks the line that begins at FROM in TO (and ends it): cut off, a line of another program,
 * bytes that are not UTF-8, half a line of JSON. What comes out is no valid line of FORMAT. */
void tp_sim_break(enum tp_sim_format format, struct tp_draw *draw, size_t from, struct tp_buf *to);

#endif
