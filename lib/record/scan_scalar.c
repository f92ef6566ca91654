#include "record/scan_block.h"
#include "record/scan_escape.h"
#include "record/scan_walk.h"

/* -- strings -- */

static inline bool
is_continuation(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

/* Behind the character at P (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF), or
 * NULL. Reads a byte only when those before it were right, so never behind the newline. */
static inline const char *
character_end(const char *p)
{
    unsigned char lead = (unsigned char)p[0];
    unsigned char second;

    if (lead < 0xc2 || lead > 0xf4 || !is_continuation(p[1]))
        return NULL;
    if (lead < 0xe0)
        return p + 2;
    if (!is_continuation(p[2]))
        return NULL;
    second = (unsigned char)p[1];
    if (lead < 0xf0) {
        if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f))
            return NULL;
        return p + 3;
    }
    if ((lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f))
        return NULL;
    return is_continuation(p[3]) ? p + 4 : NULL;
}

/* Behind the character at P, and at least as much of what follows as is not ASCII. */
static const char *
non_ascii_end(struct tp_walk *walk, const char *p)
{
    for (;;) {
        const char *next;

        p = tp_utf8_run(p);
        if ((unsigned char)*p < 0x80)
            return p;
        next = character_end(p);
        if (!next)
            return tp_walk_fail(walk, p, "invalid UTF-8");
        p = next;
        if ((unsigned char)*p < 0x80)
            return p;
    }
}

/* The value of the four hex digits at P, or a number above 0xffff. */
static unsigned
hex4(const char *p)
{
    unsigned code = 0;

    for (int i = 0; i < 4; i++) {
        unsigned digit = (unsigned char)p[i] - (unsigned)'0';
        unsigned letter = ((unsigned char)p[i] | 0x20u) - 'a';

        if (digit > 9 && letter > 5)
            return 0x10000;
        code = code << 4 | (digit <= 9 ? digit : letter + 10);
    }
    return code;
}

/* Behind the escape at P (a backslash). */
static const char *
escape_end(struct tp_walk *walk, const char *p)
{
    unsigned code, low;

    switch (p[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return p + 2;
    case 'u':
        break;
    default:
        return tp_walk_fail(walk, p, "unknown escape in a string");
    }
    code = hex4(p + 2);
    if (code > 0xffff)
        return tp_walk_fail(walk, p, "expected four hexadecimal digits after \\u");
    if (code < 0xd800 || code > 0xdfff)
        return p + 6;
    low = code <= 0xdbff && p[6] == '\\' && p[7] == 'u' ? hex4(p + 8) : 0;
    if (low < 0xdc00 || low > 0xdfff)
        return tp_walk_fail(walk, p, "lone surrogate in a \\u escape");
    return p + 12;
}

static const char *
unterminated(struct tp_walk *walk, const char *p)
{
    if (*p == '\n' && p >= walk->soft_end)
        return tp_walk_fail(walk, p, "expected the closing quote of a string");
    return tp_walk_fail(walk, p, "control character in a string");
}

/* Behind the escape at P, and where another one follows a Unicode escape (a text that is not ASCII,
 * most likely, has nothing else) behind as many as can be taken at once. */
static inline const char *
escapes_end(struct tp_walk *walk, const char *p)
{
    if (p[1] == 'u' && p[6] == '\\') {
        const char *run = tp_escape_run(p);

        if (run > p)
            return run;
    }
    return escape_end(walk, p);
}

/* Behind what stands at P, where plain text ends, and is not a quote. */
static inline const char *
odd_end(struct tp_walk *walk, const char *p, enum tp_slot_kind *kind)
{
    if (*p == '\\') {
        *kind = TP_SLOT_ESCAPED;
        return escapes_end(walk, p);
    }
    return (unsigned char)*p >= 0x80 ? non_ascii_end(walk, p) : unterminated(walk, p);
}

/* What is odd in a block is taken mark by mark, without looking at the block again: the next mark
 * is known long before the next load would be. */
const char *
tp_walk_string(struct tp_walk *walk, const char *p, enum tp_slot_kind *kind)
{
    for (;;) {
        const char *end = p + TP_BLOCK;
        tp_marks marks = tp_stops(p);

        while (marks) {
            const char *at = p + tp_first(marks);

            if (*at == '"')
                return at;
            end = odd_end(walk, at, kind);
            if (!end)
                return NULL;
            if (*end == '"')
                return end;
            if (end >= p + TP_BLOCK)
                break;
            marks = tp_drop_marks(marks, (size_t)(end - p));
            end = p + TP_BLOCK;
        }
        p = end;
    }
}

/* -- numbers -- */

static const char *
digits(struct tp_walk *walk, const char *p)
{
    if (!tp_is_digit(*p))
        return tp_walk_fail(walk, p, "expected a digit");
    return tp_digits_end(p);
}

const char *
tp_walk_number(struct tp_walk *walk, const char *p, enum tp_slot_kind *kind)
{
    p += *p == '-';
    if (*p == '0' && tp_is_digit(p[1]))
        return tp_walk_fail(walk, p, "a number cannot begin with a zero");
    *kind = TP_SLOT_INTEGER;
    p = digits(walk, p);
    if (p && *p == '.') {
        *kind = TP_SLOT_REAL;
        p = digits(walk, p + 1);
    }
    if (p && (*p == 'e' || *p == 'E')) {
        *kind = TP_SLOT_REAL;
        p++;
        p += *p == '-' || *p == '+';
        p = digits(walk, p);
    }
    return p;
}
