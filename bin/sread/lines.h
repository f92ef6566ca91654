/*
 * lines: which lines of a block go on, and when.
 *
 * Lines that look like control lines are bad, as are those whose time is needed and cannot be read;
 * --from and --to leave lines out, --rate and --speed let them wait, and -d makes watermarks of
 * what goes on. Where none of that is asked for, lines are passed on in bulk.
 */
#ifndef SREAD_LINES_H
#define SREAD_LINES_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "event/watermark.h"
#include "filter/operator.h"
#include "filter/pace.h"
#include "filter/span.h"
#include "record/text_format.h"
#include "stream/sources.h"
#include "value/stamp.h"

/* Lines of a block, not yet passed on. */
struct lines {
    struct tp_span_range span; /* --from and --to */
    struct tp_pace pace;       /* --rate and --speed */
    bool looks;                /* the time of lines is needed */
    bool takes_all;            /* ... and no line waits, or is the last */

    struct tp_text_reader *reader; /* --format: reads it; else they are records */
    struct tp_text_options text;
    struct tp_stamp *stamp;
    struct tp_buf scratch;
    struct tp_bounded bounded; /* -d */
    bool is_over;              /* by --to: nothing more is wanted */

    struct tp_source *source; /* of the block at hand */
    const char *block;
    struct tp_str left; /* of it */
};

/* Span and pace are set; FORMAT is that of --format, or NULL. Asks the stage for what it needs. */
int lines_open(struct lines *lines, struct tp_stage *stage, const char *format, struct tp_err *err);
void lines_close(struct lines *lines);

/* BLOCK, whole lines, is the one at hand. */
void lines_begin(struct lines *lines, struct tp_source *source, struct tp_str block);

/* Passes on what is left, as far as it may go now. */
int lines_take(struct lines *lines, struct tp_stage *stage, struct tp_err *err);

/* LINE of the block at hand, or an excerpt of it, is bad. */
int lines_refuse(struct lines *lines, struct tp_stage *stage, struct tp_str line,
                 const struct tp_err *why, struct tp_err *err);

/* What of the block at hand went on; empty when that is all. */
struct tp_str lines_taken(const struct lines *lines);

#endif
