#include "event/join_log.h"

#include <stdlib.h>
#include <string.h>

#include "record/scan.h"

/* Small against what a join keeps, since up to as much of each side may stay in vain. */
#define CHUNK ((size_t)64 << 10)

struct tp_join_chunk {
    struct tp_join_chunk *older, *younger;
    tp_time latest; /* of its records */
    size_t count;
    size_t used, cap;
    char bytes[];
};

/* Of a record, with what makes the next one lie aligned. */
static size_t
stride(const struct tp_join_log *log, size_t line_len)
{
    return (sizeof(struct tp_join_kept) + line_len + log->behind + 7) / 8 * 8;
}

static struct tp_join_chunk *
make_chunk(struct tp_join_log *log, size_t need)
{
    size_t cap = need < CHUNK ? CHUNK : need;
    struct tp_join_chunk *chunk = log->spare;

    if (chunk && need <= chunk->cap) {
        log->spare = NULL;
        return chunk;
    }
    chunk = malloc(sizeof *chunk + cap + TP_SCAN_PADDING);
    if (chunk)
        *chunk = (struct tp_join_chunk){.cap = cap};
    return chunk;
}

static void
empty_chunk(struct tp_join_chunk *chunk)
{
    chunk->used = chunk->count = 0;
    chunk->latest = TP_TIME_BEFORE_ALL;
}

/* A new chunk, with room for NEED bytes, behind the one that is full. -1: memory ran out. */
static int
begin_chunk(struct tp_join_log *log, size_t need)
{
    struct tp_join_chunk *full = log->filling, *chunk = make_chunk(log, need);

    if (!chunk)
        return -1;
    if (full && tp_heap_push(&log->full, full->latest, full) < 0) {
        free(chunk);
        return -1;
    }
    empty_chunk(chunk);
    chunk->older = full;
    chunk->younger = NULL;
    if (full)
        full->younger = chunk;
    else
        log->oldest = chunk;
    log->filling = chunk;
    return 0;
}

struct tp_join_kept *
tp_join_log_add(struct tp_join_log *log, tp_time time, struct tp_str line)
{
    size_t need = stride(log, line.len);
    struct tp_join_chunk *chunk = log->filling;
    struct tp_join_kept *kept;

    if ((!chunk || chunk->cap - chunk->used < need) && begin_chunk(log, need) < 0)
        return NULL;
    chunk = log->filling;
    kept = (struct tp_join_kept *)(chunk->bytes + chunk->used);
    *kept = (struct tp_join_kept){.time = time, .len = (uint32_t)line.len};
    if (line.len)
        memcpy(kept->line, line.ptr, line.len + log->behind);
    chunk->used += need;
    chunk->count++;
    if (time > chunk->latest)
        chunk->latest = time;
    log->count++;
    log->size += need;
    return kept;
}

struct tp_join_chunk *
tp_join_log_before(const struct tp_join_log *log, tp_time time)
{
    const struct tp_heap_entry *earliest = tp_heap_peek(&log->full);

    if (earliest && earliest->at < time)
        return earliest->data;
    if (log->filling && log->filling->count > 0 && log->filling->latest < time)
        return log->filling;
    return NULL;
}

static void
unlink_chunk(struct tp_join_log *log, struct tp_join_chunk *chunk)
{
    if (chunk->older)
        chunk->older->younger = chunk->younger;
    else
        log->oldest = chunk->younger;
    chunk->younger->older = chunk->older; /* the one that is being filled is never unlinked */
}

void
tp_join_log_give_up(struct tp_join_log *log, struct tp_join_chunk *chunk)
{
    log->count -= chunk->count;
    log->size -= chunk->used;
    if (chunk == log->filling) {
        empty_chunk(chunk);
        return;
    }
    tp_heap_pop(&log->full);
    unlink_chunk(log, chunk);
    if (log->spare || chunk->cap > CHUNK)
        free(chunk);
    else
        log->spare = chunk;
}

struct tp_join_kept *
tp_join_chunk_first(struct tp_join_chunk *chunk)
{
    return chunk->used > 0 ? (struct tp_join_kept *)chunk->bytes : NULL;
}

struct tp_join_kept *
tp_join_chunk_next(const struct tp_join_log *log, struct tp_join_chunk *chunk,
                   const struct tp_join_kept *kept)
{
    const char *next = (const char *)kept + stride(log, kept->len);

    return next < chunk->bytes + chunk->used ? (struct tp_join_kept *)next : NULL;
}

struct tp_join_chunk *
tp_join_log_next(struct tp_join_chunk *chunk)
{
    return chunk->younger;
}

void
tp_join_log_release(struct tp_join_log *log)
{
    for (struct tp_join_chunk *chunk = log->oldest, *next; chunk; chunk = next) {
        next = chunk->younger;
        free(chunk);
    }
    free(log->spare);
    tp_heap_release(&log->full);
}
