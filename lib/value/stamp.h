/*
 * stamp: reads event times as records write them.
 *
 * A reader knows one format (`--time-format`) and the zone of stamps without one (`--tz`):
 *   auto      RFC 3339 text; or an epoch number, as number or text, its unit told by magnitude:
 *             |x| < 1e11 seconds, < 1e14 milliseconds, < 1e17 microseconds, else nanoseconds
 *   rfc3339   only that
 *   epoch_s, epoch_ms, epoch_us, epoch_ns   a number, or a text that is one; fractions are exact
 *   anything with a `%`   strptime's letters Y y m d e j H k I l M S p b B h a A D F R T r n t, and
 *             %f (fraction digits), %z (+hhmm, +hh:mm, +hh, Z), %Z (UTC, GMT, Z) and %s; month and
 *             day names in English whatever the locale. It must have a year (%Y, %y) or %s: what
 *             syslog writes could be any year. Month and day left out are the first.
 * A zoneless stamp is UTC unless a zone was given; one that the clocks of the zone showed twice is
 * the earlier, one they jumped over is moved later (zone.h). Digits finer than a nanosecond are cut
 * off towards minus infinity. Never through a double. A reader remembers the last minute it read
 * (for RFC 3339), so one thread uses it at a time.
 */
#ifndef TP_VALUE_STAMP_H
#define TP_VALUE_STAMP_H

#include "base/err.h"
#include "base/str.h"
#include "value/time.h"
#include "value/value.h"
#include "value/zone.h"

struct tp_stamp; /* opaque */

/* FORMAT may be NULL (auto); ZONE may be NULL (UTC) and is borrowed for the reader's life. NULL
 * with the reason when the format is not understood. */
struct tp_stamp *tp_stamp_new(const char *format, struct tp_zone *zone, struct tp_err *err);
void tp_stamp_free(struct tp_stamp *stamp);

/* TEXT is the inside of a JSON string without escapes, or any other text. */
int tp_stamp_read_text(struct tp_stamp *stamp, struct tp_str text, tp_time *time,
                       struct tp_err *err);

/* TEXT is a JSON number. Where a format was given its text is read by that: 20261121 by %Y%m%d. */
int tp_stamp_read_number(struct tp_stamp *stamp, struct tp_str text, tp_time *time,
                         struct tp_err *err);

/* A moment named by a user on a command line (--now, --from): RFC 3339, a date, `now`,
 * `yesterday`, `today`, `-7d`, `+1h`, or `@1763712000` (epoch). Relative to NOW. */
int tp_moment_parse(struct tp_str text, tp_time now, struct tp_zone *zone, tp_time *time,
                    struct tp_err *err);

#endif
