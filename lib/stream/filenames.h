/*
 * filenames: the files that operands mean: patterns expanded, rotated sets in order.
 */
#ifndef TP_STREAM_FILENAMES_H
#define TP_STREAM_FILENAMES_H

#include <glob.h>
#include <stddef.h>

#include "base/err.h"

/* All zero is a valid empty list. */
struct tp_filenames {
    const char **name; /* borrowed from the operands, or owned by `found` */
    size_t count, cap;
    glob_t found;
};

/* Adds OPERAND, borrowed: a pattern (`*`, `?`, `[`) is expanded, sorted as the shell does; one that
 * nothing matches is a name. */
int tp_filenames_add(struct tp_filenames *names, const char *operand, struct tp_err *err);

/* Puts rotated sets in order (stream/rotation). */
void tp_filenames_sort(struct tp_filenames *names);

void tp_filenames_release(struct tp_filenames *names);

#endif
