/*
 * rotation: names of rotated logs, oldest first.
 *
 * `access.log` lives; `access.log.1`, `access.log.2.gz` are numbered, the higher the older;
 * `access.log-20261121`, `access.log.2026-11-21.zst` are dated. A number stands behind a full stop;
 * a date, of eight digits at least, behind a full stop or hyphen. A packer's ending may follow.
 */
#ifndef TP_STREAM_ROTATION_H
#define TP_STREAM_ROTATION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/* The order in which files of one set were written. */
enum tp_rotation_kind {
    TP_ROTATION_DATED,
    TP_ROTATION_NUMBERED,
    TP_ROTATION_LIVE,
};

struct tp_rotation {
    struct tp_str base; /* the name of the file that lives; all are borrowed from the name */
    enum tp_rotation_kind kind;
    struct tp_str suffix; /* the number or date */
};

struct tp_rotation tp_rotation_of(const char *name);

/* Orders NAMES: files of one set stand together where its first one stood, oldest first; all else
 * stays where it is. */
void tp_rotation_sort(const char **names, size_t count);

/* Is the file that lives of the set of NAMES[WHICH] another one of NAMES? */
bool tp_rotation_has_live(const char *const *names, size_t count, size_t which);

#endif
