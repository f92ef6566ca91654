#include "event/pane.h"

#include <stdlib.h>

#include "base/heap.h"
#include "base/str.h"

struct tp_panes {
    const struct tp_window_spec *spec;
    const struct tp_aggs *aggs;
    struct tp_map *by_start; /* start, 8 bytes -> struct tp_pane */
    struct tp_heap due;      /* panes by next_end */
    struct tp_heap expiring; /* panes by the time they are dropped */
    struct tp_pane **covered;
    size_t covered_cap;
};

static struct tp_str
start_key(const tp_time *start)
{
    return (struct tp_str){(const char *)start, sizeof *start};
}

struct tp_panes *
tp_panes_new(const struct tp_window_spec *spec, const struct tp_aggs *aggs)
{
    struct tp_panes *panes = calloc(1, sizeof *panes);

    if (!panes)
        return NULL;
    panes->spec = spec;
    panes->aggs = aggs;
    panes->by_start = tp_map_new(sizeof(struct tp_pane));
    if (!panes->by_start) {
        free(panes);
        return NULL;
    }
    return panes;
}

static void
empty_pane(struct tp_panes *panes, struct tp_pane *pane)
{
    for (void *acc = tp_map_first(pane->groups); acc; acc = tp_map_next(pane->groups, acc))
        tp_aggs_clear(panes->aggs, acc);
    tp_map_free(pane->groups);
    tp_buf_release(&pane->seen);
    pane->groups = NULL;
}

void
tp_panes_free(struct tp_panes *panes)
{
    if (!panes)
        return;
    for (void *p = tp_map_first(panes->by_start); p; p = tp_map_next(panes->by_start, p))
        empty_pane(panes, p);
    tp_map_free(panes->by_start);
    tp_heap_release(&panes->due);
    tp_heap_release(&panes->expiring);
    free(panes->covered);
    free(panes);
}

/* The end of the window of a pane that follows the one ending at END; AFTER_ALL where there can be
 * none. */
static tp_time
end_after(const struct tp_panes *panes, tp_time end)
{
    tp_time next;

    return tp_time_add(end, panes->spec->slide, &next) ? next : TP_TIME_AFTER_ALL;
}

/* The end of the first window of the pane that WATERMARK has not fired yet. */
static tp_time
first_due(const struct tp_panes *panes, tp_time first_end, tp_time last_end, tp_time watermark)
{
    tp_duration slide = panes->spec->slide;

    if (watermark < first_end)
        return first_end;
    if (watermark >= last_end)
        return TP_TIME_AFTER_ALL;
    return first_end + ((watermark - first_end) / slide + 1) * slide;
}

static int
schedule(struct tp_panes *panes, struct tp_pane *pane)
{
    if (pane->next_end <= pane->last_end)
        return tp_heap_push(&panes->due, pane->next_end, pane);
    return tp_heap_push(&panes->expiring, pane->last_end, pane);
}

/* The next of its windows to be written ends at NEXT_END. */
static struct tp_pane *
make_pane(struct tp_panes *panes, const struct tp_window *place, const struct tp_window *first,
          tp_time last_end, tp_time next_end, struct tp_err *err)
{
    struct tp_map *groups = tp_map_new_walked(tp_aggs_size(panes->aggs));
    struct tp_pane *pane =
        groups ? tp_map_add(panes->by_start, start_key(&place->start), NULL) : NULL;

    if (!pane) {
        tp_map_free(groups);
        tp_err_memory(err);
        return NULL;
    }
    pane->start = place->start;
    pane->end = place->end;
    pane->first_end = first->end;
    pane->last_end = last_end;
    pane->next_end = next_end;
    pane->groups = groups;
    if (schedule(panes, pane) < 0) {
        tp_err_memory(err);
        return NULL;
    }
    return pane;
}

struct tp_pane *
tp_panes_get(struct tp_panes *panes, tp_time time, tp_time watermark, bool *is_late,
             tp_time *last_end, struct tp_err *err)
{
    struct tp_window place, first, last;
    struct tp_pane *pane;

    *is_late = false;
    if (tp_window_pane(panes->spec, time, &place, err) < 0)
        return NULL;
    tp_window_of_pane(panes->spec, place.start, &first, &last);
    *last_end = last.end;
    if (last.end <= watermark) {
        *is_late = true;
        return NULL;
    }
    pane = tp_map_find(panes->by_start, start_key(&place.start));
    if (!pane)
        pane = make_pane(panes, &place, &first, last.end,
                         first_due(panes, first.end, last.end, watermark), err);
    return pane;
}

static int
by_start(const void *a, const void *b)
{
    const struct tp_pane *left = *(struct tp_pane *const *)a;
    const struct tp_pane *right = *(struct tp_pane *const *)b;

    return (left->start > right->start) - (left->start < right->start);
}

static int
cover(struct tp_panes *panes, size_t count, struct tp_pane *pane)
{
    if (count == panes->covered_cap) {
        size_t cap = count ? 2 * count : 16;
        struct tp_pane **grown = realloc(panes->covered, cap * sizeof(struct tp_pane *));

        if (!grown)
            return -1;
        panes->covered = grown;
        panes->covered_cap = cap;
    }
    panes->covered[count] = pane;
    return 0;
}

static bool
is_due(const struct tp_heap *queue, tp_time watermark)
{
    const struct tp_heap_entry *next = tp_heap_peek(queue);

    return next && next->at <= watermark;
}

bool
tp_panes_is_due(const struct tp_panes *panes, tp_time watermark)
{
    return is_due(&panes->due, watermark) || is_due(&panes->expiring, watermark);
}

int
tp_panes_due(struct tp_panes *panes, tp_time watermark, struct tp_window *window,
             struct tp_pane *const **covered, size_t *count, struct tp_err *err)
{
    const struct tp_heap_entry *next = tp_heap_peek(&panes->due);
    size_t found = 0;

    if (!next || next->at > watermark)
        return 0;
    window->end = next->at;
    window->start = tp_window_start(panes->spec, next->at);
    while (next && next->at == window->end) {
        struct tp_pane *pane = tp_heap_pop(&panes->due).data;

        if (cover(panes, found, pane) < 0)
            return tp_err_memory(err);
        found++;
        next = tp_heap_peek(&panes->due);
    }
    for (size_t i = 0; i < found; i++) {
        panes->covered[i]->next_end = end_after(panes, window->end);
        if (schedule(panes, panes->covered[i]) < 0)
            return tp_err_memory(err);
    }
    if (found > 1)
        qsort(panes->covered, found, sizeof(struct tp_pane *), by_start);
    *covered = panes->covered;
    *count = found;
    return 1;
}

void
tp_panes_expire(struct tp_panes *panes, tp_time watermark)
{
    const struct tp_heap_entry *next;

    while ((next = tp_heap_peek(&panes->expiring)) && next->at <= watermark) {
        struct tp_pane *pane = tp_heap_pop(&panes->expiring).data;
        tp_time start = pane->start;

        empty_pane(panes, pane);
        tp_map_remove(panes->by_start, start_key(&start));
    }
}

int
tp_pane_note(const struct tp_panes *panes, struct tp_pane *pane, uint64_t sequence)
{
    if (panes->spec->pane == panes->spec->size)
        return 0; /* a window is one pane, which is in order */
    tp_buf_put(&pane->seen, &sequence, sizeof sequence);
    return tp_buf_failed(&pane->seen) ? -1 : 0;
}

uint64_t
tp_pane_sequence(const struct tp_pane *pane, size_t group)
{
    uint64_t sequence = 0;

    if ((group + 1) * sizeof sequence <= pane->seen.len)
        memcpy(&sequence, pane->seen.ptr + group * sizeof sequence, sizeof sequence);
    return sequence;
}

/* Ends of windows grow with the starts of their panes, so each is counted with the first pane that
 * has it. */
size_t
tp_panes_windows(const struct tp_panes *panes)
{
    struct tp_pane **list = calloc(panes->due.count + 1, sizeof(struct tp_pane *));
    tp_time counted = TP_TIME_BEFORE_ALL;
    size_t windows = 0;

    if (!list)
        return SIZE_MAX;
    for (size_t i = 0; i < panes->due.count; i++)
        list[i] = panes->due.entry[i].data;
    qsort(list, panes->due.count, sizeof(struct tp_pane *), by_start);
    for (size_t i = 0; i < panes->due.count; i++) {
        tp_time next = list[i]->next_end;

        if (next <= counted)
            next = end_after(panes, counted);
        if (next > list[i]->last_end)
            continue;
        windows += (size_t)((list[i]->last_end - next) / panes->spec->slide) + 1;
        counted = list[i]->last_end;
    }
    free(list);
    return windows;
}

/* --- saved state -------------------------------------------------------------------------------*/

/* What all lines of PANE begin with. */
static void
write_place(const struct tp_pane *pane, struct tp_buf *to)
{
    struct tp_emit line = tp_emit_open(to);

    tp_emit_int(&line, TP_STR("pane"), pane->start);
    tp_emit_int(&line, TP_STR("next"), pane->next_end);
}

static struct tp_emit
begin_line(const struct tp_buf *place, struct tp_save *save)
{
    struct tp_buf *to = tp_save_line(save);

    tp_buf_put_str(to, tp_buf_str(place));
    return (struct tp_emit){.to = to, .any = true};
}

static int
save_groups(const struct tp_pane *pane, const struct tp_buf *place, const struct tp_saving *saving,
            struct tp_save *save, struct tp_err *err)
{
    struct tp_emit line;
    size_t i = 0;

    if (tp_map_count(pane->groups) == 0) { /* its windows are said to be quiet, not passed over */
        line = begin_line(place, save);
        tp_emit_close(&line);
        return tp_save_line_end(save, err);
    }
    for (void *acc = tp_map_first(pane->groups); acc; acc = tp_map_next(pane->groups, acc)) {
        line = begin_line(place, save);
        if (pane->seen.len > 0)
            tp_emit_int(&line, TP_STR("seen"), (int64_t)tp_pane_sequence(pane, i++));
        if (tp_saving_end(saving, &line, save, tp_map_key(pane->groups, acc), acc, err) < 0)
            return -1;
    }
    return 0;
}

static int
save_pane(const struct tp_pane *pane, const struct tp_saving *saving, struct tp_save *save,
          struct tp_err *err)
{
    struct tp_buf place = TP_BUF_INIT;
    int result;

    write_place(pane, &place);
    result =
        tp_buf_failed(&place) ? tp_err_memory(err) : save_groups(pane, &place, saving, save, err);
    tp_buf_release(&place);
    return result;
}

int
tp_panes_save(const struct tp_panes *panes, const struct tp_saving *saving, struct tp_save *save,
              struct tp_err *err)
{
    for (void *p = tp_map_first(panes->by_start); p; p = tp_map_next(panes->by_start, p))
        if (save_pane(p, saving, save, err) < 0)
            return -1;
    return 0;
}

static struct tp_pane *
load_pane(struct tp_panes *panes, tp_time start, tp_time next_end, struct tp_err *err)
{
    struct tp_pane *pane = tp_map_find(panes->by_start, start_key(&start));
    struct tp_window place, first, last;

    if (pane)
        return pane;
    if (tp_window_pane(panes->spec, start, &place, err) < 0)
        return NULL;
    tp_window_of_pane(panes->spec, place.start, &first, &last);
    if (place.start == start && next_end >= first.end)
        return make_pane(panes, &place, &first, last.end, next_end, err);
    tp_err_set(err, TP_FAULT_MACHINE, "a saved pane that is none of these windows");
    return NULL;
}

int
tp_panes_load(struct tp_panes *panes, struct tp_saving *saving, struct tp_str line,
              struct tp_err *err)
{
    int64_t start, next;
    uint64_t seen = 0;
    struct tp_str array = {NULL, 0}, json = {NULL, 0};
    const struct tp_saved fields[] = {
        {"pane", TP_SAVED_INT, &start, false}, {"next", TP_SAVED_INT, &next, false},
        {"seen", TP_SAVED_COUNT, &seen, true}, {"key", TP_SAVED_JSON, &array, true},
        {"acc", TP_SAVED_JSON, &json, true},
    };
    struct tp_pane *pane;

    if (tp_saved_read(line, fields, sizeof fields / sizeof *fields, err) < 0)
        return -1;
    pane = load_pane(panes, start, next, err);
    if (!pane || !array.ptr)
        return pane ? 0 : -1;
    if (!tp_saving_group(saving, pane->groups, array, json, err))
        return -1;
    return tp_pane_note(panes, pane, seen) < 0 ? tp_err_memory(err) : 0;
}
