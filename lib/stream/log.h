/*
 * log: a stream kept in a folder, to be read again from any place or time.
 *
 *     DIR/00000000000000000000.ndjson    lines; the number is the byte of the log it begins with
 *     DIR/00000000000000000000.index     what is known of it, lines of JSON:
 *         {"offset":1048600,"time":"...","bytes":"...","xxh64":"..."}
 *             all lines before this byte are earlier than, or at, time
 *         {"end":67108864,"time":"...","bytes":"...","xxh64":"..."}
 *             it had so many bytes when it was closed; no time: not known
 *
 * bytes is the XXH64 (seed 0) of the segment's bytes since the index's line before; it is missing
 * where a crash left them. xxh64 is that of the line before it, so that a damaged one says nothing.
 *
 * So the length of every segment is said twice, by its own index and by the number of the next, and
 * one that was cut off, at whatever byte, is noticed. A segment that lacks its end in the index was
 * left by a crash: whole lines of it count.
 *
 *     DIR/.lock              held by the one writer; readers need no lock
 *
 * A log of which state is kept has one file more (stream/log_kept.c):
 *     DIR/committed          {"committed":67109000} and the seal of a snapshot (record/snapshot)
 * All lines before that byte of the log stay for ever; those behind it may be taken back, and be
 * written again, by the next run. It is replaced by renaming, so that it is whole at any time, and
 * only behind the COMMIT that it says: it may lag, and never runs ahead.
 */
#ifndef TP_STREAM_LOG_H
#define TP_STREAM_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "record/snapshot.h"
#include "stream/files.h"
#include "value/time.h"

struct tp_log_segment {
    uint64_t base;  /* the byte of the log it begins with */
    uint64_t size;  /* bytes there are */
    uint64_t end;   /* bytes there must be at least */
    tp_time latest; /* of its lines; TP_TIME_BEFORE_ALL: not known */
};

/* The segments of a folder, in order. All zero is a valid empty list. */
struct tp_log_segments {
    char *folder;
    struct tp_log_segment *segment;
    size_t count;
};

/* FOLDER must be there. */
int tp_log_list(struct tp_log_segments *segments, const char *folder, struct tp_err *err);
void tp_log_segments_release(struct tp_log_segments *segments);

/* Malloced: the path of a segment's file with ENDING (".ndjson", ".index"). NULL: memory. */
char *tp_log_path(const char *folder, uint64_t base, const char *suffix);

/* The byte of the log before which all is earlier than TIME. */
int tp_log_seek(const struct tp_log_segments *segments, tp_time time, uint64_t *offset,
                struct tp_err *err);

/* How far the log in FOLDER is committed: 1 and *END, the byte behind the last line that stays; 0
 * when no state is kept of it, so that all whole lines count; -1 when FOLDER/committed is damaged.
 */
int tp_log_committed_end(const char *folder, uint64_t *end, struct tp_err *err);

/* --- writing -----------------------------------------------------------------------------------*/

struct tp_log_settings {
    uint64_t segment;      /* bytes after which the next begins */
    uint64_t keep_size;    /* bytes of segments before the newest; 0: all */
    tp_duration keep_time; /* of event time before the latest; 0: all */
    enum tp_files_sync sync;
    bool kept; /* state is kept of it: see below; SYNC is not NEVER */
};

struct tp_log; /* opaque */

/* Makes FOLDER if it is not there, and holds FOLDER/.lock for life (stream/lock); goes on behind
 * the last whole line. *CUT is how many bytes of a line that a crash left were taken away. With
 * KEPT all but the folder waits for tp_log_restored. NULL with the reason, damage being one. */
struct tp_log *tp_log_open(const char *folder, const struct tp_log_settings *settings,
                           uint64_t *cut, struct tp_err *err);
void tp_log_free(struct tp_log *log);

/* LINE, with its newline, is borrowed until tp_log_settle. TIME: TP_TIME_BEFORE_ALL when it has
 * none. */
int tp_log_pass(struct tp_log *log, struct tp_str line, tp_time time, struct tp_err *err);
int tp_log_settle(struct tp_log *log, struct tp_err *err);
int tp_log_flush(struct tp_log *log, struct tp_err *err);
int tp_log_close(struct tp_log *log, struct tp_err *err);

/* --- kept logs ---------------------------------------------------------------------------------*/

/*
 *     at a barrier     tp_log_prepare, then tp_log_save
 *     committed        tp_log_committed: FOLDER/committed, and what --keep forgets is removed
 *     going back       tp_log_load if something was saved, then tp_log_restored: does again what
 * the commit is owed, and takes back what came behind it
 */

/* All that was passed is on the disk, by content and by name: barrier ID. IS_WHOLE: nothing
 * follows, and the last segment ends. */
int tp_log_prepare(struct tp_log *log, int64_t id, bool is_whole, struct tp_err *err);
int tp_log_save(const struct tp_log *log, struct tp_save *save, struct tp_err *err);
int tp_log_load(struct tp_log *log, struct tp_str line, struct tp_err *err);

/* *CUT as of tp_log_open, where nothing was loaded. */
int tp_log_restored(struct tp_log *log, uint64_t *cut, struct tp_err *err);
int tp_log_committed(struct tp_log *log, int64_t id, struct tp_err *err);

#endif
