#include "event/held.h"

#include <stdlib.h>

#include "base/heap.h"
#include "base/map.h"
#include "event/lineup.h"

struct group {
    struct tp_firing firing;
    _Alignas(16) char acc[];
};

struct held_window {
    struct tp_window window;
    struct tp_map *groups; /* key -> struct group */
};

struct tp_held {
    const struct tp_window_spec *spec;
    const struct tp_aggs *aggs;
    const struct tp_trigger *trigger;
    struct tp_row_to to;
    struct tp_quiet *quiet;  /* NULL: silence is not said */
    struct tp_map *by_end;   /* end, 8 bytes -> struct held_window */
    struct tp_heap due;      /* windows by their end */
    struct tp_heap early;    /* ... by when their next early rows are due */
    struct tp_heap expiring; /* ... that were said, by their end */
    struct tp_lineup early_now;
};

struct tp_held *
tp_held_new(const struct tp_window_spec *spec, const struct tp_aggs *aggs,
            const struct tp_trigger *trigger, struct tp_row_to to)
{
    struct tp_held *held = calloc(1, sizeof *held);

    if (!held)
        return NULL;
    held->spec = spec;
    held->aggs = aggs;
    held->trigger = trigger;
    held->to = to;
    held->by_end = tp_map_new(sizeof(struct held_window));
    if (held->by_end)
        return held;
    free(held);
    return NULL;
}

static void
release_group(const struct tp_held *held, struct group *group)
{
    tp_aggs_clear(held->aggs, group->acc);
    tp_firing_release(&group->firing);
}

static void
release_window(const struct tp_held *held, struct held_window *window)
{
    for (void *g = tp_map_first(window->groups); g; g = tp_map_next(window->groups, g))
        release_group(held, g);
    tp_map_free(window->groups);
}

void
tp_held_free(struct tp_held *held)
{
    if (!held)
        return;
    for (void *w = tp_map_first(held->by_end); w; w = tp_map_next(held->by_end, w))
        release_window(held, w);
    tp_map_free(held->by_end);
    tp_heap_release(&held->due);
    tp_heap_release(&held->early);
    tp_heap_release(&held->expiring);
    tp_lineup_release(&held->early_now);
    free(held);
}

void
tp_held_fill(struct tp_held *held, struct tp_quiet *quiet)
{
    held->quiet = quiet;
}

static struct tp_str
end_key(const tp_time *end)
{
    return (struct tp_str){(const char *)end, sizeof *end};
}

/* --- windows -----------------------------------------------------------------------------------*/

static int
schedule_early(struct tp_held *held, struct held_window *window, tp_time watermark)
{
    tp_time next = tp_trigger_next_early(held->trigger, &window->window, watermark);

    return next == TP_TIME_AFTER_ALL ? 0 : tp_heap_push(&held->early, next, window);
}

static int
schedule(struct tp_held *held, struct held_window *window, tp_time watermark)
{
    tp_time end = window->window.end;

    if (end <= watermark)
        return tp_heap_push(&held->expiring, end, window);
    if (tp_heap_push(&held->due, end, window) < 0)
        return -1;
    return schedule_early(held, window, watermark);
}

/* The window that ends at END, made if it was not there; NULL: no memory. */
static struct held_window *
window_at(struct tp_held *held, tp_time end, tp_time watermark)
{
    bool is_new;
    struct held_window *window = tp_map_add(held->by_end, end_key(&end), &is_new);

    if (!window || !is_new)
        return window;
    window->window = (struct tp_window){tp_window_start(held->spec, end), end};
    window->groups = tp_map_new(tp_aggs_size_behind(held->aggs, sizeof(struct group)));
    if (window->groups && schedule(held, window, watermark) == 0)
        return window;
    tp_map_free(window->groups);
    tp_map_remove(held->by_end, end_key(&end));
    return NULL;
}

/* The end of the window behind that which ends at END; AFTER_ALL where there can be none. */
static tp_time
end_after(const struct tp_held *held, tp_time end)
{
    tp_time next;

    return tp_time_add(end, held->spec->slide, &next) ? next : TP_TIME_AFTER_ALL;
}

/* --- saying ------------------------------------------------------------------------------------*/

/* All of its records were taken back: SQL has no row of it then, unless silence has one. */
static bool
is_emptied(const struct tp_held *held, const struct group *group)
{
    return held->trigger->changes && !held->trigger->discard && !held->quiet &&
           tp_aggs_is_empty(held->aggs, group->acc);
}

static int
fire(struct tp_held *held, const struct held_window *window, struct group *group,
     enum tp_timing timing, bool last, struct tp_err *err)
{
    struct tp_said said = {held->aggs, &window->window, tp_map_key(window->groups, group),
                           group->acc, &group->firing};

    if (is_emptied(held, group)) {
        group->firing.fresh = 0;
        return tp_trigger_take_back(&said, &held->to, err);
    }
    return tp_trigger_fire(held->trigger, &said, timing, last, &held->to, err);
}

static int
fire_on_time(struct tp_held *held, const struct held_window *window, tp_time watermark,
             struct tp_err *err)
{
    bool last = tp_trigger_is_over(held->trigger, window->window.end, watermark);

    if (held->quiet && tp_quiet_before(held->quiet, window->window.end, err) < 0)
        return -1;
    for (void *g = tp_map_first(window->groups); g; g = tp_map_next(window->groups, g)) {
        struct tp_str key = tp_map_key(window->groups, g);

        if (fire(held, window, g, TP_ON_TIME, last, err) < 0 ||
            (held->quiet && tp_quiet_seen(held->quiet, &window->window, key, err) < 0))
            return -1;
    }
    return held->quiet ? tp_quiet_rest(held->quiet, &window->window, err) : 0;
}

static int
fire_early(struct tp_held *held, const struct held_window *window, struct tp_err *err)
{
    for (struct group *g = tp_map_first(window->groups); g; g = tp_map_next(window->groups, g))
        if (g->firing.fresh > 0 && fire(held, window, g, TP_EARLY, false, err) < 0)
            return -1;
    return 0;
}

/* --- records -----------------------------------------------------------------------------------*/

int
tp_held_check(const struct tp_held *held, const struct tp_arrival *arrival, tp_time first_end,
              tp_time last_end, struct tp_err *err)
{
    if (tp_arrival_check(arrival, held->aggs, err) < 0)
        return -1;
    for (tp_time end = first_end; end <= last_end; end = end_after(held, end)) {
        struct held_window *window = tp_map_find(held->by_end, end_key(&end));
        struct group *group = window ? tp_map_find(window->groups, arrival->key) : NULL;

        if (group && !tp_trigger_is_over(held->trigger, end, arrival->watermark) &&
            tp_arrival_check_add(arrival, held->aggs, group->acc, err) < 0)
            return -1;
    }
    return 0;
}

static int
add_to_window(struct tp_held *held, const struct tp_arrival *arrival, tp_time end,
              struct tp_err *err)
{
    struct held_window *window = window_at(held, end, arrival->watermark);
    struct group *group = window ? tp_map_add(window->groups, arrival->key, NULL) : NULL;

    if (!group)
        return tp_err_memory(err);
    if (tp_arrival_apply(arrival, held->aggs, group->acc, err) < 0)
        return -1;
    group->firing.fresh++;
    if (end <= arrival->watermark)
        return fire(held, window, group, TP_LATE_ROW, false, err);
    if (held->trigger->early_count > 0 && group->firing.fresh >= held->trigger->early_count)
        return fire(held, window, group, TP_EARLY, false, err);
    return 0;
}

int
tp_held_add(struct tp_held *held, const struct tp_arrival *arrival, tp_time first_end,
            tp_time last_end, struct tp_err *err)
{
    for (tp_time end = first_end; end <= last_end; end = end_after(held, end))
        if (!tp_trigger_is_over(held->trigger, end, arrival->watermark) &&
            add_to_window(held, arrival, end, err) < 0)
            return -1;
    return 0;
}

int
tp_held_say(struct tp_held *held, const struct tp_window *window, struct tp_str key, void *acc,
            tp_time watermark, struct tp_err *err)
{
    struct held_window *of;
    struct group *group;

    if (tp_trigger_is_over(held->trigger, window->end, watermark)) {
        struct tp_firing once = {0};
        struct tp_said said = {held->aggs, window, key, acc, &once};

        return tp_trigger_fire(held->trigger, &said, TP_ON_TIME, true, &held->to, err);
    }
    of = window_at(held, window->end, watermark);
    group = of ? tp_map_add(of->groups, key, NULL) : NULL;
    if (!group)
        return tp_err_memory(err);
    if (tp_aggs_merge(held->aggs, group->acc, acc, err) < 0)
        return -1;
    return fire(held, of, group, TP_ON_TIME, false, err);
}

/* --- time --------------------------------------------------------------------------------------*/

/* The windows whose early rows are due and whose row on time is not: by their ends, of which no two
 * are equal. An entry lies before its window's end, so that none outlives its window. */
static int
line_up_early(struct tp_held *held, tp_time watermark, struct tp_err *err)
{
    const struct tp_heap_entry *next;

    tp_lineup_clear(&held->early_now);
    while ((next = tp_heap_peek(&held->early)) && next->at <= watermark) {
        struct held_window *window = tp_heap_pop(&held->early).data;

        if (window->window.end <= watermark)
            continue;
        if (tp_lineup_add(&held->early_now, window->window.end, 0, window) < 0)
            return tp_err_memory(err);
    }
    tp_lineup_sort(&held->early_now);
    return 0;
}

static int
fire_due(struct tp_held *held, tp_time watermark, struct tp_err *err)
{
    const struct tp_heap_entry *next;

    while ((next = tp_heap_peek(&held->due)) && next->at <= watermark) {
        struct held_window *window = tp_heap_pop(&held->due).data;

        if (fire_on_time(held, window, watermark, err) < 0)
            return -1;
        if (tp_heap_push(&held->expiring, window->window.end, window) < 0)
            return tp_err_memory(err);
    }
    return 0;
}

static void
expire(struct tp_held *held, tp_time watermark)
{
    const struct tp_heap_entry *next;

    while ((next = tp_heap_peek(&held->expiring)) &&
           tp_trigger_is_over(held->trigger, next->at, watermark)) {
        struct held_window *window = tp_heap_pop(&held->expiring).data;
        tp_time end = window->window.end;

        release_window(held, window);
        tp_map_remove(held->by_end, end_key(&end));
    }
}

int
tp_held_watermark(struct tp_held *held, tp_time watermark, struct tp_err *err)
{
    if (line_up_early(held, watermark, err) < 0 || fire_due(held, watermark, err) < 0)
        return -1;
    for (size_t i = 0; i < held->early_now.count; i++) {
        struct held_window *window = held->early_now.entry[i].what;

        if (fire_early(held, window, err) < 0)
            return -1;
        if (schedule_early(held, window, watermark) < 0)
            return tp_err_memory(err);
    }
    expire(held, watermark);
    return 0;
}

size_t
tp_held_open(const struct tp_held *held)
{
    return held->due.count;
}

/* --- saved state -------------------------------------------------------------------------------*/

static int
save_window(const struct held_window *window, const struct tp_saving *saving, struct tp_save *save,
            struct tp_err *err)
{
    for (struct group *g = tp_map_first(window->groups); g; g = tp_map_next(window->groups, g)) {
        struct tp_emit line = tp_emit_open(tp_save_line(save));

        tp_emit_int(&line, TP_STR("held"), window->window.end);
        tp_firing_save(&g->firing, &line);
        if (tp_saving_end(saving, &line, save, tp_map_key(window->groups, g), g->acc, err) < 0)
            return -1;
    }
    return 0;
}

int
tp_held_save(const struct tp_held *held, const struct tp_saving *saving, struct tp_save *save,
             struct tp_err *err)
{
    for (void *w = tp_map_first(held->by_end); w; w = tp_map_next(held->by_end, w))
        if (save_window(w, saving, save, err) < 0)
            return -1;
    return 0;
}

/* When its early rows are due next follows from the watermark, as it did before. */
int
tp_held_load(struct tp_held *held, struct tp_saving *saving, struct tp_str line, tp_time watermark,
             struct tp_err *err)
{
    struct tp_str array, json, key;
    int64_t end;
    const struct tp_saved fields[] = {
        {"held", TP_SAVED_INT, &end, false},
        {"key", TP_SAVED_JSON, &array, false},
        {"acc", TP_SAVED_JSON, &json, false},
    };
    struct held_window *window;
    struct group *group;

    if (tp_saved_read(line, fields, sizeof fields / sizeof *fields, err) < 0 ||
        tp_saving_key(saving, array, &key, err) < 0)
        return -1;
    window = window_at(held, end, watermark);
    group = window ? tp_map_add(window->groups, key, NULL) : NULL;
    if (!group)
        return tp_err_memory(err);
    if (tp_firing_load(&group->firing, line, err) < 0)
        return -1;
    return tp_aggs_load(held->aggs, group->acc, json, err);
}
