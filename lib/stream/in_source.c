#include "stream/in_source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stream/in_fd.h"

static int
descriptor_of(const char *path)
{
    return strcmp(path, "/dev/stdin") ? tp_fd_of_path(path) : STDIN_FILENO;
}

/* O_NONBLOCK: a FIFO without a writer must not hold up the other inputs. It is set on a description
 * of our own, except for sockets, which cannot be opened anew by path and are shared. */
static int
open_path(const char *path)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

    if (fd < 0 && errno == ENXIO && descriptor_of(path) >= 0)
        fd = fcntl(descriptor_of(path), F_DUPFD_CLOEXEC, 3);
    return fd;
}

static int
inspect(struct tp_in_source *source, const char *name, struct tp_err *err)
{
    struct stat st;

    if (fstat(source->fd, &st))
        return tp_err_system(err, name);
    if (S_ISDIR(st.st_mode))
        return tp_err_set(err, TP_FAULT_MACHINE, "%s: is a directory", name);
    source->regular = S_ISREG(st.st_mode);
    if (source->regular)
        (void)posix_fadvise(source->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    if (S_ISFIFO(st.st_mode))
        tp_fd_enlarge_pipe(source->fd);
    source->parks &= source->regular && source->ours;
    source->device = st.st_dev;
    source->inode = st.st_ino;
    return 0;
}

/* Gives the descriptor back until the next read. */
static int
park(struct tp_in_source *source, const char *operand, struct tp_err *err)
{
    close(source->fd);
    source->fd = -1;
    source->path = strdup(operand);
    return source->path ? 0 : tp_err_memory(err);
}

int
tp_in_source_adopt(struct tp_in_source *source, int fd, const char *name, struct tp_err *err)
{
    source->ours = true;
    source->fd = fd;
    return inspect(source, name, err);
}

int
tp_in_source_open(struct tp_in_source *source, const char *operand, const char *name,
                  struct tp_err *err)
{
    source->ours = strcmp(operand, "-") != 0;
    source->fd = source->ours ? open_path(operand) : STDIN_FILENO;
    if (source->fd < 0)
        return tp_err_system(err, name);
    if (inspect(source, name, err)) {
        tp_in_source_close(source);
        return -1;
    }
    return source->parks ? park(source, operand, err) : 0;
}

void
tp_in_source_close(struct tp_in_source *source)
{
    if (source->ours && source->fd >= 0)
        close(source->fd);
    source->fd = -1;
    free(source->path);
    source->path = NULL;
    tp_backlog_free(source->backlog);
    source->backlog = NULL;
}

/* Asked before each read of what may block. It also tells a FIFO that never had a writer (nothing)
 * from one whose writers are gone (POLLHUP), where read(2) returns 0 for both. */
static int
readable(int fd)
{
    struct pollfd poller = {.fd = fd, .events = POLLIN};
    int ready = poll(&poller, 1, 0);

    return ready < 0 && errno == EINTR ? 0 : ready;
}

/* What the descriptor gives; on TP_SOURCE_ERROR errno tells. */
static ssize_t
read_descriptor(const struct tp_in_source *source, char *to, size_t len)
{
    int ready = source->regular ? 1 : readable(source->fd);
    ssize_t got;

    if (ready <= 0)
        return ready == 0 ? TP_SOURCE_WAIT : TP_SOURCE_ERROR;
    do
        got = read(source->fd, to, len);
    while (got < 0 && errno == EINTR);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return TP_SOURCE_WAIT;
    return got < 0 ? TP_SOURCE_ERROR : got;
}

/* A file that is open only now. */
static ssize_t
read_parked(struct tp_in_source *source, char *to, size_t len, const char *name, struct tp_err *err)
{
    int fd = open_path(source->path);
    struct stat st;
    ssize_t got = -1;

    if (fd < 0 || fstat(fd, &st) < 0) {
        tp_err_system(err, name);
    } else if (st.st_dev != source->device || st.st_ino != source->inode) {
        tp_err_set(err, TP_FAULT_MACHINE, "%s: was replaced while it was being read", name);
    } else {
        do
            got = pread(fd, to, len, source->at);
        while (got < 0 && errno == EINTR);
        if (got < 0)
            tp_err_system(err, name);
    }
    if (fd >= 0)
        close(fd);
    source->at += got > 0 ? got : 0;
    return got < 0 ? TP_SOURCE_ERROR : got;
}

ssize_t
tp_in_source_read(struct tp_in_source *source, char *to, size_t len, const char *name,
                  struct tp_err *err)
{
    ssize_t got = source->backlog ? tp_backlog_take(source->backlog, to, len, err) : 0;

    if (got != 0)
        return got < 0 ? TP_SOURCE_ERROR : got;
    if (source->drained)
        return TP_SOURCE_END;
    if (source->path)
        return read_parked(source, to, len, name, err);
    errno = source->failed;
    got = source->failed ? TP_SOURCE_ERROR : read_descriptor(source, to, len);
    if (got == TP_SOURCE_ERROR)
        tp_err_system(err, name);
    return got;
}

int
tp_in_source_drain(struct tp_in_source *source, struct tp_err *err)
{
    ssize_t got;
    size_t len;
    char *room;

    if (source->regular || source->drained || source->failed)
        return 0;
    if (!source->backlog)
        source->backlog = tp_backlog_new();
    if (!source->backlog)
        return tp_err_memory(err);
    room = tp_backlog_room(source->backlog, &len, err);
    if (!room)
        return -1;
    got = read_descriptor(source, room, len);
    if (got > 0)
        tp_backlog_filled(source->backlog, (size_t)got);
    else if (got == TP_SOURCE_END)
        source->drained = true;
    else if (got == TP_SOURCE_ERROR)
        source->failed = errno;
    return 0;
}

bool
tp_in_source_has_backlog(const struct tp_in_source *source)
{
    return source->drained || source->failed ||
           (source->backlog && !tp_backlog_is_empty(source->backlog));
}
