/*
 * num_digits: decimal digits, eight bytes at a time, for those who read numbers out of text. Each
 * reads 8 bytes, whatever they are; those behind the text must be mapped.
 */
#ifndef TP_VALUE_NUM_DIGITS_H
#define TP_VALUE_NUM_DIGITS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The bytes at FROM; the first one is lowest. */
static inline uint64_t
tp_num_load(const char *from)
{
    uint64_t word;

    memcpy(&word, from, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* Bits in every byte that is no digit, as long as no byte before it is above 0xf9. */
static inline uint64_t
tp_num_no_digits(uint64_t word)
{
    return ((word & UINT64_C(0xf0f0f0f0f0f0f0f0)) |
            (((word + UINT64_C(0x0606060606060606)) & UINT64_C(0xf0f0f0f0f0f0f0f0)) >> 4)) ^
           UINT64_C(0x3333333333333333);
}

/* How many of the eight bytes, from the first on, are digits. */
static inline unsigned
tp_num_leading_digits(uint64_t word)
{
    uint64_t other = tp_num_no_digits(word);

    return other ? (unsigned)__builtin_ctzll(other) / 8 : 8;
}

/* Eight digits, as values 0..9 in the bytes, to one number: pairs, fours, all (Lemire 2018,
 * "Quickly parsing eight digits"). */
static inline uint64_t
tp_num_join_eight(uint64_t word)
{
    word = word * 10 + (word >> 8);
    return (((word & UINT64_C(0x000000ff000000ff)) * (100 + (UINT64_C(1000000) << 32))) +
            (((word >> 16) & UINT64_C(0x000000ff000000ff)) * (1 + (UINT64_C(10000) << 32)))) >>
           32;
}

/* The COUNT (1..8) digits that WORD begins with, as a number. */
static inline int64_t
tp_num_join(uint64_t word, size_t count)
{
    return (int64_t)tp_num_join_eight((word - UINT64_C(0x3030303030303030)) << (64 - 8 * count));
}

#endif
