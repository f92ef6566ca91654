/*
 * backlog: bytes that came before they were wanted: first in, first out.
 *
 * Two blocks of 256 KiB in memory at most; what lies between them is spilled (stream/spill), and
 * the disk gets it back as it is read.
 */
#ifndef TP_STREAM_BACKLOG_H
#define TP_STREAM_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct tp_backlog; /* opaque */

struct tp_backlog *tp_backlog_new(void); /* NULL when memory ran out */
void tp_backlog_free(struct tp_backlog *backlog);

/* Where the next bytes go, *LEN > 0 of them at most; then tp_backlog_filled says how many came.
 * NULL when there is no memory, or the disk is full. */
char *tp_backlog_room(struct tp_backlog *backlog, size_t *len, struct tp_err *err);
void tp_backlog_filled(struct tp_backlog *backlog, size_t len);

/* Takes at most LEN bytes out; 0 when it is empty, -1 on failure. */
ssize_t tp_backlog_take(struct tp_backlog *backlog, char *to, size_t len, struct tp_err *err);

bool tp_backlog_is_empty(const struct tp_backlog *backlog);

uint64_t tp_backlog_spilled(const struct tp_backlog *backlog); /* bytes written to disk in all */

#endif
