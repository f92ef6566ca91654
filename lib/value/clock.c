#include "value/clock.h"

#include <time.h>

static int64_t
read_clock(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * TP_SECOND + now.tv_nsec;
}

tp_duration
tp_clock_steady(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

tp_time
tp_clock_wall(void)
{
    return read_clock(CLOCK_REALTIME);
}
