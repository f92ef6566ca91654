/*
 * dealing: the snapshots of a stage that runs in parts, and the lines in them sorted out for
 * another number of parts.
 *
 * Lines of keys are dealt out by the hash that sroute goes by, those of one key in the order they
 * had; what is no state of keys, and keys that are not where that hash sends them, are refused.
 */
#ifndef TIDEPIPE_DEALING_H
#define TIDEPIPE_DEALING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "stream/survey.h"

/* A line of a key, and where it goes. */
struct dealt {
    uint64_t part, to;
    size_t kind;
    int64_t order;
    size_t sequence; /* over all old parts */
    struct tp_str line;
    bool waits;          /* it is a record that the stage counts as held */
    const char *records; /* the member that has the numbers of records; NULL: none */
};

struct lines {
    struct tp_str *line; /* borrowed from the snapshot */
    size_t count;
};

/* What one old part saved. */
struct part {
    char name[TP_STAGE_NAME_BYTES + 1];
    struct tp_loaded loaded;
    bool open;
    int64_t records;        /* that it has numbered, */
    int64_t before;         /* ... and that parts before it have */
    struct lines common;    /* those that every part has */
    struct lines own;       /* those that stay with this part: of side files */
    struct tp_str lateness; /* empty: nothing was late */
};

struct dealing {
    const char *pattern; /* name with {n} */
    uint64_t from, to;   /* parts before, and from now on */
    const char *hash;    /* NULL: by the only key */

    struct part *part; /* `from` of them */
    struct dealt *dealt;
    size_t count, cap; /* of dealt, in the order of new parts */
    size_t leading;    /* of the last of them, whose part is not known yet */
    struct routing *routing;
    struct tp_buf bytes; /* of the key of the line at hand */
};

/* Fills what stands below `hash`, in any case to be closed. */
int dealing_open(struct dealing *dealing, struct tp_survey *survey, struct tp_err *err);
void dealing_close(struct dealing *dealing);

/* PATTERN with NUMBER for {n}; NAME has room for TP_STAGE_NAME_BYTES + 1. */
int part_name(const char *pattern, uint64_t number, char *name, struct tp_err *err);

/* Opens the snapshot of part->name that stands for the commit; then part->loaded is there. */
int part_open(struct tp_survey *survey, struct part *part, struct tp_err *err);

/* -1: WHY it is of no use to another part; or that a line that begins with FIRST is not. */
int part_refuse(const struct part *part, const char *why, struct tp_err *err);
int part_refuse_line(const struct part *part, struct tp_str first, struct tp_err *err);

/* The name of LINE's first member, which tells what kind it is. */
struct tp_str first_member(struct tp_str line);

#endif
