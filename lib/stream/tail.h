/*
 * tail: reads a file by its name, over rotation, for ever; or any input once.
 *
 * What is followed is a name. The file that bears it is read to its end and waited for:
 *
 *   renamed or deleted    the file is read on until another one bears the name and is not empty,
 * and this one has been silent for a second: its writer may not have reopened. Then its last line,
 * if unterminated, ends with it; then the new file. truncated             (copytruncate) shorter
 * than what was read, or other bytes where ours stood: it is read again from its start.
 *
 * Which file it is, is told by device and inode and by a mark of what it said: the first bytes, and
 * those before the place that was reached. So an inode that was given to another file is not taken
 * for the old one. What cannot be seen: lines that were written between the last look and a
 * truncation; and a file that came and went, by name, between two looks.
 *
 * Packed files, FIFOs and the like are read to their end, once. Blocks are those of stream/in.
 */
#ifndef TP_STREAM_TAIL_H
#define TP_STREAM_TAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "stream/in.h"
#include "stream/tail_place.h"

struct tp_tail; /* opaque */

/* NAME is a path or `-`. FOLLOW: a regular file has no end, and one that is missing is waited for.
 * NULL with the reason. */
struct tp_tail *tp_tail_open(const char *name, bool follow, size_t max_line, struct tp_err *err);
/* What the shell command TEXT writes, to its end: when it exits with another status than 0 that is
 * an error in place of the end. */
struct tp_tail *tp_tail_exec(const char *text, size_t max_line, struct tp_err *err);
void tp_tail_close(struct tp_tail *tail); /* NULL is fine */

const char *tp_tail_name(const struct tp_tail *tail);

/* Whole lines, as tp_in_next gives them. TP_IN_WAIT: nothing now. TP_IN_END never comes while a
 * regular file is followed. */
enum tp_in_state tp_tail_next(struct tp_tail *tail, struct tp_str *block, struct tp_err *err);

/* Where the last block began in its file. */
uint64_t tp_tail_offset(const struct tp_tail *tail);

/* The number of files read before this one; grows where tp_tail_offset begins anew. */
uint64_t tp_tail_turn(const struct tp_tail *tail);

/* Something to tell people since the last call ("was truncated: ..."), or NULL. */
const char *tp_tail_news(struct tp_tail *tail);

/* What to wait on with tp_in_wait; NULL where only looking again helps (a followed file). */
struct tp_in *tp_tail_in(const struct tp_tail *tail);

/* No end is waited for any more: what is there comes, then TP_IN_END. */
void tp_tail_stop_following(struct tp_tail *tail);

/* Before the first block: begins at the first line that starts at byte OFFSET or behind it; of
 * packed and unseekable inputs the bytes before it are read and dropped. */
int tp_tail_skip_to(struct tp_tail *tail, uint64_t offset, struct tp_err *err);

/* ... or at the end there is now; only lines that come later are given. */
int tp_tail_skip_all(struct tp_tail *tail, struct tp_err *err);

/* Only what the state in DIR (borrowed) says is committed of the file: where that ends is its end
 * for now. A file that it says nothing of is an error, unless it is followed. */
void tp_tail_only_committed(struct tp_tail *tail, const char *dir);

struct tp_tail_place tp_tail_place(const struct tp_tail *tail);

/* ... when only TAKEN, the beginning of the last block, was used. */
struct tp_tail_place tp_tail_place_behind(const struct tp_tail *tail, struct tp_str taken);

/* Before the first block, instead of tp_tail_skip_to: goes on at PLACE, where another process
 * stopped. When the name was given to another file since, the old one is looked for among the
 * rotated files beside it and read first, then those that were rotated behind it. It is an error
 * when there is none that says what was read. A packed file is read again up to PLACE, and must be
 * the one it was. */
int tp_tail_resume(struct tp_tail *tail, const struct tp_tail_place *place, struct tp_err *err);

/* Can another process go on within it? TP_FAULT_USAGE with the reason when not. */
int tp_tail_check_file(const struct tp_tail *tail, struct tp_err *err);

/* Another file bears the name, and is not empty or was rotated, too: its turn comes when the one at
 * hand has been silent for long enough. */
bool tp_tail_has_next(const struct tp_tail *tail);

#endif
