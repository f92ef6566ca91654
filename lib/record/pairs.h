/*
 * pairs: lines of names and values with separators of one's own, without quotes or escapes:
 * LTSV (http://ltsv.org: `name:value`, tabs between) and its relatives.
 *
 * Values are typed (record/typed). Trimmed, blanks around names and values do not belong to them,
 * and pieces with nothing in them are passed over. Refused: a piece without what separates name and
 * value, and one without a name.
 */
#ifndef TP_RECORD_PAIRS_H
#define TP_RECORD_PAIRS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "record/fields.h"

struct tp_pairs {
    struct tp_str between; /* pieces */
    struct tp_str inside;  /* name and value */
    bool trims;
};

extern const struct tp_pairs tp_pairs_ltsv;

/* Adds the fields of LINE (one `\r` at its end is taken off): 1; 0 when it is blank; -1 with the
 * reason and the place. */
int tp_pairs_split(const struct tp_pairs *pairs, struct tp_fields *fields, struct tp_str line,
                   struct tp_err *err);

#endif
