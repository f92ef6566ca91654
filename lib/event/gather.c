#include "event/gather.h"

#include <stdlib.h>

#include "base/map.h"

struct gathered {
    uint64_t sequence; /* of the first record */
    _Alignas(16) char acc[];
};

struct tp_gather {
    const struct tp_aggs *aggs;
    struct tp_map *groups; /* key -> struct gathered */
    bool growing;
    struct tp_window kept; /* the groups are those of its panes; it may grow */
    struct gathered **list;
    size_t cap;
};

struct tp_gather *
tp_gather_new(const struct tp_aggs *aggs, bool growing)
{
    struct tp_gather *gather = calloc(1, sizeof *gather);

    if (!gather)
        return NULL;
    gather->aggs = aggs;
    gather->growing = growing;
    gather->kept = (struct tp_window){TP_TIME_MIN, TP_TIME_MIN};
    gather->groups = tp_map_new(tp_aggs_size_behind(aggs, sizeof(struct gathered)));
    if (gather->groups)
        return gather;
    free(gather);
    return NULL;
}

static void
clear(struct tp_gather *gather)
{
    for (void *v = tp_map_first(gather->groups); v; v = tp_map_next(gather->groups, v))
        tp_aggs_clear(gather->aggs, ((struct gathered *)v)->acc);
    tp_map_clear(gather->groups);
    gather->kept = (struct tp_window){TP_TIME_MIN, TP_TIME_MIN};
}

void
tp_gather_free(struct tp_gather *gather)
{
    if (!gather)
        return;
    clear(gather);
    tp_map_free(gather->groups);
    free(gather->list);
    free(gather);
}

static int
take(struct tp_gather *gather, struct tp_str key, uint64_t sequence, const void *acc,
     struct tp_err *err)
{
    bool is_new = false;
    struct gathered *into = tp_map_add(gather->groups, key, &is_new);

    if (!into)
        return tp_err_memory(err);
    if (is_new || sequence < into->sequence)
        into->sequence = sequence;
    return tp_aggs_merge(gather->aggs, into->acc, acc, err);
}

static int
add_pane(struct tp_gather *gather, const struct tp_pane *pane, struct tp_err *err)
{
    size_t i = 0;

    for (void *acc = tp_map_first(pane->groups); acc; acc = tp_map_next(pane->groups, acc)) {
        uint64_t sequence = tp_pane_sequence(pane, i++);

        if (take(gather, tp_map_key(pane->groups, acc), sequence, acc, err) < 0)
            return -1;
    }
    return 0;
}

static int
in_order(const void *a, const void *b)
{
    const struct gathered *left = *(struct gathered *const *)a;
    const struct gathered *right = *(struct gathered *const *)b;

    return (left->sequence > right->sequence) - (left->sequence < right->sequence);
}

/* Lists what has been gathered, in order. */
static int
list_groups(struct tp_gather *gather, size_t *count, struct tp_err *err)
{
    size_t groups = tp_map_count(gather->groups), i = 0;

    if (groups > gather->cap) {
        struct gathered **grown = realloc(gather->list, 2 * groups * sizeof(struct gathered *));

        if (!grown)
            return tp_err_memory(err);
        gather->list = grown;
        gather->cap = 2 * groups;
    }
    for (void *v = tp_map_first(gather->groups); v; v = tp_map_next(gather->groups, v))
        gather->list[i++] = v;
    if (groups > 1)
        qsort(gather->list, groups, sizeof(struct gathered *), in_order);
    *count = groups;
    return 0;
}

static int
put_pane(const struct tp_window *window, const struct tp_map *groups, const struct tp_group_to *to,
         struct tp_err *err)
{
    for (void *acc = tp_map_first(groups); acc; acc = tp_map_next(groups, acc))
        if (to->put(to->self, window, tp_map_key(groups, acc), acc, err) < 0)
            return -1;
    return 0;
}

void
tp_gather_changed(struct tp_gather *gather)
{
    if (gather->growing && tp_map_count(gather->groups) > 0)
        clear(gather);
}

/* Makes the groups those of WINDOW. */
static int
gather_panes(struct tp_gather *gather, const struct tp_window *window, struct tp_pane *const *panes,
             size_t count, struct tp_err *err)
{
    if (window->start != gather->kept.start || window->end < gather->kept.end)
        clear(gather);
    for (size_t i = 0; i < count; i++)
        if (panes[i]->start >= gather->kept.end && add_pane(gather, panes[i], err) < 0)
            return -1;
    gather->kept = *window;
    return 0;
}

int
tp_gather_window(struct tp_gather *gather, const struct tp_window *window,
                 struct tp_pane *const *panes, size_t count, const struct tp_group_to *to,
                 struct tp_err *err)
{
    size_t groups = 0;

    if (count == 1)
        return put_pane(window, panes[0]->groups, to, err);
    if (gather_panes(gather, window, panes, count, err) < 0 ||
        list_groups(gather, &groups, err) < 0)
        return -1;
    for (size_t i = 0; i < groups; i++) {
        struct gathered *group = gather->list[i];

        if (to->put(to->self, window, tp_map_key(gather->groups, group), group->acc, err) < 0)
            return -1;
    }
    if (!gather->growing)
        clear(gather);
    return 0;
}
