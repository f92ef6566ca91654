#include "stream/runs.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "stream/spill.h"

/* Merged so many at a time; and how large the blocks are that are written. */
enum { FAN_IN = 64, LEAST_BLOCK = 4 * 1024, MOST_BLOCK = 256 * 1024 };

enum { LARGEST_PART = 256 * 1024 * 1024 }; /* a block has at most 1 GiB */

/* Blocks in memory: one a run, of FAN_IN runs a level, for as many levels as will be seen. */
enum { BLOCKS = FAN_IN * 3 };

struct head {
    uint32_t key, text;
};

struct run {
    uint64_t at;   /* the place in the spill of what was not read yet */
    uint64_t left; /* items not given out, the one at hand among them */
    int level;     /* how often its items were merged */
    struct tp_buf block;
    size_t next; /* in block: behind the item at hand */
    struct tp_str key, text;
};

struct tp_runs {
    struct tp_spill *spill;
    size_t block;
    struct run *run; /* from the oldest on */
    size_t count, cap;
    bool writing; /* the last of `run` is being written */
    struct tp_buf filling;
    size_t *heap; /* while draining: numbers of runs, the one with the least item first */
    size_t heaped, heap_cap;
    bool gathered; /* the heap is that of the runs as they are */
    uint64_t items, made;
};

struct tp_runs *
tp_runs_new(size_t memory, struct tp_err *err)
{
    struct tp_runs *runs = calloc(1, sizeof *runs);

    if (!runs) {
        tp_err_memory(err);
        return NULL;
    }
    runs->block = memory / BLOCKS;
    if (runs->block < LEAST_BLOCK)
        runs->block = LEAST_BLOCK;
    if (runs->block > MOST_BLOCK)
        runs->block = MOST_BLOCK;
    runs->spill = tp_spill_new(err);
    if (runs->spill)
        return runs;
    tp_runs_free(runs);
    return NULL;
}

void
tp_runs_free(struct tp_runs *runs)
{
    if (!runs)
        return;
    for (size_t i = 0; i < runs->count; i++)
        tp_buf_release(&runs->run[i].block);
    free(runs->run);
    free(runs->heap);
    tp_buf_release(&runs->filling);
    tp_spill_free(runs->spill);
    free(runs);
}

/* --- writing -----------------------------------------------------------------------------------*/

static int
begin_run(struct tp_runs *runs, struct tp_err *err)
{
    if (runs->count == runs->cap) {
        size_t cap = runs->cap ? runs->cap * 2 : FAN_IN;
        struct run *grown = realloc(runs->run, cap * sizeof *grown);

        if (!grown)
            return tp_err_memory(err);
        runs->run = grown;
        runs->cap = cap;
    }
    runs->run[runs->count++] = (struct run){.at = tp_spill_end(runs->spill)};
    runs->writing = true;
    runs->gathered = false;
    return 0;
}

static int
write_block(struct tp_runs *runs, struct tp_err *err)
{
    if (runs->filling.len == 0)
        return 0;
    if (tp_spill_write(runs->spill, tp_buf_str(&runs->filling), err) < 0)
        return -1;
    tp_buf_clear(&runs->filling);
    return 0;
}

static int
put(struct tp_runs *runs, struct tp_str key, struct tp_str text, struct tp_err *err)
{
    struct head head = {(uint32_t)key.len, (uint32_t)text.len};

    tp_buf_put(&runs->filling, &head, sizeof head);
    tp_buf_put_str(&runs->filling, key);
    tp_buf_put_str(&runs->filling, text);
    if (tp_buf_failed(&runs->filling))
        return tp_err_memory(err);
    return runs->filling.len < runs->block ? 0 : write_block(runs, err);
}

int
tp_runs_add(struct tp_runs *runs, struct tp_str key, struct tp_str text, struct tp_err *err)
{
    if (key.len > LARGEST_PART || text.len > LARGEST_PART)
        return tp_err_set(err, TP_FAULT_MACHINE, "a record of %zu bytes cannot be spilled",
                          text.len);
    if (!runs->writing && begin_run(runs, err) < 0)
        return -1;
    if (put(runs, key, text, err) < 0)
        return -1;
    runs->run[runs->count - 1].left++;
    runs->items++;
    return 0;
}

/* --- reading -----------------------------------------------------------------------------------*/

static void
look_at_next(struct run *run)
{
    struct head head;

    memcpy(&head, run->block.ptr + run->next, sizeof head);
    run->key = (struct tp_str){run->block.ptr + run->next + sizeof head, head.key};
    run->text = (struct tp_str){run->key.ptr + head.key, head.text};
    run->next += sizeof head + head.key + head.text;
}

/* The next item of RUN, which has one. */
static int
step(struct tp_runs *runs, struct run *run, struct tp_err *err)
{
    uint64_t from = run->at;

    if (run->next == run->block.len) {
        tp_buf_clear(&run->block);
        run->next = 0;
        if (tp_spill_read(runs->spill, &run->at, &run->block, err) < 0)
            return -1;
        tp_spill_forget(runs->spill, from, run->at);
    }
    look_at_next(run);
    return 0;
}

static inline bool
is_before(const struct tp_runs *runs, size_t a, size_t b)
{
    int order = tp_str_compare(runs->run[a].key, runs->run[b].key);

    return order ? order < 0 : a < b;
}

static void
sift_down(struct tp_runs *runs, size_t at)
{
    size_t sinking = runs->heap[at];

    for (;;) {
        size_t child = 2 * at + 1;

        if (child >= runs->heaped)
            break;
        if (child + 1 < runs->heaped && is_before(runs, runs->heap[child + 1], runs->heap[child]))
            child++;
        if (!is_before(runs, runs->heap[child], sinking))
            break;
        runs->heap[at] = runs->heap[child];
        at = child;
    }
    runs->heap[at] = sinking;
}

/* The runs from FIRST on that have items, each with one at hand. */
static int
gather(struct tp_runs *runs, size_t first, struct tp_err *err)
{
    if (runs->heap_cap < runs->count) {
        size_t *grown = realloc(runs->heap, runs->cap * sizeof *grown);

        if (!grown)
            return tp_err_memory(err);
        runs->heap = grown;
        runs->heap_cap = runs->cap;
    }
    runs->heaped = 0;
    for (size_t i = first; i < runs->count; i++) {
        struct run *run = &runs->run[i];

        if (run->left == 0)
            continue;
        if (!run->key.ptr && step(runs, run, err) < 0)
            return -1;
        runs->heap[runs->heaped++] = i;
    }
    for (size_t i = runs->heaped / 2; i-- > 0;)
        sift_down(runs, i);
    return 0;
}

/* The least item leaves the heap; its run goes on to the next. */
static int
leave(struct tp_runs *runs, tp_runs_take *take, void *context, struct tp_err *err)
{
    struct run *run = &runs->run[runs->heap[0]];

    if (take(context, run->key, run->text, err) < 0)
        return -1;
    if (--run->left > 0) {
        if (step(runs, run, err) < 0)
            return -1;
    } else {
        tp_buf_release(&run->block);
        runs->heap[0] = runs->heap[--runs->heaped];
    }
    if (runs->heaped > 1)
        sift_down(runs, 0);
    return 0;
}

/* Runs that have become empty go; the others keep their order. */
static void
drop_empty(struct tp_runs *runs)
{
    size_t kept = 0;

    if (runs->heaped == runs->count)
        return;
    for (size_t i = 0; i < runs->count; i++)
        if (runs->run[i].left > 0)
            runs->run[kept++] = runs->run[i];
    runs->count = kept;
    runs->gathered = false;
}

int
tp_runs_drain(struct tp_runs *runs, const struct tp_str *last, tp_runs_take *take, void *context,
              struct tp_err *err)
{
    if (!runs->gathered && gather(runs, 0, err) < 0)
        return -1;
    runs->gathered = true;
    while (runs->heaped > 0 &&
           (!last || tp_str_compare(runs->run[runs->heap[0]].key, *last) <= 0)) {
        runs->items--;
        if (leave(runs, take, context, err) < 0)
            return -1;
    }
    drop_empty(runs);
    return 0;
}

/* --- merging -----------------------------------------------------------------------------------*/

struct merging {
    struct tp_runs *runs;
    struct run to; /* not among the runs yet, whose order it would disturb */
};

static int
take_over(void *context, struct tp_str key, struct tp_str text, struct tp_err *err)
{
    struct merging *merging = context;

    merging->to.left++;
    return put(merging->runs, key, text, err);
}

/* The runs from FIRST on become one. */
static int
merge_from(struct tp_runs *runs, size_t first, struct tp_err *err)
{
    struct merging merging = {
        runs, {.at = tp_spill_end(runs->spill), .level = runs->run[first].level + 1}};

    if (gather(runs, first, err) < 0)
        return -1;
    while (runs->heaped > 0)
        if (leave(runs, take_over, &merging, err) < 0)
            return -1;
    runs->count = first;
    runs->run[runs->count++] = merging.to;
    runs->gathered = false;
    return write_block(runs, err);
}

/* Levels do not grow from the oldest run to the newest. */
static bool
are_many_of_a_level(const struct tp_runs *runs)
{
    return runs->count >= FAN_IN &&
           runs->run[runs->count - FAN_IN].level == runs->run[runs->count - 1].level;
}

int
tp_runs_end(struct tp_runs *runs, struct tp_err *err)
{
    if (!runs->writing)
        return 0;
    runs->writing = false;
    runs->made++;
    if (write_block(runs, err) < 0)
        return -1;
    while (are_many_of_a_level(runs))
        if (merge_from(runs, runs->count - FAN_IN, err) < 0)
            return -1;
    return 0;
}

uint64_t
tp_runs_count(const struct tp_runs *runs)
{
    return runs->items;
}

uint64_t
tp_runs_made(const struct tp_runs *runs)
{
    return runs->made;
}

uint64_t
tp_runs_bytes(const struct tp_runs *runs)
{
    return tp_spill_bytes(runs->spill);
}
