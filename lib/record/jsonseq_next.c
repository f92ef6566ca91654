/*
 * Where a piece of a stream of JSON ends. Only brackets and strings are looked at, and whether
 * values follow each other with nothing between: what is wrong otherwise, the reader finds.
 */
#include "record/jsonseq.h"
#include "record/scan.h"

/* How a walk over a value ended. */
enum ending {
    COMPLETE,
    TOO_SHORT, /* the bytes ended first */
    BROKEN,
};

static bool
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Moves *AT, at a quote, behind the closing one. */
static enum ending
walk_string(const char **at, const char *end)
{
    const char *p = *at + 1;

    while (p < end && *p != '"') {
        if (*p == '\n')
            return BROKEN;
        p += *p == '\\' && p + 1 < end && p[1] != '\n' ? 2 : 1;
    }
    if (p >= end)
        return TOO_SHORT;
    *at = p + 1;
    return COMPLETE;
}

static bool
ends_scalar(char c)
{
    return is_space(c) || c == ',' || c == ':' || c == '{' || c == '}' || c == '[' || c == ']' ||
           c == '"';
}

static const char *
skip_scalar(const char *p, const char *end)
{
    while (p < end && !ends_scalar(*p))
        p++;
    return p;
}

/* The same for an object or array. */
static enum ending
walk_nested(const char **at, const char *end)
{
    char close[TP_SCAN_DEPTH];
    size_t depth = 0;
    bool behind_value = false;
    const char *p = *at;

    while (p < end) {
        enum ending ending = COMPLETE;

        if (is_space(*p) || *p == ',' || *p == ':') {
            behind_value &= is_space(*p);
            p++;
            continue;
        }
        if (*p == '}' || *p == ']') {
            if (close[--depth] != *p++)
                return BROKEN;
            if (depth == 0) {
                *at = p;
                return COMPLETE;
            }
            behind_value = true;
            continue;
        }
        if (behind_value)
            return BROKEN;
        if (*p == '{' || *p == '[') {
            if (depth == TP_SCAN_DEPTH)
                return BROKEN;
            close[depth++] = *p++ == '{' ? '}' : ']';
            continue;
        }
        if (*p == '"')
            ending = walk_string(&p, end);
        else
            p = skip_scalar(p, end);
        if (ending != COMPLETE)
            return ending;
        behind_value = true;
    }
    return TOO_SHORT;
}

/* Moves *AT behind the value that begins there. */
static enum ending
walk_value(const char **at, const char *end)
{
    const char *p = *at;

    if (*p == '{' || *p == '[')
        return walk_nested(at, end);
    if (*p == '"')
        return walk_string(at, end);
    *at = skip_scalar(p, end);
    return *at > p ? COMPLETE : BROKEN;
}

/* The line on which to go on behind a broken value that stands INDENT bytes behind P; NULL when
 * there is none yet. */
static const char *
find_next_start(const char *p, size_t indent, const char *end)
{
    const char *line = memchr(p + indent, '\n', (size_t)(end - p) - indent);

    while (line && (size_t)(end - ++line) > indent) {
        if ((indent == 0 || memcmp(line, p, indent) == 0) &&
            (line[indent] == '{' || line[indent] == '['))
            return line;
        line = memchr(line, '\n', (size_t)(end - line));
    }
    return NULL;
}

static const char *
give_up(const char *p, size_t indent, const char *end, bool at_end)
{
    bool beyond = (size_t)(end - p) > TP_JSONSEQ_REACH;
    size_t reach = beyond && indent < TP_JSONSEQ_REACH ? TP_JSONSEQ_REACH : (size_t)(end - p);
    const char *next = find_next_start(p, indent, p + reach);

    if (next)
        return next;
    if (!beyond)
        return at_end ? end : NULL;
    next = memchr(p + indent, '\n', (size_t)(end - p) - indent);
    return next + 1;
}

/* Over blanks and a newline, when there is nothing else before it. */
static const char *
skip_to_newline(const char *p, const char *end)
{
    const char *from = p;

    while (p < end && *p != '\n' && is_space(*p))
        p++;
    return p < end && *p == '\n' ? p + 1 : from;
}

const char *
tp_jsonseq_next(const char *p, const char *end, bool at_end, bool whole)
{
    const char *value = p, *line = NULL;
    enum ending ending;

    while (value < end && is_space(*value))
        if (*value++ == '\n')
            line = value;
    if (line)
        return line; /* so that a value is named by its own line */
    if (value == end)
        return end;
    if (!whole && (*value == '[' || *value == ']' || *value == ','))
        return skip_to_newline(value + 1, end);
    line = value;
    ending = walk_value(&value, end);
    if (ending == COMPLETE)
        return skip_to_newline(value, end);
    if (ending == TOO_SHORT && !at_end)
        return NULL;
    return give_up(p, (size_t)(line - p), end, at_end);
}
