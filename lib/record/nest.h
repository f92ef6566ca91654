/*
 * nest: objects within objects as members named `a.b`, and back.
 *
 *     {"user":{"id":7,"tags":["x","y"]}}   <->   {"user.id":7,"user.tags":["x","y"]}
 *
 * Arrays and empty objects are values like numbers. Values are copied byte for byte. The way there
 * and back gives the same members in the same order, unless a name has a dot of its own or the
 * members of an object did not stand together.
 */
#ifndef TP_RECORD_NEST_H
#define TP_RECORD_NEST_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* A row may not get longer: long names over many members multiply. */
#define TP_NEST_MAX ((size_t)64 << 20)

struct tp_nest; /* working memory; opaque */

struct tp_nest *tp_nest_new(void); /* NULL when memory ran out */
void tp_nest_free(struct tp_nest *nest);

/* Appends OBJECT, valid JSON, without objects inside it. -1 with the reason (TP_FAULT_RECORD when
 * the row gets too long); what was appended is then to be cut off. */
int tp_nest_flatten(struct tp_nest *nest, struct tp_str object, struct tp_buf *to,
                    struct tp_err *err);

/* Appends OBJECT with members `a.b` and `a.c` as one object `a`, where the first of them stood. An
 * object `a` that is there takes them up; any other `a` beside them is TP_FAULT_RECORD. */
int tp_nest_unflatten(struct tp_nest *nest, struct tp_str object, struct tp_buf *to,
                      struct tp_err *err);

#endif
