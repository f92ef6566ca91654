/*
 * unite: two records as one row (joins).
 *
 * Members of the left come first, then those of the right; values are copied byte for byte. Where
 * both have a member of a name, each gets its side's prefix, until the name is free; one that is
 * SHARED (an equal key) is written once, as the left has it. `@timestamp` and `@op` of the records
 * are left out: the row has its own; or (KEEPS_OWN) those of the left stay where they are. So are
 * those of the names TAKEN, which the row says itself. A side that is missing has the names KNOWN.
 *
 * What becomes of each member hangs on the names alone: it is found out once, and again when
 * records with other names come.
 */
#ifndef TP_RECORD_UNITE_H
#define TP_RECORD_UNITE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "record/emit.h"
#include "record/member.h"

/* Of so many shapes of rows it is known at a time: with and without partner, with and without a
 * member. */
#define TP_UNITE_PLANS 8

struct tp_unite_plan; /* opaque */

struct tp_unite_side {
    struct tp_member *member;
    size_t count, cap;
};

struct tp_unite {
    struct tp_str left_prefix, right_prefix; /* not the same */
    const struct tp_str *shared;             /* names that stand for one value on both sides */
    size_t shares;
    const struct tp_str *taken; /* names that a row begins with */
    size_t takes;
    bool keeps_own;
    const struct tp_str *known[2]; /* left, right; none that is shared, but of the right */
    size_t knowns[2];

    /* Working memory: the members of the row at hand; what becomes of those of these shapes. */
    struct tp_unite_side side[2];
    struct tp_unite_plan *plan[TP_UNITE_PLANS];
    unsigned last; /* the youngest of them */
};

void tp_unite_release(struct tp_unite *unite);

/* Appends the members of LEFT and RIGHT to ROW. Valid objects, one of which may be missing (ptr
 * NULL). -1 when memory ran out. */
int tp_unite_members(struct tp_unite *unite, struct tp_str left, struct tp_str right,
                     struct tp_emit *row, struct tp_err *err);

#endif
