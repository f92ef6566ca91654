/*
 * log_reader_inside: what the parts of log_reader share.
 */
#ifndef TP_STREAM_LOG_READER_INSIDE_H
#define TP_STREAM_LOG_READER_INSIDE_H

#include <time.h>

#include "stream/log.h"
#include "stream/log_index.h"
#include "stream/log_reader.h"

/* The lines of the index of the segment at hand. */
struct tp_log_sums {
    struct tp_log_mark *mark;
    size_t count, next; /* those before it were looked at */
    bool differs;       /* the next does not fit */
};

struct tp_log_reader {
    struct tp_log_reader_settings set;
    char *folder;
    char *path;                 /* of the segment at hand; NULL: none yet */
    struct tp_in *in;           /* NULL: to be opened at `start` */
    struct tp_log_segments log; /* as they were when all were looked at */
    uint64_t sure;              /* what was committed by then: segments that begin before it stay */
    uint64_t base;         /* of the segment at hand: bytes are those of the log, here and below */
    uint64_t end;          /* ... where the next one begins; UINT64_MAX: not known */
    uint64_t start;        /* where reading is taken up */
    uint64_t skip_to;      /* lines that begin before it are dropped */
    uint64_t limit;        /* of what is committed; UINT64_MAX: all is */
    uint64_t offset, turn; /* of the last block; segments before this one */
    uint64_t too_long, told; /* lines behind the place that were told; and are to be told no more */
    struct tp_tail_place place;
    bool spent;                /* `in` holds bytes that may change: to be opened anew */
    bool idle;                 /* its end was seen the last time */
    struct tp_tail_place seen; /* idle: up to where it was read, within the segment */
    struct timespec modified;
    struct tp_log_sums sums;
    const char *news;
    tp_time looked; /* at all segments, by the steady clock */
};

/* Reading is to be taken up at byte OFFSET, in the segment at BASE. */
int tp_log_reader_take_up(struct tp_log_reader *reader, uint64_t base, uint64_t offset,
                          struct tp_err *err);

/* How far the log is to be read by now: all of it, or what is committed. */
int tp_log_reader_limit(const struct tp_log_reader *reader, uint64_t *limit, struct tp_err *err);

/* Looks at all segments. Where they are waited for there may be no folder yet. */
int tp_log_reader_list(struct tp_log_reader *reader, struct tp_err *err);

/* The first segment there is becomes the one at hand. */
int tp_log_reader_find_first(struct tp_log_reader *reader, struct tp_err *err);

/* The number of the last segment that begins before byte OFFSET, or at it. */
size_t tp_log_segment_of(const struct tp_log_segments *log, uint64_t offset);

/* What was read up to byte OFFSET is not there; what begins with byte FROM was removed. Both -1. */
int tp_log_reader_say_other(const struct tp_log_reader *reader, uint64_t offset,
                            struct tp_err *err);
int tp_log_reader_say_removed(const struct tp_log_reader *reader, uint64_t from,
                              struct tp_err *err);

/* Before the segment at hand is read: what its index says of its bytes. */
int tp_log_reader_read_sums(struct tp_log_reader *reader, struct tp_err *err);

/* How many of LEN bytes from byte FROM of the log on are not known to differ from what was written;
 * if that is not all, sums.differs, and what to say. */
size_t tp_log_reader_verify(struct tp_log_reader *reader, uint64_t from, size_t len);
int tp_log_reader_say_differs(const struct tp_log_reader *reader, struct tp_err *err);

#endif
