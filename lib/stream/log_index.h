/*
 * log_index: what the folder of a log says: its segments, and the lines of their indexes.
 */
#ifndef TP_STREAM_LOG_INDEX_H
#define TP_STREAM_LOG_INDEX_H

#include "base/buf.h"
#include "stream/log.h"

/* One line of an index. */
struct tp_log_mark {
    uint64_t size; /* bytes of the segment it speaks of */
    bool is_end;
    tp_time latest;
    bool is_summed;
    uint64_t sum; /* XXH64 of the bytes behind the mark before it, or the start */
};

/* Appends the line of MARK, which ends with the hash of what stands before that. */
int tp_log_mark_write(const struct tp_log_mark *mark, struct tp_buf *to, struct tp_err *err);

/* Reads an index, which may be missing, as far as it is whole. VISIT returns whether to go on. */
int tp_log_index_read(const char *folder, uint64_t base,
                      bool (*visit)(void *user, const struct tp_log_mark *mark), void *user,
                      struct tp_err *err);

/* Removes indexes whose segments are gone: when the power fails, one of two removals may be lost.
 */
int tp_log_remove_orphans(const struct tp_log_segments *segments, struct tp_err *err);

#endif
