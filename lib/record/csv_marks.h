/*
 * csv_marks: looks at 64 bytes of a row at once: one bit a byte, the first one lowest. Private to
 * csv. TP_PORTABLE asks for the version without SSE2 on any machine.
 */
#ifndef TP_RECORD_CSV_MARKS_H
#define TP_RECORD_CSV_MARKS_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__) && !defined(TP_PORTABLE)
#include <emmintrin.h>
#define TP_CSV_SSE2 1
#else
#define TP_CSV_SSE2 0
#endif

#define TP_CSV_WINDOW 64

struct tp_csv_marks {
    uint64_t separators, quotes;
    uint64_t odd; /* what a JSON string cannot hold as it is, or must be UTF-8: \, control, > 127 */
};

#if TP_CSV_SSE2

static inline uint64_t
tp_csv_bits(__m128i bytes, int at)
{
    return (uint64_t)(uint32_t)_mm_movemask_epi8(bytes) << at;
}

static inline struct tp_csv_marks
tp_csv_look(const char *p, char separator)
{
    const __m128i separators = _mm_set1_epi8(separator), quotes = _mm_set1_epi8('"');
    const __m128i escapes = _mm_set1_epi8('\\'), printable = _mm_set1_epi8(0x20);
    struct tp_csv_marks marks = {0, 0, 0};

#pragma GCC unroll 4
    for (int i = 0; i < TP_CSV_WINDOW; i += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
        /* As signed bytes those above 127 are negative: below the printable ones, too. */
        __m128i unprintable = _mm_cmplt_epi8(bytes, printable);

        marks.separators |= tp_csv_bits(_mm_cmpeq_epi8(bytes, separators), i);
        marks.quotes |= tp_csv_bits(_mm_cmpeq_epi8(bytes, quotes), i);
        marks.odd |= tp_csv_bits(_mm_or_si128(unprintable, _mm_cmpeq_epi8(bytes, escapes)), i);
    }
    return marks;
}

#else

#define TP_CSV_EACH(byte) (UINT64_C(0x0101010101010101) * (unsigned char)(byte))

/* The bytes of WORD that are zero. Exact: seven bits plus 0x7f reach 0x80 unless they are 0, and no
 * sum carries into the next byte. The multiplication gathers the eight bits in the highest byte. */
static inline uint64_t
tp_csv_zeros(uint64_t word)
{
    uint64_t full = ((word & TP_CSV_EACH(0x7f)) + TP_CSV_EACH(0x7f)) | word;

    return (~full >> 7 & TP_CSV_EACH(1)) * UINT64_C(0x0102040810204080) >> 56;
}

/* Likewise: those below 0x20 or above 0x7f. */
static inline uint64_t
tp_csv_unprintable(uint64_t word)
{
    uint64_t high = ~((word & TP_CSV_EACH(0x7f)) + TP_CSV_EACH(0x60)) | word;

    return (high >> 7 & TP_CSV_EACH(1)) * UINT64_C(0x0102040810204080) >> 56;
}

static inline struct tp_csv_marks
tp_csv_look(const char *p, char separator)
{
    struct tp_csv_marks marks = {0, 0, 0};

    for (int i = 0; i < TP_CSV_WINDOW; i += 8) {
        uint64_t word;

        memcpy(&word, p + i, sizeof word);
        word = le64toh(word);
        marks.separators |= tp_csv_zeros(word ^ TP_CSV_EACH(separator)) << i;
        marks.quotes |= tp_csv_zeros(word ^ TP_CSV_EACH('"')) << i;
        marks.odd |= (tp_csv_zeros(word ^ TP_CSV_EACH('\\')) | tp_csv_unprintable(word)) << i;
    }
    return marks;
}

#endif

#endif
