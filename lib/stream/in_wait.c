#include "stream/in_wait.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

static int
poll_all(struct pollfd *poller, size_t count, int timeout_ms, struct tp_err *err)
{
    int ready = poll(poller, count, timeout_ms);

    if (ready < 0 && errno != EINTR && errno != EAGAIN)
        return tp_err_system(err, "poll");
    return ready > 0;
}

int
tp_in_wait(struct tp_in *const *inputs, size_t count, int timeout_ms, struct tp_err *err)
{
    struct pollfd few[32];
    struct pollfd *poller = few;
    size_t polled = 0;
    int ready;

    for (size_t i = 0; i < count; i++)
        if (inputs[i] && tp_in_readiness(inputs[i]) == TP_IN_READY)
            return 1;
    if (count > sizeof few / sizeof *few) {
        poller = malloc(count * sizeof *poller);
        if (!poller)
            return tp_err_memory(err);
    }
    for (size_t i = 0; i < count; i++)
        if (inputs[i] && tp_in_readiness(inputs[i]) == TP_IN_ASK)
            poller[polled++] = (struct pollfd){.fd = tp_in_fd(inputs[i]), .events = POLLIN};
    ready = poll_all(poller, polled, timeout_ms, err);
    if (poller != few)
        free(poller);
    return ready;
}
