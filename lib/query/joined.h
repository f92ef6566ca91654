/*
 * joined: how two records that met, or one that met nothing, become a row; and whether they meet.
 *
 *     merged    the members of both (record/unite), the row's time in front
 *     --nest    both records whole, as members of two names
 *     --select  a list of expressions over `l.name` and `r.name` (query/pair)
 *     added     the left record as it stands, the right's members behind it (lookups)
 *     one side  the left record byte for byte (semi and anti joins)
 *
 * A record that met nothing is named as in a pair, as far as all partners it might have met are
 * known to have a member: their keys, the time, the columns of a table.
 *
 * The condition `--on` and the order `--by` are query/pair.
 */
#ifndef TP_QUERY_JOINED_H
#define TP_QUERY_JOINED_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "query/keys.h"
#include "query/order.h"
#include "record/narrow.h"
#include "value/time.h"

struct tp_joined_options {
    const char *left_prefix, *right_prefix; /* not the same */
    const char *nest;                       /* two names, `l,r`; NULL: none */
    const char *select;                     /* NULL: none; not with nest, left_only */
    const char *on;                         /* NULL: none */
    const char *by;                         /* the order of pairs; NULL: none */
    const struct tp_keys *left, *right;     /* a key of one name on both sides is said once */
    bool left_only;                         /* rows are left records */
    bool adds;                              /* rows are left records with members added */
    const char *time;                       /* the path of what all records have; NULL: none */
    const struct tp_str *column;            /* what the right's records have, too */
    size_t columns;
};

struct tp_joined_row {
    tp_time time;     /* TP_TIME_BEFORE_ALL: that of the left record, if it has one */
    struct tp_str op; /* text of `@op`; ptr NULL: none */
    bool has_window;  /* a row of a window says its bounds */
    tp_time window_start, window_end;
    struct tp_str left, right; /* valid objects, not both missing; ptr NULL: missing */
    struct tp_str added;       /* see tp_match_row in event/match.h */
};

struct tp_joined; /* opaque */

/* OPTIONS and all it points at are borrowed for life. NULL with the reason; when a text is at
 * fault, *WHICH is its option and err->at the place in it. */
struct tp_joined *tp_joined_new(const struct tp_joined_options *options, const char **which,
                                struct tp_err *err);
void tp_joined_free(struct tp_joined *joined);

/* How many members condition and rows read of the records of SIDE (0: left, 1: right), when nothing
 * else of them is needed; their NAMES are borrowed. -1: records are needed whole. */
#define TP_JOINED_READS 32
int tp_joined_reads(const struct tp_joined *joined, int side, struct tp_str names[TP_JOINED_READS]);

/* The records of both sides are narrow from here on: NARROW[SIDE], borrowed for life, was made of
 * the names that tp_joined_reads gave. Then what is asked of two records one after the other is
 * asked with nothing in between: their bytes stay as they were. */
void tp_joined_narrow(struct tp_joined *joined, const struct tp_narrow narrow[2]);

/* Do they meet the condition? 1, 0 (also when it is NULL), -1: it failed (TP_FAULT_RECORD). */
int tp_joined_meets(struct tp_joined *joined, struct tp_str left, struct tp_str right,
                    struct tp_err *err);

/* The place of the pair in the order, as bytes that memcmp orders; borrowed until the next. -1: it
 * has none (TP_FAULT_RECORD), or memory ran out. */
int tp_joined_rank(struct tp_joined *joined, struct tp_str left, struct tp_str right,
                   struct tp_str *rank, struct tp_err *err);

/* Of the order, for saved state; NULL: there is none. */
struct tp_order *tp_joined_order(struct tp_joined *joined);

/* Appends ROW and a newline. -1: an expression failed (TP_FAULT_RECORD; TO is as it was), or memory
 * ran out. */
int tp_joined_write(struct tp_joined *joined, const struct tp_joined_row *row, struct tp_buf *to,
                    struct tp_err *err);

#endif
