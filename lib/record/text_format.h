/*
 * text_format: every text format that is read into records, by its name.
 *
 * A format is a row of a table; sfrom goes by the row alone. A reader reads the records of one
 * input: it knows its columns, the year it is in, and so on.
 */
#ifndef TP_RECORD_TEXT_FORMAT_H
#define TP_RECORD_TEXT_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "record/scan.h"
#include "value/stamp.h"
#include "value/time.h"
#include "value/zone.h"

/* What a format can be told. Strings are borrowed for a reader's life; an empty ptr: not given. */
struct tp_text_options {
    struct tp_str columns;     /* csv, tsv: the names, as a row */
    struct tp_str separator;   /* between fields; for csv one byte */
    struct tp_str inside;      /* kv: between name and value */
    struct tp_str pattern;     /* regex, logformat */
    struct tp_str patterns;    /* regex: the text of a file of named patterns */
    struct tp_str path;        /* json: where in a document the records are */
    bool text;                 /* fields are not typed */
    struct tp_str time_member; /* the one that holds the event time */
    struct tp_stamp *stamp;    /* reads it; also the times of logformat, where --time-format says */
    struct tp_zone *zone;      /* syslog: of stamps without one; NULL: UTC */
    int64_t year;              /* syslog: of the first stamp without one; -1: from now */
    tp_time now;
};

enum tp_text_trait {
    TP_TEXT_TIMED = 1 << 0,     /* has a time of its own: takes no time_member */
    TP_TEXT_COLUMNS = 1 << 1,   /* takes columns */
    TP_TEXT_SEPARATOR = 1 << 2, /* takes separator */
    TP_TEXT_INSIDE = 1 << 3,    /* takes inside */
    TP_TEXT_TYPED = 1 << 4,     /* takes text */
    TP_TEXT_PATTERN = 1 << 5,   /* needs pattern */
    TP_TEXT_PATTERNS = 1 << 6,  /* takes patterns */
    TP_TEXT_PATH = 1 << 7,      /* takes path */
    TP_TEXT_YEAR = 1 << 8,      /* takes year */
    TP_TEXT_ZONE = 1 << 9,      /* takes a zone though it is timed */
};

struct tp_text_reader; /* opaque */

struct tp_text_format {
    const char *name;
    unsigned traits;

    /* Fills what READER has for the format. -1 with the reason (TP_FAULT_USAGE, or memory). */
    int (*open)(struct tp_text_reader *reader, struct tp_err *err);

    /* Appends the records of LINE, each with a newline: 1; 0 when there is none (a header, a blank
     * line); -1 with the reason, and TO as it was. *TIME is the event time, where there is one. */
    int (*read)(struct tp_text_reader *reader, struct tp_str line, struct tp_buf *to, tp_time *time,
                struct tp_err *err);

    /* Where a record ends, as tp_frame in filter/operator.h; NULL: one a line. */
    const char *(*next)(const struct tp_text_options *options, const char *p, const char *end,
                        bool at_end);

    /* What READER has learnt from what it read, as one JSON value; and that (valid JSON) into a
     * fresh reader. NULL: nothing. */
    void (*save)(const struct tp_text_reader *reader, struct tp_buf *to);
    int (*load)(struct tp_text_reader *reader, const struct tp_slot *value, struct tp_err *err);

    /* The input ended. -1 with what is missing; NULL: it may end anywhere. */
    int (*end)(struct tp_text_reader *reader, struct tp_err *err);

    void (*close)(struct tp_text_reader *reader);
};

/* All formats; the last one's name is NULL. */
extern const struct tp_text_format tp_text_formats[];

/* The format called NAME, or NULL with the reason ("did you mean csv?"). */
const struct tp_text_format *tp_text_format_find(const char *name, struct tp_err *err);

/* OPTIONS is borrowed. NULL with the reason. */
struct tp_text_reader *tp_text_reader_new(const struct tp_text_format *format,
                                          const struct tp_text_options *options,
                                          struct tp_err *err);
void tp_text_reader_free(struct tp_text_reader *reader);

/* The format's own read and end. */
int tp_text_read(struct tp_text_reader *reader, struct tp_str line, struct tp_buf *to,
                 tp_time *time, struct tp_err *err);
int tp_text_end(struct tp_text_reader *reader, struct tp_err *err);

/* Saved state: appends `null` where there is none. */
void tp_text_save(const struct tp_text_reader *reader, struct tp_buf *to);
int tp_text_load(struct tp_text_reader *reader, const struct tp_slot *value, struct tp_err *err);

#endif
