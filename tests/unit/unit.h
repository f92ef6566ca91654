/*
 * unit: the smallest test harness. A test program is a main that calls RUN(name) for each test
 * function and returns unit_end(). A failed CHECK is printed and counted; the test goes on.
 */
#ifndef TP_TESTS_UNIT_H
#define TP_TESTS_UNIT_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int unit_checks, unit_failures;

#define CHECK(condition)                                                   \
    do {                                                                   \
        unit_checks++;                                                     \
        if (!(condition)) {                                                \
            unit_failures++;                                               \
            printf("%s:%d: failed: %s\n", __FILE__, __LINE__, #condition); \
        }                                                                  \
    } while (0)

/* With values to print: CHECK_THAT(a == b, "a is %d", a) */
#define CHECK_THAT(condition, ...)                                         \
    do {                                                                   \
        unit_checks++;                                                     \
        if (!(condition)) {                                                \
            unit_failures++;                                               \
            printf("%s:%d: failed: %s: ", __FILE__, __LINE__, #condition); \
            printf(__VA_ARGS__);                                           \
            putchar('\n');                                                 \
        }                                                                  \
    } while (0)

/* The next of a series that *STATE begins, so that a failure repeats: splitmix64 (Vigna 2015). */
static inline uint64_t
unit_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

#define RUN(test)                                                            \
    do {                                                                     \
        int before = unit_failures;                                          \
        test();                                                              \
        printf("%s %s\n", unit_failures == before ? "ok" : "not ok", #test); \
    } while (0)

static inline int
unit_end(void)
{
    printf("%d checks, %d failed\n", unit_checks, unit_failures);
    return unit_failures != 0;
}

#endif
