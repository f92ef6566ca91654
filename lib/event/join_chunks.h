/*
 * join_chunks: where the records of a join lie: one behind the other as they came, those of each
 * side in chunks of their own, since one side may be kept for longer. A chunk is given back when
 * the last of its records has left.
 */
#ifndef TP_EVENT_JOIN_CHUNKS_H
#define TP_EVENT_JOIN_CHUNKS_H

#include <stddef.h>

#include "event/join.h"

/* All zero is empty. */
struct tp_join_chunks {
    struct tp_join_chunk *filling[2], *spare;
};

/* Room for a record of SIDE, LEN bytes, in *CHUNK; NULL: memory ran out. */
void *tp_join_chunks_take(struct tp_join_chunks *chunks, enum tp_join_side side, size_t len,
                          struct tp_join_chunk **chunk);

/* A record that lies in CHUNK has left. */
void tp_join_chunks_drop(struct tp_join_chunks *chunks, struct tp_join_chunk *chunk);

/* All records have left. */
void tp_join_chunks_release(struct tp_join_chunks *chunks);

#endif
