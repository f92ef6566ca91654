#include "event/expiring.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/map.h"

#define ALIGN _Alignof(max_align_t)

/* What the map holds for a key. */
struct seen {
    tp_time time;
    struct seen *older, *newer;
    _Alignas(max_align_t) char state[];
};

struct tp_expiring {
    struct tp_map *map;
    tp_duration ttl;
    tp_expiring_clear *clear;
    const void *context;
    struct seen *oldest, *newest;
};

struct tp_expiring *
tp_expiring_new(size_t size, tp_duration ttl, tp_expiring_clear *clear, const void *context)
{
    struct tp_expiring *keys = calloc(1, sizeof *keys);

    if (!keys)
        return NULL;
    *keys = (struct tp_expiring){.ttl = ttl, .clear = clear, .context = context};
    /* The map aligns by size: what needs 16 bytes has a multiple of them. */
    keys->map = tp_map_new_walked(sizeof(struct seen) + (size + ALIGN - 1) / ALIGN * ALIGN);
    if (!keys->map) {
        free(keys);
        return NULL;
    }
    return keys;
}

void
tp_expiring_free(struct tp_expiring *keys)
{
    if (!keys)
        return;
    for (struct seen *seen = keys->oldest; seen; seen = seen->newer)
        keys->clear(keys->context, seen->state);
    tp_map_free(keys->map);
    free(keys);
}

static void
unlink_seen(struct tp_expiring *keys, struct seen *seen)
{
    *(seen->older ? &seen->older->newer : &keys->oldest) = seen->newer;
    *(seen->newer ? &seen->newer->older : &keys->newest) = seen->older;
}

static void
append_seen(struct tp_expiring *keys, struct seen *seen)
{
    seen->older = keys->newest;
    seen->newer = NULL;
    *(keys->newest ? &keys->newest->newer : &keys->oldest) = seen;
    keys->newest = seen;
}

void *
tp_expiring_touch(struct tp_expiring *keys, struct tp_str key, tp_time time)
{
    bool is_new;
    struct seen *seen = tp_map_add(keys->map, key, &is_new);

    if (!seen)
        return NULL;
    if (!is_new)
        unlink_seen(keys, seen);
    append_seen(keys, seen);
    seen->time = time;
    return seen->state;
}

void
tp_expiring_forget(struct tp_expiring *keys, tp_time now)
{
    tp_time limit;

    if (keys->ttl == 0 || !tp_time_subtract(now, keys->ttl, &limit))
        return;
    while (keys->oldest && keys->oldest->time < limit) {
        struct seen *seen = keys->oldest;

        unlink_seen(keys, seen);
        keys->clear(keys->context, seen->state);
        tp_map_remove(keys->map, tp_map_key(keys->map, seen));
    }
}

void *
tp_expiring_first(const struct tp_expiring *keys)
{
    return keys->oldest ? keys->oldest->state : NULL;
}

static const struct seen *
seen_of(const void *state)
{
    return (const struct seen *)((const char *)state - offsetof(struct seen, state));
}

void *
tp_expiring_next(const void *state)
{
    struct seen *newer = seen_of(state)->newer;

    return newer ? newer->state : NULL;
}

struct tp_str
tp_expiring_key(const struct tp_expiring *keys, const void *state)
{
    return tp_map_key(keys->map, seen_of(state));
}

tp_time
tp_expiring_time(const void *state)
{
    return seen_of(state)->time;
}

size_t
tp_expiring_count(const struct tp_expiring *keys)
{
    return tp_map_count(keys->map);
}

size_t
tp_expiring_size(const struct tp_expiring *keys)
{
    return tp_map_size(keys->map);
}
