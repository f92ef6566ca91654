#include "stream/in_fd.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* Standard streams, side targets, temporary files, what was inherited. */
enum { OTHERS = 64 };

static const int pipe_sizes[] = {1024 * 1024, 256 * 1024};

void
tp_fd_enlarge_pipe(int fd)
{
    int now = fcntl(fd, F_GETPIPE_SZ);

    for (size_t i = 0; i < sizeof pipe_sizes / sizeof *pipe_sizes; i++)
        if (now >= pipe_sizes[i] || fcntl(fd, F_SETPIPE_SZ, pipe_sizes[i]) >= 0)
            return;
}

void
tp_fd_wait_writable(int fd)
{
    struct pollfd poller = {.fd = fd, .events = POLLOUT};

    (void)poll(&poller, 1, -1);
}

/* SIGPIPE is held back in this thread. The one that a dead reader brings is taken away again,
 * unless another was pending before; it comes with EPIPE, and also with a short count when the
 * reader dies while we wait (Linux's pipe_write). The disposition, which is the process's, stays as
 * it is. */
ssize_t
tp_fd_write_shielded(int fd, const char *bytes, size_t len)
{
    static const struct timespec at_once = {0, 0};
    sigset_t pipe_only, before, pending;
    ssize_t wrote;
    int why;

    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
    wrote = write(fd, bytes, len);
    why = errno;
    if (wrote < (ssize_t)len && !sigismember(&pending, SIGPIPE))
        while (sigtimedwait(&pipe_only, NULL, &at_once) < 0 && errno == EINTR)
            continue;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = why;
    return wrote;
}

/* Moves *FD up, out of the way of the standard streams. */
static int
raise_descriptor(int *fd)
{
    int raised;

    if (*fd > STDERR_FILENO)
        return 0;
    raised = fcntl(*fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (raised < 0)
        return -1;
    close(*fd);
    *fd = raised;
    return 0;
}

bool
tp_fd_allow(size_t count)
{
    rlim_t need = (rlim_t)count + OTHERS;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || need <= limit.rlim_cur)
        return true;
    limit.rlim_cur = need < limit.rlim_max ? need : limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 && need <= limit.rlim_cur;
}

int
tp_fd_pipe(int ends[2])
{
    int why;

    if (pipe2(ends, O_CLOEXEC))
        return -1;
    if (raise_descriptor(&ends[0]) == 0 && raise_descriptor(&ends[1]) == 0)
        return 0;
    why = errno;
    close(ends[0]);
    close(ends[1]);
    errno = why;
    return -1;
}

int
tp_fd_of_path(const char *path)
{
    static const char prefix[] = "/dev/fd/";
    const char *digits = path + sizeof prefix - 1;
    char *end;
    long fd;

    if (strncmp(path, prefix, sizeof prefix - 1) || !isdigit((unsigned char)*digits))
        return -1;
    errno = 0;
    fd = strtol(digits, &end, 10);
    return *end || errno || fd > INT_MAX ? -1 : (int)fd;
}
