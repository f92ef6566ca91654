/*
 * stamp: writes the event time of a record into its line, as `@timestamp`: first, or in place of
 * the one that is there.
 */
#ifndef SWATERMARK_STAMP_H
#define SWATERMARK_STAMP_H

#include "base/buf.h"
#include "base/err.h"
#include "filter/operator.h"
#include "value/time.h"

/* All zero is fine to release. */
struct stamp {
    int slot; /* of the record's own @timestamp */
    struct tp_buf member;
    tp_time said; /* by `member`, where that is not empty */
};

/* Asks for the record's own @timestamp, the place of which is written to. */
int stamp_open(struct stamp *stamp, struct tp_stage *stage, struct tp_err *err);
void stamp_release(struct stamp *stamp);

/* Puts the line of RECORD out, stamped with TIME. -1: as tp_stage_row. */
int stamp_write(struct stamp *stamp, struct tp_stage *stage, const struct tp_record *record,
                tp_time time, struct tp_err *err);

#endif
