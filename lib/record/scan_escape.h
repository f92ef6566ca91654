/*
 * scan_escape: crosses text with many escapes without a branch for each. Private to scan.
 */
#ifndef TP_RECORD_SCAN_ESCAPE_H
#define TP_RECORD_SCAN_ESCAPE_H

#include "record/scan_block.h"

#if TP_SCAN_SSE2

/* This looks at two blocks in a turn, which most strings do not go beyond: then it need not be
 * foreseen how many turns there are. */
#define TP_RUN 32

static inline __m128i
tp_at_most(__m128i v, int high)
{
    return _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8((char)high)), v);
}

/* Marks the bytes of both blocks for which TEST holds. */
static inline __attribute__((always_inline)) uint64_t
tp_mark_run(const char *p, __m128i (*test)(__m128i v))
{
    __m128i low = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i high = _mm_loadu_si128((const __m128i *)(const void *)(p + 16));

    return tp_mask(test(low)) | (uint64_t)tp_mask(test(high)) << 16;
}

static inline __m128i
tp_is_backslash(__m128i v)
{
    return tp_is(v, '\\');
}

/* What ends a run for any reason but a backslash. */
static inline __m128i
tp_is_end(__m128i v)
{
    __m128i swapped = _mm_xor_si128(v, _mm_set1_epi8(0x02)); /* see tp_stops */

    return _mm_cmplt_epi8(swapped, _mm_set1_epi8(0x21));
}

/* Is an escape behind a backslash, and all of it. */
static inline __m128i
tp_is_short_escape(__m128i v)
{
    __m128i marks = _mm_or_si128(_mm_or_si128(tp_is(v, '"'), tp_is(v, '\\')), tp_is(v, '/'));
    __m128i bf = _mm_or_si128(tp_is(v, 'b'), tp_is(v, 'f'));
    __m128i nrt = _mm_or_si128(_mm_or_si128(tp_is(v, 'n'), tp_is(v, 'r')), tp_is(v, 't'));

    return _mm_or_si128(_mm_or_si128(marks, bf), nrt);
}

static inline __m128i
tp_is_u(__m128i v)
{
    return tp_is(v, 'u');
}

static inline __m128i
tp_is_hex_digit(__m128i v)
{
    __m128i digit = _mm_sub_epi8(v, _mm_set1_epi8('0'));
    __m128i letter = _mm_sub_epi8(_mm_or_si128(v, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));

    return _mm_or_si128(tp_at_most(digit, 9), tp_at_most(letter, 5));
}

/* D800 to DFFF are surrogates, which come in pairs. */
static inline __m128i
tp_is_d(__m128i v)
{
    return tp_is(_mm_or_si128(v, _mm_set1_epi8(0x20)), 'd');
}

/* The bytes behind an odd number of BACKSLASHES in a row, up to bit 32; the first one may be such
 * by what stood before (CARRY). A run that begins at an even bit and has odd length ends at an odd
 * bit, and the other way round; adding the beginnings of runs carries to their ends (Langdale and
 * Lemire, Parsing Gigabytes of JSON per Second, 2019). */
static inline uint64_t
tp_escaped(uint64_t backslashes, uint64_t carry)
{
    const uint64_t even = TP_EACH(0x55);
    uint64_t runs = backslashes & ~carry;
    uint64_t starts = runs & ~(runs << 1);
    uint64_t even_ends = (runs + (starts & even)) & ~runs;
    uint64_t odd_ends = (runs + (starts & ~even)) & ~runs;

    return (even_ends & ~even) | (odd_ends & even) | carry;
}

/* From a backslash inside a string: behind text with escapes that is surely well formed; at the
 * latest at the closing quote, at control and non-ASCII bytes, and at surrogates. Hands back P if
 * the escape there needs a closer look, and never a place within an escape. */
static inline const char *
tp_escape_run(const char *p)
{
    uint64_t escaped_next = 0, first_due = 0, digits_due = 0; /* by escapes that began before P */

    for (;; p += TP_RUN) {
        uint64_t escaped = tp_escaped(tp_mark_run(p, tp_is_backslash), escaped_next);
        uint64_t unicode = escaped & tp_mark_run(p, tp_is_u);
        uint64_t first = unicode << 1 | first_due;
        uint64_t digits = first | unicode << 2 | unicode << 3 | unicode << 4 | digits_due;
        uint64_t odd = escaped & ~unicode & ~tp_mark_run(p, tp_is_short_escape);
        uint64_t doubt =
            odd | (digits & ~tp_mark_run(p, tp_is_hex_digit)) | (first & tp_mark_run(p, tp_is_d));
        uint64_t ends = (tp_mark_run(p, tp_is_end) & ~escaped) | (doubt & UINT32_MAX);

        if (ends) {
            size_t at = (size_t)__builtin_ctzll(ends);

            p += at;
            if (doubt >> at & 1)
                while (*--p != '\\')
                    ;
            return p;
        }
        escaped_next = escaped >> TP_RUN;
        first_due = first >> TP_RUN;
        digits_due = digits >> TP_RUN;
    }
}

#else

/* Escapes are taken one by one. */
static inline const char *
tp_escape_run(const char *p)
{
    return p;
}

#endif

#endif
