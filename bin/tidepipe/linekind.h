/*
 * linekind: the kinds of lines that filters save, and what becomes of each when a stage in parts is
 * rescaled.
 */
#ifndef TIDEPIPE_LINEKIND_H
#define TIDEPIPE_LINEKIND_H

#include <stdbool.h>

#include "base/str.h"
#include "record/member.h"

/* A line that goes to the part of its key. Its first member is FIRST. */
struct linekind {
    const char *filter, *first;
    bool waits;        /* a record that the stage counts as held */
    bool leads;        /* it has no key, and goes where the next line goes that has one */
    bool numbered;     /* others name it by how many of its kind stand before it, */
    bool names;        /* ... as these do: FIRST is an array, and the key is that of the named */
    bool sides;        /* -k is that of two inputs: the left's is said */
    bool keyless;      /* it may have no key: then it has to do with no other, and goes anywhere */
    const char *order; /* in the order of this number; NULL: as they were, part for part */
    const char *rank;  /* ... or of this text */
    const char *records; /* the member that has the numbers of records; NULL: none */
    const char *bytes;   /* the member that has the key's bytes; NULL: `key` is an array */
    const char *line;    /* there is no key: what sroute goes by is in this record */
};

/* That of a line of FILTER whose first member is FIRST; NULL: it is of no key. */
const struct linekind *linekind_of(struct tp_str filter, const struct tp_member *first);

/* Does every part have one such line (merging)? */
bool linekind_is_common(struct tp_str filter, struct tp_str first);

/* Why FILTER's other lines are of no use to another part. NULL: nothing is known of them. */
const char *linekind_why_not(struct tp_str filter);

#endif
