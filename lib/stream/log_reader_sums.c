/*
 * The hashes in the index of a segment: what stands between two of its lines is looked at before
 * any of it is given.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "stream/log_reader_inside.h"

enum { PIECE = 64 * 1024 };

struct gathering {
    struct tp_log_sums *sums;
    bool failed;
};

static bool
add_mark(void *user, const struct tp_log_mark *mark)
{
    struct gathering *gathering = user;
    struct tp_log_sums *sums = gathering->sums;
    struct tp_log_mark *grown = realloc(sums->mark, (sums->count + 1) * sizeof *grown);

    gathering->failed = !grown;
    if (!grown)
        return false;
    sums->mark = grown;
    grown[sums->count++] = *mark;
    return true;
}

int
tp_log_reader_read_sums(struct tp_log_reader *reader, struct tp_err *err)
{
    struct gathering gathering = {.sums = &reader->sums};

    reader->sums.count = reader->sums.next = 0;
    if (tp_log_index_read(reader->folder, reader->base, add_mark, &gathering, err) < 0)
        return -1;
    return gathering.failed ? tp_err_memory(err) : 0;
}

/* Bytes [FROM, TO) of FD; a failure is left to who reads them for their own sake. */
static uint64_t
sum_of(int fd, uint64_t from, uint64_t to, XXH64_state_t *state)
{
    char bytes[PIECE];

    XXH64_reset(state, 0);
    while (from < to) {
        size_t want = to - from < sizeof bytes ? (size_t)(to - from) : sizeof bytes;
        ssize_t got = pread(fd, bytes, want, (off_t)from);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        XXH64_update(state, bytes, (size_t)got);
        from += (uint64_t)got;
    }
    return XXH64_digest(state);
}

/* Of a segment that was cut off all whole lines count: that it was is noticed at its end. */
static bool
is_as_written(int fd, uint64_t from, const struct tp_log_mark *mark)
{
    XXH64_state_t *state;
    struct stat st;
    bool same;

    if (!mark->is_summed || fstat(fd, &st) || (uint64_t)st.st_size < mark->size)
        return true;
    state = XXH64_createState();
    same = state && sum_of(fd, from, mark->size, state) == mark->sum;
    XXH64_freeState(state);
    return same;
}

size_t
tp_log_reader_verify(struct tp_log_reader *reader, uint64_t from, size_t len)
{
    struct tp_log_sums *sums = &reader->sums;

    from -= reader->base;
    for (; sums->next < sums->count; sums->next++) {
        const struct tp_log_mark *mark = &sums->mark[sums->next];
        uint64_t start = sums->next > 0 ? mark[-1].size : 0;

        if (mark->size <= from)
            continue;
        if (start >= from + len)
            return len;
        if (is_as_written(tp_in_fd(reader->in), start, mark))
            continue;
        sums->differs = true;
        return start > from ? (size_t)(start - from) : 0;
    }
    return len;
}

int
tp_log_reader_say_differs(const struct tp_log_reader *reader, struct tp_err *err)
{
    const struct tp_log_mark *mark = &reader->sums.mark[reader->sums.next];

    return tp_err_set(err, TP_FAULT_MACHINE,
                      "%s is damaged: bytes %llu to %llu are not what was written there",
                      reader->path, (unsigned long long)(reader->sums.next > 0 ? mark[-1].size : 0),
                      (unsigned long long)mark->size);
}
