/*
 * party: one side of a join: its keys, and what they were like, for the words at the end.
 */
#ifndef TP_QUERY_PARTY_H
#define TP_QUERY_PARTY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "query/keys.h"
#include "record/scan.h"
#include "record/snapshot.h"

struct tp_party {
    struct tp_keys keys;
    struct tp_buf text;             /* of the keys */
    uint64_t records, keyed, nulls; /* all; with a key; with a NULL for one */
    const char *kind; /* of the first key, while all records agree; "" when they do not */
    bool over;        /* no more records come */
};

void tp_party_release(struct tp_party *party);

/* The key of the record in SLOT, made in TO; ptr NULL when a part of it is NULL: then it equals no
 * other. *KIND is that of its first part. -1: an expression failed, or memory ran out. */
int tp_party_key(const struct tp_party *party, const struct tp_slot *slot, struct tp_buf *to,
                 struct tp_str *key, const char **kind, struct tp_err *err);

/* A record with KEY, of KIND, was taken. */
void tp_party_note(struct tp_party *party, struct tp_str key, const char *kind);

/* Saved state: of party number WHICH a line `{"side":WHICH,...`; and takes it. */
int tp_party_save(const struct tp_party *party, int which, struct tp_save *save,
                  struct tp_err *err);
int tp_party_load(struct tp_party *party, struct tp_str line, struct tp_err *err);

/* Do the keys of A and B never have one type? Then nothing can match. */
bool tp_party_differ(const struct tp_party *a, const struct tp_party *b);

#endif
