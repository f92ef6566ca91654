/*
 * omit: copies an object without some of its members, what is left of it byte for byte.
 *
 * A rule is a path (`password`, `user.email`; every member of that name goes, also a repeated one),
 * or the beginning of names of outermost members: `@*`, `tmp_*`. An omit owns its rules.
 */
#ifndef TP_RECORD_OMIT_H
#define TP_RECORD_OMIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "record/path.h"

struct tp_omit_name; /* names below one another, as a tree; private */

struct tp_omit {
    struct tp_omit_name *names;
    struct tp_arena memory;
    struct tp_buf scratch; /* a name with escapes */
    bool prefixes;         /* there are rules that end in `*` */
};

/* Adds a rule. -1 when memory ran out or the path leads into an array. */
int tp_omit_path(struct tp_omit *omit, const struct tp_path *path, struct tp_err *err);
int tp_omit_prefix(struct tp_omit *omit, struct tp_str prefix, struct tp_err *err);

/* Appends OBJECT, valid JSON, without what the rules say. Memory failure shows in TO. */
void tp_omit_copy(struct tp_omit *omit, struct tp_str object, struct tp_buf *to);

void tp_omit_release(struct tp_omit *omit);

#endif
