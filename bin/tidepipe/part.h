/*
 * part: what one of the parts of a stage saved.
 */
#ifndef TIDEPIPE_PART_H
#define TIDEPIPE_PART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "record/member.h"
#include "stream/survey.h"

/* A line that others name by its number. */
struct named {
    uint64_t to, place; /* the part that it goes to, and its number there */
};

struct lines {
    struct tp_str *line; /* borrowed from the snapshot */
    size_t count;
};

struct part {
    char name[TP_STAGE_NAME_BYTES + 1];
    struct tp_loaded loaded;
    bool open;
    int64_t records;        /* that it has numbered, */
    int64_t before;         /* ... and that parts before it have */
    struct lines common;    /* those that every part has */
    struct lines own;       /* those that stay with this part: of side files */
    struct tp_str lateness; /* empty: nothing was late */
    struct named *named;    /* by the number that they had */
    size_t named_count, named_cap;
};

/* PATTERN with NUMBER for {n}; NAME has room for TP_STAGE_NAME_BYTES + 1. */
int part_name(const char *pattern, uint64_t number, char *name, struct tp_err *err);

/* Opens the snapshot of part->name that stands for the commit; then part->loaded is there. */
int part_open(struct tp_survey *survey, struct part *part, struct tp_err *err);

void part_release(struct part *part);

/* PART can be dealt out together with FIRST. */
int part_check_alike(const struct part *first, const struct part *part, struct tp_err *err);

/* What a part that is no more wrote to side files stays there, and nobody would take back what is
 * behind the commit. */
int part_check_ending(const struct part *part, struct tp_err *err);

/* -1: WHY it is of no use to another part; or that a line that begins with FIRST is not. */
int part_refuse(const struct part *part, const char *why, struct tp_err *err);
int part_refuse_line(const struct part *part, struct tp_str first, struct tp_err *err);

/* LINE's first member, which tells what kind it is. */
struct tp_member first_member(struct tp_str line);

int lines_keep(struct lines *lines, struct tp_str line, struct tp_err *err);

/* The next line that others will name goes to the part TO. */
int part_keep_named(struct part *part, uint64_t to, struct tp_err *err);

#endif
