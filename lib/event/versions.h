/*
 * versions: the temporal join (event/match): a left record at L meets the version of its key that
 * was in force at L: the one with the greatest time <= L (Flink's event-time temporal join, `FOR
 * SYSTEM_TIME AS OF l.rowtime`).
 *
 * Right records are versions: each is in force from its time until the next of its key. `delete`
 * ends the key: from then on there is none. Of versions of one key and time the last to arrive
 * counts. `retract` says nothing here: the `update` behind it replaces the version (Flink drops it,
 * too). A further condition is asked of the version in force only.
 *
 * A left record is answered when the least watermark is greater than L, so in the order of time.
 * Late, on either side: time < the watermark of the own input.
 *
 * State: left records until that watermark; of each key the last version before the watermark and
 * all after it. When the left side is complete and answered no more versions are taken.
 */
#ifndef TP_EVENT_VERSIONS_H
#define TP_EVENT_VERSIONS_H

#include "event/match.h"

/* TYPE is inner or left. NULL: memory ran out. */
struct tp_match *tp_versions_new(enum tp_match_type type);

#endif
