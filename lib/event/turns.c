#include "event/turns.h"

#include <stdlib.h>

#include "base/heap.h"
#include "base/map.h"

struct tp_turns {
    struct tp_heap waiting;       /* by time */
    struct tp_turn *first, *last; /* in order */
    struct tp_map *latest; /* key -> struct tp_turn *, its last in order; NULL: not followed */
    size_t count, bytes;
};

struct tp_turns *
tp_turns_new(bool follows_keys)
{
    struct tp_turns *turns = calloc(1, sizeof *turns);

    if (!turns || !follows_keys)
        return turns;
    turns->latest = tp_map_new(sizeof(struct tp_turn *));
    if (turns->latest)
        return turns;
    free(turns);
    return NULL;
}

void
tp_turns_free(struct tp_turns *turns)
{
    if (!turns)
        return;
    for (size_t i = 0; i < turns->waiting.count; i++)
        free(turns->waiting.entry[i].data);
    tp_heap_release(&turns->waiting);
    while (turns->first) {
        struct tp_turn *turn = turns->first;

        turns->first = turn->behind;
        free(turn);
    }
    tp_map_free(turns->latest);
    free(turns);
}

int
tp_turns_add(struct tp_turns *turns, struct tp_turn *turn, struct tp_err *err)
{
    turn->behind = turn->next = NULL;
    if (tp_heap_push(&turns->waiting, turn->time, turn) < 0) {
        free(turn);
        return tp_err_memory(err);
    }
    turns->count++;
    turns->bytes += turn->size;
    return 0;
}

/* TURN is the last in order, of all and of its key. */
static int
append(struct tp_turns *turns, struct tp_turn *turn)
{
    struct tp_turn **latest;

    *(turns->last ? &turns->last->behind : &turns->first) = turn;
    turns->last = turn;
    if (!turns->latest)
        return 0;
    latest = tp_map_add(turns->latest, turn->key, NULL);
    if (!latest)
        return -1;
    if (*latest)
        (*latest)->next = turn;
    *latest = turn;
    return 0;
}

int
tp_turns_order(struct tp_turns *turns, tp_time watermark, struct tp_err *err)
{
    const struct tp_heap_entry *next;

    while ((next = tp_heap_peek(&turns->waiting)) && next->at < watermark)
        if (append(turns, tp_heap_pop(&turns->waiting).data) < 0)
            return tp_err_memory(err);
    return 0;
}

struct tp_turn *
tp_turns_first(const struct tp_turns *turns, tp_time before)
{
    return turns->first && turns->first->time < before ? turns->first : NULL;
}

/* The first leaves: it may be the latest of its key. */
static void
leave(struct tp_turns *turns)
{
    struct tp_turn *turn = turns->first;
    struct tp_turn **latest = turns->latest ? tp_map_find(turns->latest, turn->key) : NULL;

    if (latest && *latest == turn)
        tp_map_remove(turns->latest, turn->key);
    turns->first = turn->behind;
    if (!turns->first)
        turns->last = NULL;
    turns->bytes -= turn->size;
    free(turn);
}

size_t
tp_turns_leave(struct tp_turns *turns)
{
    tp_time time = turns->first->time;
    size_t count = 0;

    for (; turns->first && turns->first->time == time; count++)
        leave(turns);
    turns->count -= count;
    return count;
}

int
tp_turns_walk(struct tp_turns *turns, tp_turns_take *take, void *context, struct tp_err *err)
{
    for (const struct tp_turn *turn = turns->first; turn; turn = turn->behind)
        if (take(context, turn, err) < 0)
            return -1;
    tp_heap_sort(&turns->waiting);
    for (size_t i = 0; i < turns->waiting.count; i++)
        if (take(context, turns->waiting.entry[i].data, err) < 0)
            return -1;
    return 0;
}

size_t
tp_turns_count(const struct tp_turns *turns)
{
    return turns->count;
}

size_t
tp_turns_size(const struct tp_turns *turns)
{
    size_t keys = turns->latest ? tp_map_size(turns->latest) : 0;

    return turns->bytes + turns->waiting.cap * sizeof *turns->waiting.entry + keys;
}
