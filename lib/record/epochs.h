/*
 * epochs: which run of which sources a piece of saved state belongs to.
 *
 * A source raises its epoch each time it starts; what it says of it travels in the restore line
 * `{"@barrier":X,"restore":{"NAME":E}}`, and stands in every snapshot and in COMMIT. In order of
 * the names. All zero is empty.
 */
#ifndef TP_RECORD_EPOCHS_H
#define TP_RECORD_EPOCHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define TP_STAGE_NAME_BYTES 64

struct tp_epoch {
    char name[TP_STAGE_NAME_BYTES + 1];
    int64_t number;
};

struct tp_epochs {
    struct tp_epoch *item;
    size_t count;
};

/* May a stage be called so? Letters, digits, `_` and `-`, so that a name is a part of a file name
 * and cannot leave its folder. */
bool tp_stage_name_is_valid(struct tp_str name);

/* Adds NAME; -1 when it is there with another number, or is no name. */
int tp_epochs_set(struct tp_epochs *epochs, struct tp_str name, int64_t number, struct tp_err *err);
int tp_epochs_unite(struct tp_epochs *epochs, const struct tp_epochs *more, struct tp_err *err);

/* The number of NAME, or -1. */
int64_t tp_epochs_find(const struct tp_epochs *epochs, struct tp_str name);

/* Are all of SOME in ALL, with the same numbers? */
bool tp_epochs_within(const struct tp_epochs *some, const struct tp_epochs *all);

/* As a JSON object; and from one (valid JSON), into an empty one. */
void tp_epochs_write(const struct tp_epochs *epochs, struct tp_buf *to);
int tp_epochs_parse(struct tp_epochs *epochs, struct tp_str object, struct tp_err *err);

void tp_epochs_release(struct tp_epochs *epochs);

#endif
