/*
 * key: members of a record as the key of a group.
 *
 * A key is a run of bytes; two are equal exactly when their values are the same as SQL groups
 * them: numbers by exact value (1 = 1.0 = 10e-1), strings with escapes undone, a missing member
 * and null alike, one type never equal to another; objects and arrays by their text. From the bytes
 * the values can be written again as JSON (numbers in canonical form: 1.10 gives 1.1).
 *
 * Form: for each part its length (4 bytes, the least first; left out when there is only one part),
 * a tag, the content.
 */
#ifndef TP_RECORD_KEY_H
#define TP_RECORD_KEY_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "record/scan.h"
#include "value/value.h"

/*
 * A key of PARTS parts is made part by part: size_t part = tp_key_begin(to, parts), one
 * tp_key_put_..., tp_key_end(to, parts, part).
 */
size_t tp_key_begin(struct tp_buf *to, size_t parts);
void tp_key_end(struct tp_buf *to, size_t parts, size_t part);

/* A member of a record, and the value of an expression: the same value gives the same bytes. Times
 * and durations are as their text. */
void tp_key_put_slot(struct tp_buf *to, const struct tp_slot *slot);
void tp_key_put_value(struct tp_buf *to, struct tp_value value);

/* Walks the parts of KEY: *AT starts at 0. Each part is what tp_key_write takes. */
struct tp_str tp_key_next(struct tp_str key, size_t parts, size_t *at);

/* Is KEY, any bytes, framed as one of PARTS parts? What stands in a part is not looked at. */
bool tp_key_is_framed(struct tp_str key, size_t parts);

/* "a number", "a string" ...; NULL when the part is null or was missing. */
const char *tp_key_kind(struct tp_str part);

/* The same pointer for the text that it gave; NULL when it never gives that. */
const char *tp_key_kind_of(struct tp_str text);

/* Appends one part as JSON. */
void tp_key_write(struct tp_buf *to, struct tp_str part);

/* For saved state: KEY as a JSON array of its parts; and appends the key that such an array (valid
 * JSON) is. -1: it has not so many parts. */
void tp_key_save(struct tp_buf *to, struct tp_str key, size_t parts);
int tp_key_load(struct tp_buf *to, struct tp_str array, size_t parts, struct tp_err *err);

/* Walks such an array: TAKE gets each part. -1: it has not so many PARTS. */
typedef void tp_key_take(void *self, size_t number, const struct tp_slot *part);
int tp_key_walk(struct tp_str array, size_t parts, tp_key_take *take, void *self,
                struct tp_err *err);

#endif
