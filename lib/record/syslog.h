/*
 * syslog: messages as RFC 5424 and RFC 3164 have them, and as daemons write them into files.
 *
 *   <34>1 2026-01-01T12:00:00.003Z host su - ID47 [x@1 k="v"] text     RFC 5424
 *   <34>Oct 11 22:14:15 host su[123]: text                            RFC 3164
 *   Oct 11 22:14:15 host su[123]: text                                in a file
 *   2026-01-01T12:00:00.003+01:00 host su[123]: text                  rsyslog's and journald's file
 *
 * The record has @timestamp facility severity level host app pid msgid data message; msgid and data
 * (structured data: {"x@1":{"k":"v"}}) only in RFC 5424. facility and severity are their names,
 * level is the severity's number (0 emerg to 7 debug); null without `<...>`. pid is a number when
 * it is one. `-` is null. A message whose tag does not end with `:` is all message, app is null.
 *
 * RFC 3164 has no year. The first such stamp is in the year that was given; else in the latest that
 * makes it no more than a day later than now. Each further one is in the year that brings it
 * nearest to the one before: so December is followed by January of the next year, and a late
 * December behind it still belongs to the old one.
 */
#ifndef TP_RECORD_SYSLOG_H
#define TP_RECORD_SYSLOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "record/fields.h"
#include "value/time.h"
#include "value/zone.h"

struct tp_syslog_options {
    struct tp_zone *zone; /* of stamps without one, borrowed; NULL: UTC */
    int64_t year;         /* of the first stamp without one; -1: from now */
    tp_time now;
};

struct tp_syslog; /* remembers the year it is in; opaque */

struct tp_syslog *tp_syslog_new(const struct tp_syslog_options *options); /* NULL: no memory */
void tp_syslog_free(struct tp_syslog *syslog);

/* For saved state: the stamp without a year that was read last, false when there was none; and goes
 * on behind it. */
bool tp_syslog_last(const struct tp_syslog *syslog, tp_time *last);
void tp_syslog_resume(struct tp_syslog *syslog, tp_time last);

/* Appends the record of LINE (one `\r` at its end is taken off): 1; 0 when it is empty; -1 with the
 * reason and the place, and TO as it was. FIELDS is scratch. */
int tp_syslog_read(struct tp_syslog *syslog, struct tp_fields *fields, struct tp_str line,
                   struct tp_buf *to, tp_time *time, struct tp_err *err);

#endif
