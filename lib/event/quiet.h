/*
 * quiet: windows without records, said where silence is an answer.
 *
 * Overall: each window without any, between the first and the last that had some. By key: each
 * window in which a key that was seen before has none, until it has been unseen for longer than
 * `forget`. Windows come in the order of their ends, keys in the order in which they became known.
 * State: the known keys. A gap is not stored but said, window by window; one of more than
 * TP_QUIET_MOST rows (a broken clock) is not, and reported.
 */
#ifndef TP_EVENT_QUIET_H
#define TP_EVENT_QUIET_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "event/saving.h"
#include "event/window.h"
#include "value/time.h"

#define TP_QUIET_MOST 1000000

struct tp_quiet; /* opaque */

struct tp_quiet_to {
    /* WINDOW has no records (of KEY). -1 ends the run. */
    int (*empty)(void *self, const struct tp_window *window, struct tp_str key, struct tp_err *err);
    void (*skipped)(void *self, const struct tp_err *why); /* a gap was not filled */
    void *self;
};

/* SPEC is borrowed for life. FORGET 0: never. Overall, rows have the key NO_KEY (copied). NULL when
 * memory ran out. */
struct tp_quiet *tp_quiet_new(const struct tp_window_spec *spec, bool by_key, tp_duration forget,
                              struct tp_str no_key, struct tp_quiet_to to);
void tp_quiet_free(struct tp_quiet *quiet);

/* Says the quiet windows behind the last one up to those that end before, or at, END. */
int tp_quiet_before(struct tp_quiet *quiet, tp_time end, struct tp_err *err);
int tp_quiet_until(struct tp_quiet *quiet, tp_time end, struct tp_err *err);

/* KEY has records in WINDOW. -1: memory ran out. */
int tp_quiet_seen(struct tp_quiet *quiet, const struct tp_window *window, struct tp_str key,
                  struct tp_err *err);

/* WINDOW, which has records, was said: says the known keys that have none in it. */
int tp_quiet_rest(struct tp_quiet *quiet, const struct tp_window *window, struct tp_err *err);

/* Saved state: lines whose first member is `quiet` or `known`. */
int tp_quiet_save(const struct tp_quiet *quiet, const struct tp_saving *saving,
                  struct tp_save *save, struct tp_err *err);
int tp_quiet_load(struct tp_quiet *quiet, struct tp_saving *saving, struct tp_str line,
                  struct tp_err *err);

#endif
