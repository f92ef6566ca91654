/*
 * in_lines: what was read of an input and not given out yet, and where its lines end. Private to
 * the room `in`. Pure memory: it knows no file, and what is read comes from whoever asks for room.
 *
 * The unserved bytes are mem[start, len):
 *
 *   [start, fresh)     a record put back by tp_in_lines_keep, whole lines (empty without one)
 *   [fresh, complete)  whole lines that were not given out yet
 *   [complete, len)    the beginning of a line: no newline in it, and never searched again
 *
 * A block that is given out lies here until there is to be room for more. Memory is bounded by the
 * longest line and two blocks; a longer line is told by its first bytes, and dropped.
 */
#ifndef TP_STREAM_IN_LINES_H
#define TP_STREAM_IN_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "stream/in.h"

/* Zero, but for block and max_line. Others read len and mem, and offset. */
struct tp_in_lines {
    size_t block;    /* bytes of one read, at most */
    size_t max_line; /* without the newline */
    char *mem;
    size_t cap; /* without the padding */
    size_t start, fresh, complete, len;
    uint64_t mem_offset; /* of mem[0] in the input */
    uint64_t offset;     /* of the block given last */
    bool dropping;       /* the rest of a line that is too long is being skipped */
};

void tp_in_lines_release(struct tp_in_lines *lines);

/* --- taking in ---------------------------------------------------------------------------------*/

/* Room for a block of new bytes behind those that are there, at mem + len; what was given out is no
 * more. -1 when memory ran out. */
int tp_in_lines_make_room(struct tp_in_lines *lines, struct tp_err *err);

/* GOT bytes were put there. */
void tp_in_lines_take(struct tp_in_lines *lines, size_t got);

/* All that came turned out to be no text. */
void tp_in_lines_forget(struct tp_in_lines *lines);

/* The first COUNT bytes of all are no part of the first line. */
void tp_in_lines_skip(struct tp_in_lines *lines, size_t count);

/* --- giving out: TP_IN_BLOCK, TP_IN_TOO_LONG or TP_IN_END, as tp_in_next -----------------------*/

static inline bool
tp_in_lines_has_whole(const struct tp_in_lines *lines)
{
    return lines->complete > lines->fresh;
}

/* Whoever kept a record looks at it again from its start: it is given again when it has doubled, so
 * that a record over many blocks costs no more than its length, twice. */
bool tp_in_lines_gathers(const struct tp_in_lines *lines);

/* A line without an end yet, or a kept record, is longer than max_line. */
bool tp_in_lines_is_overlong(const struct tp_in_lines *lines);

/* There are whole lines: those up to one that is too long, or that. */
enum tp_in_state tp_in_lines_give(struct tp_in_lines *lines, struct tp_str *block);

/* What is overlong. */
enum tp_in_state tp_in_lines_give_overlong(struct tp_in_lines *lines, struct tp_str *block);

/* Nothing more comes: all there is. *UNTERMINATED becomes true when a newline is added behind it.
 */
enum tp_in_state tp_in_lines_give_rest(struct tp_in_lines *lines, struct tp_str *block,
                                       bool *unterminated);

/* The next block begins with the end of the last one, from FROM on. */
void tp_in_lines_keep(struct tp_in_lines *lines, const char *from);

#endif
