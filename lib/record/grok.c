#include "record/grok.h"

#include <stdlib.h>

#include "base/map.h"
#include "record/grok_names.h"

#define MAX_DEPTH 50
#define MAX_LEN ((size_t)1 << 20)
#define GROUP_PREFIX "_tp"

/* --- the names ---------------------------------------------------------------------------------*/

static bool
is_name_byte(char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_';
}

/* `NAME regex`: the name's length, 0 when the line is not of that form. */
static size_t
name_len(struct tp_str line)
{
    size_t len = 0;

    while (len < line.len && is_name_byte(line.ptr[len]))
        len++;
    return len + 1 < line.len && (line.ptr[len] == ' ' || line.ptr[len] == '\t') ? len : 0;
}

static int
add_name(struct tp_map *names, struct tp_str line, size_t number, struct tp_err *err)
{
    size_t len = name_len(line);
    struct tp_str *regex;

    if (len == 0)
        return tp_err_set(err, TP_FAULT_USAGE, "patterns, line %zu: expected NAME and a pattern",
                          number);
    regex = tp_map_add(names, (struct tp_str){line.ptr, len}, NULL);
    if (!regex)
        return tp_err_memory(err);
    while (len < line.len && (line.ptr[len] == ' ' || line.ptr[len] == '\t'))
        len++;
    *regex = (struct tp_str){line.ptr + len, line.len - len};
    return 0;
}

/* Names point into FILE. */
static int
read_names(struct tp_map *names, struct tp_str file, struct tp_err *err)
{
    const char *p = file.len ? file.ptr : "", *end = p + file.len;

    for (size_t number = 1; p < end; number++) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        struct tp_str line = {p, (size_t)((newline ? newline : end) - p)};

        if (line.len && line.ptr[line.len - 1] == '\r')
            line.len--;
        if (line.len && line.ptr[0] != '#' && add_name(names, line, number, err) < 0)
            return -1;
        p = newline ? newline + 1 : end;
    }
    return 0;
}

/* --- writing out -------------------------------------------------------------------------------*/

/* Opens the group of MEMBER. */
static int
open_member(struct tp_grok *grok, struct tp_str member, struct tp_err *err)
{
    struct tp_str *all = realloc(grok->member, (grok->members + 1) * sizeof *all);
    struct tp_str copy = tp_arena_copy(&grok->memory, member);

    if (all)
        grok->member = all;
    if (!all || !copy.ptr)
        return tp_err_memory(err);
    tp_buf_printf(&grok->regex, "(?<" GROUP_PREFIX "%zu>", grok->members);
    all[grok->members++] = copy;
    return 0;
}

static int expand(struct tp_grok *grok, const struct tp_map *names, struct tp_str pattern,
                  int depth, struct tp_err *err);

/* INSIDE is what stands between `%{` and `}`. */
static int
expand_name(struct tp_grok *grok, const struct tp_map *names, struct tp_str inside, int depth,
            struct tp_err *err)
{
    const char *colon = inside.len ? memchr(inside.ptr, ':', inside.len) : NULL;
    struct tp_str name = {inside.ptr, colon ? (size_t)(colon - inside.ptr) : inside.len};
    struct tp_str member = {NULL, 0};
    const struct tp_str *regex = tp_map_find(names, name);

    if (!regex)
        return tp_err_set(err, TP_FAULT_USAGE, "no pattern is called \"%.*s\"", (int)name.len,
                          name.ptr);
    if (colon)
        member = (struct tp_str){colon + 1, inside.len - name.len - 1};
    if (colon && member.len == 0)
        return tp_err_set(err, TP_FAULT_USAGE, "%%{%.*s}: a name is missing", (int)inside.len,
                          inside.ptr);
    if (depth == MAX_DEPTH || grok->regex.len > MAX_LEN)
        return tp_err_set(err, TP_FAULT_USAGE, "pattern \"%.*s\" never ends: it leads to itself",
                          (int)name.len, name.ptr);
    if (!colon)
        TP_BUF_PUT(&grok->regex, "(?:");
    else if (open_member(grok, member, err) < 0)
        return -1;
    if (expand(grok, names, *regex, depth + 1, err) < 0)
        return -1;
    TP_BUF_PUT(&grok->regex, ")");
    return 0;
}

static int
expand(struct tp_grok *grok, const struct tp_map *names, struct tp_str pattern, int depth,
       struct tp_err *err)
{
    const char *p = pattern.ptr, *end = pattern.ptr + pattern.len;

    while (p < end) {
        const char *open = memmem(p, (size_t)(end - p), "%{", 2);
        const char *close = open ? memchr(open, '}', (size_t)(end - open)) : NULL;

        tp_buf_put(&grok->regex, p, (size_t)((open ? open : end) - p));
        if (!open)
            break;
        if (!close)
            return tp_err_set(err, TP_FAULT_USAGE, "\"%%{\" without \"}\"");
        if (expand_name(grok, names, (struct tp_str){open + 2, (size_t)(close - open - 2)}, depth,
                        err) < 0)
            return -1;
        p = close + 1;
    }
    return tp_buf_failed(&grok->regex) ? tp_err_memory(err) : 0;
}

int
tp_grok_expand(struct tp_grok *grok, struct tp_str pattern, struct tp_str file, struct tp_err *err)
{
    struct tp_map *names = tp_map_new(sizeof(struct tp_str));
    int result = -1;

    *grok = (struct tp_grok){0};
    if (!names)
        return tp_err_memory(err);
    if (read_names(names, tp_grok_names, err) == 0 && read_names(names, file, err) == 0)
        result = expand(grok, names, pattern, 0, err);
    tp_map_free(names);
    return result;
}

void
tp_grok_release(struct tp_grok *grok)
{
    tp_buf_release(&grok->regex);
    tp_arena_release(&grok->memory);
    free(grok->member);
    *grok = (struct tp_grok){0};
}

struct tp_str
tp_grok_member(const struct tp_grok *grok, struct tp_str group)
{
    size_t prefix = sizeof GROUP_PREFIX - 1, number = 0;

    if (group.len <= prefix || memcmp(group.ptr, GROUP_PREFIX, prefix) != 0)
        return group;
    for (size_t i = prefix; i < group.len; i++) {
        if (group.ptr[i] < '0' || group.ptr[i] > '9' || number > grok->members)
            return group;
        number = 10 * number + (size_t)(group.ptr[i] - '0');
    }
    return number < grok->members ? grok->member[number] : group;
}
