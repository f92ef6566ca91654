/*
 * scan: finds the members that were asked for in a line of JSON, in one pass, in place, while it
 * validates the whole line (RFC 8259: grammar, UTF-8, escapes, depth at most TP_SCAN_DEPTH).
 *
 * No tree, no allocation per line, nothing copied: a slot is a slice of the line, valid as long as
 * the line is. A scanner learns the shape of the lines (what stands between values) and predicts; a
 * wrong guess costs time, never a wrong answer. It holds no line state between calls, so one
 * scanner serves any number of inputs; not thread-safe.
 *
 * What it takes and refuses is what jansson takes and refuses (a JSON object; JSON_ALLOW_NUL,
 * duplicates allowed) except: any number of digits and any exponent, NUL in member names (as
 * \u0000), depth, and a raw NUL byte behind a number (which jansson overlooks). Duplicate keys: the
 * last one wins, with all that stands below it. Keys are compared with their escapes undone.
 */
#ifndef TP_RECORD_SCAN_H
#define TP_RECORD_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "record/path.h"
#include "value/value.h"

#define TP_SCAN_DEPTH 1000
#define TP_SCAN_PADDING 64 /* bytes behind a block that must be readable */

enum tp_slot_kind {
    TP_SLOT_MISSING = 0,
    TP_SLOT_NULL,
    TP_SLOT_FALSE,
    TP_SLOT_TRUE,
    TP_SLOT_INTEGER, /* digits with an optional minus: no point, no exponent, any length */
    TP_SLOT_REAL,    /* any other number */
    TP_SLOT_TEXT,    /* a string without escapes: the slice is its inside, without quotes */
    TP_SLOT_ESCAPED, /* a string with escapes: the slice is its inside, escapes still there */
    TP_SLOT_OBJECT,  /* the slice is the whole text of the value */
    TP_SLOT_ARRAY,
};

struct tp_slot {
    const char *ptr;
    uint32_t len; /* a line is at most 4 GiB - 1 */
    enum tp_slot_kind kind;
};

struct tp_scan; /* opaque */

struct tp_scan *tp_scan_new(void); /* NULL when memory ran out */
void tp_scan_free(struct tp_scan *scan);

/* Asks for the member PATH (copied). Returns the number of its slot, counted from 0 in the order
 * of asking (the same path again gives the same number); -1 with the reason. Only before the first
 * line is scanned. */
int tp_scan_want(struct tp_scan *scan, const struct tp_path *path, struct tp_err *err);
int tp_scan_want_name(struct tp_scan *scan, struct tp_str name, struct tp_err *err); /* outermost */
size_t tp_scan_slots(const struct tp_scan *scan);

/*
 * Scans the line at LINE. [LINE, END) is one or more whole lines: END[-1] is '\n', and
 * TP_SCAN_PADDING bytes behind END are readable. Fills SLOTS[0..tp_scan_slots) and *MEMBERS (may be
 * NULL; the number of members of the outermost object, for those who add one). Returns the byte
 * behind the line's newline. When the line is refused: NULL, with the reason in ERR and the offset
 * of the fault within the line in err->at; slots are then undefined.
 */
const char *tp_scan_line(struct tp_scan *scan, const char *line, const char *end,
                         struct tp_slot *slots, size_t *members, struct tp_err *err);

/* Validates any one JSON text (any type of value, newlines allowed as white space), with the same
 * walker. 0, or -1 with reason and place. Any memory: needs no padding. */
int tp_scan_validate(struct tp_str text, struct tp_err *err);

/* Turns prediction off, or on again (for tests: results are the same). */
void tp_scan_set_guessing(struct tp_scan *scan, bool on);

/* Predicts as in a stream whose members come in no order, which a scanner otherwise finds out by
 * itself after some hundred lines (for fuzzers and tests, too). */
void tp_scan_expect_disorder(struct tp_scan *scan);

/* The member names of outermost objects seen so far (at most 4096 are kept), for "did you mean":
 * returns how many, *NAMES is borrowed until the next scan. */
size_t tp_scan_names(struct tp_scan *scan, const struct tp_str **names);

/* The value of a slot. Strings with escapes are undone into SCRATCH (appended; borrowed from it
 * until it grows or is cleared: a caller who holds several such values at once reserves room for
 * all of them first; a slot takes at most its `len`). TP_NULL when memory ran out: tp_buf_failed
 * tells. Numbers as value/num reads them. */
struct tp_value tp_slot_value(const struct tp_slot *slot, struct tp_buf *scratch);

/* The JSON text of a slot, quotes included: what to copy to pass the value on byte for byte. For a
 * missing one `null`. */
struct tp_str tp_slot_json(const struct tp_slot *slot);

#endif
