/*
 * zone: time zones of the system's tz database (TZif files, RFC 8536, versions 1 to 4, with the
 * POSIX rule of the footer for the years behind the table).
 *
 * A zone is read once and never changes; lookups allocate nothing and remember the last transition,
 * so one thread uses a zone at a time. Names are those of the database (`Europe/Berlin`), `UTC`,
 * `local` ($TZ: a name, a path, a POSIX rule; else /etc/localtime; else UTC), or a fixed offset
 * (`+02:00`, `+0200`, `+02`). No use of tzset and friends: nothing global.
 */
#ifndef TP_VALUE_ZONE_H
#define TP_VALUE_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "value/time.h"

struct tp_zone; /* opaque */

/* NULL with the reason (unknown name, damaged file, names that leave the database's folder). The
 * folder is $TZDIR or /usr/share/zoneinfo. */
struct tp_zone *tp_zone_open(struct tp_str name, struct tp_err *err);
void tp_zone_close(struct tp_zone *zone);

/* Seconds east of UTC in force at TIME. */
int32_t tp_zone_offset(struct tp_zone *zone, tp_time time);

/* What a local time may mean where clocks were moved. */
enum tp_zone_fit {
    TP_ZONE_ONCE,  /* one instant */
    TP_ZONE_TWICE, /* clocks went back: the earlier of the two is given, as java.time does */
    TP_ZONE_NEVER, /* clocks went forward over it: moved later by the length of the gap, likewise */
};

/* The instant of the local time LOCAL (a tp_time as if it were UTC). *FIT may be NULL. -1 when the
 * result lies outside tp_time. */
int tp_zone_instant(struct tp_zone *zone, tp_time local, tp_time *time, enum tp_zone_fit *fit,
                    struct tp_err *err);

/* The same in seconds since 1970: no range to leave, transitions happen at whole seconds. */
int64_t tp_zone_second(struct tp_zone *zone, int64_t local, enum tp_zone_fit *fit);

#endif
