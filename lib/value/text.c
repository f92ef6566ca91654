#include "value/text.h"

#include "value/text_width.h"

#define ONES UINT64_C(0x0101010101010101)
#define HIGHS UINT64_C(0x8080808080808080)
#define REPLACEMENT 0xfffd

/*
 * The length of the valid UTF-8 character at AT, 0 when there is none (RFC 3629, section 4: the
 * second byte's range rules out overlong forms, surrogates and what lies above U+10FFFF).
 */
static size_t
character(const unsigned char *at, size_t left)
{
    unsigned char first = at[0], low = 0x80, high = 0xbf;
    size_t len;

    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    len = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (left < len)
        return 0;
    if (first == 0xe0)
        low = 0xa0;
    else if (first == 0xed)
        high = 0x9f;
    else if (first == 0xf0)
        low = 0x90;
    else if (first == 0xf4)
        high = 0x8f;
    if (at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    return len;
}

static uint64_t
load(const char *from)
{
    uint64_t word;

    memcpy(&word, from, sizeof word);
    return word;
}

/* How many bytes from FROM on are ASCII; may stop early. */
static size_t
ascii_run(const char *from, size_t len)
{
    size_t at = 0;

    while (len - at >= 8 && (load(from + at) & HIGHS) == 0)
        at += 8;
    while (at < len && (unsigned char)from[at] < 0x80)
        at++;
    return at;
}

bool
tp_text_is_utf8(struct tp_str text)
{
    size_t at = 0, len;

    while (at < text.len) {
        at += ascii_run(text.ptr + at, text.len - at);
        while (at < text.len && (unsigned char)text.ptr[at] >= 0x80) {
            len = character((const unsigned char *)text.ptr + at, text.len - at);
            if (len == 0)
                return false;
            at += len;
        }
    }
    return true;
}

uint32_t
tp_text_next(struct tp_str text, size_t *at)
{
    static const unsigned char first_bits[5] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    const unsigned char *from = (const unsigned char *)text.ptr + *at;
    size_t len = character(from, text.len - *at);
    uint32_t code;

    if (len == 0) {
        ++*at;
        return REPLACEMENT;
    }
    code = from[0] & first_bits[len];
    for (size_t i = 1; i < len; i++)
        code = code << 6 | (from[i] & 0x3f);
    *at += len;
    return code;
}

void
tp_text_put(struct tp_buf *to, uint32_t code)
{
    char bytes[4];
    size_t len = 0;

    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        code = REPLACEMENT;
    if (code < 0x80) {
        tp_buf_put_char(to, (char)code);
        return;
    }
    if (code < 0x800) {
        bytes[len++] = (char)(0xc0 | code >> 6);
    } else {
        if (code < 0x10000) {
            bytes[len++] = (char)(0xe0 | code >> 12);
        } else {
            bytes[len++] = (char)(0xf0 | code >> 18);
            bytes[len++] = (char)(0x80 | (code >> 12 & 0x3f));
        }
        bytes[len++] = (char)(0x80 | (code >> 6 & 0x3f));
    }
    bytes[len++] = (char)(0x80 | (code & 0x3f));
    tp_buf_put(to, bytes, len);
}

static uint32_t
hex_digit(char c)
{
    return (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

static uint32_t
hex_four(const char *at)
{
    return hex_digit(at[0]) << 12 | hex_digit(at[1]) << 8 | hex_digit(at[2]) << 4 |
           hex_digit(at[3]);
}

/* Undoes the \uXXXX at AT (and the second half of a surrogate pair); returns how many bytes it
 * took. A lone surrogate, which the scanner refuses, gives U+FFFD. */
static size_t
unescape_unicode(const char *at, size_t left, struct tp_buf *to)
{
    uint32_t code, second;

    if (left < 6) {
        tp_text_put(to, REPLACEMENT);
        return left;
    }
    code = hex_four(at + 2);
    if (code >= 0xd800 && code < 0xdc00 && left >= 12 && at[6] == '\\' && at[7] == 'u') {
        second = hex_four(at + 8);
        if (second >= 0xdc00 && second < 0xe000) {
            tp_text_put(to, 0x10000 + ((code - 0xd800) << 10) + (second - 0xdc00));
            return 12;
        }
    }
    tp_text_put(to, code);
    return 6;
}

static char
short_escape(char letter)
{
    switch (letter) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return letter; /* quote, backslash, slash */
    }
}

void
tp_text_unescape(struct tp_str inside, struct tp_buf *to)
{
    const char *at = inside.ptr, *end;

    if (inside.len == 0) /* its pointer may be NULL */
        return;
    end = at + inside.len;
    while (at < end) {
        const char *escape = memchr(at, '\\', (size_t)(end - at));

        if (!escape)
            escape = end;
        if (escape > at)
            tp_buf_put(to, at, (size_t)(escape - at));
        at = escape;
        if (end - at < 2)
            return;
        if (at[1] == 'u') {
            at += unescape_unicode(at, (size_t)(end - at), to);
        } else {
            tp_buf_put_char(to, short_escape(at[1]));
            at += 2;
        }
    }
}

/* True when none of the eight bytes is a quote, a backslash, a control character or above 127. */
static bool
is_plain(uint64_t word)
{
    uint64_t quote = word ^ (ONES * '"'), backslash = word ^ (ONES * '\\');

    /* (x - 1) has its high bit set where x is 0 and, by borrowing, perhaps above: never falsely
     * clear; word - 0x20 likewise. A false alarm only costs the slow look. */
    return (((quote - ONES) | (backslash - ONES) | (word - ONES * 0x20) | word) & HIGHS) == 0;
}

static bool
is_plain_byte(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* Writes the escape of C to TO (6 bytes suffice). */
static size_t
escape_byte(char *to, unsigned char c)
{
    static const char letters[] = "btn?fr"; /* 8 .. 13 */
    static const char hex[] = "0123456789abcdef";

    to[0] = '\\';
    if (c == '"' || c == '\\') {
        to[1] = (char)c;
        return 2;
    }
    if (c >= 8 && c <= 13 && c != 11) {
        to[1] = letters[c - 8];
        return 2;
    }
    memcpy(to + 1, "u00", 3);
    to[4] = hex[c >> 4];
    to[5] = hex[c & 15];
    return 6;
}

/* Behind the plain bytes from AT on. */
static const char *
skip_plain(const char *at, const char *end)
{
    while (end - at >= 8 && is_plain(load(at)))
        at += 8;
    while (at < end && is_plain_byte((unsigned char)*at))
        at++;
    return at;
}

/* LEN bytes, 1 to 7 of them, as a word: some are in it more than once. */
static uint64_t
load_few(const char *from, size_t len)
{
    uint32_t low, high;

    if (len >= sizeof low) {
        memcpy(&low, from, sizeof low);
        memcpy(&high, from + len - sizeof high, sizeof high);
        return (uint64_t)high << 32 | low;
    }
    low = (unsigned char)from[len / 2] | (unsigned)(unsigned char)from[len - 1] << 8;
    return (uint64_t)low << 16 | low | (ONES * (unsigned char)from[0] & ~UINT64_C(0xffffffff));
}

/* By words alone, the last of which begins where it fits. As is_plain, sometimes falsely not. */
static bool
is_all_plain(struct tp_str text)
{
    size_t at = 0;

    if (text.len < 8)
        return is_plain(load_few(text.ptr, text.len));
    while (at + 8 < text.len && is_plain(load(text.ptr + at)))
        at += 8;
    return at + 8 >= text.len && is_plain(load(text.ptr + text.len - 8));
}

/* Names and most values: all of TEXT is plain. */
static void
quote_plain(struct tp_str text, struct tp_buf *to)
{
    char *out = tp_buf_reserve(to, text.len + 2);

    if (!out)
        return;
    out[0] = out[text.len + 1] = '"';
    memcpy(out + 1, text.ptr, text.len);
    to->len += text.len + 2;
}

void
tp_text_quote(struct tp_str text, struct tp_buf *to)
{
    const char *from = text.ptr, *end;
    size_t run;
    char *out;

    if (text.len == 0) { /* its pointer may be NULL */
        TP_BUF_PUT(to, "\"\"");
        return;
    }
    end = from + text.len;
    if (is_all_plain(text)) {
        quote_plain(text, to);
        return;
    }
    tp_buf_put_char(to, '"');
    while (from < end) {
        const char *at = skip_plain(from, end);

        while (at < end && (unsigned char)*at >= 0x80) {
            run = character((const unsigned char *)at, (size_t)(end - at));
            if (run == 0)
                break;
            at += run;
        }
        tp_buf_put(to, from, (size_t)(at - from));
        from = at;
        if (from == end || is_plain_byte((unsigned char)*from))
            continue;
        if ((unsigned char)*from >= 0x80) {
            tp_text_put(to, REPLACEMENT);
        } else {
            out = tp_buf_reserve(to, 6);
            if (!out)
                return;
            to->len += escape_byte(out, (unsigned char)*from);
        }
        from++;
    }
    tp_buf_put_char(to, '"');
}

size_t
tp_text_width(struct tp_str text)
{
    size_t at = 0, width = 0;

    while (at < text.len) {
        unsigned char c = (unsigned char)text.ptr[at];

        if (c < 0x80) {
            width += c >= 0x20 && c != 0x7f;
            at++;
        } else {
            width += tp_text_columns(tp_text_next(text, &at));
        }
    }
    return width;
}

size_t
tp_text_fit(struct tp_str text, size_t columns)
{
    size_t at = 0, next, width = 0;

    while (at < text.len) {
        next = at;
        width += tp_text_columns(tp_text_next(text, &next));
        if (width > columns)
            break;
        at = next;
    }
    return at;
}
