#include "event/reorder.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK (256u << 10)
#define FIRST_ENTRIES 64

/* Lines as they came, one behind the other. */
struct chunk {
    size_t live; /* lines that have not left */
    size_t used, cap;
    char bytes[];
};

struct entry {
    tp_time time;
    uint64_t order; /* of coming, for equal times in different runs */
    const char *text;
    size_t len;
    struct chunk *chunk;
};

/* A queue in order of time, and of coming among equals. */
struct run {
    struct entry *entry;
    size_t head, count, cap; /* [head, count) is held */
};

struct tp_reorder {
    struct run *run; /* their last times descend; none is empty */
    size_t runs, cap;
    struct run **heap; /* while draining: the runs with a line that is due */
    size_t heap_cap;
    struct chunk *filling, *spare; /* NULL: none */
    uint64_t order;
    size_t held;
    size_t chunks; /* bytes in chunks */
};

struct tp_reorder *
tp_reorder_new(void)
{
    return calloc(1, sizeof(struct tp_reorder));
}

/* --- lines -------------------------------------------------------------------------------------*/

static struct chunk *
new_chunk(struct tp_reorder *r, size_t need)
{
    struct chunk *chunk = r->spare;
    size_t cap = need < CHUNK ? CHUNK : need;

    if (chunk && need <= chunk->cap) {
        r->spare = NULL;
        return chunk;
    }
    chunk = malloc(sizeof *chunk + cap);
    if (!chunk)
        return NULL;
    *chunk = (struct chunk){.cap = cap};
    r->chunks += cap;
    return chunk;
}

static void
free_chunk(struct tp_reorder *r, struct chunk *chunk)
{
    r->chunks -= chunk->cap;
    free(chunk);
}

/* Nothing in CHUNK is held any more. */
static void
drop_chunk(struct tp_reorder *r, struct chunk *chunk)
{
    chunk->used = 0;
    if (chunk == r->filling)
        return;
    if (r->spare || chunk->cap > CHUNK)
        free_chunk(r, chunk);
    else
        r->spare = chunk;
}

/* Room for LEN bytes in the chunk that is being filled. */
static char *
room_for(struct tp_reorder *r, size_t len)
{
    struct chunk *chunk = r->filling;

    if (!chunk || chunk->cap - chunk->used < len) {
        chunk = new_chunk(r, len);
        if (!chunk)
            return NULL;
        if (r->filling && r->filling->live == 0)
            free_chunk(r, r->filling);
        r->filling = chunk;
    }
    return chunk->bytes + chunk->used;
}

static inline void
copy(char *to, struct tp_str text)
{
    if (text.len > 0)
        memcpy(to, text.ptr, text.len);
}

/* --- runs --------------------------------------------------------------------------------------*/

static inline tp_time
last_time(const struct run *run)
{
    return run->entry[run->count - 1].time;
}

/* The first run that ends at TIME or before: its number, or the number of runs. */
static size_t
run_for(const struct tp_reorder *r, tp_time time)
{
    size_t low = 0, high = r->runs;

    if (r->runs > 0 && last_time(&r->run[0]) <= time)
        return 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (last_time(&r->run[middle]) <= time)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static bool
grow(void **array, size_t *cap, size_t first, size_t size)
{
    size_t wanted = *cap ? *cap * 2 : first, bytes;
    void *grown;

    if (__builtin_mul_overflow(wanted, size, &bytes))
        return false;
    grown = realloc(*array, bytes);
    if (!grown)
        return false;
    *array = grown;
    *cap = wanted;
    return true;
}

/* Room for one more entry: at the front, if half of the run has left. */
static bool
make_room(struct run *run)
{
    if (run->count < run->cap)
        return true;
    if (run->head > run->cap / 2) {
        run->count -= run->head;
        memmove(run->entry, run->entry + run->head, run->count * sizeof *run->entry);
        run->head = 0;
        return true;
    }
    return grow((void **)&run->entry, &run->cap, FIRST_ENTRIES, sizeof *run->entry);
}

/* The run that a line at TIME goes into, with room for it. */
static struct run *
open_run(struct tp_reorder *r, tp_time time)
{
    size_t which = run_for(r, time);
    struct run *run;

    if (which == r->runs) {
        struct run empty = {0};

        if (r->runs == r->cap && !grow((void **)&r->run, &r->cap, 8, sizeof *r->run))
            return NULL;
        if (!make_room(&empty))
            return NULL;
        r->run[r->runs] = empty;
        return &r->run[r->runs];
    }
    run = &r->run[which];
    return make_room(run) ? run : NULL;
}

int
tp_reorder_add(struct tp_reorder *r, tp_time time, struct tp_str head, struct tp_str line,
               struct tp_err *err)
{
    size_t len = head.len + line.len;
    char *text = room_for(r, len);
    struct run *run = text ? open_run(r, time) : NULL;

    if (!run)
        return tp_err_memory(err);
    copy(text, head);
    copy(text + head.len, line);
    run->entry[run->count++] = (struct entry){time, r->order++, text, len, r->filling};
    if (run == &r->run[r->runs])
        r->runs++;
    r->filling->used += len;
    r->filling->live++;
    r->held++;
    return 0;
}

/* --- leaving -----------------------------------------------------------------------------------*/

static inline const struct entry *
first_of(const struct run *run)
{
    return &run->entry[run->head];
}

static inline bool
leaves_before(const struct run *a, const struct run *b)
{
    const struct entry *x = first_of(a), *y = first_of(b);

    return x->time != y->time ? x->time < y->time : x->order < y->order;
}

static void
sift_down(struct run **heap, size_t count, size_t at)
{
    struct run *sinking = heap[at];

    for (;;) {
        size_t child = 2 * at + 1;

        if (child >= count)
            break;
        if (child + 1 < count && leaves_before(heap[child + 1], heap[child]))
            child++;
        if (!leaves_before(heap[child], sinking))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = sinking;
}

/* Gathers the runs whose first line is due. Their number; -1 when memory ran out. */
static long
gather_due(struct tp_reorder *r, tp_time before)
{
    size_t count = 0;

    while (r->heap_cap < r->runs)
        if (!grow((void **)&r->heap, &r->heap_cap, 8, sizeof *r->heap))
            return -1;
    for (size_t i = 0; i < r->runs; i++)
        if (first_of(&r->run[i])->time < before)
            r->heap[count++] = &r->run[i];
    for (size_t i = count / 2; i-- > 0;)
        sift_down(r->heap, count, i);
    return (long)count;
}

/* Who gets the lines, and whether they stay nevertheless. */
struct taker {
    tp_reorder_take *take;
    void *context;
    bool stay;
};

/* The first line of RUN leaves. */
static int
leave(struct tp_reorder *r, struct run *run, const struct taker *to, struct tp_err *err)
{
    struct entry entry = run->entry[run->head++];
    int result = to->take(to->context, entry.time, (struct tp_str){entry.text, entry.len}, err);

    if (to->stay)
        return result;
    r->held--;
    if (--entry.chunk->live == 0)
        drop_chunk(r, entry.chunk);
    return result;
}

static inline bool
is_due(const struct run *run, tp_time before)
{
    return run->head < run->count && first_of(run)->time < before;
}

static int
merge(struct tp_reorder *r, size_t count, tp_time before, const struct taker *to,
      struct tp_err *err)
{
    struct run **heap = r->heap;

    while (count > 0) {
        if (leave(r, heap[0], to, err) < 0)
            return -1;
        if (count > 1 && !is_due(heap[0], before))
            heap[0] = heap[--count];
        else if (count == 1 && !is_due(heap[0], before))
            count = 0;
        if (count > 1)
            sift_down(heap, count, 0);
    }
    return 0;
}

/* Runs that have become empty go; the others keep their order. */
static void
drop_empty_runs(struct tp_reorder *r)
{
    size_t kept = 0;

    for (size_t i = 0; i < r->runs; i++) {
        if (r->run[i].head < r->run[i].count)
            r->run[kept++] = r->run[i];
        else
            free(r->run[i].entry);
    }
    r->runs = kept;
}

int
tp_reorder_drain(struct tp_reorder *r, tp_time before, tp_reorder_take *take, void *context,
                 struct tp_err *err)
{
    struct taker to = {take, context, .stay = false};
    long due = gather_due(r, before);
    int result;

    if (due < 0)
        return tp_err_memory(err);
    result = merge(r, (size_t)due, before, &to, err);
    drop_empty_runs(r);
    return result;
}

int
tp_reorder_walk(struct tp_reorder *r, tp_reorder_take *take, void *context, struct tp_err *err)
{
    struct taker to = {take, context, .stay = true};
    size_t runs = r->runs, *head = malloc((runs + 1) * sizeof *head);
    long due = gather_due(r, TP_TIME_AFTER_ALL);
    int result;

    if (!head || due < 0) {
        free(head);
        return tp_err_memory(err);
    }
    for (size_t i = 0; i < runs; i++)
        head[i] = r->run[i].head;
    result = merge(r, (size_t)due, TP_TIME_AFTER_ALL, &to, err);
    for (size_t i = 0; i < runs; i++)
        r->run[i].head = head[i];
    free(head);
    return result;
}

size_t
tp_reorder_count(const struct tp_reorder *r)
{
    return r->held;
}

size_t
tp_reorder_size(const struct tp_reorder *r)
{
    size_t size = r->chunks;

    for (size_t i = 0; i < r->runs; i++)
        size += r->run[i].cap * sizeof *r->run[i].entry;
    return size;
}

static void
free_chunks(struct tp_reorder *r)
{
    for (size_t i = 0; i < r->runs; i++) {
        struct run *run = &r->run[i];

        for (; run->head < run->count; run->head++) {
            struct chunk *chunk = first_of(run)->chunk;

            if (--chunk->live == 0 && chunk != r->filling)
                free(chunk);
        }
        free(run->entry);
    }
    free(r->filling);
    free(r->spare);
}

void
tp_reorder_free(struct tp_reorder *r)
{
    if (!r)
        return;
    free_chunks(r);
    free(r->run);
    free(r->heap);
    free(r);
}
