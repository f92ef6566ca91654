#include "query/expr_like.h"

#include <wctype.h>

#include "value/text.h"

/* A piece is literal text; pieces stand between runs of `%`. */
struct tp_like {
    struct tp_str *piece;
    size_t pieces;
    uint32_t *code; /* the whole pattern as characters, and the two marks below */
    size_t codes;
    bool plain;      /* no `_` */
    bool open_start; /* begins with % */
    bool open_end;
};

/* Above any character. */
#define ANY_ONE 0x110000u
#define ANY_RUN 0x110001u

uint32_t
tp_fold_lower(uint32_t code, locale_t locale)
{
    if (code < 128)
        return code >= 'A' && code <= 'Z' ? code + 32 : code;
    return locale ? (uint32_t)towlower_l((wint_t)code, locale) : code;
}

uint32_t
tp_fold_upper(uint32_t code, locale_t locale)
{
    if (code < 128)
        return code >= 'a' && code <= 'z' ? code - 32 : code;
    return locale ? (uint32_t)towupper_l((wint_t)code, locale) : code;
}

/* Characters and marks of PATTERN, into like->code. */
static bool
read_codes(struct tp_like *like, struct tp_str pattern, uint32_t escape, const char **reason)
{
    size_t at = 0;
    uint32_t code;

    while (at < pattern.len) {
        code = tp_text_next(pattern, &at);
        if (escape && code == escape) {
            code = at < pattern.len ? tp_text_next(pattern, &at) : 0;
            if (code != '%' && code != '_' && code != escape) {
                *reason = "the escape of LIKE must stand before %, _ or itself";
                return false;
            }
            like->code[like->codes++] = code;
        } else if (code == '%') {
            if (like->codes == 0 || like->code[like->codes - 1] != ANY_RUN)
                like->code[like->codes++] = ANY_RUN;
        } else {
            if (code == '_')
                like->plain = false;
            like->code[like->codes++] = code == '_' ? ANY_ONE : code;
        }
    }
    return true;
}

/* The pieces of a plain pattern; their bytes go to TEXT, which is large enough. */
static void
cut_pieces(struct tp_like *like, char *text)
{
    struct tp_buf bytes = {text, 0, SIZE_MAX / 2, false};
    size_t start = 0, i;

    like->open_start = like->codes && like->code[0] == ANY_RUN;
    like->open_end = like->codes && like->code[like->codes - 1] == ANY_RUN;
    for (i = 0; i <= like->codes; i++) {
        if (i < like->codes && like->code[i] != ANY_RUN) {
            tp_text_put(&bytes, like->code[i]);
            continue;
        }
        if (bytes.len > start)
            like->piece[like->pieces++] = (struct tp_str){text + start, bytes.len - start};
        start = bytes.len;
    }
}

const struct tp_like *
tp_like_new(struct tp_arena *arena, struct tp_str pattern, uint32_t escape, const char **reason)
{
    struct tp_like *like = tp_arena_alloc(arena, sizeof *like);
    char *text = tp_arena_alloc(arena, 4 * pattern.len + 4);

    *reason = NULL;
    if (!like || !text)
        return NULL;
    *like = (struct tp_like){.plain = true};
    like->code = tp_arena_alloc(arena, (pattern.len + 1) * sizeof *like->code);
    like->piece = tp_arena_alloc(arena, (pattern.len + 1) * sizeof *like->piece);
    if (!like->code || !like->piece || !read_codes(like, pattern, escape, reason))
        return NULL;
    if (like->plain)
        cut_pieces(like, text);
    return like;
}

static bool
starts_with(struct tp_str text, struct tp_str start)
{
    return text.len >= start.len && memcmp(text.ptr, start.ptr, start.len) == 0;
}

static bool
ends_with(struct tp_str text, struct tp_str end)
{
    return text.len >= end.len && memcmp(text.ptr + text.len - end.len, end.ptr, end.len) == 0;
}

static bool
test_plain(const struct tp_like *like, struct tp_str text)
{
    size_t first = 0, last = like->pieces, i;
    const char *found;

    if (last == 0)
        return like->open_start || text.len == 0;
    if (last == 1 && !like->open_start && !like->open_end)
        return tp_str_equal(text, like->piece[0]);
    if (!like->open_start) {
        if (!starts_with(text, like->piece[0]))
            return false;
        text = (struct tp_str){text.ptr + like->piece[0].len, text.len - like->piece[0].len};
        first = 1;
    }
    if (!like->open_end) {
        if (!ends_with(text, like->piece[last - 1]))
            return false;
        text.len -= like->piece[--last].len;
    }
    for (i = first; i < last; i++) {
        found = memmem(text.ptr, text.len, like->piece[i].ptr, like->piece[i].len);
        if (!found)
            return false;
        found += like->piece[i].len;
        text = (struct tp_str){found, text.len - (size_t)(found - text.ptr)};
    }
    return true;
}

/* Backtracks to the last `%` only: an earlier one could not match more than that one does. */
static bool
test_codes(const struct tp_like *like, struct tp_str text, bool nocase, locale_t locale)
{
    size_t at = 0, p = 0, retry_at = 0, retry_p = SIZE_MAX, next;
    uint32_t code;

    while (at < text.len) {
        if (p < like->codes && like->code[p] == ANY_RUN) {
            retry_p = ++p;
            retry_at = at;
            continue;
        }
        next = at;
        code = tp_text_next(text, &next);
        if (p < like->codes &&
            (like->code[p] == ANY_ONE || like->code[p] == code ||
             (nocase && tp_fold_lower(code, locale) == tp_fold_lower(like->code[p], locale)))) {
            at = next;
            p++;
            continue;
        }
        if (retry_p == SIZE_MAX)
            return false;
        tp_text_next(text, &retry_at);
        at = retry_at;
        p = retry_p;
    }
    while (p < like->codes && like->code[p] == ANY_RUN)
        p++;
    return p == like->codes;
}

bool
tp_like_test(const struct tp_like *like, struct tp_str text)
{
    return like->plain ? test_plain(like, text) : test_codes(like, text, false, (locale_t)0);
}

bool
tp_like_test_nocase(const struct tp_like *like, struct tp_str text, locale_t locale)
{
    return test_codes(like, text, true, locale);
}
