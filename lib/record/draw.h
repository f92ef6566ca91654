/*
 * draw: random numbers that are a pure function of a seed and the number of an event, so that any
 * slice of a synthetic stream can be made again, and event N is the same whatever came before it.
 *
 * SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", 2014), started
 * from a mix of the two. Integers only: the same on every machine. For test data, not for secrets.
 */
#ifndef TP_RECORD_DRAW_H
#define TP_RECORD_DRAW_H

#include <stdbool.h>
#include <stdint.h>

struct tp_draw {
    uint64_t state;
};

static inline uint64_t
tp_draw_mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static inline struct tp_draw
tp_draw_of(uint64_t seed, uint64_t event)
{
    return (struct tp_draw){tp_draw_mix(tp_draw_mix(seed + UINT64_C(0x9e3779b97f4a7c15)) + event)};
}

static inline uint64_t
tp_draw_next(struct tp_draw *draw)
{
    draw->state += UINT64_C(0x9e3779b97f4a7c15);
    return tp_draw_mix(draw->state);
}

/* 0 .. LIMIT - 1; LIMIT at least 1. (Lemire: "Fast Random Integer Generation in an Interval",
 * 2019, without the correction: its bias is below 2^-32 for the limits used here.) */
static inline uint64_t
tp_draw_below(struct tp_draw *draw, uint64_t limit)
{
    return (uint64_t)(((unsigned __int128)tp_draw_next(draw) * limit) >> 64);
}

/* True in PERCENT of 100 cases. */
static inline bool
tp_draw_percent(struct tp_draw *draw, double percent)
{
    return (double)(tp_draw_next(draw) >> 11) < percent * (double)(UINT64_C(1) << 53) / 100;
}

/* 0 .. LIMIT - 1 with few values drawn often and most of them seldom: density about x^(-3/4), as
 * visitors and pages of web sites have it. LIMIT below 2^16. */
static inline uint64_t
tp_draw_popular(struct tp_draw *draw, uint64_t limit)
{
    uint64_t x = tp_draw_next(draw) >> 48, square = x * x >> 16;

    return (square * square >> 16) * limit >> 16;
}

/* Around MIDDLE, seldom much smaller or larger, about log-normal: a power of two whose exponent is
 * binomial (16 coins), smeared within its octave. */
static inline uint64_t
tp_draw_size(struct tp_draw *draw, uint64_t middle)
{
    uint64_t bits = tp_draw_next(draw);
    uint64_t octave = (uint64_t)__builtin_popcountll(bits & 0xffff);
    uint64_t smear = 256 + (bits >> 16 & 0xff);

    return (middle << octave) * smear >> 16;
}

#endif
