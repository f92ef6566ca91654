/*
 * log_inside: what log.c and log_kept.c share.
 */
#ifndef TP_STREAM_LOG_INSIDE_H
#define TP_STREAM_LOG_INSIDE_H

#include <xxhash.h>

#include "base/buf.h"
#include "stream/log.h"
#include "stream/log_index.h"

/* Prepared at a barrier: what the log is when that is committed. */
struct tp_log_due {
    int64_t id;
    uint64_t end;   /* the byte behind its last line */
    uint64_t first; /* where the segments begin that --keep keeps */
};

struct tp_log {
    struct tp_log_settings set;
    int lock;                   /* on FOLDER/.lock, for life */
    struct tp_log_segments old; /* whole ones; before tp_log_go_on also the one at hand */
    size_t first;               /* of these, those before it expired, and wait to be removed */
    struct tp_files *files;
    struct tp_file *lines, *index; /* NULL: no segment is open */
    uint64_t base, size;           /* of the segment at hand */
    uint64_t indexed;              /* its bytes up to the last line of the index */
    uint64_t index_size;           /* bytes of its index */
    XXH64_state_t *sum;            /* of its bytes behind `indexed` */
    tp_time latest;                /* of its lines */
    tp_time newest;                /* of all */
    bool named;                    /* files were made since the folder was synced */
    bool loaded;                   /* kept: goes back to what was saved */
    uint64_t kept_from;            /* ... and to this `first` */
    struct tp_log_due *due;        /* kept: barriers that are not committed yet, in order */
    size_t dues;
    struct tp_buf row;
};

/* What a reader would find damaged must not be written on. */
int tp_log_check(const struct tp_log_segments *segments, struct tp_err *err);
int tp_log_refuse_damaged(const struct tp_log_segments *segments, size_t i, struct tp_err *err);

/* Before anything in FOLDER is looked at. */
int tp_log_take_lock(struct tp_log *log, const char *folder, struct tp_err *err);

/* `newest` by the segments there are. */
void tp_log_note_newest(struct tp_log *log);

/* The last segment becomes the one at hand. */
int tp_log_go_on(struct tp_log *log, uint64_t *cut, struct tp_err *err);

/* The byte of the log that --keep keeps it from. */
uint64_t tp_log_first(const struct tp_log *log);

/* Removes the files of the segment BASE, if they are there; of all that begin before BASE. */
int tp_log_remove(const char *folder, uint64_t base, struct tp_err *err);
int tp_log_drop(struct tp_log *log, uint64_t base, struct tp_err *err);

int tp_log_end_segment(struct tp_log *log, struct tp_err *err);
int tp_log_sync_folder(const struct tp_log *log, struct tp_err *err);

#endif
