/*
 * saving: what all lines of saved groups have in common: a key and an accumulator.
 */
#ifndef TP_EVENT_SAVING_H
#define TP_EVENT_SAVING_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "base/str.h"
#include "query/agg.h"
#include "record/emit.h"
#include "record/snapshot.h"

/* Keys have PARTS parts; AGGS is borrowed for life. */
struct tp_saving {
    const struct tp_aggs *aggs;
    size_t parts;
    struct tp_buf key;   /* of the line that was read last */
    struct tp_buf aside; /* its accumulator, until it has a place */
};

void tp_saving_release(struct tp_saving *saving);

void tp_saving_put_flag(struct tp_emit *line, struct tp_str name, bool flag);
void tp_saving_put_key(const struct tp_saving *saving, struct tp_emit *line, struct tp_str key);

/* Ends LINE with `key` and `acc`, and the line of SAVE that it is. */
int tp_saving_end(const struct tp_saving *saving, struct tp_emit *line, struct tp_save *save,
                  struct tp_str key, const void *acc, struct tp_err *err);

/* The key that ARRAY is, lent until the next call. */
int tp_saving_key(struct tp_saving *saving, struct tp_str array, struct tp_str *key,
                  struct tp_err *err);

/* A group of GROUPS, whose values are accumulators: of the key that ARRAY is, with the accumulator
 * that ACC is. NULL with the reason, also when there is such a group already. */
void *tp_saving_group(struct tp_saving *saving, struct tp_map *groups, struct tp_str array,
                      struct tp_str acc, struct tp_err *err);

#endif
