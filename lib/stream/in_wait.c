/*
 * Waiting: for the inputs that are wanted, while those that are held back are drained, so that
 * whoever writes to them goes on (and with it, perhaps, the one who is waited for).
 */
#include "stream/in_wait.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

/* The pollers of WANTED inputs, then those of the held ones. */
struct waiting {
    struct pollfd *poller;
    struct tp_in **in; /* by poller */
    size_t wanted, count;
};

static void
add(struct waiting *w, struct tp_in *in, int fd)
{
    if (fd < 0)
        return;
    w->poller[w->count] = (struct pollfd){.fd = fd, .events = POLLIN};
    w->in[w->count++] = in;
}

static int
drain_held(const struct waiting *w, struct tp_err *err)
{
    for (size_t i = w->wanted; i < w->count; i++)
        if (w->poller[i].revents && tp_in_drain(w->in[i], err) < 0)
            return -1;
    return 0;
}

static int
wait_for(struct waiting *w, int timeout_ms, struct tp_err *err)
{
    int ready = poll(w->poller, w->count, timeout_ms);

    if (ready < 0)
        return errno == EINTR || errno == EAGAIN ? 0 : tp_err_system(err, "poll");
    for (size_t i = 0; i < w->wanted; i++)
        if (w->poller[i].revents)
            return 1;
    return drain_held(w, err);
}

int
tp_in_wait_holding(struct tp_in *const *inputs, const bool *held, size_t count, int timeout_ms,
                   struct tp_err *err)
{
    struct waiting w = {0};
    int ready;

    for (size_t i = 0; i < count; i++)
        if (inputs[i] && !(held && held[i]) && tp_in_has_something(inputs[i]))
            return 1;
    w.poller = calloc(count + 1, sizeof *w.poller);
    w.in = calloc(count + 1, sizeof(struct tp_in *));
    if (!w.poller || !w.in) {
        free(w.poller);
        free(w.in);
        return tp_err_memory(err);
    }
    for (size_t i = 0; i < count; i++)
        if (inputs[i] && !(held && held[i]))
            add(&w, inputs[i], tp_in_descriptor(inputs[i]));
    w.wanted = w.count;
    for (size_t i = 0; held && i < count; i++)
        if (inputs[i] && held[i])
            add(&w, inputs[i], tp_in_drainable(inputs[i]));
    ready = wait_for(&w, timeout_ms, err);
    free(w.poller);
    free(w.in);
    return ready;
}

int
tp_in_wait(struct tp_in *const *inputs, size_t count, int timeout_ms, struct tp_err *err)
{
    return tp_in_wait_holding(inputs, NULL, count, timeout_ms, err);
}
