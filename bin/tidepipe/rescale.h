/*
 * rescale: saved state of stages that run in parts, for another number of parts.
 *
 * A new directory is made, a savepoint of the last commit: the keys of the parts are dealt out anew
 * by the hash that sroute goes by, and all other stages are copied. Nothing is guessed: what is no
 * state of keys, keys that are not where that hash sends them, parts that do not agree are refused.
 */
#ifndef TIDEPIPE_RESCALE_H
#define TIDEPIPE_RESCALE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "filter/option.h"
#include "stream/survey.h"

struct rescale {
    struct tp_texts stages;  /* names with {n} */
    struct tp_texts gathers; /* stages with an input for each part */
    uint64_t from, to;
    const char *hash; /* NULL: the only key */
};

/* Makes the directory TO of FROM, and appends to SAID what was done. */
int rescale(const struct rescale *rule, struct tp_survey *from, const char *to, struct tp_buf *said,
            struct tp_err *err);

#endif
