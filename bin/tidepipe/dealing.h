/*
 * dealing: the snapshots of a stage that runs in parts, and the lines in them sorted out for
 * another number of parts.
 *
 * Lines of keys are dealt out by the hash that sroute goes by, those of one key in the order they
 * had; what is no state of keys, and keys that are not where that hash sends them, are refused.
 */
#ifndef TIDEPIPE_DEALING_H
#define TIDEPIPE_DEALING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "linekind.h"
#include "part.h"
#include "stream/survey.h"

/* A line of a key, and where it goes. */
struct dealt {
    uint64_t part, to;
    const struct linekind *kind;
    const struct linekind *beside; /* it stands among lines of that kind */
    int64_t order;                 /* ... as these two say */
    struct tp_str rank;
    size_t sequence; /* over all old parts */
    size_t number;   /* of a numbered one: in its old part */
    struct tp_str line;
};

struct dealing {
    const char *pattern; /* name with {n} */
    uint64_t from, to;   /* parts before, and from now on */
    const char *hash;    /* NULL: by the only key */

    struct part *part; /* `from` of them */
    struct dealt *dealt;
    size_t count, cap; /* of dealt, in the order of new parts */
    size_t leading;    /* of the last of them, whose part is not known yet */
    struct routing *routing;
    struct tp_buf bytes; /* of the key of the line at hand */
};

/* Fills what stands below `hash`, in any case to be closed. */
int dealing_open(struct dealing *dealing, struct tp_survey *survey, struct tp_err *err);
void dealing_close(struct dealing *dealing);

#endif
