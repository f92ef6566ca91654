/*
 * csv: rows of comma-separated values (RFC 4180), read with libcsv in its strict mode.
 *
 * A quoted field may hold separators, newlines and `""` for a quote. Blanks belong to their field.
 * Refused: a quote inside a field without quotes, text behind a closing quote, a quote that is not
 * closed. What one such row costs is bounded: it ends at the end of its first line, or, when a
 * quote is not closed within TP_CSV_MAX_RECORD bytes, its first line is the bad row and reading
 * goes on at the second.
 */
#ifndef TP_RECORD_CSV_H
#define TP_RECORD_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define TP_CSV_MAX_RECORD ((size_t)8 << 20)

/* Field text has its quotes undone. A quoted field is always a string. */
struct tp_csv_field {
    struct tp_str text;
    bool quoted;
};

struct tp_csv; /* reader of rows; opaque */

/* NULL when memory ran out. SEPARATOR: any byte but `"`, CR, LF. */
struct tp_csv *tp_csv_new(char separator);
void tp_csv_free(struct tp_csv *csv);

/* The byte behind the row that begins at P within whole lines [P, END), or NULL when it is not
 * complete there; never NULL when AT_END: see tp_frame in filter/operator.h. */
const char *tp_csv_row_end(const struct tp_csv *csv, const char *p, const char *end, bool at_end);

/* The fields of ROW (without its newline; one `\r` at its end is taken off), borrowed until the
 * next call and as long as ROW is. -1 with the reason and the place. An empty row has one empty
 * field. */
int tp_csv_split(struct tp_csv *csv, struct tp_str row, const struct tp_csv_field **fields,
                 size_t *count, struct tp_err *err);

/* Appends FIELD as JSON. Typed: without quotes, the empty field is null, a JSON number stays the
 * number it is, `true` and `false` are booleans; everything else is a string. */
void tp_csv_put_json(const struct tp_csv_field *field, bool typed, struct tp_buf *to);

/* Appends a field that holds the string TEXT: quoted when RFC 4180 asks for it, and when reading
 * it typed would not give the same string (empty, 12, true). */
void tp_csv_put_string(struct tp_str text, char separator, struct tp_buf *to);

#endif
