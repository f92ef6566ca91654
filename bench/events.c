/*
 * events COUNT KEYS [DISORDER_MS [SEED]]: small events with a key, the same for the same seed.
 *
 *     {"key":"u00000123456","time":"2026-11-21T00:00:01.234Z","value":12.345}
 *
 * Times advance over one hour whatever COUNT is, and stand up to DISORDER_MS behind. Keys are drawn
 * evenly from KEYS; 0 KEYS gives each event one of its own, in no order.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    SPAN_MS = 3600 * 1000,
    WRITE_SIZE = 1 << 20,
};

static const int64_t start_ms = INT64_C(1795219200000); /* 2026-11-21T00:00:00Z */

/* The finalizer of splitmix64, a bijection (Steele, Lea, Flood 2014). */
static uint64_t
mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t
random_next(uint64_t *state)
{
    return mix(*state += UINT64_C(0x9e3779b97f4a7c15));
}

static uint64_t
random_below(uint64_t *state, uint64_t limit)
{
    return ((random_next(state) >> 32) * limit) >> 32;
}

/* Twelve characters, as the user ids of many a log. An odd factor permutes the numbers below 2^32,
   which have ten digits: each number has a key of its own. */
static void
put_key(uint64_t number)
{
    printf("{\"key\":\"u%011u\",", (unsigned)((uint32_t)number * UINT32_C(2654435761)));
}

static void
put_time(int64_t time_ms)
{
    static time_t last = -1;
    static char second[32];
    time_t seconds = (time_t)(time_ms / 1000);
    if (seconds != last) {
        struct tm tm;
        gmtime_r(&seconds, &tm);
        strftime(second, sizeof second, "%Y-%m-%dT%H:%M:%S", &tm);
        last = seconds;
    }
    printf("\"time\":\"%s.%03dZ\",", second, (int)(time_ms % 1000));
}

int
main(int argc, char **argv)
{
    if (argc < 3) {
        fputs("usage: events COUNT KEYS [DISORDER_MS [SEED]]\n", stderr);
        return 2;
    }
    int64_t count = strtoll(argv[1], NULL, 10);
    uint64_t keys = strtoull(argv[2], NULL, 10);
    uint64_t disorder = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
    uint64_t state = argc > 4 ? strtoull(argv[4], NULL, 10) : 1;
    setvbuf(stdout, NULL, _IOFBF, WRITE_SIZE);
    for (int64_t i = 0; i < count; i++) {
        put_key(keys ? random_below(&state, keys) : (uint64_t)i);
        put_time(start_ms + (int64_t)disorder + i * SPAN_MS / count -
                 (int64_t)random_below(&state, disorder + 1));
        unsigned value = (unsigned)random_below(&state, 100000);
        printf("\"value\":%u.%03u}\n", value / 1000, value % 1000);
    }
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 3;
}
