/*
 * wrap: a record as part of a row that has members of its own, in front of the record's and behind
 * them.
 *
 * The row's names are told once; a record is first laid bare of members that have such names, then
 * (perhaps much later) wrapped. All zero is empty. Memory failure shows in the buffers.
 */
#ifndef TP_RECORD_WRAP_H
#define TP_RECORD_WRAP_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "record/omit.h"

struct tp_wrap {
    struct tp_omit names;
    struct tp_buf front, behind; /* `"a":1,"b":2`: written by the caller (record/emit);
                                    front may be empty */
    struct tp_buf bare, kept;    /* working memory */
};

void tp_wrap_release(struct tp_wrap *wrap);

/* Outermost members called NAME are the row's. -1 when memory ran out. */
int tp_wrap_name(struct tp_wrap *wrap, struct tp_str name, struct tp_err *err);

/* LINE, an object of *MEMBERS members, without those; EVENT_TIME, where its len is not 0, is the
 * JSON text of a member `event_time` that is put in front. *MEMBERS is 0 only where none are left.
 * Borrowed until the next verb; ptr NULL when memory ran out. */
struct tp_str tp_wrap_bare(struct tp_wrap *wrap, struct tp_str line, size_t *members,
                           struct tp_str event_time);

/* Appends the row and its newline: front, LINE (laid bare, of MEMBERS members), behind. -1 when
 * memory ran out. */
int tp_wrap_write(struct tp_wrap *wrap, struct tp_str line, size_t members, struct tp_buf *to,
                  struct tp_err *err);

#endif
