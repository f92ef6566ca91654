/*
 * pack: gzip members and zstd frames, one after the other: what stream/in unpacks.
 */
#ifndef TP_STREAM_PACK_H
#define TP_STREAM_PACK_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum tp_pack_format {
    TP_PACK_NONE,
    TP_PACK_GZIP,
    TP_PACK_ZSTD,
};

struct tp_pack; /* opaque */

/* FORMAT is not TP_PACK_NONE. NULL: memory. */
struct tp_pack *tp_pack_new(enum tp_pack_format format);
void tp_pack_free(struct tp_pack *pack); /* NULL is fine */

/* Takes BYTES, appends what comes of them so far. */
int tp_pack_put(struct tp_pack *pack, struct tp_str bytes, struct tp_buf *to, struct tp_err *err);

/* Ends the frame, if one has begun: what was put can be read now. More begins another. */
int tp_pack_end(struct tp_pack *pack, struct tp_buf *to, struct tp_err *err);

/* By the ending of a file's name: .gz, .zst, .zstd. */
enum tp_pack_format tp_pack_of_name(struct tp_str name);

/* The ending a packed file's name has. */
const char *tp_pack_ending(enum tp_pack_format format);

#endif
