/*
 * silence: of each key, from when to when it was not seen for longer than so long.
 *
 * Times of a key that lie at most AFTER apart are one stretch, as in a session window; what lies
 * between two stretches is a gap. A gap begins to be told AFTER behind the last time of a stretch
 * and ends at the first time of the next. Times may come in any order as long as they are not
 * before what has been told; that is the caller's watermark.
 * State: a key, and each of its stretches that is not told yet: one when times come in order.
 */
#ifndef TP_EVENT_SILENCE_H
#define TP_EVENT_SILENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "record/snapshot.h"
#include "value/time.h"

struct tp_silence; /* opaque */

struct tp_gap {
    struct tp_str key;
    tp_time start; /* last seen */
    tp_time told;  /* start + AFTER: from then on it counts as silent */
    bool has_ended;
    tp_time end; /* has_ended: seen again */
};

/* AFTER > 0. A key that is silent for longer than FORGET (0: never) is forgotten: it does not come
 * back, another begins. NULL when memory ran out. */
struct tp_silence *tp_silence_new(tp_duration after, tp_duration forget);
void tp_silence_free(struct tp_silence *silence);

/* KEY was seen at TIME. -1 when memory ran out. */
int tp_silence_see(struct tp_silence *silence, struct tp_str key, tp_time time, struct tp_err *err);

/* Gets a gap that begins, later the same that ends; what it points to is borrowed until it
 * returns. */
typedef int tp_silence_tell(void *context, const struct tp_gap *gap, struct tp_err *err);

/* All times before LIMIT are known: tells what happened before it, in the order of time, at one
 * time in the order of the keys' bytes. That a gap begins is told only before SEEN_TO: the same as
 * LIMIT, or, when the end is known, the last time of all. -1 when TELL said so or memory ran out.
 */
int tp_silence_advance(struct tp_silence *silence, tp_time limit, tp_time seen_to,
                       tp_silence_tell *tell, void *context, struct tp_err *err);

/* The limit at which there may be something to tell: beyond this instant. TP_TIME_AFTER_ALL: none.
 */
tp_time tp_silence_next(const struct tp_silence *silence);

/* For saved state, with keys of so many PARTS: a line for each key that is silent or may be; and
 * takes such a line (valid JSON). -1: it is none, or memory or the disk is full. */
int tp_silence_save(struct tp_silence *silence, size_t parts, struct tp_save *save,
                    struct tp_err *err);
int tp_silence_load(struct tp_silence *silence, size_t parts, struct tp_str line,
                    struct tp_err *err);

size_t tp_silence_count(const struct tp_silence *silence); /* keys */
size_t tp_silence_size(const struct tp_silence *silence);  /* bytes held, for --max-memory */

#endif
