/*
 * match_saved: a record that waits for others, as a line of saved state.
 *
 *     {"left":TIME,"key":["a"],"matched":true,"line":"..."}
 *     {"left":TIME,"key":["a"],"line":"...","best_time":TIME,"best":"..."}
 */
#ifndef TP_EVENT_MATCH_SAVED_H
#define TP_EVENT_MATCH_SAVED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "record/snapshot.h"
#include "value/time.h"

struct tp_match_saved {
    tp_time time;
    struct tp_str key; /* ptr NULL: a part of it is NULL */
    bool matched;
    struct tp_str line; /* ptr NULL: there is none */
    tp_time best_time;
    struct tp_str best; /* the best partner so far (event/best); ptr NULL: none */
    struct tp_buf key_memory, line_memory, best_memory; /* of one that was read */
};

/* Writes a line whose first member is NAME; the key has PARTS parts. */
int tp_match_saved_write(const struct tp_match_saved *saved, const char *name, size_t parts,
                         struct tp_save *save, struct tp_err *err);

/* Reads such a LINE into SAVED, all zero. What it took is to be released, also after a failure. */
int tp_match_saved_read(struct tp_match_saved *saved, const char *name, size_t parts,
                        struct tp_str line, struct tp_err *err);
void tp_match_saved_release(struct tp_match_saved *saved);

/* Its parts. The key that the JSON text ARRAY is, made in MEMORY; ptr NULL where ARRAY's is. */
int tp_match_saved_key(struct tp_str array, size_t parts, struct tp_buf *memory, struct tp_str *key,
                       struct tp_err *err);

/* The record that the member NAME of LINE is, made in MEMORY; ptr NULL where there is none. What is
 * no object is refused: who reads it later relies on that. */
int tp_match_saved_line(struct tp_str line, const char *name, struct tp_buf *memory,
                        struct tp_str *content, struct tp_err *err);

#endif
