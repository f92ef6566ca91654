/*
 * match: what all ways to join two streams have in common: sides, types, and who is told what met.
 *
 * A way to join (event/interval, event/versions,
 * event/cogroup, stream/reference) keeps the records that may still
 * meet others and tells its sink of every row, as soon as it is certain. Records are handed in with
 * their key (record/key); one without a key (a part of it is NULL) meets nothing.
 */
#ifndef TP_EVENT_MATCH_H
#define TP_EVENT_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "event/window.h"
#include "record/scan.h"
#include "record/snapshot.h"
#include "value/time.h"

enum tp_join_side { TP_JOIN_LEFT, TP_JOIN_RIGHT };

enum tp_match_type {
    TP_MATCH_INNER,
    TP_MATCH_LEFT,
    TP_MATCH_RIGHT,
    TP_MATCH_FULL,
    TP_MATCH_SEMI, /* left records that met something, each once */
    TP_MATCH_ANTI, /* left records that met nothing */
};

/* What a record or a row says of those before it (`@op`, tidepipe.5). */
enum tp_match_op {
    TP_MATCH_INSERT,
    TP_MATCH_UPSERT,
    TP_MATCH_RETRACT,
    TP_MATCH_UPDATE,
    TP_MATCH_DELETE,
};

struct tp_match_record {
    enum tp_join_side side;
    enum tp_match_op op;
    tp_time time;
    tp_time watermark;  /* of its own input: what it is judged late by */
    struct tp_str key;  /* ptr NULL: a part of it is NULL */
    struct tp_str line; /* borrowed until the way is settled */
    bool apart;         /* lookups: no member has a name that the other side may bring */
    int input;          /* for messages: where it was read */
    uint64_t line_number;
};

/* Of a semi or anti join only `left` is there. */
struct tp_match_row {
    tp_time time; /* TP_TIME_BEFORE_ALL: it has none of its own (lookups) */
    enum tp_match_op op;
    const struct tp_window *window; /* NULL: none */
    struct tp_str left, right;      /* ptr NULL: there was none */
    struct tp_str added; /* the members that `right` adds to `left`, when no name is in both; ptr
                            NULL: to be compared */
};

struct tp_match_sink {
    void *context;
    /* Does the pair meet a further condition? 1, 0; -1: the join stops. NULL: there is none. */
    int (*meets)(void *context, struct tp_str left, struct tp_str right, struct tp_err *err);
    /* Its place among pairs, as bytes that memcmp orders, borrowed until the next. 1, 0: it has
     * none and is no pair; -1. NULL: all have the same. */
    int (*rank)(void *context, struct tp_str left, struct tp_str right, struct tp_str *rank,
                struct tp_err *err);
    int (*row)(void *context, const struct tp_match_row *row, struct tp_err *err);
};

struct tp_match; /* a join under way */

struct tp_match_way {
    /* 1: taken; 0: late, and *LIMIT is what the watermark of its input would have had to stay at or
     * below; -1: failed. */
    int (*add)(struct tp_match *match, const struct tp_match_record *record, tp_time *limit,
               struct tp_err *err);
    /* Answers the records that were handed in and still wait for their answer, and gives up what is
     * kept in vain. NULL: it is always done at once. */
    int (*settle)(struct tp_match *match, struct tp_err *err);
    /* The least watermark of both inputs is at WATERMARK (TP_TIME_AFTER_ALL: both ended). */
    int (*advance)(struct tp_match *match, tp_time watermark, struct tp_err *err);
    /* No more records of SIDE come. NULL: that changes nothing. */
    int (*end)(struct tp_match *match, enum tp_join_side side, struct tp_err *err);
    /* No later row lies below this. NULL: below the watermark. */
    tp_time (*forward)(const struct tp_match *match, tp_time watermark);
    size_t (*held)(const struct tp_match *match, enum tp_join_side side); /* records kept */
    size_t (*size)(const struct tp_match *match);                         /* bytes kept */
    /* Saved state, when the way is settled: lines that hold what is kept, with keys of so many
     * PARTS; and takes such a line, in the order they were saved, into a new match of the same
     * options; then LOADED. Pairs, sides that ended and sink are the caller's. All NULL: nothing is
     * kept. */
    int (*save)(struct tp_match *match, size_t parts, struct tp_save *save, struct tp_err *err);
    int (*load)(struct tp_match *match, size_t parts, struct tp_str line, struct tp_err *err);
    void (*loaded)(struct tp_match *match); /* NULL: there is no need to */
    void (*free)(struct tp_match *match);
};

/* The first member of every way's own struct. */
struct tp_match {
    const struct tp_match_way *way;
    enum tp_match_type type;
    struct tp_match_sink sink;             /* set before the first record */
    const struct tp_match_record *at_hand; /* the one that is answered; NULL: time goes on */
    uint64_t met;                          /* pairs so far */
    size_t waiting;                        /* kept records that become a row if nothing comes */
};

/* "inner", "left" ...: -1 when it is none. */
int tp_match_type_of(struct tp_str text, enum tp_match_type *type);

/* The text of an `@op`, and what it means (-1: nothing that is known). Ptr NULL for an insert: rows
 * do not say it. */
struct tp_str tp_match_op_text(enum tp_match_op op);
int tp_match_op_of(struct tp_str text, enum tp_match_op *op);

/* What the member `@op` of a record says: TP_FAULT_RECORD when it is nothing that is known. */
int tp_match_op_read(const struct tp_slot *slot, struct tp_buf *scratch, enum tp_match_op *op,
                     struct tp_err *err);

/* Does a record of SIDE that met nothing make a row? */
bool tp_match_is_outer(enum tp_match_type type, enum tp_join_side side);

/* Is a row the left record alone? */
bool tp_match_is_left_only(enum tp_match_type type);

/* The verbs that a way need not have. */
int tp_match_settle(struct tp_match *match, struct tp_err *err);
int tp_match_end(struct tp_match *match, enum tp_join_side side, struct tp_err *err);
tp_time tp_match_forward(const struct tp_match *match, tp_time watermark);
int tp_match_save(struct tp_match *match, size_t parts, struct tp_save *save, struct tp_err *err);
int tp_match_load(struct tp_match *match, size_t parts, struct tp_str line, struct tp_err *err);
void tp_match_loaded(struct tp_match *match);

/* What the sink says of a pair. */
int tp_match_meets(const struct tp_match *match, struct tp_str left, struct tp_str right,
                   struct tp_err *err);
int tp_match_rank(const struct tp_match *match, struct tp_str left, struct tp_str right,
                  struct tp_str *rank, struct tp_err *err);

/* Hands the sink a row of LINE, of SIDE, without a partner. */
int tp_match_alone(const struct tp_match *match, enum tp_join_side side, tp_time time,
                   enum tp_match_op op, struct tp_str line, struct tp_err *err);

#endif
