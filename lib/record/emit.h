/*
 * emit: writes JSON lines into a buffer.
 *
 *     struct tp_emit row = tp_emit_open(buf);
 *     tp_emit_time(&row, TP_STR("@timestamp"), t);
 *     tp_emit_json(&row, key_name, slot_text);
 *     tp_emit_close(&row);          // writes `}` and the newline
 *
 * Memory failure shows in the buffer (tp_buf_failed). No spaces are written.
 */
#ifndef TP_RECORD_EMIT_H
#define TP_RECORD_EMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "value/value.h"

struct tp_emit {
    struct tp_buf *to;
    bool any; /* a member has been written */
};

struct tp_emit tp_emit_open(struct tp_buf *to); /* writes `{` */
void tp_emit_close(struct tp_emit *emit);       /* writes `}` and a newline */

/* Writes the comma if needed, the quoted name and `:`; the caller appends the value. */
void tp_emit_name(struct tp_emit *emit, struct tp_str name);

void tp_emit_text(struct tp_emit *emit, struct tp_str name, struct tp_str text); /* quoted */
void tp_emit_json(struct tp_emit *emit, struct tp_str name, struct tp_str json); /* as it is */
void tp_emit_int(struct tp_emit *emit, struct tp_str name, int64_t integer);
void tp_emit_real(struct tp_emit *emit, struct tp_str name, double real);
void tp_emit_time(struct tp_emit *emit, struct tp_str name, tp_time time); /* RFC 3339, quoted */
void tp_emit_null(struct tp_emit *emit, struct tp_str name);

/* Appends VALUE as JSON: times and durations as text, NaN and infinities as null. */
void tp_emit_value(struct tp_buf *to, struct tp_value value);

/*
 * Adds members to an existing line without touching its other bytes. LINE is a valid object of
 * MEMBERS members, without its newline; ADDED is `"a":1,"b":2` (no braces, not empty). The result
 * ends with a newline.
 */
void tp_emit_first(struct tp_buf *to, struct tp_str line, size_t members, struct tp_str added);
void tp_emit_last(struct tp_buf *to, struct tp_str line, size_t members, struct tp_str added);

#endif
