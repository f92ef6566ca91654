/*
 * lock: a file that one process at a time holds, for as long as it lives.
 *
 * flock(2): the kernel gives it back whatever the holder dies of, so that none is ever stale; the
 * file itself stays. A newcomer waits up to $TIDEPIPE_LOCK_WAIT seconds (10), then says who holds
 * it.
 */
#ifndef TP_STREAM_LOCK_H
#define TP_STREAM_LOCK_H

#include "base/err.h"

/* Takes the lock on FD, the lock file FILE in FOLDER. -1: still held; WHO says by what else, and
 * what to do. */
int tp_lock_wait(int fd, const char *folder, const char *file, const char *who, struct tp_err *err);

/* We hold FD: says so in it, for people and for the message of a newcomer. */
void tp_lock_say(int fd);

/* All of this: makes FILE in FOLDER. The descriptor, to be closed at the end of life; or -1. */
int tp_lock_take(const char *folder, const char *file, const char *who, struct tp_err *err);

/* Takes the lock on FD, which is no lock file but the file PATH that is to be written. */
int tp_lock_content(int fd, const char *path, struct tp_err *err);

#endif
