#include "event/join.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "event/join_chunks.h"

/* A record that belongs further than this from the end is put in place later, when the list is
 * looked at: files in no order are sorted once, not record by record. */
#define NEAR_END 256

/* So many entries lie in the list itself: most keys have few records, and come and go. */
#define FEW 2

/* entry[start, start + count) in the order of (time, arrival); the first `sorted` of them surely.
 */
struct list {
    uint32_t start, count, sorted;
    uint32_t cap; /* of `many`; 0: they are `few` */
    union {
        struct tp_join_entry few[FEW];
        struct tp_join_entry *many;
    } in;
};

struct tp_join_key {
    struct list side[2];
    bool idle; /* in the queue of those without records */
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
    struct idle idle;
    struct list due[2]; /* all that is kept of a side: the first is the next to go */
    struct tp_join_chunks chunks;
    struct tp_join_kept *expired;
    size_t size; /* bytes of kept records and lists */
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

static struct tp_join_entry *
entries(struct list *list)
{
    return (list->cap ? list->in.many : list->in.few) + list->start;
}

static void
drop_record(struct tp_join *join, const struct tp_join_kept *kept)
{
    tp_join_chunks_drop(&join->chunks, kept->chunk);
}

/* With all its records. */
static void
release_list(struct tp_join *join, struct list *list)
{
    struct tp_join_entry *entry = entries(list);

    for (size_t i = 0; i < list->count; i++)
        drop_record(join, entry[i].kept);
    if (list->cap)
        free(list->in.many);
}

void
tp_join_free(struct tp_join *join)
{
    if (!join)
        return;
    for (struct tp_join_key *key = tp_map_first(join->keys); key;
         key = tp_map_next(join->keys, key)) {
        release_list(join, &key->side[TP_JOIN_LEFT]);
        release_list(join, &key->side[TP_JOIN_RIGHT]);
    }
    if (join->expired)
        drop_record(join, join->expired);
    tp_map_free(join->keys);
    for (int side = 0; side < 2; side++)
        if (join->due[side].cap)
            free(join->due[side].in.many);
    tp_join_chunks_release(&join->chunks);
    free(join->idle.key);
    free(join);
}

/* --- records -----------------------------------------------------------------------------------*/

static struct tp_join_kept *
new_kept(struct tp_join *join, enum tp_join_side side, tp_time time, struct tp_str line)
{
    size_t len = sizeof(struct tp_join_kept) + line.len;
    struct tp_join_chunk *chunk;
    struct tp_join_kept *kept = tp_join_chunks_take(&join->chunks, side, len, &chunk);

    if (!kept)
        return NULL;
    *kept = (struct tp_join_kept){
        .time = time, .chunk = chunk, .len = (uint32_t)line.len, .side = (uint8_t)side};
    if (line.len)
        memcpy(kept->line, line.ptr, line.len);
    join->size += len;
    return kept;
}

/* --- lists -------------------------------------------------------------------------------------*/

/* The first of FROM[0, COUNT), which is sorted, whose time is at least (ABOVE: greater than) TIME.
 */
static size_t
search(const struct tp_join_entry *from, size_t count, tp_time time, bool above)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (from[middle].time < time || (above && from[middle].time == time))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Stable merge sort of A[0, COUNT), with room for as many in SPARE. */
static void
merge_sort(struct tp_join_entry *a, size_t count, struct tp_join_entry *spare)
{
    size_t half = count / 2, left = 0, right = half, to = 0;

    if (count < 2)
        return;
    merge_sort(a, half, spare);
    merge_sort(a + half, count - half, spare);
    if (a[half - 1].time <= a[half].time)
        return;
    memcpy(spare, a, half * sizeof *a);
    while (left < half && right < count)
        a[to++] = a[right].time < spare[left].time ? a[right++] : spare[left++];
    memcpy(a + to, spare + left, (half - left) * sizeof *a);
}

/* Puts the tail in its place: it is sorted, then merged with those before it that are later than
 * its first, so that the work is bounded by the disorder, not by the length of the list. There is
 * always room for as many again behind the records (make_room): sorting cannot fail. */
static void
sort_list(struct list *list)
{
    struct tp_join_entry *a, *spare;
    size_t left = 0, right = list->sorted, to, early;

    if (list->sorted == list->count)
        return;
    a = entries(list);
    spare = a + list->count;
    merge_sort(a + right, list->count - right, spare);
    to = search(a, right, a[right].time, true);
    early = right - to;
    memcpy(spare, a + to, early * sizeof *a);
    while (left < early && right < list->count)
        a[to++] = a[right].time < spare[left].time ? a[right++] : spare[left++];
    memcpy(a + to, spare + left, (early - left) * sizeof *a);
    list->sorted = list->count;
}

/* Moves the entries to the front of an array of CAP. */
static int
move_to(struct tp_join *join, struct list *list, uint32_t cap)
{
    struct tp_join_entry *grown = malloc(cap * sizeof *grown);

    if (!grown)
        return -1;
    memcpy(grown, entries(list), list->count * sizeof *grown);
    if (list->cap)
        free(list->in.many);
    join->size += (cap - list->cap) * sizeof *grown;
    list->in.many = grown;
    list->cap = cap;
    list->start = 0;
    return 0;
}

/* Makes room for one more, and, where the list may have to be sorted (append), for as many again.
 * Amortized: what is moved to the front is less than what has left it. */
static int
make_room(struct tp_join *join, struct list *list)
{
    uint32_t cap = list->cap ? list->cap : FEW;
    uint32_t need = list->count < NEAR_END ? list->count + 1 : 2 * (list->count + 1);

    if (list->start + need <= cap)
        return 0;
    if (need <= cap && list->start >= list->count) {
        struct tp_join_entry *from = entries(list);

        memmove(from - list->start, from, list->count * sizeof *from);
        list->start = 0;
        return 0;
    }
    if (need > UINT32_MAX / 4)
        return -1;
    while (cap < need)
        cap *= 2;
    return move_to(join, list, list->start < list->count && list->cap ? 2 * cap : cap);
}

/* Room was made. */
static void
append(struct list *list, struct tp_join_kept *kept)
{
    struct tp_join_entry *end = entries(list) + list->count, entry = {kept->time, kept};
    size_t near = list->count < NEAR_END ? list->count : NEAR_END;
    bool in_order = list->count == 0 || end[-1].time <= kept->time;
    bool is_sorted = list->sorted == list->count;

    list->count++;
    if (is_sorted && in_order) {
        *end = entry;
        list->sorted = list->count;
    } else if (is_sorted && (near == list->count - 1 || end[-(long)near].time <= kept->time)) {
        size_t at = search(end - near, near, kept->time, true);

        memmove(end - near + at + 1, end - near + at, (near - at) * sizeof *end);
        end[(long)at - (long)near] = entry;
        list->sorted = list->count;
    } else {
        *end = entry;
    }
}

static void
drop_first(struct tp_join *join, struct list *list)
{
    list->start++;
    list->count--;
    list->sorted--;
    if (list->count > 0)
        return;
    list->start = 0;
    if (list->cap == 0)
        return;
    join->size -= list->cap * sizeof *list->in.many;
    free(list->in.many);
    list->cap = 0;
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
forget_oldest(struct tp_join *join)
{
    struct idle *idle = &join->idle;
    struct tp_join_key *key = idle->key[idle->first & (idle->cap - 1)];

    idle->first++;
    idle->count--;
    key->idle = false;
    if (is_empty(key))
        tp_map_remove(join->keys, tp_map_key(join->keys, key));
}

/* A key whose last record has left often has another soon: it is forgotten only when three in four
 * are in the queue of those without. */
static void
rest_if_empty(struct tp_join *join, struct tp_join_key *key)
{
    struct idle *idle = &join->idle;

    if (!is_empty(key) || key->idle)
        return;
    if (grow_idle(idle) < 0) { /* no memory to remember it in */
        tp_map_remove(join->keys, tp_map_key(join->keys, key));
        return;
    }
    idle->key[(idle->first + idle->count++) & (idle->cap - 1)] = key;
    key->idle = true;
    while (4 * idle->count > 3 * tp_map_count(join->keys) + 1)
        forget_oldest(join);
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
tp_join_probe(struct tp_join *join, enum tp_join_side side, struct tp_str key, uint32_t hash,
              tp_time time)
{
    struct tp_join_matches matches = {NULL, 0};
    struct tp_join_key *found = join->probed = tp_map_find_hashed(join->keys, key, hash);
    enum tp_join_side other = side == TP_JOIN_LEFT ? TP_JOIN_RIGHT : TP_JOIN_LEFT;
    tp_time from, to;
    struct list *list;
    size_t first;

    if (!found || found->side[other].count == 0)
        return matches;
    list = &found->side[other];
    sort_list(list);
    /* The left of a right record at R lies in [R - hi, R - lo]. */
    from = side == TP_JOIN_LEFT ? shifted(time, join->lo) : shifted(time, -join->hi);
    to = shifted(time, join->reach[side]);
    first = search(entries(list), list->count, from, false);
    matches.entry = entries(list) + first;
    matches.count = search(matches.entry, list->count - first, to, true);
    return matches;
}

static struct tp_join_key *
key_for(struct tp_join *join, struct tp_str key)
{
    if (join->probed && tp_str_equal(tp_map_key(join->keys, join->probed), key))
        return join->probed;
    return tp_map_add(join->keys, key, NULL);
}

struct tp_join_kept *
tp_join_keep(struct tp_join *join, enum tp_join_side side, struct tp_str key, tp_time time,
             struct tp_str line, struct tp_err *err)
{
    struct tp_join_key *at = key_for(join, key);
    struct tp_join_kept *kept = at ? new_kept(join, side, time, line) : NULL;

    if (!kept || make_room(join, &at->side[side]) < 0 || make_room(join, &join->due[side]) < 0) {
        if (kept) {
            join->size -= sizeof *kept + line.len;
            drop_record(join, kept);
        }
        tp_err_memory(err);
        return NULL;
    }
    kept->key = at;
    append(&at->side[side], kept);
    append(&join->due[side], kept);
    return kept;
}

/* Those that leave soon are asked for early: their keys lie anywhere. */
static void
prefetch_due(struct list *due)
{
    const struct tp_join_entry *entry = entries(due);

    if (due->count <= 16)
        return;
    __builtin_prefetch(entry[16].kept);
    __builtin_prefetch(&entry[8].kept->key->side[0]);
    __builtin_prefetch(&entry[8].kept->key->side[1]);
}

const struct tp_join_kept *
tp_join_expire(struct tp_join *join, enum tp_join_side side, tp_time watermark)
{
    struct list *due = &join->due[side];
    struct tp_join_kept *kept;

    if (join->expired)
        drop_record(join, join->expired);
    join->expired = NULL;
    join->probed = NULL;
    if (due->count == 0)
        return NULL;
    sort_list(due);
    if (shifted(shifted(entries(due)->time, join->reach[side]), join->lateness) >= watermark)
        return NULL;
    kept = entries(due)->kept;
    prefetch_due(due);
    drop_first(join, due);
    /* The earliest of its side is the earliest of its key: both lists are in one order. */
    sort_list(&kept->key->side[side]);
    drop_first(join, &kept->key->side[side]);
    join->expired = kept;
    join->size -= sizeof *kept + kept->len;
    rest_if_empty(join, kept->key);
    return kept;
}

const struct tp_join_kept *
tp_join_at(struct tp_join *join, enum tp_join_side side, size_t i)
{
    sort_list(&join->due[side]);
    return entries(&join->due[side])[i].kept;
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
    return join->due[side].count;
}

size_t
tp_join_size(const struct tp_join *join)
{
    return join->size + join->idle.cap * sizeof(struct tp_join_key *) + tp_map_size(join->keys);
}
