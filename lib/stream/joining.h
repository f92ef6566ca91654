/*
 * joining: from what a user says of a join to the way it is done (event/match) and to its rows
 * (query/joined), what does not go together, and what of it is saved.
 */
#ifndef TP_STREAM_JOINING_H
#define TP_STREAM_JOINING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "event/match.h"
#include "event/window.h"
#include "query/joined.h"
#include "query/party.h"
#include "record/emit.h"
#include "record/scan.h"
#include "record/snapshot.h"
#include "stream/reference.h"
#include "value/time.h"

struct tp_joining {
    /* What is said. How: one of these. */
    const char *within; /* LO,HI */
    const char *window; /* SPEC */
    bool as_of, lookup;

    const char *keys; /* of both sides */
    const char *type;
    bool updates;         /* unmatched rows at once */
    const char *each;     /* "l" or "r": the best pair of each record of this side */
    tp_duration lateness; /* -1: not given */
    bool has_delay;
    const char *table, *table_format; /* lookup */
    uint64_t max_memory;              /* bytes; 0: no limit */
    size_t max_line;
    struct tp_joined_options rows;

    /* What comes of it. */
    enum tp_match_type kind; /* TYPE */
    struct tp_party side[2]; /* by enum tp_join_side; the keys of a stream are the caller's */
    struct tp_match *match;  /* its sink, too */
    struct tp_joined *joined;
    bool failed; /* --on or --select, for a pair: said once */
    struct tp_window_spec spec;
    struct tp_reference_options reference;
};

/* Reads TYPE and KEYS (into the texts of the sides), and says what does not go together. -1:
 * TP_FAULT_USAGE. */
int tp_joining_check(struct tp_joining *joining, struct tp_err *err);

/* Makes match and joined, when the keys of the streams are compiled; JOINING stays where it is.
 * SCAN is that of left records. -1 with the reason; when a text is at fault it is *TEXT, of the
 * option *WHICH (else NULL), and err->at the place in it. */
int tp_joining_open(struct tp_joining *joining, struct tp_scan *scan, const char **which,
                    struct tp_str *text, struct tp_err *err);

/* Also after a failure. */
void tp_joining_release(struct tp_joining *joining);

/* What is kept takes more than MAX_MEMORY (a table is bounded where it is read): says what it is,
 * of inputs that have these NAMEs, and what it waits for. */
int tp_joining_check_memory(const struct tp_joining *joining, const char *const name[2],
                            struct tp_err *err);

/* Appends a line for each reason why nothing could match, where that can be told. */
void tp_joining_explain(const struct tp_joining *joining, const char *const name[2],
                        struct tp_buf *to);

/* Saved state (of a lookup counts alone: its table is read anew), and what must stay as it is
 * between two runs. */
int tp_joining_save(const struct tp_joining *joining, struct tp_save *save, struct tp_err *err);
int tp_joining_load(struct tp_joining *joining, struct tp_str line, struct tp_err *err);
void tp_joining_identity(const struct tp_joining *joining, struct tp_emit *to);

#endif
