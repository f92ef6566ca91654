#include "event/ahead.h"

#include <stdlib.h>

#include "base/buf.h"

/* So many records later what was asked for has come: a record is read in 100 ns or more, memory
 * answers within 200, but in a burst its answers queue up. */
enum { STEP = 16, WAITING = 2 * STEP };

/* Maps of less lie in the cache anyway. */
enum { LARGE = 1 << 20 };

struct waiting {
    struct tp_ahead_record record;
    struct tp_buf key;
    struct tp_value *values;
};

struct tp_ahead {
    const struct tp_aggs *aggs;
    size_t arguments;
    bool by_kind; /* whether a record is taken can be known before its group is found */
    tp_ahead_add *add;
    void *self;
    struct tp_value *values;         /* of all */
    struct waiting waiting[WAITING]; /* [first, next), modulo their number */
    uint32_t hash[WAITING];          /* theirs, or of those before them, to look through quickly */
    uint64_t first, next;
};

struct tp_ahead *
tp_ahead_new(const struct tp_aggs *aggs, tp_ahead_add *add, void *self)
{
    struct tp_ahead *ahead = calloc(1, sizeof *ahead);
    size_t arguments = tp_aggs_arguments(aggs);

    if (!ahead)
        return NULL;
    ahead->values = calloc(WAITING * arguments + 1, sizeof *ahead->values);
    if (!ahead->values) {
        free(ahead);
        return NULL;
    }
    ahead->aggs = aggs;
    ahead->arguments = arguments;
    ahead->by_kind = tp_aggs_check_suffices(aggs);
    ahead->add = add;
    ahead->self = self;
    for (size_t i = 0; i < WAITING; i++)
        ahead->waiting[i].values = ahead->values + i * arguments;
    return ahead;
}

void
tp_ahead_free(struct tp_ahead *ahead)
{
    if (!ahead)
        return;
    for (size_t i = 0; i < WAITING; i++)
        tp_buf_release(&ahead->waiting[i].key);
    free(ahead->values);
    free(ahead);
}

static bool
borrows(const struct tp_value *value)
{
    return value->kind == TP_TEXT || value->kind == TP_JSON;
}

bool
tp_ahead_pays(const struct tp_ahead *ahead, const struct tp_map *map,
              const struct tp_arrival *arrival)
{
    if (!ahead->by_kind || arrival->part || tp_map_size(map) < LARGE)
        return false;
    for (size_t i = 0; i < ahead->arguments; i++)
        if (borrows(&arrival->values[i]))
            return false;
    return true;
}

static int
add_first(struct tp_ahead *ahead, struct tp_err *err)
{
    const struct waiting *waiting = &ahead->waiting[ahead->first++ % WAITING];

    return ahead->add(ahead->self, &waiting->record, err);
}

/* Copies what ARRIVAL borrows. */
static int
fill(const struct tp_ahead *ahead, struct waiting *waiting, const struct tp_arrival *arrival)
{
    tp_buf_clear(&waiting->key);
    tp_buf_put_str(&waiting->key, arrival->key);
    if (tp_buf_failed(&waiting->key))
        return -1;
    for (size_t i = 0; i < ahead->arguments; i++)
        waiting->values[i] = arrival->values[i];
    waiting->record.arrival = *arrival;
    waiting->record.arrival.key = tp_buf_str(&waiting->key);
    waiting->record.arrival.values = waiting->values;
    return 0;
}

int
tp_ahead_put(struct tp_ahead *ahead, struct tp_map *map, const struct tp_arrival *arrival,
             void *where, struct tp_err *err)
{
    struct waiting *waiting = &ahead->waiting[ahead->next % WAITING];

    if (tp_aggs_check(ahead->aggs, arrival->values, err) < 0)
        return -1;
    if (ahead->next - ahead->first == WAITING && add_first(ahead, err) < 0)
        return -1;
    if (fill(ahead, waiting, arrival) < 0)
        return tp_err_memory(err);
    waiting->record.map = map;
    waiting->record.where = where;
    waiting->record.hash = tp_map_hash(map, waiting->record.arrival.key);
    tp_map_expect(map, waiting->record.hash);
    ahead->hash[ahead->next % WAITING] = waiting->record.hash;
    ahead->next++;
    if (ahead->next - ahead->first > STEP) {
        waiting = &ahead->waiting[(ahead->next - STEP - 1) % WAITING];
        tp_map_fetch(waiting->record.map, waiting->record.hash);
    }
    return 0;
}

bool
tp_ahead_may_hold(const struct tp_ahead *ahead, uint32_t hash)
{
    bool found = false;

    if (ahead->first == ahead->next)
        return false;
    for (size_t i = 0; i < WAITING; i++)
        found |= ahead->hash[i] == hash;
    return found;
}

int
tp_ahead_settle(struct tp_ahead *ahead, struct tp_err *err)
{
    while (ahead->first < ahead->next)
        if (add_first(ahead, err) < 0)
            return -1;
    return 0;
}
