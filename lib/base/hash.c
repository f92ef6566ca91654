#include "base/hash.h"

#include <sys/random.h>
#include <time.h>

#include "base/hash_inline.h"

uint64_t
tp_hash(uint64_t seed, const void *bytes, size_t len)
{
    return tp_hash_inline(seed, (struct tp_str){bytes, len});
}

/* Where the kernel gives nothing (a seccomp sandbox without getrandom), the clock and the address
 * space's layout are the best that is left. */
static uint64_t
seed_of_last_resort(void)
{
    struct {
        struct timespec now;
        const void *here;
    } mix = {.here = &mix};

    clock_gettime(CLOCK_MONOTONIC, &mix.now);
    return tp_hash(0, &mix, sizeof mix);
}

uint64_t
tp_hash_seed(void)
{
    uint64_t seed;

    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) == (ssize_t)sizeof seed)
        return seed;
    return seed_of_last_resort();
}
