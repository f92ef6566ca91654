/*
 * snapshot: the text of saved state: lines of JSON under a seal (tidepipe.5, SAVED STATE).
 *
 *     {"@snapshot":1763712000000,"filter":"swindow",...}     the header
 *     {"@input":0,...}                                       the driver's lines
 *     {"key":["a"],...}                                      the filter's lines
 *     {"@end":3,"xxh64":"51db4d1c9a3b2b5e"}                  the seal: lines above it, their hash
 *
 * Pure: what is written goes to a function, what is read lies in memory. A text whose seal does not
 * fit, byte for byte, is refused: cut off, or damaged.
 */
#ifndef TP_RECORD_SNAPSHOT_H
#define TP_RECORD_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "record/epochs.h"

#define TP_SNAPSHOT_VERSION 1

/* --- writing -----------------------------------------------------------------------------------*/

struct XXH64_state_s;

/* Takes lines, hands them on in large pieces. For each line: append an object to what
 * tp_save_line() lends, then tp_save_line_end(). */
struct tp_save {
    struct tp_buf buf;
    struct XXH64_state_s *hash;
    uint64_t lines;
    int (*write)(void *to, struct tp_str bytes, struct tp_err *err);
    void *to;
};

int tp_save_init(struct tp_save *save, int (*write)(void *, struct tp_str, struct tp_err *),
                 void *to, struct tp_err *err);
struct tp_buf *tp_save_line(struct tp_save *save);

/* Appends BYTES that are no text as a string of hexadecimal digits. */
void tp_save_hex(struct tp_buf *to, struct tp_str bytes);

/* The line ends: adds its newline (unless there is one). -1 when memory or the disk is full. */
int tp_save_line_end(struct tp_save *save, struct tp_err *err);

/* Writes the seal and what is left. */
int tp_save_seal(struct tp_save *save, struct tp_err *err);
void tp_save_release(struct tp_save *save);

/* --- the header --------------------------------------------------------------------------------*/

struct tp_snapshot {
    int64_t id;
    struct tp_str filter, version; /* borrowed */
    struct tp_str options;         /* borrowed: a JSON object; those that changed make it a lie */
    struct tp_epochs epochs;
    bool last;     /* of a last barrier: stands for every later ID, too */
    bool complete; /* ... behind `end` */
    bool sink;     /* prepared, that is: COMMIT waits for it */
};

void tp_snapshot_write(const struct tp_snapshot *header, struct tp_buf *to);

/* Reads a header LINE. -1 with the reason when it is none (TP_FAULT_MACHINE). */
int tp_snapshot_parse(struct tp_snapshot *header, struct tp_str line, struct tp_err *err);
void tp_snapshot_release(struct tp_snapshot *header);

/* --- reading -----------------------------------------------------------------------------------*/

/* The seal of TEXT is whole: *BODY is what stands above it, in lines that are JSON objects. */
int tp_snapshot_open(struct tp_str text, struct tp_str *body, struct tp_err *err);

/* The next line of BODY, without its newline; false at the end. */
bool tp_snapshot_next(struct tp_str *body, struct tp_str *line);

/* Takes members out of a line. A member that is missing or of another kind is an error, unless it
 * is optional: then what TO points at stays. */
enum tp_saved_kind {
    TP_SAVED_INT,   /* int64_t */
    TP_SAVED_COUNT, /* uint64_t */
    TP_SAVED_FLAG,  /* bool */
    TP_SAVED_TEXT,  /* struct tp_buf: the string is appended, its escapes undone */
    TP_SAVED_JSON,  /* struct tp_str: any value, as its text, borrowed from the line */
    TP_SAVED_REAL,  /* double */
    TP_SAVED_HEX,   /* struct tp_buf: the bytes are appended that tp_save_hex wrote */
};

struct tp_saved {
    const char *name;
    enum tp_saved_kind kind;
    void *to;
    bool optional;
};

/* At most 64 fields, no two of one name, in any order; of a member that is there twice the first
 * counts. */
int tp_saved_read(struct tp_str line, const struct tp_saved *field, size_t fields,
                  struct tp_err *err);

/* Is LINE's first member NAME? Tells lines of several kinds apart. */
bool tp_saved_is(struct tp_str line, const char *name);

#endif
