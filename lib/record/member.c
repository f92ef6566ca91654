#include "record/member.h"

#if defined(__SSE2__) && !defined(TP_PORTABLE)
#include <emmintrin.h>
#endif

#include "value/text.h"

struct tp_members
tp_members_open(struct tp_str object)
{
    const char *p = memchr(object.ptr, '{', object.len);

    return (struct tp_members){p + 1, object.ptr + object.len};
}

static const char *
skip_blanks(const char *p)
{
    while (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')
        p++;
    return p;
}

/* The closing quote of the string whose inside begins at P; *ESCAPED: there is a backslash. */
static inline const char *
string_end(const char *p, const char *end, bool *escaped)
{
    *escaped = false;
#if defined(__SSE2__) && !defined(TP_PORTABLE)
    for (; end - p >= 16; p += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
        int found = _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                                   _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));

        if (found) {
            p += __builtin_ctz((unsigned)found);
            break;
        }
    }
#else
    (void)end;
#endif
    while (*p != '"') {
        *escaped |= *p == '\\';
        p += *p == '\\' ? 2 : 1;
    }
    return p;
}

/* The first quote, bracket or brace from P on: there is one. */
static const char *
find_structure(const char *p, const char *end)
{
#if defined(__SSE2__) && !defined(TP_PORTABLE)
    for (; end - p >= 16; p += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i braces = _mm_or_si128(bytes, _mm_set1_epi8('{' ^ '[')); /* of brackets, too */
        int found = _mm_movemask_epi8(
            _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                         _mm_or_si128(_mm_cmpeq_epi8(braces, _mm_set1_epi8('{')),
                                      _mm_cmpeq_epi8(braces, _mm_set1_epi8('}')))));

        if (found)
            return p + __builtin_ctz((unsigned)found);
    }
#else
    (void)end;
#endif
    while (*p != '"' && *p != '{' && *p != '[' && *p != '}' && *p != ']')
        p++;
    return p;
}

/* Behind the object or array at P. */
static const char *
nested_end(const char *p, const char *end)
{
    size_t depth = 0;
    bool escaped;

    do {
        p = find_structure(p, end);
        if (*p == '"')
            p = string_end(p + 1, end, &escaped);
        else if (*p == '{' || *p == '[')
            depth++;
        else
            depth--;
        p++;
    } while (depth);
    return p;
}

static inline const char *
skip_digits(const char *p)
{
    while (*p >= '0' && *p <= '9')
        p++;
    return p;
}

static inline const char *
read_number(const char *p, struct tp_slot *slot)
{
    p = skip_digits(p + (*p == '-'));
    slot->kind = *p == '.' || *p == 'e' || *p == 'E' ? TP_SLOT_REAL : TP_SLOT_INTEGER;
    if (*p == '.')
        p = skip_digits(p + 1);
    if (*p == 'e' || *p == 'E')
        p = skip_digits(p + 1 + (p[1] == '-' || p[1] == '+'));
    return p;
}

static const char *
read_literal(const char *p, struct tp_slot *slot)
{
    slot->kind = *p == 'n' ? TP_SLOT_NULL : *p == 't' ? TP_SLOT_TRUE : TP_SLOT_FALSE;
    return p + (*p == 'f' ? 5 : 4);
}

const char *
tp_member_value(const char *at, const char *end, struct tp_slot *value)
{
    const char *stop;
    bool escaped;

    value->ptr = at;
    switch (*at) {
    case '"':
        value->ptr = at + 1;
        stop = string_end(at + 1, end, &escaped);
        value->kind = escaped ? TP_SLOT_ESCAPED : TP_SLOT_TEXT;
        value->len = (uint32_t)(stop - value->ptr);
        return stop + 1;
    case '{':
    case '[':
        value->kind = *at == '{' ? TP_SLOT_OBJECT : TP_SLOT_ARRAY;
        stop = nested_end(at, end);
        break;
    case 'n':
    case 't':
    case 'f':
        stop = read_literal(at, value);
        break;
    default:
        stop = read_number(at, value);
    }
    value->len = (uint32_t)(stop - at);
    return stop;
}

bool
tp_members_name(struct tp_members *walk, struct tp_member *member)
{
    const char *name = skip_blanks(walk->p), *p;

    if (*name == ',')
        name = skip_blanks(name + 1);
    if (*name != '"') {
        walk->p = name;
        return false;
    }
    p = string_end(name + 1, walk->end, &member->name_escaped);
    member->name = (struct tp_str){name + 1, (size_t)(p - name - 1)};
    walk->p = skip_blanks(skip_blanks(p + 1) + 1); /* over the colon */
    return true;
}

void
tp_members_value(struct tp_members *walk, struct tp_member *member)
{
    const char *name = member->name.ptr - 1;

    walk->p = tp_member_value(walk->p, walk->end, &member->value);
    member->text = (struct tp_str){name, (size_t)(walk->p - name)};
}

bool
tp_members_skip(struct tp_members *walk, struct tp_str lead)
{
    if ((size_t)(walk->end - walk->p) < lead.len || memcmp(walk->p, lead.ptr, lead.len) != 0)
        return false;
    walk->p = skip_blanks(walk->p + lead.len);
    return true;
}

bool
tp_members_next(struct tp_members *walk, struct tp_member *member)
{
    if (!tp_members_name(walk, member))
        return false;
    tp_members_value(walk, member);
    return true;
}

bool
tp_members_enter(struct tp_members *walk)
{
    if (*walk->p != '{' || *skip_blanks(walk->p + 1) == '}')
        return false;
    walk->p++;
    return true;
}

void
tp_members_leave(struct tp_members *walk)
{
    walk->p++; /* the closing brace */
}

struct tp_members
tp_elements_open(struct tp_str array)
{
    const char *p = memchr(array.ptr, '[', array.len);

    return (struct tp_members){p + 1, array.ptr + array.len};
}

bool
tp_elements_next(struct tp_members *walk, struct tp_slot *value)
{
    const char *p = skip_blanks(walk->p);

    if (*p == ',')
        p = skip_blanks(p + 1);
    if (*p == ']')
        return false;
    walk->p = tp_member_value(p, walk->end, value);
    return true;
}

struct tp_str
tp_member_name(const struct tp_member *member, struct tp_buf *scratch)
{
    size_t from = scratch->len;

    if (!member->name_escaped)
        return member->name;
    tp_text_unescape(member->name, scratch);
    return (struct tp_str){scratch->ptr + from, scratch->len - from};
}

bool
tp_member_is_own(const struct tp_member *member)
{
    static const char escaped[] = "\\u0040";

    return (member->name.len && member->name.ptr[0] == '@') ||
           (member->name.len >= 6 && memcmp(member->name.ptr, escaped, 6) == 0);
}

/* Can nothing in TEXT be a name that begins with `@`? */
static bool
has_no_sign(struct tp_str text)
{
    return !memchr(text.ptr, '@', text.len) && !memchr(text.ptr, '\\', text.len);
}

bool
tp_member_has_own(struct tp_str object)
{
    struct tp_members walk = tp_members_open(object);
    struct tp_member member;

    if (has_no_sign(object))
        return false;
    while (tp_members_next(&walk, &member))
        if (tp_member_is_own(&member))
            return true;
    return false;
}

/* What stands before a member goes with it, but for the comma of the first one that stays. */
void
tp_member_strip_own(struct tp_str object, struct tp_buf *to)
{
    struct tp_members walk = tp_members_open(object);
    struct tp_member member;
    const char *before = object.ptr, *end = object.ptr + object.len;
    bool any = false, first = true;

    while (tp_members_next(&walk, &member)) {
        const char *name = member.text.ptr, *stop = name + member.text.len;

        if (first)
            tp_buf_put(to, before, (size_t)(name - before));
        first = false;
        if (!tp_member_is_own(&member)) {
            const char *from = any ? before : name;

            tp_buf_put(to, from, (size_t)(stop - from));
            any = true;
        }
        before = stop;
        /* Own members come first as a rule: the rest can be copied at once. */
        if (any && has_no_sign((struct tp_str){stop, (size_t)(end - stop)}))
            break;
    }
    tp_buf_put(to, before, (size_t)(end - before));
}
