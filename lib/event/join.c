#include "event/join.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"

/* A record that belongs further than this from the end is put in place later, when the list is
 * looked at: files in no order are sorted once, not record by record. */
#define NEAR_END 256

/* kept[start, start + count) in the order of (time, arrival); the first `sorted` of them surely. */
struct list {
    struct tp_join_kept **kept;
    size_t start, count, cap, sorted;
};

struct tp_join_key {
    struct list side[2];
};

struct tp_join {
    tp_duration lo, hi;
    tp_duration reach[2]; /* hi, -lo: how far behind its own time the last match may lie */
    tp_duration lateness;
    tp_duration held_back; /* see tp_join_forward */
    struct tp_map *keys;
    struct list due[2]; /* all that is kept of a side: the first is the next to go */
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

static void
release_list(struct list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->kept[list->start + i]);
    free(list->kept);
}

void
tp_join_free(struct tp_join *join)
{
    if (!join)
        return;
    for (struct tp_join_key *key = tp_map_first(join->keys); key;
         key = tp_map_next(join->keys, key)) {
        release_list(&key->side[TP_JOIN_LEFT]);
        release_list(&key->side[TP_JOIN_RIGHT]);
    }
    tp_map_free(join->keys);
    free(join->due[TP_JOIN_LEFT].kept);
    free(join->due[TP_JOIN_RIGHT].kept);
    free(join->expired);
    free(join);
}

/* --- lists -------------------------------------------------------------------------------------*/

/* The first of FROM[0, COUNT), which is sorted, whose time is at least (ABOVE: greater than) TIME.
 */
static size_t
search(struct tp_join_kept *const *from, size_t count, tp_time time, bool above)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (from[middle]->time < time || (above && from[middle]->time == time))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Stable merge sort of A[0, COUNT), with room for as many in SPARE. */
static void
merge_sort(struct tp_join_kept **a, size_t count, struct tp_join_kept **spare)
{
    size_t half = count / 2, left = 0, right = half, to = 0;

    if (count < 2)
        return;
    merge_sort(a, half, spare);
    merge_sort(a + half, count - half, spare);
    if (a[half - 1]->time <= a[half]->time)
        return;
    memcpy(spare, a, half * sizeof *a);
    while (left < half && right < count)
        a[to++] = a[right]->time < spare[left]->time ? a[right++] : spare[left++];
    memcpy(a + to, spare + left, (half - left) * sizeof *a);
}

/* Puts the tail in its place: it is sorted, then merged with those before it that are later than
 * its first, so that the work is bounded by the disorder, not by the length of the list. There is
 * always room for as many again behind the records (make_room): sorting cannot fail. */
static void
sort_list(struct list *list)
{
    struct tp_join_kept **a = list->kept + list->start, **spare = a + list->count;
    size_t left = 0, right = list->sorted, to, early;

    if (list->sorted == list->count)
        return;
    merge_sort(a + right, list->count - right, spare);
    to = search(a, right, a[right]->time, true);
    early = right - to;
    memcpy(spare, a + to, early * sizeof *a);
    while (left < early && right < list->count)
        a[to++] = a[right]->time < spare[left]->time ? a[right++] : spare[left++];
    memcpy(a + to, spare + left, (early - left) * sizeof *a);
    list->sorted = list->count;
}

/* Makes room for one more, and for sorting all of them. Amortized: what is moved to the front is
 * less than what has left it. */
static int
make_room(struct tp_join *join, struct list *list)
{
    struct tp_join_kept **grown;
    size_t cap;

    if (list->start + 2 * (list->count + 1) <= list->cap)
        return 0;
    if (list->start >= list->count + 2) {
        memmove(list->kept, list->kept + list->start, list->count * sizeof *list->kept);
        list->start = 0;
        return make_room(join, list);
    }
    cap = list->cap ? 2 * list->cap : 4;
    grown = realloc(list->kept, cap * sizeof(struct tp_join_kept *));
    if (!grown)
        return -1;
    join->size += (cap - list->cap) * sizeof(struct tp_join_kept *);
    list->kept = grown;
    list->cap = cap;
    return make_room(join, list);
}

/* Room was made. */
static void
append(struct list *list, struct tp_join_kept *kept)
{
    struct tp_join_kept **end = list->kept + list->start + list->count;
    size_t near = list->count < NEAR_END ? list->count : NEAR_END;
    bool in_order = list->count == 0 || end[-1]->time <= kept->time;
    bool is_sorted = list->sorted == list->count;

    list->count++;
    if (is_sorted &&
        (in_order || near == list->count - 1 || end[-(long)near]->time <= kept->time)) {
        size_t at = in_order ? near : search(end - near, near, kept->time, true);

        memmove(end - near + at + 1, end - near + at, (near - at) * sizeof(struct tp_join_kept *));
        end[(long)at - (long)near] = kept;
        list->sorted = list->count;
        return;
    }
    *end = kept;
}

static void
drop_first(struct list *list)
{
    list->start++;
    list->count--;
    list->sorted--;
    if (list->count == 0)
        list->start = 0;
}

/* --- verbs -------------------------------------------------------------------------------------*/

struct tp_join_matches
tp_join_probe(struct tp_join *join, enum tp_join_side side, struct tp_str key, tp_time time)
{
    struct tp_join_matches matches = {NULL, 0};
    struct tp_join_key *found = tp_map_find(join->keys, key);
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
    first = search(list->kept + list->start, list->count, from, false);
    matches.kept = list->kept + list->start + first;
    matches.count = search(matches.kept, list->count - first, to, true);
    return matches;
}

static struct tp_join_kept *
new_kept(struct tp_join *join, enum tp_join_side side, tp_time time, struct tp_str line)
{
    struct tp_join_kept *kept = malloc(sizeof *kept + line.len);

    if (!kept)
        return NULL;
    *kept = (struct tp_join_kept){.time = time, .side = side, .len = (uint32_t)line.len};
    if (line.len)
        memcpy(kept->line, line.ptr, line.len);
    join->size += sizeof *kept + line.len;
    return kept;
}

static void
forget_empty(struct tp_join *join, struct tp_join_key *key)
{
    if (key->side[TP_JOIN_LEFT].count + key->side[TP_JOIN_RIGHT].count > 0)
        return;
    for (int side = 0; side < 2; side++) {
        join->size -= key->side[side].cap * sizeof(struct tp_join_kept *);
        free(key->side[side].kept);
    }
    tp_map_remove(join->keys, tp_map_key(join->keys, key));
}

struct tp_join_kept *
tp_join_keep(struct tp_join *join, enum tp_join_side side, struct tp_str key, tp_time time,
             struct tp_str line, struct tp_err *err)
{
    struct tp_join_key *at = tp_map_add(join->keys, key, NULL);
    struct tp_join_kept *kept;

    if (!at) {
        tp_err_memory(err);
        return NULL;
    }
    kept = new_kept(join, side, time, line);
    if (!kept || make_room(join, &at->side[side]) < 0 || make_room(join, &join->due[side]) < 0) {
        if (kept)
            join->size -= sizeof *kept + line.len;
        free(kept);
        forget_empty(join, at);
        tp_err_memory(err);
        return NULL;
    }
    kept->key = at;
    append(&at->side[side], kept);
    append(&join->due[side], kept);
    return kept;
}

const struct tp_join_kept *
tp_join_expire(struct tp_join *join, enum tp_join_side side, tp_time watermark)
{
    struct list *due = &join->due[side];
    struct tp_join_kept *kept;

    free(join->expired);
    join->expired = NULL;
    if (due->count == 0)
        return NULL;
    sort_list(due);
    kept = due->kept[due->start];
    if (shifted(shifted(kept->time, join->reach[side]), join->lateness) >= watermark)
        return NULL;
    drop_first(due);
    /* The earliest of its side is the earliest of its key: both lists are in one order. */
    sort_list(&kept->key->side[side]);
    drop_first(&kept->key->side[side]);
    join->expired = kept;
    join->size -= sizeof *kept + kept->len;
    forget_empty(join, kept->key);
    return kept;
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
    return join->size + tp_map_size(join->keys);
}
