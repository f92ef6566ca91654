#include "event/best.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "record/scan.h"

struct tp_best {
    tp_time time;
    size_t rank_len, line_len;
    size_t cap;
    char bytes[]; /* the rank, then the line and what belongs to it */
};

static int
compare_ranks(const struct tp_best *best, struct tp_str rank)
{
    size_t common = best->rank_len < rank.len ? best->rank_len : rank.len;
    int order = common ? memcmp(best->bytes, rank.ptr, common) : 0;

    return order ? order : (best->rank_len > rank.len) - (best->rank_len < rank.len);
}

static bool
is_better(const struct tp_best_offer *offer, const struct tp_best *best)
{
    int order = compare_ranks(best, offer->rank);

    return order > 0 || (order == 0 && offer->time < best->time);
}

/* With room for CAP bytes. False: memory ran out. */
static bool
make_room(struct tp_best **best, size_t cap, size_t *size)
{
    struct tp_best *grown;

    if (*best && cap <= (*best)->cap)
        return true;
    grown = malloc(sizeof *grown + cap + TP_SCAN_PADDING);
    if (!grown)
        return false;
    tp_best_free(*best, size);
    grown->cap = cap;
    *size += sizeof *grown + cap + TP_SCAN_PADDING;
    *best = grown;
    return true;
}

int
tp_best_take(struct tp_best **best, const struct tp_best_offer *offer, size_t behind, size_t *size)
{
    size_t line_size = offer->line.len + behind;

    if (*best && !is_better(offer, *best))
        return 0;
    if (!make_room(best, offer->rank.len + line_size, size))
        return -1;
    (*best)->time = offer->time;
    (*best)->rank_len = offer->rank.len;
    (*best)->line_len = offer->line.len;
    if (offer->rank.len)
        memcpy((*best)->bytes, offer->rank.ptr, offer->rank.len);
    memcpy((*best)->bytes + offer->rank.len, offer->line.ptr, line_size);
    return 0;
}

tp_time
tp_best_time(const struct tp_best *best)
{
    return best->time;
}

struct tp_str
tp_best_line(const struct tp_best *best)
{
    return (struct tp_str){best->bytes + best->rank_len, best->line_len};
}

void
tp_best_free(struct tp_best *best, size_t *size)
{
    if (!best)
        return;
    *size -= sizeof *best + best->cap + TP_SCAN_PADDING;
    free(best);
}
