/*
 * in_unpack: gzip and zstd, unpacked as the bytes come in.
 *
 * Pull shaped: tp_in_unpack_take gives what can be unpacked now; when it returns TP_UNPACK_HUNGRY
 * the caller reads more packed bytes into tp_in_unpack_room and says so with tp_in_unpack_fed.
 * Concatenated members and frames are one stream; zeros behind the last gzip member are padding.
 * What it holds is bounded by one packed block and the format's window, whatever the ratio.
 */
#ifndef TP_STREAM_IN_UNPACK_H
#define TP_STREAM_IN_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

enum tp_packing {
    TP_PACKING_UNDECIDED, /* all of these bytes could begin a magic number */
    TP_PACKING_NONE,
    TP_PACKING_GZIP,
    TP_PACKING_ZSTD,
};

/* What the first LEN bytes of an input say. No magic number contains a newline, so whoever needs a
 * whole line never waits longer for this. */
enum tp_packing tp_packing_of(const char *bytes, size_t len);

struct tp_in_unpack; /* opaque */

/* BYTES are the first packed ones. NULL when memory ran out. */
struct tp_in_unpack *tp_in_unpack_new(enum tp_packing packing, const char *bytes, size_t len);
void tp_in_unpack_free(struct tp_in_unpack *unpack);

enum { TP_UNPACK_HUNGRY = 0, TP_UNPACK_DAMAGED = -1 };

/* Bytes unpacked to [TO, TO+LEN), or one of the above. NAME is for the message. */
ssize_t tp_in_unpack_take(struct tp_in_unpack *unpack, char *to, size_t len, const char *name,
                          struct tp_err *err);

char *tp_in_unpack_room(struct tp_in_unpack *unpack, size_t *len);
void tp_in_unpack_fed(struct tp_in_unpack *unpack, size_t len);

/* There may be more to take without feeding. */
bool tp_in_unpack_pending(const struct tp_in_unpack *unpack);

/* The packed bytes have ended: -1 when that cut something off. */
int tp_in_unpack_end(const struct tp_in_unpack *unpack, const char *name, struct tp_err *err);

#endif
