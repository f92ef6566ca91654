/*
 * roll: the names of files that one name is rolled into.
 *
 * What tells them apart stands before the ending that says what is in a file, and how it is packed:
 * `access.2026-11-21T120000Z.log.gz`, `access.000001.log`, `access-2.log.gz`.
 */
#ifndef TP_STREAM_ROLL_H
#define TP_STREAM_ROLL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "stream/pack.h"
#include "value/time.h"

struct tp_roll {
    bool by_time, by_size;
    enum tp_pack_format packing; /* its ending is added where it is missing */
};

/* Appends file NUMBER (from 1) of NAME; START is that of its window. */
void tp_roll_write_path(const struct tp_roll *roll, struct tp_str name, tp_time start,
                        uint64_t number, struct tp_buf *to);

/* Where in NAME that goes: `access.log.gz` 6, `out` 3, `d/.profile` 10. */
size_t tp_roll_place(struct tp_str name);

#endif
