#include "stream/in_pipe.h"

#include <fcntl.h>
#include <stddef.h>

static const int sizes[] = {1024 * 1024, 256 * 1024};

void
tp_pipe_enlarge(int fd)
{
    int now = fcntl(fd, F_GETPIPE_SZ);

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (now >= sizes[i] || fcntl(fd, F_SETPIPE_SZ, sizes[i]) >= 0)
            return;
}
