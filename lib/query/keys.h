/*
 * keys: what groups records: a list of expressions (`-k "host, lower(method) AS verb"`), and the
 * bytes that their values make (record/key).
 *
 * A key that is a bare member keeps its exact value, however long its number; any other expression
 * has the value that query/expr gives it. All zero is the empty list: one group.
 */
#ifndef TP_QUERY_KEYS_H
#define TP_QUERY_KEYS_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "query/select.h"
#include "record/scan.h"

struct tp_keys {
    struct tp_select *select; /* NULL: none */
    size_t count;
};

/* Takes SELECT over (NULL: none). */
void tp_keys_init(struct tp_keys *keys, struct tp_select *select);
void tp_keys_release(struct tp_keys *keys);

/* Keys of two inputs: of `a, b = c` appends `a, b` to LEFT and `a, c` to RIGHT, each to be
 * compiled. An `=` within quotes, brackets or another operator does not part. */
int tp_keys_split(struct tp_str text, struct tp_buf *left, struct tp_buf *right,
                  struct tp_err *err);

/* The members that are a key of one name on both sides: one value under one name. NAMES has room
 * for the keys of LEFT; borrowed from it. How many they are. */
size_t tp_keys_shared(const struct tp_keys *left, const struct tp_keys *right,
                      struct tp_str *names);

/* The outermost members that every record with a key has, as far as keys are members. NAMES has
 * room for all keys; borrowed. How many they are. */
size_t tp_keys_members(const struct tp_keys *keys, struct tp_str *names);

/* The name of column I. */
struct tp_str tp_keys_name(const struct tp_keys *keys, size_t i);

/* The slot, when the key is a single bare member; else -1. */
int tp_keys_only_slot(const struct tp_keys *keys);

/* Appends the key of the record in SLOT. -1 when an expression fails on it (TP_FAULT_RECORD) or
 * memory ran out. */
int tp_keys_make(const struct tp_keys *keys, const struct tp_slot *slot, struct tp_buf *to,
                 struct tp_err *err);

/* Appends the members of KEY to the object that TO ends in: `"host":"a","status":200`, a comma in
 * front unless TO ends with `{`. */
void tp_keys_write(const struct tp_keys *keys, struct tp_buf *to, struct tp_str key);

#endif
