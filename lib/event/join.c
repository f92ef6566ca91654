#include "event/join.h"

#include <stdlib.h>
#include <string.h>

#include "base/fetch.h"
#include "base/map.h"
#include "event/join_list.h"
#include "event/join_log.h"

/* So many records whose keys are asked for before they leave. */
enum { AHEAD = 8 };

struct tp_join_key {
    struct tp_join_list side[2];
    bool idle; /* in the queue of those that had none */
};

/* Keys that had no record left when they were put here, oldest first: a ring. */
struct idle {
    struct tp_join_key **key;
    size_t first, count, cap; /* cap: a power of two, or 0 */
};

struct tp_join {
    tp_duration lo, hi;
    tp_duration reach[2]; /* hi, -lo: how far behind its own time the last match may lie */
    tp_duration lateness;
    tp_duration held_back; /* see tp_join_forward */
    struct tp_map *keys;
    struct tp_join_key *probed; /* where the last probe found its key; NULL: nowhere */
    size_t empty;               /* keys without records */
    struct idle idle;
    struct tp_join_log log[2];
    tp_time live_from[2];         /* what is earlier meets nothing any more */
    struct tp_join_list alone[2]; /* those that are told if nothing meets them (tp_join_await) */
    size_t size;                  /* bytes of lists */
};

/* TIME + BY, or the nearest instant there is. */
static tp_time
shifted(tp_time time, tp_duration by)
{
    tp_time sum;

    if (tp_time_add(time, by, &sum))
        return sum;
    return by < 0 ? TP_TIME_MIN : TP_TIME_MAX;
}

struct tp_join *
tp_join_new(tp_duration lo, tp_duration hi, tp_duration lateness)
{
    struct tp_join *join = calloc(1, sizeof *join);

    if (!join)
        return NULL;
    join->lo = lo;
    join->hi = hi;
    join->reach[TP_JOIN_LEFT] = hi;
    join->reach[TP_JOIN_RIGHT] = lo == INT64_MIN ? INT64_MAX : -lo;
    join->lateness = lateness;
    join->live_from[TP_JOIN_LEFT] = join->live_from[TP_JOIN_RIGHT] = TP_TIME_BEFORE_ALL;
    for (int side = 0; side < 2; side++)
        if (join->reach[side] > join->held_back)
            join->held_back = join->reach[side];
    if (__builtin_add_overflow(join->held_back, lateness, &join->held_back))
        join->held_back = INT64_MAX;
    join->keys = tp_map_new(sizeof(struct tp_join_key));
    if (!join->keys) {
        free(join);
        return NULL;
    }
    return join;
}

void
tp_join_free(struct tp_join *join)
{
    if (!join)
        return;
    for (struct tp_join_key *key = tp_map_first(join->keys); key;
         key = tp_map_next(join->keys, key)) {
        tp_join_list_release(&key->side[TP_JOIN_LEFT]);
        tp_join_list_release(&key->side[TP_JOIN_RIGHT]);
    }
    tp_map_free(join->keys);
    for (int side = 0; side < 2; side++) {
        tp_join_log_release(&join->log[side]);
        tp_join_list_release(&join->alone[side]);
    }
    free(join->idle.key);
    free(join);
}

void
tp_join_keep_behind(struct tp_join *join, enum tp_join_side side, size_t bytes)
{
    join->log[side].behind = bytes;
}

/* --- keys --------------------------------------------------------------------------------------*/

static bool
is_empty(const struct tp_join_key *key)
{
    return key->side[TP_JOIN_LEFT].count + key->side[TP_JOIN_RIGHT].count == 0;
}

static int
grow_idle(struct idle *idle)
{
    size_t cap = idle->cap ? 2 * idle->cap : 64;
    struct tp_join_key **grown;

    if (idle->count < idle->cap)
        return 0;
    grown = malloc(cap * sizeof(struct tp_join_key *));
    if (!grown)
        return -1;
    for (size_t i = 0; i < idle->count; i++)
        grown[i] = idle->key[(idle->first + i) & (idle->cap - 1)];
    free(idle->key);
    *idle = (struct idle){grown, 0, idle->count, cap};
    return 0;
}

static void
forget(struct tp_join *join, struct tp_join_key *key)
{
    tp_map_remove(join->keys, tp_map_key(join->keys, key));
    join->empty--;
}

static void
forget_oldest(struct tp_join *join)
{
    struct idle *idle = &join->idle;
    struct tp_join_key *key = idle->key[idle->first & (idle->cap - 1)];

    idle->first++;
    idle->count--;
    key->idle = false;
    if (is_empty(key))
        forget(join, key);
}

/* KEY has no record any more, but often another soon: it is forgotten, those that were without
 * first first, only while three keys in four are empty. */
static void
rest(struct tp_join *join, struct tp_join_key *key)
{
    struct idle *idle = &join->idle;

    join->empty++;
    if (!key->idle && grow_idle(idle) < 0) { /* no memory to remember it in */
        forget(join, key);
        return;
    }
    if (!key->idle)
        idle->key[(idle->first + idle->count++) & (idle->cap - 1)] = key;
    key->idle = true;
    while (idle->count > 0 && 4 * join->empty > 3 * tp_map_count(join->keys) + 1)
        forget_oldest(join);
}

/* The one for a record that is to be kept. NULL: memory ran out. */
static struct tp_join_key *
key_for(struct tp_join *join, const struct tp_join_record *record)
{
    struct tp_join_key *key = join->probed;
    bool is_new = false;

    if (!key || !tp_str_equal(tp_map_key(join->keys, key), record->key))
        key = tp_map_add_hashed(join->keys, record->key, record->hash, &is_new);
    join->empty += key && is_new;
    return key;
}

/* --- verbs -------------------------------------------------------------------------------------*/

uint32_t
tp_join_hash(const struct tp_join *join, struct tp_str key)
{
    uint32_t hash = tp_map_hash(join->keys, key);

    tp_map_expect(join->keys, hash);
    return hash;
}

void
tp_join_fetch(const struct tp_join *join, uint32_t hash)
{
    tp_map_fetch(join->keys, hash);
}

struct tp_join_matches
tp_join_probe(struct tp_join *join, const struct tp_join_record *record)
{
    enum tp_join_side side = record->side;
    enum tp_join_side other = side == TP_JOIN_LEFT ? TP_JOIN_RIGHT : TP_JOIN_LEFT;
    struct tp_join_matches matches = {NULL, 0};
    struct tp_join_key *found = tp_map_find_hashed(join->keys, record->key, record->hash);
    tp_time from, to;
    size_t first;

    join->probed = found;
    if (!found || found->side[other].count == 0)
        return matches;
    /* The left of a right record at R lies in [R - hi, R - lo]. */
    from = shifted(record->time, side == TP_JOIN_LEFT ? join->lo : -join->hi);
    to = shifted(record->time, join->reach[side]);
    if (from < join->live_from[other])
        from = join->live_from[other];
    matches.entry = tp_join_list_sorted(&found->side[other]);
    first = tp_join_search(matches.entry, found->side[other].count, from, false);
    matches.entry += first;
    matches.count = tp_join_search(matches.entry, found->side[other].count - first, to, true);
    return matches;
}

struct tp_join_kept *
tp_join_keep(struct tp_join *join, const struct tp_join_record *record, struct tp_err *err)
{
    struct tp_join_key *key = key_for(join, record);
    struct tp_join_list *list = key ? &key->side[record->side] : NULL;
    struct tp_join_kept *kept = NULL;

    if (list && tp_join_list_make_room(list, &join->size) == 0)
        kept = tp_join_log_add(&join->log[record->side], record->time, record->line);
    if (!kept) {
        tp_err_memory(err);
        return NULL;
    }
    join->empty -= is_empty(key);
    kept->key = key;
    kept->side = (uint8_t)record->side;
    tp_join_list_put(list, kept);
    return kept;
}

/* --- leaving -----------------------------------------------------------------------------------*/

int
tp_join_await(struct tp_join *join, struct tp_join_kept *kept, struct tp_err *err)
{
    struct tp_join_list *alone = &join->alone[kept->side];

    if (tp_join_list_make_room(alone, &join->size) < 0)
        return tp_err_memory(err);
    tp_join_list_put(alone, kept);
    return 0;
}

/* The earliest time of a record of SIDE that something may still meet. */
static tp_time
live_from(const struct tp_join *join, enum tp_join_side side, tp_time watermark)
{
    tp_time time;

    if (watermark == TP_TIME_AFTER_ALL || !tp_time_subtract(watermark, join->lateness, &time))
        return watermark == TP_TIME_AFTER_ALL ? watermark : TP_TIME_BEFORE_ALL;
    if (tp_time_subtract(time, join->reach[side], &time))
        return time;
    return join->reach[side] < 0 ? TP_TIME_AFTER_ALL : TP_TIME_BEFORE_ALL;
}

struct tp_join_kept *
tp_join_alone(struct tp_join *join, enum tp_join_side side, tp_time watermark)
{
    struct tp_join_list *alone = &join->alone[side];
    tp_time live = live_from(join, side, watermark);

    while (alone->count > 0) {
        const struct tp_join_entry *first = tp_join_list_sorted(alone);
        struct tp_join_kept *kept = first->kept;

        if (first->time >= live)
            return NULL;
        if (alone->count > AHEAD)
            __builtin_prefetch(first[AHEAD].kept);
        tp_join_list_drop_first(alone, &join->size);
        if (!kept->matched)
            return kept;
    }
    return NULL;
}

/* One record of SIDE less. The earliest of a key goes first: of those that are kept in vain it does
 * not matter which. */
static void
leave(struct tp_join *join, enum tp_join_side side, struct tp_join_key *key)
{
    struct tp_join_list *list = &key->side[side];

    tp_join_list_sorted(list);
    tp_join_list_drop_first(list, &join->size);
    if (is_empty(key))
        rest(join, key);
}

/* The records of CHUNK leave. Their keys lie anywhere: those of the next few are asked for. */
static void
leave_all(struct tp_join *join, enum tp_join_side side, struct tp_join_chunk *chunk)
{
    struct tp_join_log *log = &join->log[side];
    struct tp_join_kept *ahead = tp_join_chunk_first(chunk);
    unsigned asked = 0;

    for (struct tp_join_kept *kept = ahead; kept; kept = tp_join_chunk_next(log, chunk, kept)) {
        for (; ahead && asked <= AHEAD; asked++) {
            tp_fetch(ahead->key, sizeof *ahead->key);
            ahead = tp_join_chunk_next(log, chunk, ahead);
        }
        leave(join, side, kept->key);
        asked--;
    }
    tp_join_log_give_up(log, chunk);
}

void
tp_join_expire(struct tp_join *join, enum tp_join_side side, tp_time watermark)
{
    struct tp_join_chunk *chunk;
    tp_time live = live_from(join, side, watermark);

    while (tp_join_alone(join, side, watermark))
        continue;
    join->probed = NULL;
    if (live > join->live_from[side])
        join->live_from[side] = live;
    while ((chunk = tp_join_log_before(&join->log[side], live)))
        leave_all(join, side, chunk);
}

/* --- what is kept ------------------------------------------------------------------------------*/

const struct tp_join_kept *
tp_join_next(const struct tp_join *join, enum tp_join_side side, struct tp_join_walk *walk)
{
    const struct tp_join_log *log = &join->log[side];

    do {
        if (walk->kept)
            walk->kept = tp_join_chunk_next(log, walk->chunk, walk->kept);
        while (!walk->kept) {
            walk->chunk = walk->chunk ? tp_join_log_next(walk->chunk) : log->oldest;
            if (!walk->chunk)
                return NULL;
            walk->kept = tp_join_chunk_first(walk->chunk);
        }
    } while (walk->kept->time < join->live_from[side]);
    return walk->kept;
}

struct tp_str
tp_join_key(const struct tp_join *join, const struct tp_join_kept *kept)
{
    return tp_map_key(join->keys, kept->key);
}

tp_time
tp_join_forward(const struct tp_join *join, tp_time watermark)
{
    tp_time time;

    return tp_time_subtract(watermark, join->held_back, &time) ? time : TP_TIME_BEFORE_ALL;
}

size_t
tp_join_count(const struct tp_join *join, enum tp_join_side side)
{
    return join->log[side].count;
}

size_t
tp_join_size(const struct tp_join *join)
{
    return join->size + join->log[TP_JOIN_LEFT].size + join->log[TP_JOIN_RIGHT].size +
           join->idle.cap * sizeof(struct tp_join_key *) + tp_map_size(join->keys);
}
