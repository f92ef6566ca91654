/*
 * spill: what does not fit into memory, in a file without a name.
 *
 * The file lies in $TMPDIR (/tmp without it) and is unlinked as it is made, so that nothing stays
 * behind however the run ends. It is written in blocks, each a zstd frame; a block is read by the
 * place it was written to, and blocks that were written one behind the other can be read so.
 */
#ifndef TP_STREAM_SPILL_H
#define TP_STREAM_SPILL_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct tp_spill; /* opaque */

/* NULL with the reason, which names the directory. */
struct tp_spill *tp_spill_new(struct tp_err *err);
void tp_spill_free(struct tp_spill *spill); /* NULL is fine */

/* Writes BLOCK (1 byte to 1 GiB) behind all others. -1 on failure; a full disk is said with the
 * directory's name. */
int tp_spill_write(struct tp_spill *spill, struct tp_str block, struct tp_err *err);

/* The place behind the last block, where the next one will be written. */
uint64_t tp_spill_end(const struct tp_spill *spill);

/* Appends the block at place *AT to TO, and moves *AT behind it. */
int tp_spill_read(struct tp_spill *spill, uint64_t *at, struct tp_buf *to, struct tp_err *err);

/* [FROM, TO) will not be read again: the disk gets it back, where the file system can. */
void tp_spill_forget(struct tp_spill *spill, uint64_t from, uint64_t to);

/* Nothing will be read again: begins anew at place 0. */
int tp_spill_clear(struct tp_spill *spill, struct tp_err *err);

uint64_t tp_spill_bytes(const struct tp_spill *spill); /* written in all, compressed */

#endif
