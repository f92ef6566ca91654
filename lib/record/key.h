/*
 * key: members of a record as the key of a group.
 *
 * A key is a run of bytes; two are equal exactly when their values are the same as SQL groups
 * them: numbers by exact value (1 = 1.0 = 10e-1), strings with escapes undone, a missing member
 * and null alike, one type never equal to another; objects and arrays by their text. From the bytes
 * the values can be written again as JSON (numbers in canonical form: 1.10 gives 1.1).
 *
 * Form: for each part its length (4 bytes, native order; left out when there is only one part), a
 * tag, the content.
 */
#ifndef TP_RECORD_KEY_H
#define TP_RECORD_KEY_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "record/path.h"
#include "record/scan.h"

/* What `-k a.b, host AS h` says: members and the names of their columns. */
struct tp_key_column {
    struct tp_path path;
    struct tp_str name; /* into the list's memory */
};

struct tp_key_columns {
    struct tp_key_column *column;
    size_t count;
    struct tp_buf names;
};

/* -1 with the reason and its place in TEXT: not a path, an empty list, two columns of one name. */
int tp_key_columns_parse(struct tp_key_columns *columns, struct tp_str text, struct tp_err *err);
void tp_key_columns_release(struct tp_key_columns *columns);

/* Appends the key made of the slots SLOT[WHICH[0]], SLOT[WHICH[1]], ... */
void tp_key_make(struct tp_buf *to, const struct tp_slot *slot, const int *which, size_t parts);

/* Appends the members of KEY to the object that TO ends in: `"host":"a","status":200`, a comma in
 * front unless TO ends with `{`. */
void tp_key_columns_write(const struct tp_key_columns *columns, struct tp_buf *to,
                          struct tp_str key);

/* Walks the parts of KEY: *AT starts at 0. Each part is what tp_key_write takes. */
struct tp_str tp_key_next(struct tp_str key, size_t parts, size_t *at);

/* Appends one part as JSON. */
void tp_key_write(struct tp_buf *to, struct tp_str part);

#endif
