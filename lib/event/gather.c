#include "event/gather.h"

#include <stdlib.h>

#include "base/map.h"

struct tp_gather {
    const struct tp_aggs *aggs;
    struct tp_map *groups; /* key -> struct tp_gathered */
    struct tp_gathered **list;
    size_t cap;
};

struct tp_gather *
tp_gather_new(const struct tp_aggs *aggs)
{
    struct tp_gather *gather = calloc(1, sizeof *gather);

    if (!gather)
        return NULL;
    gather->aggs = aggs;
    gather->groups = tp_map_new(sizeof(struct tp_gathered) + tp_aggs_size(aggs));
    if (gather->groups)
        return gather;
    free(gather);
    return NULL;
}

void
tp_gather_clear(struct tp_gather *gather)
{
    for (void *v = tp_map_first(gather->groups); v; v = tp_map_next(gather->groups, v))
        tp_aggs_clear(gather->aggs, ((struct tp_gathered *)v)->acc);
    tp_map_clear(gather->groups);
}

void
tp_gather_free(struct tp_gather *gather)
{
    if (!gather)
        return;
    tp_gather_clear(gather);
    tp_map_free(gather->groups);
    free(gather->list);
    free(gather);
}

static int
take(struct tp_gather *gather, struct tp_str key, uint64_t sequence, const void *acc,
     struct tp_err *err)
{
    bool is_new = false;
    struct tp_gathered *into = tp_map_add(gather->groups, key, &is_new);

    if (!into)
        return tp_err_memory(err);
    if (is_new || sequence < into->sequence)
        into->sequence = sequence;
    return tp_aggs_merge(gather->aggs, into->acc, acc, err);
}

int
tp_gather_pane(struct tp_gather *gather, const struct tp_pane *pane, struct tp_err *err)
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
    const struct tp_gathered *left = *(struct tp_gathered *const *)a;
    const struct tp_gathered *right = *(struct tp_gathered *const *)b;

    return (left->sequence > right->sequence) - (left->sequence < right->sequence);
}

int
tp_gather_list(struct tp_gather *gather, struct tp_gathered ***list, size_t *count,
               struct tp_err *err)
{
    size_t groups = tp_map_count(gather->groups), i = 0;

    if (groups > gather->cap) {
        struct tp_gathered **grown =
            realloc(gather->list, 2 * groups * sizeof(struct tp_gathered *));

        if (!grown)
            return tp_err_memory(err);
        gather->list = grown;
        gather->cap = 2 * groups;
    }
    for (void *v = tp_map_first(gather->groups); v; v = tp_map_next(gather->groups, v))
        gather->list[i++] = v;
    if (groups > 1)
        qsort(gather->list, groups, sizeof(struct tp_gathered *), in_order);
    *list = gather->list;
    *count = groups;
    return 0;
}

struct tp_str
tp_gathered_key(const struct tp_gather *gather, const struct tp_gathered *group)
{
    return tp_map_key(gather->groups, group);
}
