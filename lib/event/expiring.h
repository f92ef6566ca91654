/*
 * expiring: one state for each key, forgotten when the key was not seen for so long in event time.
 *
 * Keys are touched in the order of time, so the one unseen for longest is always at the head of a
 * list: forgetting costs nothing to look for. State: one block a key seen within the time to live.
 */
#ifndef TP_EVENT_EXPIRING_H
#define TP_EVENT_EXPIRING_H

#include <stddef.h>

#include "base/str.h"
#include "value/time.h"

struct tp_expiring; /* opaque */

/* Gives back what the STATE of a key holds beside its block. */
typedef void tp_expiring_clear(const void *context, void *state);

/* Blocks of SIZE bytes, aligned for any type. TTL 0: never forgotten. CONTEXT is borrowed for life.
 * NULL when memory ran out. */
struct tp_expiring *tp_expiring_new(size_t size, tp_duration ttl, tp_expiring_clear *clear,
                                    const void *context);
void tp_expiring_free(struct tp_expiring *keys);

/* The state of KEY, zeroed when it is new, which was seen at TIME (not before any other touch). It
 * stays in place until the key is forgotten. NULL when memory ran out. */
void *tp_expiring_touch(struct tp_expiring *keys, struct tp_str key, tp_time time);

/* Forgets the keys last seen more than the time to live before NOW. */
void tp_expiring_forget(struct tp_expiring *keys, tp_time now);

/* For saved state: the states from the one unseen for longest on, NULL at the end; of each its key
 * and when it was seen. Touched again in that order, all are as before. */
void *tp_expiring_first(const struct tp_expiring *keys);
void *tp_expiring_next(const void *state);
struct tp_str tp_expiring_key(const struct tp_expiring *keys, const void *state);
tp_time tp_expiring_time(const void *state);

size_t tp_expiring_count(const struct tp_expiring *keys);

/* Bytes held, for --max-memory: but for what states hold beside their blocks. */
size_t tp_expiring_size(const struct tp_expiring *keys);

#endif
