/*
 * reference_read: how a lookup join's file becomes its table.
 */
#ifndef TP_STREAM_REFERENCE_READ_H
#define TP_STREAM_REFERENCE_READ_H

#include <sys/stat.h>

#include "base/buf.h"
#include "base/mem.h"
#include "event/asked.h"
#include "event/lookup.h"
#include "record/scan.h"
#include "stream/reference.h"

/* More names than this, and rows are compared with each record's instead. */
#define TP_REFERENCE_NAMES 64

/* So many first members of a row are expected to be the ones of the row before it. */
#define TP_REFERENCE_EXPECTED 16

/* What a member of the last row was, by its place. */
struct expected {
    struct tp_buf lead; /* what stood before its value (tp_members_skip) */
    size_t name;        /* where its name begins in that, with its quote */
    bool adds;          /* see arrange */
};

/* By what a change of the file is told. */
struct version {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec time;
};

struct reference {
    struct tp_match match;
    const struct tp_reference_options *options;
    char separator; /* 0: lines of JSON */
    bool regular;
    struct version seen;

    struct tp_scan *scan;
    struct tp_keys keys;
    struct tp_str *same; /* members that a left record has, too, with the same value */
    size_t sames;
    struct tp_slot *slot;
    struct tp_lookup *table;
    struct tp_reference_facts facts;

    struct tp_str *name; /* TP_REFERENCE_NAMES */
    int *name_slot;      /* of left records: see tp_reference_watch */
    size_t names;
    struct tp_arena name_memory;
    bool names_fixed; /* lent: what comes now is too late */
    bool too_many;    /* `name` is not all of them */

    struct expected expected[TP_REFERENCE_EXPECTED];
    size_t expects;

    struct tp_asked asked;

    struct tp_buf key, row, text, tail;
};

/* Fills r->table, which is empty, and r->facts from the file. */
int tp_reference_read(struct reference *r, struct tp_err *err);

#endif
