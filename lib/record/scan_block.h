/*
 * scan_block: looks at 16 bytes (SSE2) or 8 bytes (any machine) at once. Private to scan.
 *
 * tp_stops() marks the bytes at which the plain inside of a string ends: `"`, `\`, control and
 * non-ASCII bytes. The newline that ends a line is one of them, so no loop here needs a limit.
 * TP_PORTABLE asks for the portable version on any machine.
 */
#ifndef TP_RECORD_SCAN_BLOCK_H
#define TP_RECORD_SCAN_BLOCK_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__) && !defined(TP_PORTABLE)
#define TP_SCAN_SSE2 1
#include <emmintrin.h>
#else
#define TP_SCAN_SSE2 0
#endif

/* Eight bytes, the first one lowest whatever the machine. */
static inline uint64_t
tp_load64(const char *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof word);
    return le64toh(word);
}

/* The low LEN bytes (0..8) of a word. */
static inline uint64_t
tp_low_bytes(size_t len)
{
    return len >= 8 ? UINT64_MAX : ((uint64_t)1 << (8 * len)) - 1;
}

#define TP_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

#if TP_SCAN_SSE2

#define TP_BLOCK 16
typedef uint32_t tp_marks; /* one bit a byte */

static inline tp_marks
tp_stops(const char *p)
{
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
    __m128i slash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
    __m128i odd = _mm_cmplt_epi8(v, _mm_set1_epi8(0x20)); /* signed: also above 0x7f */

    return (tp_marks)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, slash), odd));
}

/* Marks the bytes that are not decimal digits. */
static inline tp_marks
tp_non_digits(const char *p)
{
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i digit = _mm_sub_epi8(v, _mm_set1_epi8('0'));
    __m128i low = _mm_min_epu8(digit, _mm_set1_epi8(9));

    return (tp_marks)_mm_movemask_epi8(_mm_cmpeq_epi8(digit, low)) ^ 0xffff;
}

/* The first marked byte; there must be one. */
static inline size_t
tp_first(tp_marks marks)
{
    return (size_t)__builtin_ctz(marks);
}

#else

#define TP_BLOCK 8
typedef uint64_t tp_marks; /* the top bit of each byte */

/* Exact for the lowest mark, which is the one used: a borrow only ever leaves a marked byte. */
static inline tp_marks
tp_stops(const char *p)
{
    uint64_t v = tp_load64(p);
    uint64_t quote = (v ^ TP_EACH('"')) - TP_EACH(1);
    uint64_t slash = (v ^ TP_EACH('\\')) - TP_EACH(1);
    uint64_t control = v - TP_EACH(0x20);

    return (quote | slash | control | v) & TP_EACH(0x80);
}

/* Exact in every byte: a digit minus '0' plus 0x76 stays below 0x80. */
static inline tp_marks
tp_non_digits(const char *p)
{
    uint64_t v = tp_load64(p) ^ TP_EACH('0');

    return (((v & TP_EACH(0x7f)) + TP_EACH(0x76)) | v) & TP_EACH(0x80);
}

static inline size_t
tp_first(tp_marks marks)
{
    return (size_t)__builtin_ctzll(marks) >> 3;
}

#endif

/* From P inside a string: the first byte at which its plain text ends. */
static inline const char *
tp_plain_end(const char *p)
{
    tp_marks marks;

    while (!(marks = tp_stops(p)))
        p += TP_BLOCK;
    return p + tp_first(marks);
}

static inline const char *
tp_digits_end(const char *p)
{
    tp_marks marks;

    while (!(marks = tp_non_digits(p)))
        p += TP_BLOCK;
    return p + tp_first(marks);
}

static inline bool
tp_is_digit(char c)
{
    return (unsigned char)(c - '0') <= 9;
}

#endif
