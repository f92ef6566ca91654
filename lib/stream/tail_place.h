/*
 * tail_place: where reading a file stands, in words that another process understands, and which
 * file of a rotated set that place is in.
 */
#ifndef TP_STREAM_TAIL_PLACE_H
#define TP_STREAM_TAIL_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum {
    TP_TAIL_HEAD = 1024, /* bytes at the start that a file is known by, at most */
    TP_TAIL_BACK = 256,  /* and before the place that was reached */
};

/* What a file says of itself: hashes of its first bytes and of those before a place in it. */
struct tp_tail_mark {
    uint64_t head, back;
    uint32_t head_len, back_len;
};

/* Where reading stands: all that is needed to go on in another process. */
struct tp_tail_place {
    uint64_t device, inode; /* 0: no file yet */
    uint64_t offset;        /* behind the last line that was given, in unpacked bytes */
    struct tp_tail_mark mark;
    bool packed;
};

/* PLACE gets the mark of its offset, up to which lines of FD were given, the last from BLOCK. */
void tp_tail_mark(struct tp_tail_place *place, int fd, struct tp_str block);

/* ... of a packed file: its head is that of the packed bytes. */
void tp_tail_mark_packed(struct tp_tail_place *place, int fd, struct tp_str block);

/* ... only the part of it that is before the offset. */
void tp_tail_mark_back(struct tp_tail_place *place, struct tp_str block);

/* Of BLOCK, whole lines from byte FROM of the input on, those that begin at byte *SKIP_TO or behind
 * it; *SKIP_TO becomes 0 when that was reached. 0: all of them. */
struct tp_str tp_tail_skip_lines(uint64_t *skip_to, uint64_t from, struct tp_str block);

/* Does FD, a regular file, hold at PLACE what was read there? 1: it does, 0: it is another file or
 * was written anew, -1: reading failed. */
int tp_tail_is_at(int fd, const struct tp_tail_place *place);

/* ... and is it, by device and inode, that very file? */
int tp_tail_is_file_at(int fd, const struct tp_tail_place *place);

/* Does FD begin with the packed bytes that the file of PLACE, a packed one, began with? As above.
 */
int tp_tail_begins_as(int fd, const struct tp_tail_place *place);

/* *PATH, to be freed, is the file beside NAME, of its rotated set, that PLACE is in: that very one,
 * or else a copy of it (copytruncate). It is an error when there is none. */
int tp_tail_rotated(const char *name, const struct tp_tail_place *place, char **path,
                    struct tp_err *err);

/* *PATH, to be freed, is the rotated file that is the next younger than the one of PLACE; NULL when
 * the next is NAME itself. */
int tp_tail_younger(const char *name, const struct tp_tail_place *place, char **path,
                    struct tp_err *err);

#endif
