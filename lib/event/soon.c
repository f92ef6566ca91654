#include "event/soon.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/digests.h"

/* Places are fetched by the BATCH: what takes long is to find where they lie in memory (a miss of
 * the page tables holds up all that follows), and that overlaps only when nothing comes between. */
enum { BATCH = 16, WAITING = 2 * BATCH };

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

static void
expect_batch(const struct tp_soon *soon)
{
    for (uint64_t i = soon->next - BATCH; i < soon->next; i++) {
        const struct waiting *w = &soon->waiting[i % WAITING];

        tp_recent_expect(soon->seen, w->digest, w->time);
    }
}

/* The lines that have waited longest, COUNT of them. */
static int
answer(struct tp_soon *soon, uint64_t count, tp_soon_take *take, void *context, struct tp_err *err)
{
    while (count-- > 0) {
        const struct waiting *w = &soon->waiting[soon->first++ % WAITING];
        int is_new = tp_recent_see_digest(soon->seen, w->digest, w->time, err);

        if (is_new < 0 || take(context, w->line, is_new, err) < 0)
            return -1;
    }
    return 0;
}

int
tp_soon_ask(struct tp_soon *soon, struct tp_str key, tp_time time, struct tp_str line,
            tp_soon_take *take, void *context, struct tp_err *err)
{
    if (soon->next - soon->first == WAITING && answer(soon, BATCH, take, context, err) < 0)
        return -1;
    soon->waiting[soon->next++ % WAITING] =
        (struct waiting){line, tp_recent_digest(soon->seen, key), time};
    if (soon->next % BATCH == 0)
        expect_batch(soon);
    return 0;
}

int
tp_soon_settle(struct tp_soon *soon, tp_soon_take *take, void *context, struct tp_err *err)
{
    return answer(soon, soon->next - soon->first, take, context, err);
}
