/*
 * committed: how much of a file that `swrite -S` appends to will not be taken back, by the state of
 * its pipeline.
 *
 * What COMMIT stands for says the length of every file that grows. A file is known there by the
 * path it was written under, as that stands in the snapshot: it is the one that has this path here,
 * or whose full path ends with it. No lock is taken; a snapshot that a newer commit replaced while
 * it was looked for is looked for again.
 */
#ifndef TP_STREAM_COMMITTED_H
#define TP_STREAM_COMMITTED_H

#include <stdint.h>

#include "base/err.h"

/* 1: *LENGTH bytes of PATH are committed by the state in DIR; 0: it says nothing of PATH; -1: DIR
 * is none, or is damaged. */
int tp_committed_length(const char *dir, const char *path, uint64_t *length, struct tp_err *err);

#endif
