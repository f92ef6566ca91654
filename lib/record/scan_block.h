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

/* Takes away the marks on the first COUNT (below TP_BLOCK) bytes. */
static inline tp_marks
tp_drop_marks(tp_marks marks, size_t count)
{
    return marks & (UINT32_MAX << count);
}

/* How many bytes from P on are well-formed characters of three bytes each (CJK, mostly), with
 * nothing about them that needs a closer look: leads E0 and ED do (RFC 3629). */
static inline size_t
tp_three_byte_run(const char *p)
{
    const char lead = (char)0xf0, next = (char)0xc0;
    const char lead_is = (char)0xe0, next_is = (char)0x80;
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i mask = _mm_setr_epi8(lead, next, next, lead, next, next, lead, next, next, lead, next,
                                 next, lead, next, next, 0);
    __m128i form =
        _mm_setr_epi8(lead_is, next_is, next_is, lead_is, next_is, next_is, lead_is, next_is,
                      next_is, lead_is, next_is, next_is, lead_is, next_is, next_is, 1);
    __m128i formed = _mm_cmpeq_epi8(_mm_and_si128(v, mask), form); /* never in the last byte */
    __m128i special = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8((char)0xe0)),
                                   _mm_cmpeq_epi8(v, _mm_set1_epi8((char)0xed)));
    uint32_t good = (uint32_t)_mm_movemask_epi8(_mm_andnot_si128(special, formed));
    uint32_t bytes = (uint32_t)__builtin_ctz(~good);

    return bytes * 11 / 32 * 3; /* whole characters: n * 11 / 32 is n / 3 up to 15 */
}

#define TP_WIDE 64

static inline uint64_t
tp_stops_wide(const char *p)
{
    return (uint64_t)tp_stops(p) | (uint64_t)tp_stops(p + 16) << 16 |
           (uint64_t)tp_stops(p + 32) << 32 | (uint64_t)tp_stops(p + 48) << 48;
}

static inline size_t
tp_first_wide(uint64_t wide)
{
    return (size_t)__builtin_ctzll(wide);
}

#else

#define TP_BLOCK 8
#define TP_WIDE 32
typedef uint64_t tp_marks; /* the top bit of each byte */

/* Exact in every byte: seven bits plus 0x7f reach 0x80 unless they are 0, plus 0x60 from 0x20 on;
 * no sum carries into the next byte. */
static inline tp_marks
tp_stops(const char *p)
{
    uint64_t v = tp_load64(p);
    uint64_t low = v & TP_EACH(0x7f);
    uint64_t plain = ((low ^ TP_EACH('"')) + TP_EACH(0x7f)) &
                     ((low ^ TP_EACH('\\')) + TP_EACH(0x7f)) & (low + TP_EACH(0x60));

    return (~plain | v) & TP_EACH(0x80);
}

/* Exact too: a digit without its 0x30 plus 0x76 stays below 0x80. */
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

static inline tp_marks
tp_drop_marks(tp_marks marks, size_t count)
{
    return marks & (UINT64_MAX << (8 * count));
}

static inline size_t
tp_three_byte_run(const char *p)
{
    const uint64_t mask = UINT64_C(0xc0c0f0c0c0f0), form = UINT64_C(0x8080e08080e0);
    uint64_t v = tp_load64(p);
    unsigned first = v & 0xff, second = v >> 24 & 0xff;
    bool special = first == 0xe0 || first == 0xed || second == 0xe0 || second == 0xed;

    return (v & mask) == form && !special ? 6 : 0;
}

/* One bit a byte: the multiplication gathers the eight marks in the highest byte. */
static inline uint64_t
tp_gather(tp_marks marks)
{
    return (marks >> 7) * UINT64_C(0x0102040810204080) >> 56;
}

static inline uint64_t
tp_stops_wide(const char *p)
{
    return tp_gather(tp_stops(p)) | tp_gather(tp_stops(p + 8)) << 8 |
           tp_gather(tp_stops(p + 16)) << 16 | tp_gather(tp_stops(p + 24)) << 24;
}

static inline size_t
tp_first_wide(uint64_t wide)
{
    return (size_t)__builtin_ctzll(wide);
}

#endif

/* From P inside a string: the first byte at which its plain text ends. Short strings end in the
 * first block; for the others four blocks are looked at together, so that strings of 20 and of 50
 * bytes take the same branches: a wrongly foreseen one costs more than looking at three blocks. */
static inline const char *
tp_plain_end(const char *p)
{
    tp_marks marks = tp_stops(p);
    uint64_t wide;

    if (marks)
        return p + tp_first(marks);
    p += TP_BLOCK;
    while (!(wide = tp_stops_wide(p)))
        p += TP_WIDE;
    return p + tp_first_wide(wide);
}

/* A number as most are: digits, perhaps a point and digits, all within a block. Its length; 0 when
 * it is no such number, or none at all. */
static inline size_t
tp_simple_number(const char *p, bool *real)
{
    tp_marks marks = tp_non_digits(p);
    size_t whole, len;

    *real = false;
    if (!marks)
        return 0;
    whole = len = tp_first(marks);
    *real = p[len] == '.';
    if (*real) {
        marks &= marks - 1;
        if (!marks)
            return 0;
        len = tp_first(marks);
        if (len == whole + 1)
            return 0;
    }
    if (whole == 0 || (*p == '0' && whole > 1) || (p[len] | 0x20) == 'e')
        return 0;
    return len;
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
