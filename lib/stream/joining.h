/*
 * joining: from what a user says of a join to the way it is done (event/match), and what does not
 * go together.
 */
#ifndef TP_STREAM_JOINING_H
#define TP_STREAM_JOINING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "event/match.h"
#include "event/window.h"
#include "query/keys.h"
#include "stream/reference.h"
#include "value/time.h"

struct tp_joining {
    /* How: one of them. */
    const char *within; /* LO,HI */
    const char *window; /* SPEC */
    bool as_of, lookup;

    const char *type;
    enum tp_match_type kind; /* TYPE, after tp_joining_check */
    bool updates;            /* unmatched rows at once */
    tp_duration lateness;    /* -1: not given */
    bool has_delay;
    bool bare_right; /* the lines of right records are needed for nothing */

    const char *table, *table_format;      /* lookup */
    struct tp_reference_options reference; /* the rest of it: the caller's */

    struct tp_window_spec spec; /* of WINDOW, after tp_joining_new */
};

/* Reads TYPE and says what does not go together. -1: TP_FAULT_USAGE. */
int tp_joining_check(struct tp_joining *joining, struct tp_err *err);

/* JOINING is borrowed for life. NULL with the reason; err->at: the place in the keys of a lookup
 * table, when they are at fault, else -1. */
struct tp_match *tp_joining_new(struct tp_joining *joining, struct tp_err *err);
void tp_joining_release(struct tp_joining *joining);

#endif
