/*
 * path: names a member of a record: `status`, `user.id`, `.user.id`, `tags[0]`, `"odd name".x`.
 *
 * A step is a member name or an index from 0 (as in jq; no negative ones). Inside "…" the escapes
 * of JSON strings hold; names without quotes may contain letters, digits, `_`, `-`, `@`, `$` and
 * every byte above 127. A path owns its steps.
 */
#ifndef TP_RECORD_PATH_H
#define TP_RECORD_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct tp_step {
    bool is_index;
    size_t index;
    struct tp_str name; /* unescaped UTF-8; into the path's own memory */
};

struct tp_path {
    struct tp_step *step;
    size_t count; /* at least 1 after a parse */
    char *memory;
};

#define TP_PATH_MAX_STEPS 32

/* The whole of TEXT is one path. -1 with the reason and its place, and PATH empty. */
int tp_path_parse(struct tp_path *path, struct tp_str text, struct tp_err *err);

/* The path at the start of TEXT; *USED is how many bytes it took (it stops at the first byte that
 * cannot go on it). */
int tp_path_parse_prefix(struct tp_path *path, struct tp_str text, size_t *used,
                         struct tp_err *err);

/* The name of the column a path gives: a single member keeps its exact name; in longer paths steps
 * are joined by `_`, other characters than letters, digits and bytes above 127 become `_`:
 * user.id -> user_id, tags[0] -> tags_0. */
void tp_path_column(const struct tp_path *path, struct tp_buf *to);

/* Appends the path as a user would write it. */
void tp_path_write(const struct tp_path *path, struct tp_buf *to);

bool tp_path_equal(const struct tp_path *a, const struct tp_path *b);
int tp_path_copy(struct tp_path *to, const struct tp_path *from, struct tp_err *err);
void tp_path_release(struct tp_path *path);

#endif
