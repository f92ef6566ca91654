/*
 * control: the lines that speak about the stream instead of being part of it (tidepipe.5).
 *
 * A control line is a JSON object whose first member is exactly `@watermark` or `@barrier`.
 */
#ifndef TP_RECORD_CONTROL_H
#define TP_RECORD_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "value/time.h"

enum tp_control_kind {
    TP_CONTROL_START,     /* a watermark maker is alive */
    TP_CONTROL_NONE,      /* a source is alive that makes no watermarks */
    TP_CONTROL_WATERMARK, /* every record earlier than `watermark` has arrived */
    TP_CONTROL_IDLE,      /* silent: do not wait for this stream */
    TP_CONTROL_END,       /* complete; carries the ledger */
    TP_CONTROL_BARRIER,   /* save your state as of here */
};

/* What went wrong on the way, summed over the stages so far. */
struct tp_ledger {
    uint64_t rejected; /* records refused and kept nowhere */
    uint64_t late;     /* records dropped as late and kept nowhere */
};

struct tp_control {
    enum tp_control_kind kind;
    tp_duration delay;       /* TP_CONTROL_START: the maker's -d; -1 when it is not said */
    tp_time watermark;       /* TP_CONTROL_WATERMARK: a whole millisecond */
    struct tp_str held_by;   /* borrowed from the line; may be empty */
    bool held_by_escaped;    /* held_by is the inside of a JSON string, its escapes not undone */
    struct tp_ledger ledger; /* TP_CONTROL_END */
    int64_t barrier;         /* TP_CONTROL_BARRIER: its ID, >= 0 */
    bool last;               /* TP_CONTROL_BARRIER: the stream is suspended here */
    struct tp_str restore;   /* TP_CONTROL_BARRIER: the text of the restore object, or empty */
};

/* Could the line at P be a control line? P[0..3] must be readable. False for nearly every data
 * line after one compare; true is a reason to call tp_control_is. */
static inline bool
tp_control_maybe(const char *p)
{
    if (p[0] == '{' && p[1] == '"')
        return p[2] == '@' && (p[3] == 'w' || p[3] == 'b');
    return p[0] != '{' || (unsigned char)p[1] <= ' '; /* spaced: look closer */
}

/* Is LINE (without newline) a control line: an object that starts with one of the two members? Only
 * its start is looked at. */
bool tp_control_is(struct tp_str line);

/* The beginning of LINES, whole ones, in which no line is a control line; *COUNT is how many lines
 * that are. What is left begins with one. */
struct tp_str tp_control_skip(struct tp_str lines, uint64_t *count);

/* ... with which a run begins: a barrier with a member `restore`. */
bool tp_control_is_restore(struct tp_str line);

/* Reads a line for which tp_control_is is true. Members it does not know are ignored, as are those
 * that belong to another kind; of duplicates the last one counts. -1 (TP_FAULT_RECORD) with the
 * reason when the line is not valid JSON or its values are not as tidepipe.5 says. */
int tp_control_parse(struct tp_str line, struct tp_control *control, struct tp_err *err);

/* Appends the control line with its newline. */
void tp_control_write(struct tp_buf *to, const struct tp_control *control);

#endif
