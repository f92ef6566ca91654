/*
 * target: where side streams go (late records, rejects, duplicates, routes): one grammar.
 *
 *   FILE          appended to, made if missing
 *   -             standard output
 *   /dev/fd/3     that descriptor, which must be open
 *   | command     a shell command's standard input; waited for at close; its failure is ours
 *
 * Appending writes whole lines, one write(2) a line or a group of lines, so that two writers with
 * O_APPEND do not tear each other's. A dead target is an error with its name, not SIGPIPE; after a
 * failure every later verb fails with the same reason.
 *
 * `-` shares descriptor 1 with tp_out but has a buffer of its own: lines stay whole, and are
 * written at each flush of the one and of the other; the order between the two is that of the
 * flushes. A FILE that is standard output's own is the same as `-`.
 */
#ifndef TP_STREAM_TARGET_H
#define TP_STREAM_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct tp_target; /* opaque */

/* NULL with the reason. Opens at once, so that a bad name is found before anything is read. */
struct tp_target *tp_target_open(const char *spec, struct tp_err *err);

/* The FILE of that name, even where the grammar would read something else into it: for names that
 * are made of a record's values. */
struct tp_target *tp_target_open_file(const char *path, struct tp_err *err);

/* A folder that files will be made in: -1 with the reason when it is not there. Empty: none. */
int tp_target_check_folder(struct tp_str folder, struct tp_err *err);

/* A pipe or a socket, and not standard output: someone reads along. */
bool tp_target_is_stream(const struct tp_target *target);

/* A regular file of its own: closed, it can be opened again and gone on with. */
bool tp_target_is_regular(const struct tp_target *target);

/* LINE ends with a newline; copied. */
int tp_target_write(struct tp_target *target, struct tp_str line, struct tp_err *err);

/* Writes what has gathered: before a read that would block. */
int tp_target_flush(struct tp_target *target, struct tp_err *err);

/* For saved state, of a regular file: *LENGTH bytes are written in all; what was written is on the
 * disk; and takes back what was written behind LENGTH. */
int tp_target_length(struct tp_target *target, uint64_t *length, struct tp_err *err);
int tp_target_sync(struct tp_target *target, uint64_t *length, struct tp_err *err);
int tp_target_truncate(struct tp_target *target, uint64_t length, struct tp_err *err);

/* Flushes, closes, waits for the command, frees TARGET: -1 when any of it failed ("| gzip: exit
 * status 1", "| gzip: killed by signal 9"). Descriptor 1 stays open: it is tp_out's to close. */
int tp_target_close(struct tp_target *target, struct tp_err *err);

const char *tp_target_name(const struct tp_target *target);

#endif
