/*
 * parts: the files that one template names, one for each name and window of time, whole in turn.
 *
 * A part is what one name, and one window of event time, is written to: a file after the other
 * where they are rolled by size. The windows are aligned to 1970-01-01 UTC.
 */
#ifndef TP_STREAM_PARTS_H
#define TP_STREAM_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "record/scan.h"
#include "record/snapshot.h"
#include "stream/files.h"
#include "stream/template.h"
#include "value/time.h"

struct tp_parts; /* opaque */

struct tp_parts_settings {
    struct tp_template *name; /* borrowed */
    tp_duration roll_time;    /* 0: not by time */
    uint64_t roll_size;       /* 0: not by size */
    struct tp_files_settings files;
};

/* NULL with the reason. The one file of a name without fields, where it is appended to in place, is
 * opened at once. */
struct tp_parts *tp_parts_new(const struct tp_parts_settings *settings, struct tp_err *err);
void tp_parts_free(struct tp_parts *parts); /* NULL is fine */

/* LINE, with its newline, of a record of SLOTS whose window ends at UNTIL (TP_TIME_AFTER_ALL: no
 * windows). Borrowed until tp_parts_settle. */
int tp_parts_pass(struct tp_parts *parts, const struct tp_slot *slots, tp_time until,
                  struct tp_str line, struct tp_err *err);
int tp_parts_settle(struct tp_parts *parts, struct tp_err *err);
int tp_parts_flush(struct tp_parts *parts, struct tp_err *err);

/* Files whose window ends at WATERMARK or before are whole. */
int tp_parts_finish_due(struct tp_parts *parts, tp_time watermark, struct tp_err *err);

/* Those that are not whole stay as they are. */
int tp_parts_close(struct tp_parts *parts, struct tp_err *err);

/* --- saved state, of kept files (stream/files) -------------------------------------------------*/

int tp_parts_prepare(struct tp_parts *parts, int64_t id, struct tp_err *err);
int tp_parts_save(const struct tp_parts *parts, struct tp_save *save, struct tp_err *err);
int tp_parts_committed(struct tp_parts *parts, int64_t id, struct tp_err *err);
int tp_parts_load(struct tp_parts *parts, struct tp_str line, struct tp_err *err);
int tp_parts_restored(struct tp_parts *parts, struct tp_err *err);

#endif
