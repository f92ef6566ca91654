/*
 * reference: the lookup join (event/match): every left record meets the rows of its key in a table
 * that is read from a file, and read anew when that file changes.
 *
 * Files are lines of JSON or CSV with a header, also packed. A row whose key has a NULL part meets
 * nothing. A change is told by device, inode, size and time of modification; the new table takes
 * the place of the old one whole, when it has been read without a fault; else the old one stays.
 *
 * Records are answered a few at a time (event/asked).
 *
 * State: the table (event/lookup); while it is read anew both.
 */
#ifndef TP_STREAM_REFERENCE_H
#define TP_STREAM_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "event/match.h"
#include "query/keys.h"
#include "record/scan.h"

struct tp_reference_options {
    enum tp_match_type type;    /* inner, left, semi or anti */
    const char *path;           /* of a file */
    const char *format;         /* "ndjson", "csv", "tsv"; NULL: by the end of PATH */
    const char *keys;           /* of the table: see query/keys */
    const struct tp_keys *left; /* what they are equal to: a member of one name is not said again */
    bool as_is;      /* rows are kept as they stand, not so that they can be added fast */
    bool only_added; /* what of a row is not added to records is not asked for: leave it out */
    size_t max_size; /* bytes of a table; 0: no limit */
    size_t max_line;
};

/* OPTIONS is borrowed for life. NULL with the reason (TP_FAULT_USAGE; err->at: the place in KEYS,
 * when they are at fault). */
struct tp_match *tp_reference_new(const struct tp_reference_options *options, struct tp_err *err);

/* Has the file changed? 0: no; 1: the table was read anew; -1: it could not be, with the reason,
 * once a change, and the old table stays.
 * The match is settled. */
int tp_reference_refresh(struct tp_match *match, struct tp_err *err);

/* Asks SCAN, of left records, for the members that rows can add, as far as they are few. */
int tp_reference_watch(struct tp_match *match, struct tp_scan *scan, struct tp_err *err);

/* These names, as the table was read first. */
const struct tp_str *tp_reference_names(const struct tp_match *match, size_t *count);

/* Has the left record in SLOT none of them? Then all members of a row can stand behind its own
 * (tp_match_record's `apart`). A table read anew may bring further ones; then nothing is taken to
 * be apart. */
bool tp_reference_apart(const struct tp_match *match, const struct tp_slot *slot);

/* The keys of the table. */
const struct tp_keys *tp_reference_keys(const struct tp_match *match);

/* What closing words can tell: rows, those with a NULL key, and the type of the first key ("a
 * number"; "" when rows differ, NULL when there is none). */
struct tp_reference_facts {
    uint64_t rows, nulls;
    const char *kind;
};
struct tp_reference_facts tp_reference_facts(const struct tp_match *match);

#endif
