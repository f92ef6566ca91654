/*
 * weblog: reads the access logs of web servers: a line of text in, a line of JSON out.
 *
 *   common    ip ident user [time] "request" status bytes
 *   combined  the same, then "referer" "agent"
 *
 * (Apache's `%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-agent}i"`, which nginx calls combined
 * too.) The record has, in this order, @timestamp ip ident user method path protocol status bytes
 * and, when combined, referer agent.
 *
 *   `-`       null
 *   time      an instant; @timestamp is UTC with milliseconds
 *   request   METHOD PATH HTTP/x; when it is not of that form (a TLS hello on a plain port, a line
 *             cut short by the client) the whole text is the path, method and protocol are null
 *   escapes   those of the server are undone: \" \\ \n \t \xhh …; a byte that is then not part of
 *             valid UTF-8 is written \xhh, as the server would have, so that nothing is lost
 *   quotes    a `"` ends a text when a space or the end of the line follows it; others are content
 *
 * Any other line is refused with the reason and its place.
 */
#ifndef TP_RECORD_WEBLOG_H
#define TP_RECORD_WEBLOG_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "value/time.h"

#define TP_WEBLOG_PADDING 16 /* bytes behind a line that must be readable */

enum tp_weblog_format { TP_WEBLOG_COMMON, TP_WEBLOG_COMBINED };

struct tp_weblog; /* remembers the last minute it read; opaque */

struct tp_weblog *tp_weblog_new(enum tp_weblog_format format); /* NULL when memory ran out */
void tp_weblog_free(struct tp_weblog *weblog);

/* Appends the record of LINE (without its newline; one `\r` at its end is taken off) to TO, with a
 * newline; *TIME is its event time. -1 with the reason and the place in err->at, and TO as it was.
 * Memory failure shows in TO. */
int tp_weblog_read(struct tp_weblog *weblog, struct tp_str line, struct tp_buf *to, tp_time *time,
                   struct tp_err *err);

/* For other formats of web servers: appends TEXT as a JSON string, the server's escapes undone as
 * above. SCRATCH is the caller's. */
void tp_weblog_put_text(struct tp_str text, struct tp_buf scratch[2], struct tp_buf *to);

/* METHOD PATH HTTP/x: where the path begins and ends; false when REQUEST is not of that form. */
bool tp_weblog_split_request(struct tp_str request, size_t *path, size_t *path_end);

#endif
