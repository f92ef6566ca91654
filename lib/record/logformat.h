/*
 * logformat: access logs as the server's own configuration describes them: nginx's log_format
 * (`$remote_addr - $remote_user [$time_local] "$request" ...`) or Apache's LogFormat
 * (`%h %l %u %t "%r" %>s %b`).
 *
 * What `combined` knows has the same members here: @timestamp ip ident user method path protocol
 * status bytes referer agent. Any other variable of nginx is a member of its own name
 * (request_time); those of Apache are in logformat_names.c (%D duration_us, %{Host}i http_host).
 * `-` is null. What the server counts or measures is typed, what a client said is a string.
 * Escapes are undone and bytes that are not UTF-8 written as in record/weblog.
 *
 * A variable goes on to the text that stands behind it in the format; a `"` with a backslash before
 * it is content. Two variables with nothing between them are refused, and so is a format without a
 * time.
 */
#ifndef TP_RECORD_LOGFORMAT_H
#define TP_RECORD_LOGFORMAT_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "value/time.h"
#include "value/zone.h"

struct tp_logformat; /* opaque */

/* ZONE (may be NULL: UTC; borrowed) is that of times without one. NULL with the reason
 * (TP_FAULT_USAGE). */
struct tp_logformat *tp_logformat_new(struct tp_str format, struct tp_zone *zone,
                                      struct tp_err *err);
void tp_logformat_free(struct tp_logformat *logformat);

/* Appends the record of LINE (one `\r` at its end is taken off): 1; 0 when it is empty; -1 with the
 * reason and the place, and TO as it was. */
int tp_logformat_read(struct tp_logformat *logformat, struct tp_str line, struct tp_buf *to,
                      tp_time *time, struct tp_err *err);

#endif
