/*
 * merging: lines that every part of a parallel stage saves once, made one of them all.
 *
 * Counts add up, and all of them go to the first of the new parts, so that the sums over all parts
 * stay; what says where time stands must be the same everywhere; of the rest the table in the
 * source says for each member how.
 */
#ifndef TIDEPIPE_MERGING_H
#define TIDEPIPE_MERGING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* For which of the new parts. */
struct merging {
    bool first;    /* counts go here */
    uint64_t held; /* records that wait among the lines it was given */
};

/* Appends what LINE[0..COUNT) are together, with a newline. -1 with the reason: they are of several
 * kinds, or differ where they must not. */
int merge_lines(const struct tp_str *line, size_t count, const struct merging *to,
                struct tp_buf *out, struct tp_err *err);

#endif
