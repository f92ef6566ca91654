/*
 * in_source: the bytes of a descriptor, without blocking and without touching a description that
 * others share; and those that were taken from it before they were wanted.
 */
#ifndef TP_STREAM_IN_SOURCE_H
#define TP_STREAM_IN_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "stream/backlog.h"

struct tp_in_source {
    int fd;
    bool ours;    /* close it in the end */
    bool regular; /* a read never waits, poll says nothing */
    bool parks;   /* a regular file is open only while it is read: fd is -1 */
    char *path;   /* ... from here */
    off_t at;     /* ... from where on */
    dev_t device; /* ... and has to be the file it was */
    ino_t inode;
    bool drained; /* the end was met while draining: behind the backlog there is nothing */
    int failed;   /* errno of what was met while draining, 0: nothing; told behind the backlog */
    struct tp_backlog *backlog; /* read before the descriptor; NULL: never drained */
};

/* What tp_in_source_read and its kin return beside a count of bytes. */
enum { TP_SOURCE_END = 0, TP_SOURCE_ERROR = -1, TP_SOURCE_WAIT = -2 };

/* OPERAND is a path or `-`; NAME is what messages call it. */
int tp_in_source_open(struct tp_in_source *source, const char *operand, const char *name,
                      struct tp_err *err);
/* FD is its own from now on. */
int tp_in_source_adopt(struct tp_in_source *source, int fd, const char *name, struct tp_err *err);
void tp_in_source_close(struct tp_in_source *source);

/* Reads what is there, at most LEN (> 0) bytes. NAME is for the message of a TP_SOURCE_ERROR. */
ssize_t tp_in_source_read(struct tp_in_source *source, char *to, size_t len, const char *name,
                          struct tp_err *err);

/* Takes what can be read now into the backlog, at most a block of it. -1: no memory, or no room on
 * the disk; what the descriptor itself has to say is kept for tp_in_source_read. */
int tp_in_source_drain(struct tp_in_source *source, struct tp_err *err);

/* tp_in_source_read has an answer without a look at the descriptor. */
bool tp_in_source_has_backlog(const struct tp_in_source *source);

#endif
