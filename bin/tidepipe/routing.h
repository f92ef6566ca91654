/*
 * routing: which part a saved key belongs to, as `sroute --hash EXPR --parts N` sends its records:
 * hash(EXPR) % N, NULL to part 0.
 *
 * EXPR may name any of the keys: as members where they are bare members, by the names they have in
 * rows else. Without one it is the only key.
 */
#ifndef TIDEPIPE_ROUTING_H
#define TIDEPIPE_ROUTING_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct routing; /* opaque */

/* KEYS is the list that the filter's -k was given. NULL with the reason: HASH (NULL: not given)
 * asks for what is no key. */
struct routing *routing_new(struct tp_str keys, const char *hash, struct tp_err *err);
void routing_free(struct routing *routing); /* NULL is fine */

/* By what the records themselves say, of filters without keys. */
struct routing *routing_of_records(const char *hash, struct tp_err *err);

/* The array that a key is whose BYTES were saved (record/key); lent until the next one. */
int routing_key(struct routing *routing, struct tp_str bytes, struct tp_str *key,
                struct tp_err *err);

/* The part of PARTS of KEY, an array as it was saved. */
int routing_part(struct routing *routing, struct tp_str key, uint64_t parts, uint64_t *part,
                 struct tp_err *err);

/* The part of PARTS of a RECORD; its buffer is lent for a while. */
int routing_record_part(struct routing *routing, struct tp_buf *record, uint64_t parts,
                        uint64_t *part, struct tp_err *err);

#endif
