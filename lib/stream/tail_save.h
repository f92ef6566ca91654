/*
 * tail_save: places in files, as lines of a snapshot (record/snapshot).
 */
#ifndef TP_STREAM_TAIL_SAVE_H
#define TP_STREAM_TAIL_SAVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "record/snapshot.h"
#include "stream/tail_place.h"

struct tp_tail_saved {
    bool is_log;        /* a place in a log (stream/log_reader) */
    struct tp_buf name; /* the operand; when loaded: to be released */
    struct tp_tail_place place;
    uint64_t lines;    /* of the file, up to the place */
    uint64_t too_long; /* of these the last, which are behind the place and told already */
};

/* Appends one line. */
int tp_tail_save(const struct tp_tail_saved *saved, struct tp_save *save, struct tp_err *err);

/* Reads such a line. SAVED is all zero, and to be released on failure, too. */
int tp_tail_saved_read(struct tp_tail_saved *saved, struct tp_str line, struct tp_err *err);

#endif
