/*
 * elect: of the records with one key the first, or the last, by event time.
 *
 * Records come in any order and are held until a watermark proves that nothing earlier comes; then
 * they are judged by time, among equals in the order they came. The first of a key opens a horizon
 * of WITHIN: another less than that away belongs to it, the next behind opens another. Of each
 * horizon one line is elected, the first at once, the last when the horizon is over; all others are
 * repeats. Each line that was added leaves once, as one or the other: elected firsts in the order
 * of time, elected lasts in that of the ends of their horizons.
 * State: the lines that no watermark has passed; for the last also one for each open horizon. What
 * was first seen when is the caller's (event/recent).
 */
#ifndef TP_EVENT_ELECT_H
#define TP_EVENT_ELECT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "event/recent.h"
#include "record/snapshot.h"
#include "value/time.h"

struct tp_elect; /* opaque */

/* The first of each horizon of SEEN, which is borrowed for life and forgets what is out of reach.
 * NULL when memory ran out. */
struct tp_elect *tp_elect_first(struct tp_recent *seen);

/* The last of each horizon; WITHIN below 0: horizons never end. NULL when memory ran out. */
struct tp_elect *tp_elect_last(tp_duration within);

void tp_elect_free(struct tp_elect *elect); /* NULL is fine; not the one of SEEN */

/* Takes copies of KEY and LINE; TIME is not before what was reached. -1 when memory ran out. */
int tp_elect_add(struct tp_elect *elect, tp_time time, struct tp_str key, struct tp_str line,
                 struct tp_err *err);

/* Gets a line that leaves, borrowed until it returns. It must not add lines. */
typedef int tp_elect_take(void *context, struct tp_str line, bool elected, struct tp_err *err);

/* Nothing before REACHED comes any more (TP_TIME_AFTER_ALL: nothing at all): what is decided by
 * that goes to TAKE. -1 when TAKE said so (that line has left) or memory ran out. */
int tp_elect_reach(struct tp_elect *elect, tp_time reached, tp_elect_take *take, void *context,
                   struct tp_err *err);

/* No line elected from now on is before this, when WATERMARK was reached. */
tp_time tp_elect_promise(const struct tp_elect *elect, tp_time watermark);

size_t tp_elect_count(const struct tp_elect *elect); /* lines held */
size_t tp_elect_size(const struct tp_elect *elect);  /* bytes held, for --max-memory */

/* Saved state: `{"latest":...` for each open horizon, then `{"held":...` for each line not judged;
 * loaded in that order into a new one of the same kind and WITHIN. SEEN is saved by its owner. */
int tp_elect_save(const struct tp_elect *elect, struct tp_save *save, struct tp_err *err);
bool tp_elect_is_saved(struct tp_str line); /* is LINE one of these? */
int tp_elect_load(struct tp_elect *elect, struct tp_str line, struct tp_err *err);

#endif
