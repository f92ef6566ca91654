/*
 * text_format_reader: what a reader of a text format has. Private to the room `text_format`.
 *
 * The row of its format alone knows what `own` is: it makes it (open) and gives it back (close).
 */
#ifndef TP_RECORD_TEXT_FORMAT_READER_H
#define TP_RECORD_TEXT_FORMAT_READER_H

#include "record/fields.h"
#include "record/pairs.h"
#include "record/text_format.h"

struct tp_text_reader {
    const struct tp_text_format *format;
    const struct tp_text_options *options;
    void *own; /* what the format reads with */
    struct tp_fields fields;
    struct tp_pairs pairs;
    struct tp_buf header; /* csv: the row that names the columns, for saved state */
};

#endif
