#include "event/tops.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/heap.h"
#include "base/map.h"

struct tp_tops {
    struct tp_map *windows; /* struct tp_window -> struct tp_top_window */
    struct tp_heap due;     /* windows by the watermark they wait for */
    size_t groups;          /* bytes of all maps of groups */
};

static struct tp_str
bytes_of(const struct tp_window *bounds)
{
    return (struct tp_str){(const char *)bounds, sizeof *bounds};
}

struct tp_tops *
tp_tops_new(void)
{
    struct tp_tops *tops = calloc(1, sizeof *tops);

    if (!tops)
        return NULL;
    tops->windows = tp_map_new(sizeof(struct tp_top_window));
    if (tops->windows)
        return tops;
    free(tops);
    return NULL;
}

static void
release_groups(struct tp_map *groups)
{
    if (!groups)
        return;
    for (void *top = tp_map_first(groups); top; top = tp_map_next(groups, top))
        tp_top_release(top);
    tp_map_free(groups);
}

void
tp_tops_free(struct tp_tops *tops)
{
    if (!tops)
        return;
    for (struct tp_top_window *w = tp_map_first(tops->windows); w;
         w = tp_map_next(tops->windows, w))
        release_groups(w->groups);
    tp_map_free(tops->windows);
    tp_heap_release(&tops->due);
    free(tops);
}

/* The window BOUNDS, made if it was not there. NULL: memory. */
static struct tp_top_window *
get_window(struct tp_tops *tops, const struct tp_window *bounds, tp_time due)
{
    bool is_new;
    struct tp_top_window *window = tp_map_add(tops->windows, bytes_of(bounds), &is_new);

    if (!window || !is_new)
        return window;
    window->bounds = *bounds;
    window->groups = tp_map_new(sizeof(struct tp_top));
    if (!window->groups || tp_heap_push(&tops->due, due, window) < 0)
        return NULL;
    tops->groups += tp_map_size(window->groups);
    return window;
}

struct tp_top *
tp_tops_get(struct tp_tops *tops, const struct tp_window *bounds, tp_time due, struct tp_str key,
            struct tp_err *err)
{
    struct tp_top_window *window = get_window(tops, bounds, due);
    struct tp_top *top;

    if (!window) {
        tp_err_memory(err);
        return NULL;
    }
    tops->groups -= tp_map_size(window->groups);
    top = tp_map_add(window->groups, key, NULL);
    tops->groups += tp_map_size(window->groups);
    if (!top)
        tp_err_memory(err);
    return top;
}

struct tp_top_window *
tp_tops_due(struct tp_tops *tops, tp_time watermark)
{
    const struct tp_heap_entry *next = tp_heap_peek(&tops->due);

    return next && next->at <= watermark ? tp_heap_pop(&tops->due).data : NULL;
}

void
tp_tops_drop(struct tp_tops *tops, struct tp_top_window *window)
{
    struct tp_window bounds = window->bounds;

    tops->groups -= tp_map_size(window->groups);
    release_groups(window->groups);
    tp_map_remove(tops->windows, bytes_of(&bounds));
}

size_t
tp_tops_count(const struct tp_tops *tops)
{
    return tp_map_count(tops->windows);
}

size_t
tp_tops_size(const struct tp_tops *tops)
{
    return tp_map_size(tops->windows) + tops->due.cap * sizeof *tops->due.entry + tops->groups;
}
