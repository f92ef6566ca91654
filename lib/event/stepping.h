/*
 * stepping: records that wait for their turn (event/turns) and are then stepped through with the
 * running values (query/step) of their key.
 *
 * Turns go by (time, arrival). All peers, records of one time, enter their frames before the first
 * of them is stepped. What lead looks at are the records of the key behind, in one life of the key:
 * where two lie more than `forget` apart, another key begins.
 * State: the records held (with lead as much longer as it looks ahead); for each key what its
 * functions keep, until it was not seen for `forget`. What is given to an open stepping is borrowed
 * for its life; records are copied.
 * Failure: -1 from memory, from a key or argument that a function does not take (TP_FAULT_RECORD),
 * or from where records go; only the second leaves all as it was.
 */
#ifndef TP_EVENT_STEPPING_H
#define TP_EVENT_STEPPING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "query/expr.h"
#include "query/keys.h"
#include "query/step.h"
#include "record/scan.h"
#include "record/snapshot.h"
#include "value/time.h"

struct tp_stepping; /* opaque */

struct tp_stepping_rule {
    const struct tp_keys *keys;
    const struct tp_steps *steps;
    struct tp_expr *const *argument; /* of STEPS, compiled */
    tp_duration forget;              /* event time; 0: never */
    bool counts;                     /* tp_stepping_size is wanted: else it is less than all */
};

/* A record that was stepped; borrowed. */
struct tp_stepped {
    struct tp_str line;
    size_t members;
    const struct tp_err *spoiled; /* why a value could not be said, and is null; NULL: all were */
};

/* Where records go: their values are put into COLUMNS (as tp_steps_step does), then TAKE is called.
 */
struct tp_stepping_out {
    struct tp_buf *columns;
    int (*take)(void *context, const struct tp_stepped *stepped, struct tp_err *err);
    void *context;
};

/* NULL when memory ran out. */
struct tp_stepping *tp_stepping_new(const struct tp_stepping_rule *rule,
                                    struct tp_stepping_out out);
void tp_stepping_free(struct tp_stepping *stepping);

/* What is to be held of a record, and the slots of its keys and arguments. */
struct tp_stepping_record {
    tp_time time;
    struct tp_str line; /* ptr NULL: there was no memory to make it */
    size_t members;
    const struct tp_slot *slot;
};

/* Takes a copy of RECORD, which is not before a watermark that was told. */
int tp_stepping_add(struct tp_stepping *stepping, const struct tp_stepping_record *record,
                    struct tp_err *err);

/* All records earlier than *WATERMARK were added (TP_TIME_AFTER_ALL: all): steps through them, as
 * far as lead need not wait. *WATERMARK becomes how far that is. */
int tp_stepping_advance(struct tp_stepping *stepping, tp_time *watermark, struct tp_err *err);

/* For saved state: a line for each key, then one for each record held; and takes such a line (valid
 * JSON). -1: it is none, or memory or the disk is full. */
int tp_stepping_save(struct tp_stepping *stepping, struct tp_save *save, struct tp_err *err);
int tp_stepping_load(struct tp_stepping *stepping, struct tp_str line, struct tp_err *err);

size_t tp_stepping_held(const struct tp_stepping *stepping); /* records */
size_t tp_stepping_keys(const struct tp_stepping *stepping);
size_t tp_stepping_size(const struct tp_stepping *stepping); /* bytes held, for --max-memory */

#endif
