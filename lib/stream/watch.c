#include "stream/watch.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

enum { LOOK_AGAIN_MS = 1000, LOOK_OFTEN_MS = 250 };

struct tp_watch {
    int fd; /* -1: no inotify */
};

struct tp_watch *
tp_watch_new(struct tp_err *err)
{
    struct tp_watch *watch = calloc(1, sizeof *watch);

    if (!watch) {
        tp_err_memory(err);
        return NULL;
    }
    watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    return watch;
}

void
tp_watch_free(struct tp_watch *watch)
{
    if (!watch)
        return;
    if (watch->fd >= 0)
        close(watch->fd);
    free(watch);
}

void
tp_watch_add(struct tp_watch *watch, const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder;

    if (watch->fd < 0)
        return;
    /* Adding what is watched already changes nothing. */
    inotify_add_watch(watch->fd, path, IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF);
    folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    if (folder)
        inotify_add_watch(watch->fd, folder, IN_CREATE | IN_MOVE | IN_DELETE);
    free(folder);
}

static void
drain(const struct tp_watch *watch)
{
    char events[4096];

    while (read(watch->fd, events, sizeof events) > 0)
        continue;
}

int
tp_watch_wait(struct tp_watch *watch, struct tp_in *const *inputs, size_t count, int timeout_ms,
              struct tp_err *err)
{
    int most = watch->fd < 0 ? LOOK_OFTEN_MS : LOOK_AGAIN_MS;
    struct pollfd *poller = calloc(count + 1, sizeof *poller);
    nfds_t polled = 0;
    int ready;

    if (!poller)
        return tp_err_memory(err);
    poller[polled++] = (struct pollfd){.fd = watch->fd, .events = POLLIN};
    for (size_t i = 0; i < count; i++)
        if (inputs[i])
            poller[polled++] = (struct pollfd){.fd = tp_in_fd(inputs[i]), .events = POLLIN};
    ready = poll(poller, polled, timeout_ms < 0 || timeout_ms > most ? most : timeout_ms);
    if (ready > 0 && poller[0].revents)
        drain(watch);
    free(poller);
    return ready < 0 && errno != EINTR && errno != EAGAIN ? tp_err_system(err, "poll") : 0;
}
