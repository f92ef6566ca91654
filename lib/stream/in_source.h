/*
 * in_source: the bytes of a descriptor, without blocking and without touching a description that
 * others share.
 */
#ifndef TP_STREAM_IN_SOURCE_H
#define TP_STREAM_IN_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

struct tp_in_source {
    int fd;
    bool ours;    /* close it in the end */
    bool regular; /* a read never waits, poll says nothing */
};

/* What tp_in_source_read and its kin return beside a count of bytes. */
enum { TP_SOURCE_END = 0, TP_SOURCE_ERROR = -1, TP_SOURCE_WAIT = -2 };

/* OPERAND is a path or `-`; NAME is what messages call it. */
int tp_in_source_open(struct tp_in_source *source, const char *operand, const char *name,
                      struct tp_err *err);
/* FD is its own from now on. */
int tp_in_source_adopt(struct tp_in_source *source, int fd, const char *name, struct tp_err *err);
void tp_in_source_close(struct tp_in_source *source);

/* Reads what is there, at most LEN (> 0) bytes. On TP_SOURCE_ERROR errno tells. */
ssize_t tp_in_source_read(const struct tp_in_source *source, char *to, size_t len);

#endif
