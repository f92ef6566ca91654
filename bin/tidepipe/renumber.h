/*
 * renumber: other numbers for the records in a saved line.
 *
 * Each part of a stage numbers the records that it gets. Where lines of several parts come together
 * the numbers of each are moved behind those of the parts before it: so no two records have one
 * number, and those of a part keep their order. Lines that name others by number name them by those
 * that they got.
 */
#ifndef TIDEPIPE_RENUMBER_H
#define TIDEPIPE_RENUMBER_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "part.h"

/* Appends LINE, BY added to the number, or array of numbers, that MEMBER is. */
int renumber_line(struct tp_str line, const char *member, int64_t by, struct tp_buf *to,
                  struct tp_err *err);

/* Appends LINE, whose array MEMBER has numbers that PART knows, with their new ones. */
int renumber_names(struct tp_str line, const char *member, const struct part *part,
                   struct tp_buf *to, struct tp_err *err);

#endif
