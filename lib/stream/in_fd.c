#include "stream/in_fd.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

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
