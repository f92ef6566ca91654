/*
 * join_log: where the records of one side of a join lie: one behind the other as they came.
 *
 * They lie in chunks, and leave with their chunk, when the latest of it may: so leaving costs a
 * walk through memory in order, however the times are scattered. Records come about in the order of
 * time: few stay for longer than they must.
 */
#ifndef TP_EVENT_JOIN_LOG_H
#define TP_EVENT_JOIN_LOG_H

#include <stddef.h>

#include "base/heap.h"
#include "event/join.h"

struct tp_join_chunk; /* opaque */

/* All zero is empty. */
struct tp_join_log {
    struct tp_join_chunk *oldest, *filling; /* in the order in which they were begun */
    struct tp_join_chunk *spare;
    struct tp_heap full; /* the others by the latest time in them */
    size_t behind;       /* bytes behind each line that are kept with it; set before the first */
    size_t count;        /* records */
    size_t size;         /* their bytes */
};

/* Puts a record of TIME behind the others; LINE is copied, and behind it there is room to read as
 * behind a line that was scanned. NULL: memory ran out. */
struct tp_join_kept *tp_join_log_add(struct tp_join_log *log, tp_time time, struct tp_str line);

/* A chunk with nothing in it of TIME or later. NULL: there is none. */
struct tp_join_chunk *tp_join_log_before(const struct tp_join_log *log, tp_time time);

/* The records of CHUNK, which tp_join_log_before found, leave. */
void tp_join_log_give_up(struct tp_join_log *log, struct tp_join_chunk *chunk);

/* The records of CHUNK: the first (NULL: there is none) and the one after KEPT. */
struct tp_join_kept *tp_join_chunk_first(struct tp_join_chunk *chunk);
struct tp_join_kept *tp_join_chunk_next(const struct tp_join_log *log, struct tp_join_chunk *chunk,
                                        const struct tp_join_kept *kept);

/* The chunk that was begun after CHUNK; NULL: none. */
struct tp_join_chunk *tp_join_log_next(struct tp_join_chunk *chunk);

void tp_join_log_release(struct tp_join_log *log);

#endif
