/*
 * recent: which keys have been seen, within a horizon of event time.
 *
 * The first record of a key opens its horizon; another of that key less than WITHIN away, before or
 * behind, is a repeat; one further away is not, and opens the next. A horizon is forgotten once the
 * watermark is 2 * WITHIN behind where it opened: no record that is still judged can lie in it.
 * Without WITHIN a key is remembered for ever, and times mean nothing.
 *
 * Horizons lie in tables by floor(time / WITHIN): of a key no more than one can open in each, a
 * record's repeats stand in three of them, and a table is given back whole. By default a key is
 * kept as its 128-bit digest (base/digests); EXACTLY keeps the keys.
 */
#ifndef TP_EVENT_RECENT_H
#define TP_EVENT_RECENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/digests.h"
#include "base/err.h"
#include "base/str.h"
#include "record/snapshot.h"
#include "value/time.h"

struct tp_recent; /* opaque */

/* WITHIN 0: for ever. NULL when memory ran out. */
struct tp_recent *tp_recent_new(tp_duration within, bool exactly);
void tp_recent_free(struct tp_recent *recent);

/* KEY at TIME: 1 new (and remembered from now on), 0 a repeat, -1 when memory ran out. */
int tp_recent_see(struct tp_recent *recent, struct tp_str key, tp_time time, struct tp_err *err);

/*
 * The same in steps, for those who see many keys (not EXACTLY): the digest of KEY; its places are
 * fetched from memory while others are seen; then tp_recent_see of it.
 */
struct tp_digest tp_recent_digest(const struct tp_recent *recent, struct tp_str key);
void tp_recent_expect(struct tp_recent *recent, struct tp_digest digest, tp_time time);
int tp_recent_see_digest(struct tp_recent *recent, struct tp_digest digest, tp_time time,
                         struct tp_err *err);

/* May what TIME would repeat be forgotten at WATERMARK? Then it cannot be judged: it is late. */
bool tp_recent_is_late(const struct tp_recent *recent, tp_time time, tp_time watermark);

/* Forgets what WATERMARK allows. */
void tp_recent_expire(struct tp_recent *recent, tp_time watermark);

/* For saved state: a line `{"seed":...` and one for each horizon, `{"seen":...`; and takes such a
 * line (valid JSON), in that order, into a new one of the same WITHIN and EXACTLY. */
int tp_recent_save(const struct tp_recent *recent, struct tp_save *save, struct tp_err *err);
int tp_recent_load(struct tp_recent *recent, struct tp_str line, struct tp_err *err);

size_t tp_recent_count(const struct tp_recent *recent); /* horizons kept */
size_t tp_recent_size(const struct tp_recent *recent);  /* bytes held, for --max-memory */

#endif
