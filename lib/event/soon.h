/*
 * soon: has a line's key been seen (event/recent)? Answered a few lines later, in their order.
 *
 * Looking a key up is waiting for memory: a line that asks waits until some more have asked, and
 * meanwhile its key's place is fetched. Lines are borrowed, not copied: all must be answered
 * (tp_soon_settle) before what they lie in is given up, and before SEEN forgets, is saved, or sees
 * anything else. State: at most 32 lines, of which nothing can be saved.
 */
#ifndef TP_EVENT_SOON_H
#define TP_EVENT_SOON_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "event/recent.h"
#include "value/time.h"

struct tp_soon; /* opaque */

/* SEEN (not EXACTLY) is borrowed for life. NULL when memory ran out. */
struct tp_soon *tp_soon_new(struct tp_recent *seen);
void tp_soon_free(struct tp_soon *soon); /* NULL is fine; those that wait are forgotten */

/* Gets a line with its answer; it must not ask. */
typedef int tp_soon_take(void *context, struct tp_str line, bool is_new, struct tp_err *err);

/* LINE, of KEY at TIME, waits for its answer; the one that has waited longest may go to TAKE. -1
 * when TAKE said so or memory ran out. */
int tp_soon_ask(struct tp_soon *soon, struct tp_str key, tp_time time, struct tp_str line,
                tp_soon_take *take, void *context, struct tp_err *err);

/* Answers all that wait. -1 as above. */
int tp_soon_settle(struct tp_soon *soon, tp_soon_take *take, void *context, struct tp_err *err);

#endif
