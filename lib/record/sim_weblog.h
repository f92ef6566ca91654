/*
 * sim_weblog: visits to a web site that does not exist, as lines of its access log.
 *
 * A visit is a pure function of (seed, number). The line of a visit is what a server would have
 * written at TIME: in the combined format (record/weblog), or as JSON.
 */
#ifndef TP_RECORD_SIM_WEBLOG_H
#define TP_RECORD_SIM_WEBLOG_H

#include "record/sim_write.h"

enum tp_sim_format { TP_SIM_COMBINED, TP_SIM_JSON };

/* Appends the line of visit NUMBER, with its newline. */
void tp_sim_weblog(enum tp_sim_format format, const struct tp_sim_event *event, struct tp_buf *to);

#endif
