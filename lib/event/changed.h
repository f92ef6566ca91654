/*
 * changed: has what a key says changed since its last record?
 *
 * Order is that of arrival; times mean nothing. Of each key the 128-bit digest (base/digests) of
 * the values it said last is kept, for ever, by the key's digest or, EXACTLY, by the key. The
 * caller has the seed: what it saves beside this may hang on it, too.
 */
#ifndef TP_EVENT_CHANGED_H
#define TP_EVENT_CHANGED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "record/snapshot.h"

struct tp_changed; /* opaque */

struct tp_changed *tp_changed_new(bool exactly);  /* NULL when memory ran out */
void tp_changed_free(struct tp_changed *changed); /* NULL is fine */

/* KEY says VALUES: 1 it is new or said others (and these from now on), 0 the same, -1 when memory
 * ran out. SEED is the same in every call. */
int tp_changed_see(struct tp_changed *changed, uint64_t seed, struct tp_str key,
                   struct tp_str values, struct tp_err *err);

size_t tp_changed_count(const struct tp_changed *changed); /* keys */
size_t tp_changed_size(const struct tp_changed *changed);  /* bytes held, for --max-memory */

/* Saved state: a line `{"last":...` for each key; loaded, they hold with the same SEED and
 * EXACTLY. */
int tp_changed_save(const struct tp_changed *changed, struct tp_save *save, struct tp_err *err);
bool tp_changed_is_saved(struct tp_str line); /* is LINE one of these? */
int tp_changed_load(struct tp_changed *changed, struct tp_str line, struct tp_err *err);

#endif
