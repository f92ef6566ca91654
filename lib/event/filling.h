/*
 * filling: records that come out in the order of time, and among them those made for the holes of
 * their key (event/holes, record/filled).
 *
 * A record is held (event/reorder) until it is told that none earlier comes; then it leaves, byte
 * for byte, behind all that is missing before it. Its key and where the values of its time and key
 * stand are found once, when it comes, and held in front of its line.
 * State: the records held, and of each key the last one that left, until it was not seen for
 * `forget`. What is given to an open filling is borrowed for its life; records are copied.
 * Failure: -1 from memory, from a key that cannot be made (TP_FAULT_RECORD), or from where rows go;
 * only the second leaves all as it was.
 */
#ifndef TP_EVENT_FILLING_H
#define TP_EVENT_FILLING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "query/keys.h"
#include "record/filled.h"
#include "record/scan.h"
#include "record/snapshot.h"
#include "value/time.h"

struct tp_filling; /* opaque */

struct tp_filling_rule {
    tp_duration after, step, forget; /* as struct tp_holes_rule */
    enum tp_fill how;                /* TP_FILL_LINEAR waits for the end of a hole */
    const struct tp_keys *keys;      /* with TP_FILL_NULL all of them bare members */
};

/* Where rows go: ROW lends the buffer that one is appended to (NULL: failed), ROW_END gets it
 * whole. WAS_HELD: it is a record that was added, none that was made. */
struct tp_filling_rows {
    struct tp_buf *(*row)(void *context, struct tp_err *err);
    int (*row_end)(void *context, bool was_held, struct tp_err *err);
    void *context;
};

/* NULL when memory ran out. */
struct tp_filling *tp_filling_new(const struct tp_filling_rule *rule, struct tp_filling_rows rows);
void tp_filling_free(struct tp_filling *filling);

/* A line, a valid object, and the slots of its keys and of its event time. */
struct tp_filling_record {
    tp_time time;
    struct tp_str line;
    const struct tp_slot *slot, *time_slot;
};

/* Takes a copy of RECORD, which is not before a limit that was told. */
int tp_filling_add(struct tp_filling *filling, const struct tp_filling_record *record,
                   struct tp_err *err);

/* All records earlier than LIMIT were added: they leave, and what is missing before HOLES_LIMIT is
 * made: the same, or, when LIMIT is TP_TIME_AFTER_ALL, how far time is known to have come. */
int tp_filling_advance(struct tp_filling *filling, tp_time limit, tp_time holes_limit,
                       struct tp_err *err);

/* How far behind a limit a row may lie that leaves later on. */
tp_duration tp_filling_lag(const struct tp_filling *filling);

/* For saved state: a line for each key, then one for each record held; and takes such a line (valid
 * JSON). -1: it is none, or memory or the disk is full. */
int tp_filling_save(struct tp_filling *filling, struct tp_save *save, struct tp_err *err);
int tp_filling_load(struct tp_filling *filling, struct tp_str line, struct tp_err *err);

size_t tp_filling_held(const struct tp_filling *filling); /* records */
size_t tp_filling_keys(const struct tp_filling *filling);
size_t tp_filling_size(const struct tp_filling *filling); /* bytes held, for --max-memory */

#endif
