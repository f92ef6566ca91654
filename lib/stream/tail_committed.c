/*
 * A file of which only what is committed is read. What stands behind that may be read ahead, but it
 * is dropped, as other bytes may stand there by the time that it is committed.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stream/committed.h"
#include "stream/tail_inside.h"

void
tp_tail_only_committed(struct tp_tail *tail, const char *dir)
{
    tail->state = dir;
}

/* All up to the limit was given; behind it the file is read again. */
static int
read_anew(struct tp_tail *tail, struct tp_err *err)
{
    int fd = fcntl(tp_in_fd(tail->in), F_DUPFD_CLOEXEC, 3);
    struct tp_in *in;

    if (fd < 0)
        return tp_err_system(err, tail->name);
    in = tp_in_adopt(fd, tail->name, tail->max_line, err);
    if (!in)
        return -1;
    tp_in_close(tail->in);
    tail->in = in;
    tail->spent = false;
    tp_in_set_endless(in, tail->follow);
    return tp_in_seek(in, tail->limit, err);
}

static int
read_limit(const struct tp_tail *tail, uint64_t *limit, struct tp_err *err)
{
    struct stat st;
    int known;

    *limit = 0;
    if (tail->follow && stat(tail->state, &st) && errno == ENOENT)
        return 0; /* who writes the file is not there yet */
    known = tp_committed_length(tail->state, tail->name, limit, err);
    if (known == 0 && !tail->follow)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "what is committed in %s says nothing of %s: a file that is finished is "
                          "read without --committed",
                          tail->state, tail->name);
    return known < 0 ? -1 : 0;
}

int
tp_tail_look_at_commit(struct tp_tail *tail, struct tp_err *err)
{
    uint64_t limit;

    if (!tail->state || (!tail->spent && tail->place.offset < tail->limit))
        return 1;
    if (read_limit(tail, &limit, err) < 0)
        return -1;
    if (limit <= tail->limit)
        return 0;
    if (tail->spent && read_anew(tail, err) < 0)
        return -1;
    tail->limit = limit;
    return 1;
}

size_t
tp_tail_committed(struct tp_tail *tail, uint64_t from, size_t len)
{
    if (!tail->state || (from < tail->limit && tail->limit - from >= len))
        return len;
    tail->spent = true;
    return from < tail->limit ? (size_t)(tail->limit - from) : 0;
}

int
tp_tail_check_committed(const struct tp_tail *tail, struct tp_err *err)
{
    off_t at = tail->state ? lseek(tp_in_fd(tail->in), 0, SEEK_CUR) : 0;

    if (!tail->state || at < 0 || (uint64_t)at >= tail->limit)
        return 0;
    return tp_err_set(err, TP_FAULT_MACHINE, "%s has %lld bytes, and %llu are committed",
                      tail->name, (long long)at, (unsigned long long)tail->limit);
}
