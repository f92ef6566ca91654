#include "stream/rotation.h"

static const char *const endings[] = {".gz", ".zst", ".zstd", ".xz", ".bz2", ".lz4", NULL};

enum { DATE_DIGITS = 8 };

static struct tp_str
without_ending(struct tp_str name)
{
    for (size_t i = 0; endings[i]; i++) {
        struct tp_str ending = tp_str_of(endings[i]);

        if (name.len > ending.len &&
            memcmp(name.ptr + name.len - ending.len, ending.ptr, ending.len) == 0)
            return (struct tp_str){name.ptr, name.len - ending.len};
    }
    return name;
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Bytes at the end of TEXT that could be a number, or a date (`2026-11-21`, `20261121T12`). */
static size_t
suffix_length(struct tp_str text, bool date, size_t *digits)
{
    size_t len = 0;

    *digits = 0;
    while (len < text.len) {
        char c = text.ptr[text.len - 1 - len];

        if (!is_digit(c) && !(date && (c == '-' || c == 'T' || c == '_')))
            break;
        *digits += is_digit(c);
        len++;
    }
    /* A date begins with a digit; what joins it to the name is no part of it. */
    while (len > 0 && !is_digit(text.ptr[text.len - len]))
        len--;
    return len;
}

/* Is what ends with LEN bytes behind one of SEPARATORS a rotated name? */
static bool
take_suffix(struct tp_str name, size_t len, const char *separators, enum tp_rotation_kind kind,
            struct tp_rotation *rotation)
{
    if (len == 0 || name.len < len + 2 || !strchr(separators, name.ptr[name.len - len - 1]))
        return false;
    *rotation = (struct tp_rotation){
        {name.ptr, name.len - len - 1}, kind, {name.ptr + name.len - len, len}};
    return true;
}

struct tp_rotation
tp_rotation_of(const char *name)
{
    struct tp_str whole = tp_str_of(name), bare = without_ending(whole);
    struct tp_rotation rotation;
    size_t digits, len = suffix_length(bare, true, &digits);

    if (digits >= DATE_DIGITS && take_suffix(bare, len, ".-", TP_ROTATION_DATED, &rotation))
        return rotation;
    len = suffix_length(bare, false, &digits);
    if (digits < DATE_DIGITS && take_suffix(bare, len, ".", TP_ROTATION_NUMBERED, &rotation))
        return rotation;
    return (struct tp_rotation){whole, TP_ROTATION_LIVE, {NULL, 0}};
}

static struct tp_str
significant(struct tp_str number)
{
    while (number.len > 1 && *number.ptr == '0')
        number = (struct tp_str){number.ptr + 1, number.len - 1};
    return number;
}

/* By their digits alone: one log may be dated 20261120 and 2026-11-21. */
static int
compare_dates(struct tp_str a, struct tp_str b)
{
    size_t i = 0, j = 0;

    for (;;) {
        while (i < a.len && !is_digit(a.ptr[i]))
            i++;
        while (j < b.len && !is_digit(b.ptr[j]))
            j++;
        if (i == a.len || j == b.len)
            return (i < a.len) - (j < b.len);
        if (a.ptr[i] != b.ptr[j])
            return a.ptr[i] - b.ptr[j];
        i++;
        j++;
    }
}

/* < 0: A is older. */
static int
compare(const struct tp_rotation *a, const struct tp_rotation *b)
{
    struct tp_str x, y;

    if (a->kind != b->kind)
        return (int)a->kind - (int)b->kind;
    if (a->kind != TP_ROTATION_NUMBERED)
        return compare_dates(a->suffix, b->suffix);
    x = significant(a->suffix);
    y = significant(b->suffix);
    if (x.len != y.len)
        return x.len > y.len ? -1 : 1;
    return -tp_str_compare(x, y);
}

/* Moves NAMES[FROM] to TO, before it. */
static void
move(const char **names, size_t from, size_t to)
{
    const char *name = names[from];

    memmove(names + to + 1, names + to, (from - to) * sizeof *names);
    names[to] = name;
}

void
tp_rotation_sort(const char **names, size_t count)
{
    for (size_t start = 0, end; start < count; start = end) {
        struct tp_str base = tp_rotation_of(names[start]).base;

        end = start + 1;
        for (size_t i = end; i < count; i++) {
            struct tp_rotation other = tp_rotation_of(names[i]);
            size_t to = end;

            if (!tp_str_equal(base, other.base))
                continue;
            while (to > start) {
                struct tp_rotation before = tp_rotation_of(names[to - 1]);

                if (compare(&before, &other) <= 0)
                    break;
                to--;
            }
            move(names, i, to);
            end++;
        }
    }
}

bool
tp_rotation_has_live(const char *const *names, size_t count, size_t which)
{
    struct tp_rotation own = tp_rotation_of(names[which]);

    for (size_t i = 0; i < count; i++)
        if (i != which && tp_str_equal(tp_str_of(names[i]), own.base))
            return true;
    return false;
}
