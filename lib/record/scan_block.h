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

#define TP_NO_END SIZE_MAX

#define TP_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

#if TP_SCAN_SSE2

#define TP_BLOCK 16
typedef uint32_t tp_marks; /* one bit a byte */

/* Exchanging bytes 0x20 and 0x22 (and 0x21 and 0x23) puts the quote next to the control bytes: one
 * comparison finds both, and being a signed one all above 0x7f too. */
static inline tp_marks
tp_stops(const char *p)
{
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i swapped = _mm_xor_si128(v, _mm_set1_epi8(0x02));
    __m128i even = _mm_cmpgt_epi8(swapped, _mm_set1_epi8(0x20));
    __m128i slash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));

    return (tp_marks)_mm_movemask_epi8(_mm_andnot_si128(slash, even)) ^ 0xffff;
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

static inline tp_marks
tp_points(const char *p)
{
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);

    return (tp_marks)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('.')));
}

static inline tp_marks
tp_quotes(const char *p)
{
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);

    return (tp_marks)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')));
}

/* The first marked byte; there must be one. */
static inline size_t
tp_first(tp_marks marks)
{
    return (size_t)__builtin_ctzll(marks);
}

/* Takes away the marks on the first COUNT (below TP_BLOCK) bytes. */
static inline tp_marks
tp_drop_marks(tp_marks marks, size_t count)
{
    return marks & (UINT32_MAX << count);
}

/* The byte AT (below TP_BLOCK) marked, and no other. */
static inline tp_marks
tp_mark_at(size_t at)
{
    return (tp_marks)1 << at;
}

static inline uint32_t
tp_mask(__m128i v)
{
    return (uint32_t)_mm_movemask_epi8(v);
}

/* Marks the bytes that are at least LOW, unsigned. */
static inline uint32_t
tp_at_least(__m128i v, int low)
{
    return tp_mask(_mm_cmpeq_epi8(_mm_max_epu8(v, _mm_set1_epi8((char)low)), v));
}

static inline __m128i
tp_is(__m128i v, int byte)
{
    return _mm_cmpeq_epi8(v, _mm_set1_epi8((char)byte));
}

/* Marks the bytes that need a closer look: leads that no character has (C0, C1, F5 and up) and
 * those after which not every continuation byte is allowed (RFC 3629). */
static inline uint32_t
tp_special_leads(__m128i v)
{
    __m128i overlong =
        _mm_cmpeq_epi8(_mm_and_si128(v, _mm_set1_epi8((char)0xfe)), _mm_set1_epi8((char)0xc0));
    __m128i three = _mm_or_si128(tp_is(v, 0xe0), tp_is(v, 0xed));

    return tp_mask(_mm_or_si128(overlong, three)) | tp_at_least(v, 0xf4) | tp_mask(tp_is(v, 0xf0));
}

/* From the start of a character inside a string: behind the text, ASCII or not, that is surely
 * well formed; at the latest where tp_stops would stop for another reason than non-ASCII. Where a
 * continuation byte stands must be exactly where the leads before it say. */
static inline const char *
tp_utf8_run(const char *p)
{
    uint32_t carry = 0; /* the first bytes of the block belong to a character before it */

    for (;; p += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i low = _mm_min_epu8(v, _mm_set1_epi8(0x1f));
        uint32_t stops = tp_mask(
            _mm_or_si128(_mm_or_si128(tp_is(v, '"'), tp_is(v, '\\')), _mm_cmpeq_epi8(low, v)));
        uint32_t next = tp_mask(_mm_cmplt_epi8(v, _mm_set1_epi8((char)0xc0)));
        uint32_t lead = tp_mask(v) & ~next;
        uint32_t due = lead << 1 | tp_at_least(v, 0xe0) << 2 | tp_at_least(v, 0xf0) << 3 | carry;
        uint32_t doubt = ((due ^ next) & 0xffff) | tp_special_leads(v);

        if (doubt | stops) {
            size_t at = (size_t)__builtin_ctz(doubt | stops);

            p += at;
            if (due >> at & 1)
                while (((unsigned char)*--p & 0xc0) == 0x80)
                    ;
            return p;
        }
        carry = due >> 16;
    }
}

static inline size_t
tp_first_wide(uint64_t wide)
{
    return (size_t)__builtin_ctzll(wide);
}

/* The same within two blocks, and with a minus if there is one. */
static inline size_t
tp_simple_number_wide(const char *p, bool *real)
{
    uint64_t minus = *p == '-';
    uint64_t digits = (tp_non_digits(p) | tp_non_digits(p + 16) << 16) ^ UINT32_MAX;
    uint64_t points = tp_points(p) | tp_points(p + 16) << 16;
    uint64_t ends = ~(digits | points | minus), end = ends & (0 - ends);
    uint64_t point = points & (end - 1);
    uint64_t odd = point & ((point - 1) | end >> 1);
    size_t len = tp_first_wide(ends);

    *real = point != 0;
    digits >>= minus;
    odd |= (~digits & 1) | (digits >> 1 & (p[minus] == '0'));
    if (__builtin_expect((odd != 0) | (len == 2 * TP_BLOCK) | ((p[len] | 0x20) == 'e'), 0))
        return 0;
    return len;
}

/* From the opening quote of a string (STRING is 1) that is plain and ends within two blocks, or
 * from a number (0) as most are, within one block: how far off its closing quote is, or the byte
 * behind it; or TP_NO_END. Which of the two, how long, and whether there is a point, are all not
 * foreseeable, so no branch depends on them. */
static inline size_t
tp_quick_scalar(const char *p, uint32_t string, bool *real)
{
    uint32_t number = string - 1; /* a mask */
    uint32_t digits = tp_non_digits(p) ^ 0xffff, points = tp_points(p) & number;
    uint32_t stops = tp_stops(p) | tp_stops(p + 16) << 16;
    uint32_t ends = ((stops ^ 1) & ~number) | (~(digits | points) & number);
    uint32_t end = ends & (0 - ends), point = points & (end - 1);
    uint32_t odd = point & ((point - 1) | end >> 1);
    size_t len = tp_first_wide(ends | UINT64_C(1) << 32);

    *real = point != 0;
    odd |= (~digits & 1) | (digits >> 1 & (*p == '0')) | ((p[len] | 0x20) == 'e') | end >> 16;
    odd = (odd & number) | (string & (p[len] != '"'));
    return __builtin_expect(odd != 0, 0) ? TP_NO_END : len;
}

/* A number as most are: digits, perhaps a point and digits, all within a block. Its length; 0 when
 * it is no such number, or none at all. */
static inline size_t
tp_simple_number(const char *p, bool *real)
{
    size_t len = tp_quick_scalar(p, 0, real);

    return len == TP_NO_END ? 0 : len;
}

/* Is the byte AT a quote, of which those before P + TP_BLOCK are marked in QUOTES? */
static inline uint32_t
tp_quote_at(const char *p, tp_marks quotes, size_t at)
{
    (void)p;
    return quotes >> at & 1; /* further on: not foreseen */
}

#define TP_WIDE 64

static inline uint64_t
tp_stops_wide(const char *p)
{
    return (uint64_t)tp_stops(p) | (uint64_t)tp_stops(p + 16) << 16 |
           (uint64_t)tp_stops(p + 32) << 32 | (uint64_t)tp_stops(p + 48) << 48;
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

/* Exact: see tp_stops. */
static inline tp_marks
tp_quotes(const char *p)
{
    uint64_t v = tp_load64(p) ^ TP_EACH('"');

    return ~(((v & TP_EACH(0x7f)) + TP_EACH(0x7f)) | v) & TP_EACH(0x80);
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

static inline tp_marks
tp_mark_at(size_t at)
{
    return (tp_marks)0x80 << (8 * at);
}

/* See above. Words have few registers for constants: here a branch is cheaper than a second mask.
 */
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

/* Behind a minus, if there is one. */
static inline size_t
tp_simple_number_wide(const char *p, bool *real)
{
    size_t minus = *p == '-', len = tp_simple_number(p + minus, real);

    return len ? minus + len : 0;
}

/* Pairs of characters of three bytes (CJK, mostly), as long as nothing about them needs a closer
 * look: leads E0 and ED do (RFC 3629). */
static inline const char *
tp_utf8_run(const char *p)
{
    const uint64_t mask = UINT64_C(0xc0c0f0c0c0f0), form = UINT64_C(0x8080e08080e0);

    for (;; p += 6) {
        uint64_t v = tp_load64(p);
        unsigned first = v & 0xff, second = v >> 24 & 0xff;
        bool special = first == 0xe0 || first == 0xed || second == 0xe0 || second == 0xed;

        if ((v & mask) != form || special)
            return p;
    }
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

/* From P inside a string: the first byte at which its plain text ends. Four blocks are looked at
 * together, so that strings of 2, of 20 and of 50 bytes take the same branches: a wrongly foreseen
 * one costs more than looking at three blocks. */
static inline const char *
tp_plain_end_wide(const char *p)
{
#if TP_SCAN_SSE2
    uint32_t two = tp_stops(p) | tp_stops(p + 16) << 16;

    if (__builtin_expect(two != 0, 1))
        return p + __builtin_ctz(two);
    p += 32;
#endif
    uint64_t wide;

    while (!(wide = tp_stops_wide(p)))
        p += TP_WIDE;
    return p + tp_first_wide(wide);
}

/* The same for strings that mostly end in the first block. */
static inline const char *
tp_plain_end(const char *p)
{
    tp_marks marks = tp_stops(p);

    return marks ? p + tp_first(marks) : tp_plain_end_wide(p + TP_BLOCK);
}

/* From P inside a string: how far off its closing quote is, if all before it is plain and (unless
 * WIDE) it is in the first block; else TP_NO_END. All that follows waits for the place of the first
 * quote, and for nothing else: that no other stop comes before it is checked beside. */
static inline size_t
tp_quick_end(const char *p, bool wide)
{
    const char *end;
#if TP_SCAN_SSE2
    uint32_t quotes = tp_quotes(p), stops = tp_stops(p);

    if (wide) {
        quotes |= tp_quotes(p + 16) << 16;
        stops |= tp_stops(p + 16) << 16;
    }
    if (__builtin_expect((quotes & stops & (0 - stops)) != 0, 1))
        return tp_first(quotes);
    if (stops || !wide)
        return TP_NO_END;
    end = tp_plain_end_wide(p + 32);
#else
    end = wide ? tp_plain_end_wide(p) : tp_plain_end(p);
#endif
    return *end == '"' ? (size_t)(end - p) : TP_NO_END;
}

#if !TP_SCAN_SSE2
/* The same as above, with branches. */
static inline size_t
tp_quick_scalar(const char *p, uint32_t string, bool *real)
{
    size_t len;

    *real = false;
    if (string) {
        len = tp_quick_end(p + 1, true);
        return len == TP_NO_END ? len : len + 1;
    }
    len = tp_simple_number(p, real);
    return len ? len : TP_NO_END;
}

static inline uint32_t
tp_quote_at(const char *p, tp_marks quotes, size_t at)
{
    (void)quotes;
    return p[at] == '"';
}
#endif

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
