/*
 * stamp: reads event times as records write them.
 *
 * A reader knows one format (`--time-format`) and the zone of stamps without one (`--tz`):
 *   auto      RFC 3339 text; or an epoch number, as number or text, its unit told by magnitude:
 *             |x| < 1e11 seconds, < 1e14 milliseconds, < 1e17 microseconds, else nanoseconds
 *   rfc3339   only that
 *   epoch_s, epoch_ms, epoch_us, epoch_ns   a number, or a text that is one; fractions are exact
 *   anything with a `%`   strptime's letters, with %f (1-9 fraction digits), %z (+hhmm, +hh:mm, Z),
 *             %s and %e; month and day names in English whatever the locale
 * A zoneless stamp is UTC unless a zone was given. Never through a double. A reader caches the last
 * minute it read (for RFC 3339), so one thread uses it at a time.
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

/* TEXT is a JSON number. */
int tp_stamp_read_number(struct tp_stamp *stamp, struct tp_str text, tp_time *time,
                         struct tp_err *err);

/* A moment named by a user on a command line (--now, --from): RFC 3339, a date, `now`,
 * `yesterday`, `today`, `-7d`, `+1h`, or `@1763712000` (epoch). Relative to NOW. */
int tp_moment_parse(struct tp_str text, tp_time now, struct tp_zone *zone, tp_time *time,
                    struct tp_err *err);

#endif
