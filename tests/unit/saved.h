/*
 * saved: what a room saves, kept in memory, for tests to look at and to load again.
 */
#ifndef TP_TESTS_SAVED_H
#define TP_TESTS_SAVED_H

#include "base/buf.h"
#include "record/snapshot.h"

/* For tp_save_init: TO is a struct tp_buf. */
static inline int
saved_append(void *to, struct tp_str bytes, struct tp_err *err)
{
    tp_buf_put_str(to, bytes);
    return tp_buf_failed(to) ? tp_err_memory(err) : 0;
}

#endif
