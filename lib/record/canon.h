/*
 * canon: a whole record as bytes that are equal exactly when two records say the same.
 *
 * The order of members and the spacing do not matter, nor how a number or a string is written
 * (1 = 1.0 = 10e-1; "\u00e4" = "ä"); of members of one name the last counts. A member that is null
 * is not one that is missing, and the order of an array matters.
 */
#ifndef TP_RECORD_CANON_H
#define TP_RECORD_CANON_H

#include "base/buf.h"
#include "base/str.h"

struct tp_canon {
    struct tp_canon_member *member; /* of the objects being written, the innermost last */
    size_t count, cap;
    struct tp_buf names; /* their names, escapes undone */
};

#define TP_CANON_INIT           \
    {                           \
        NULL, 0, 0, TP_BUF_INIT \
    }

/* Appends OBJECT, which the scanner has found valid. -1 when memory ran out. */
int tp_canon_put(struct tp_canon *canon, struct tp_str object, struct tp_buf *to);
void tp_canon_release(struct tp_canon *canon);

#endif
