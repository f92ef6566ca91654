#include "event/soon.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/digests.h"

enum { WAITING = 32 };

struct waiting {
    struct tp_str line; /* borrowed */
    struct tp_digest digest;
    tp_time time;
};

struct tp_soon {
    struct tp_recent *seen;
    struct waiting waiting[WAITING]; /* [first, next), modulo their number */
    uint64_t first, next;
};

struct tp_soon *
tp_soon_new(struct tp_recent *seen)
{
    struct tp_soon *soon = calloc(1, sizeof *soon);

    if (soon)
        soon->seen = seen;
    return soon;
}

void
tp_soon_free(struct tp_soon *soon)
{
    free(soon);
}

/* The line that has waited longest. */
static int
answer_oldest(struct tp_soon *soon, tp_soon_take *take, void *context, struct tp_err *err)
{
    const struct waiting *w = &soon->waiting[soon->first++ % WAITING];
    int is_new = tp_recent_see_digest(soon->seen, w->digest, w->time, err);

    return is_new < 0 ? -1 : take(context, w->line, is_new, err);
}

int
tp_soon_ask(struct tp_soon *soon, struct tp_str key, tp_time time, struct tp_str line,
            tp_soon_take *take, void *context, struct tp_err *err)
{
    if (soon->next - soon->first == WAITING && answer_oldest(soon, take, context, err) < 0)
        return -1;
    soon->waiting[soon->next++ % WAITING] =
        (struct waiting){line, tp_recent_expect(soon->seen, key, time), time};
    return 0;
}

int
tp_soon_settle(struct tp_soon *soon, tp_soon_take *take, void *context, struct tp_err *err)
{
    while (soon->first < soon->next)
        if (answer_oldest(soon, take, context, err) < 0)
            return -1;
    return 0;
}
