/*
 * describe: what is in some records: their members, the types of these, how often they are null,
 * some values, and from when to when they are.
 *
 * What is held: one entry a member (of the outermost object), with up to three values.
 */
#ifndef TP_RECORD_DESCRIBE_H
#define TP_RECORD_DESCRIBE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "value/time.h"

struct tp_describe; /* opaque */

struct tp_describe *tp_describe_new(void); /* NULL when memory ran out */
void tp_describe_free(struct tp_describe *describe);

/* RECORD is a valid object; TIME (may be NULL) when it was. -1 when memory ran out. */
int tp_describe_add(struct tp_describe *describe, struct tp_str record, const tp_time *time,
                    struct tp_err *err);

/* A line that was no record. */
void tp_describe_reject(struct tp_describe *describe);

/* Records and rejects so far. */
uint64_t tp_describe_count(const struct tp_describe *describe);

/* Appends a sentence and a table with a line a member: name, types, share of the records in which
 * it is null or missing, values. -1 when memory ran out. */
int tp_describe_write(const struct tp_describe *describe, struct tp_buf *to, struct tp_err *err);

#endif
