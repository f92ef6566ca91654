#include "event/holes.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/heap.h"
#include "base/map.h"

/* A key: its last record. */
struct last {
    tp_time time;
    int64_t next; /* the number of the next instant to fill, from 1 */
    char *record;
    size_t len, cap;
    bool is_armed; /* it has a timer, which may be too early */
};

struct tp_holes {
    struct tp_holes_rule rule;
    struct tp_map *keys;
    struct tp_heap timers;
    size_t bytes; /* of records */
};

struct tp_holes *
tp_holes_new(struct tp_holes_rule rule)
{
    struct tp_holes *h = calloc(1, sizeof *h);

    if (!h)
        return NULL;
    h->rule = rule;
    h->keys = tp_map_new(sizeof(struct last));
    if (h->keys)
        return h;
    free(h);
    return NULL;
}

void
tp_holes_free(struct tp_holes *h)
{
    if (!h)
        return;
    for (struct last *last = tp_map_first(h->keys); last; last = tp_map_next(h->keys, last))
        free(last->record);
    tp_map_free(h->keys);
    tp_heap_release(&h->timers);
    free(h);
}

tp_duration
tp_holes_lag(const struct tp_holes_rule *rule)
{
    tp_duration within = rule->waits ? rule->forget : rule->after;

    return within > rule->step ? within - rule->step : 0;
}

/* --- instants ----------------------------------------------------------------------------------*/

/* The instant number N behind LAST: false when there is none. */
static bool
instant(const struct tp_holes *h, const struct last *last, int64_t n, tp_time *at)
{
    tp_duration behind;

    if (__builtin_mul_overflow(n, h->rule.step, &behind))
        return false;
    if (h->rule.forget > 0 && behind > h->rule.forget)
        return false;
    return tp_time_add(last->time, behind, at);
}

/* When something happens to LAST: an instant is filled, or the key forgotten (*FORGETS). False:
 * never. */
static bool
next_of(const struct tp_holes *h, const struct last *last, tp_time *due, bool *forgets)
{
    tp_time proven, at;

    *forgets = h->rule.waits || !instant(h, last, last->next, &at);
    if (*forgets)
        return h->rule.forget > 0 && tp_time_add(last->time, h->rule.forget, due);
    if (!tp_time_add(last->time, h->rule.after, &proven))
        return false;
    *due = at > proven ? at : proven;
    return true;
}

static int
arm(struct tp_holes *h, struct last *last)
{
    tp_time due;
    bool forgets;

    if (last->is_armed || !next_of(h, last, &due, &forgets))
        return 0;
    if (tp_heap_push(&h->timers, due, last) < 0)
        return -1;
    last->is_armed = true;
    return 0;
}

/* --- records -----------------------------------------------------------------------------------*/

static struct tp_hole
hole_behind(const struct last *last)
{
    return (struct tp_hole){.from = last->time, .before = {last->record, last->len}};
}

/* WAITS: the hole between LAST and the RECORD at TIME. */
static int
fill_between(const struct tp_holes *h, const struct last *last, tp_time time, struct tp_str record,
             tp_holes_fill *fill, void *context, struct tp_err *err)
{
    struct tp_hole hole = hole_behind(last);
    __int128 length = (__int128)time - last->time;

    if (length <= h->rule.after || (h->rule.forget > 0 && length > h->rule.forget))
        return 0;
    hole.to = time;
    hole.behind = record;
    for (int64_t n = 1; instant(h, last, n, &hole.at) && hole.at < time; n++)
        if (fill(context, &hole, err) < 0)
            return -1;
    return 0;
}

static int
keep(struct tp_holes *h, struct last *last, struct tp_str record)
{
    if (record.len > last->cap) {
        char *grown = realloc(last->record, record.len);

        if (!grown)
            return -1;
        h->bytes += record.len - last->cap;
        last->record = grown;
        last->cap = record.len;
    }
    if (record.len)
        memcpy(last->record, record.ptr, record.len);
    last->len = record.len;
    return 0;
}

int
tp_holes_see(struct tp_holes *h, struct tp_str key, tp_time time, struct tp_str record,
             tp_holes_fill *fill, void *context, struct tp_err *err)
{
    bool is_new;
    struct last *last = tp_map_add(h->keys, key, &is_new);

    if (!last)
        return tp_err_memory(err);
    if (!is_new && h->rule.waits && fill_between(h, last, time, record, fill, context, err) < 0)
        return -1;
    last->time = time;
    last->next = 1;
    if (keep(h, last, record) < 0 || arm(h, last) < 0)
        return tp_err_memory(err);
    return 0;
}

/* --- time --------------------------------------------------------------------------------------*/

static void
forget(struct tp_holes *h, struct last *last)
{
    h->bytes -= last->cap;
    free(last->record);
    tp_map_remove(h->keys, tp_map_key(h->keys, last));
}

/* The timer of LAST has run out at NOW. */
static int
wake(struct tp_holes *h, struct last *last, tp_time now, tp_holes_fill *fill, void *context,
     struct tp_err *err)
{
    struct tp_hole hole = hole_behind(last);
    tp_time due;
    bool forgets;

    last->is_armed = false;
    while (next_of(h, last, &due, &forgets) && due <= now) {
        if (forgets) {
            forget(h, last);
            return 0;
        }
        instant(h, last, last->next++, &hole.at);
        if (fill(context, &hole, err) < 0)
            return -1;
    }
    return arm(h, last) < 0 ? tp_err_memory(err) : 0;
}

int
tp_holes_advance(struct tp_holes *h, tp_time limit, tp_holes_fill *fill, void *context,
                 struct tp_err *err)
{
    const struct tp_heap_entry *next;

    while ((next = tp_heap_peek(&h->timers)) && next->at < limit) {
        struct tp_heap_entry timer = tp_heap_pop(&h->timers);

        if (wake(h, timer.data, timer.at, fill, context, err) < 0)
            return -1;
    }
    return 0;
}

/* --- saved state -------------------------------------------------------------------------------*/

static struct tp_holes_key
describe(const struct tp_holes *h, const struct last *last)
{
    return (struct tp_holes_key){
        .key = tp_map_key(h->keys, last),
        .record = {last->record, last->len},
        .time = last->time,
        .filled = last->next - 1,
        .has_timer = last->is_armed,
    };
}

/* Those with a timer in the order of timers, which is that of what is filled at one instant. */
int
tp_holes_walk(struct tp_holes *h, tp_holes_take *take, void *context, struct tp_err *err)
{
    struct tp_holes_key key;

    tp_heap_sort(&h->timers);
    for (size_t i = 0; i < h->timers.count; i++) {
        key = describe(h, h->timers.entry[i].data);
        key.timer = h->timers.entry[i].at;
        if (take(context, &key, err) < 0)
            return -1;
    }
    for (struct last *last = tp_map_first(h->keys); last; last = tp_map_next(h->keys, last)) {
        key = describe(h, last);
        if (!last->is_armed && take(context, &key, err) < 0)
            return -1;
    }
    return 0;
}

int
tp_holes_put(struct tp_holes *h, const struct tp_holes_key *key, struct tp_err *err)
{
    struct last *last = tp_map_add(h->keys, key->key, NULL);

    if (!last || keep(h, last, key->record) < 0 ||
        (key->has_timer && tp_heap_push(&h->timers, key->timer, last) < 0))
        return tp_err_memory(err);
    last->time = key->time;
    last->next = key->filled + 1;
    last->is_armed = key->has_timer;
    return 0;
}

size_t
tp_holes_count(const struct tp_holes *h)
{
    return tp_map_count(h->keys);
}

size_t
tp_holes_size(const struct tp_holes *h)
{
    return tp_map_size(h->keys) + h->timers.cap * sizeof *h->timers.entry + h->bytes;
}
