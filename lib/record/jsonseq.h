/*
 * jsonseq: records from JSON that is not one object a line: arrays, values one behind the
 * other with or without anything between, values printed over many lines.
 *
 *   an object          a record; printed over several lines it is brought onto one
 *   an array           its elements, each as if it stood alone; also arrays in arrays
 *   any other value    {"value":...}
 *
 * An array is taken apart as it comes: it may be endless. With a path each value is a document of
 * which what lies at the path is taken in the same way, and one bad record refuses the document.
 *
 * Broken values: what follows is read again from the next line on that begins as the broken value's
 * first line did, with the same blanks and a `{` or `[`; without such a line in
 * TP_JSONSEQ_REACH bytes, from the next line.
 */
#ifndef TP_RECORD_JSONSEQ_H
#define TP_RECORD_JSONSEQ_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "value/stamp.h"
#include "value/time.h"

#define TP_JSONSEQ_REACH ((size_t)8 << 20)

struct tp_jsonseq_options {
    struct tp_str path;        /* ptr NULL: the values themselves */
    struct tp_str time_member; /* a path in each record; ptr NULL: none */
    struct tp_stamp *stamp;    /* reads it; borrowed */
};

struct tp_jsonseq; /* opaque */

/* NULL with the reason (TP_FAULT_USAGE: no path). */
struct tp_jsonseq *tp_jsonseq_new(const struct tp_jsonseq_options *options, struct tp_err *err);
void tp_jsonseq_free(struct tp_jsonseq *stream);

/* The byte behind the piece (a value, or a bracket or comma of an array) that begins at P within
 * whole lines [P, END), or NULL when it is not complete there; never NULL when AT_END. WHOLE:
 * arrays are values (for a path). */
const char *tp_jsonseq_next(const char *p, const char *end, bool at_end, bool whole);

/* Appends the records of PIECE, each with a newline: 1; 0 when there is none; -1 with the reason
 * and the place, and TO as it was. With a time member @timestamp is the first member, one that was
 * there before is left out, and *TIME is set to the last record's. */
int tp_jsonseq_read(struct tp_jsonseq *stream, struct tp_str piece, struct tp_buf *to,
                    tp_time *time, struct tp_err *err);

/* For saved state: where between values it stands, as a number that resume takes. */
int64_t tp_jsonseq_place(const struct tp_jsonseq *stream);
void tp_jsonseq_resume(struct tp_jsonseq *stream, int64_t place);

/* -1 when the input ended inside an array. */
int tp_jsonseq_end(const struct tp_jsonseq *stream, struct tp_err *err);

#endif
