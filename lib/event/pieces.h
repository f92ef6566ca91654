/*
 * pieces: a Bloom filter (base/bloom) in lines of saved state.
 *
 * Its filters are written in pieces, so that no line grows with them: `{"filter":...`, the filters
 * and the pieces of each in their order. Pure text: the digests it was asked hang on a seed, which
 * their owner saves.
 */
#ifndef TP_EVENT_PIECES_H
#define TP_EVENT_PIECES_H

#include <stdbool.h>

#include "base/bloom.h"
#include "base/err.h"
#include "base/str.h"
#include "record/snapshot.h"

int tp_pieces_save(const struct tp_bloom *bloom, struct tp_save *save, struct tp_err *err);
bool tp_pieces_is_saved(struct tp_str line); /* is LINE a piece? */

/* Puts the piece that LINE is into a new BLOOM of the same rate. -1 with the reason when it does
 * not fit behind those before it, or memory ran out. */
int tp_pieces_load(struct tp_bloom *bloom, struct tp_str line, struct tp_err *err);

#endif
