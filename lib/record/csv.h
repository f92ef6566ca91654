/*
 * csv: rows of comma-separated values (RFC 4180), read with libcsv in its strict mode; those whose
 * quotes merely stand around fields are split here, at several times its speed, to the same fields.
 *
 * A quoted field may hold separators, newlines and `""` for a quote. Blanks belong to their field.
 * Refused: a quote inside a field without quotes, text behind a closing quote, a quote that is not
 * closed. What one such row costs is bounded: it ends at the end of its first line, or, when a
 * quote is not closed within TP_CSV_MAX_RECORD bytes, its first line is the bad row and reading
 * goes on at the second.
 *
 * With escapes (TSV as Miller and databases write it) a row is a line, a quote is a quote, and \t,
 * \n, \r and \\ stand for what they name; any other backslash is one.
 */
#ifndef TP_RECORD_CSV_H
#define TP_RECORD_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "value/stamp.h"
#include "value/time.h"

#define TP_CSV_MAX_RECORD ((size_t)8 << 20)

struct tp_csv_options {
    char separator;            /* any byte but `"`, CR and LF */
    bool text;                 /* every field is a string */
    bool escapes;              /* tsv: quotes mean nothing, backslashes do */
    struct tp_str time_column; /* the column that holds the event time; ptr NULL: none */
    struct tp_stamp *stamp;    /* reads it; borrowed */
};

/* Field text has its quotes undone. */
struct tp_csv_field {
    struct tp_str text;
    bool quoted;
    bool plain; /* a slice of the row that a JSON string holds as it is; false: perhaps not */
};

struct tp_csv; /* reads the rows of one input; opaque */

struct tp_csv *tp_csv_new(const struct tp_csv_options *options); /* NULL: memory ran out */
void tp_csv_free(struct tp_csv *csv);

/* The byte behind the row that begins at P within whole lines [P, END), or NULL when it is not
 * complete there; never NULL when AT_END: see tp_frame in filter/operator.h. */
const char *tp_csv_row_end(char separator, const char *p, const char *end, bool at_end);

/* The fields of ROW (without its newline; one `\r` at its end is taken off), borrowed until the
 * next call and as long as ROW is. -1 with the reason and the place. An empty row has one empty
 * field. */
int tp_csv_split(struct tp_csv *csv, struct tp_str row, const struct tp_csv_field **fields,
                 size_t *count, struct tp_err *err);

/*
 * Names the columns by a row: a byte order mark in front of it is dropped, a repeated name gets
 * `_2`, `_3`, an empty one is `column3`, by its place. -1 with the reason (TP_FAULT_USAGE: without
 * columns there are no records) also when the time column is not among them.
 */
int tp_csv_set_columns(struct tp_csv *csv, struct tp_str row, struct tp_err *err);
bool tp_csv_has_columns(const struct tp_csv *csv);

/*
 * Appends ROW as a record, with a newline: 1; 0: a blank row, of which there is no record (unless
 * there is but one column); -1 with the reason, and TO as it was. With a time column @timestamp is
 * the first member, and *TIME is set; a column of that name is left out.
 *
 * Typed, a field without quotes is null when it is empty, a number when it is one by JSON's grammar
 * (as it is written), true or false; everything else, and every quoted field, is a string.
 */
int tp_csv_read(struct tp_csv *csv, struct tp_str row, struct tp_buf *to, tp_time *time,
                struct tp_err *err);

/* Appends a field that holds the string TEXT: quoted when RFC 4180 asks for it, and when reading
 * it typed would not give the same string (empty, 12, true). */
void tp_csv_put_string(struct tp_str text, char separator, struct tp_buf *to);

#endif
