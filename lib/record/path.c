#include "record/path.h"

#include <stdint.h>
#include <stdlib.h>

#include "value/text.h"

struct parser {
    struct tp_str text;
    size_t at;
    struct tp_path *path;
    struct tp_buf name; /* the names, one behind the other; steps hold offsets until the end */
    struct tp_err *err;
};

static int
fail(struct parser *parser, const char *what)
{
    return tp_err_at(parser->err, TP_FAULT_USAGE, (long)parser->at, "%s", what);
}

static bool
is_name_byte(char byte)
{
    unsigned char c = (unsigned char)byte;
    unsigned letter = (c | 0x20u) - 'a';

    return letter < 26 || (unsigned)(c - '0') < 10 || c == '_' || c == '-' || c == '@' ||
           c == '$' || c > 127;
}

static bool
next_is(const struct parser *parser, char c)
{
    return parser->at < parser->text.len && parser->text.ptr[parser->at] == c;
}

/* The four hex digits at AT, or -1. */
static long
hex4(struct tp_str text, size_t at)
{
    long code = 0;

    if (text.len < at || text.len - at < 4)
        return -1;
    for (size_t i = at; i < at + 4; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        unsigned digit = (unsigned)c - '0';
        unsigned letter = (c | 0x20u) - 'a';

        if (digit > 9 && letter > 5)
            return -1;
        code = code * 16 + (long)(digit <= 9 ? digit : letter + 10);
    }
    return code;
}

/* At the `u` of \uXXXX; a pair of surrogates is one character (RFC 8259, section 7). */
static int
unicode_escape(struct parser *parser)
{
    long code = hex4(parser->text, parser->at + 1);
    long low;

    if (code < 0)
        return fail(parser, "expected four hexadecimal digits after \\u");
    if (code >= 0xD800 && code <= 0xDFFF) {
        low = -1;
        if (code <= 0xDBFF && parser->text.len - parser->at >= 11 &&
            memcmp(parser->text.ptr + parser->at + 5, "\\u", 2) == 0)
            low = hex4(parser->text, parser->at + 7);
        if (low < 0xDC00 || low > 0xDFFF)
            return fail(parser, "lone surrogate in a \\u escape");
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        parser->at += 6;
    }
    tp_text_put(&parser->name, (uint32_t)code);
    parser->at += 5;
    return 0;
}

/* Behind a backslash. */
static int
escape(struct parser *parser)
{
    static const char letter[] = "\"\\/bfnrt";
    static const char meant[] = "\"\\/\b\f\n\r\t";
    const char *found;

    if (parser->at >= parser->text.len)
        return fail(parser, "expected the closing quote");
    if (parser->text.ptr[parser->at] == 'u')
        return unicode_escape(parser);
    found = memchr(letter, parser->text.ptr[parser->at], sizeof letter - 1);
    if (!found)
        return fail(parser, "unknown escape in a quoted name");
    tp_buf_put_char(&parser->name, meant[found - letter]);
    parser->at++;
    return 0;
}

/* Behind the opening quote. */
static int
quoted_name(struct parser *parser)
{
    while (parser->at < parser->text.len) {
        char c = parser->text.ptr[parser->at++];

        if (c == '"')
            return 0;
        if (c != '\\')
            tp_buf_put_char(&parser->name, c);
        else if (escape(parser) < 0)
            return -1;
    }
    return fail(parser, "expected the closing quote");
}

static int
plain_name(struct parser *parser)
{
    size_t start = parser->at;

    while (parser->at < parser->text.len && is_name_byte(parser->text.ptr[parser->at]))
        parser->at++;
    if (parser->at == start)
        return fail(parser, "expected a member name");
    tp_buf_put(&parser->name, parser->text.ptr + start, parser->at - start);
    return 0;
}

static struct tp_step *
add_step(struct parser *parser)
{
    struct tp_step *step;

    if (parser->path->count == TP_PATH_MAX_STEPS) {
        tp_err_at(parser->err, TP_FAULT_USAGE, (long)parser->at, "a path has at most %d steps",
                  TP_PATH_MAX_STEPS);
        return NULL;
    }
    step = &parser->path->step[parser->path->count++];
    *step = (struct tp_step){0};
    return step;
}

static int
name_step(struct parser *parser)
{
    struct tp_step *step = add_step(parser);
    size_t text_start = parser->at;
    size_t name_start = parser->name.len;
    int result;

    if (!step)
        return -1;
    if (next_is(parser, '"')) {
        parser->at++;
        result = quoted_name(parser);
    } else {
        result = plain_name(parser);
    }
    if (result < 0)
        return -1;
    if (tp_buf_failed(&parser->name))
        return tp_err_memory(parser->err);
    step->name.len = parser->name.len - name_start;
    if (step->name.len &&
        !tp_text_is_utf8((struct tp_str){parser->name.ptr + name_start, step->name.len})) {
        parser->at = text_start;
        return fail(parser, "invalid UTF-8 in a member name");
    }
    return 0;
}

/* Behind the opening bracket. */
static int
index_step(struct parser *parser)
{
    struct tp_step *step = add_step(parser);
    size_t start = parser->at;
    size_t index = 0;

    if (!step)
        return -1;
    while (parser->at < parser->text.len) {
        unsigned digit = (unsigned char)parser->text.ptr[parser->at] - (unsigned)'0';

        if (digit > 9)
            break;
        if (index > (SIZE_MAX - 1 - digit) / 10)
            return fail(parser, "the index is too large");
        index = index * 10 + digit;
        parser->at++;
    }
    if (parser->at == start)
        return fail(parser, "expected an index from 0");
    if (!next_is(parser, ']'))
        return fail(parser, "expected ']' after an index");
    parser->at++;
    step->is_index = true;
    step->index = index;
    return 0;
}

static int
parse_steps(struct parser *parser)
{
    if (next_is(parser, '.'))
        parser->at++;
    if (next_is(parser, '['))
        return fail(parser, "a path begins with a member name");
    if (name_step(parser) < 0)
        return -1;
    for (;;) {
        int result;

        if (next_is(parser, '.')) {
            parser->at++;
            result = name_step(parser);
        } else if (next_is(parser, '[')) {
            parser->at++;
            result = index_step(parser);
        } else {
            return 0;
        }
        if (result < 0)
            return -1;
    }
}

/* A path of its own, steps and names in one block of memory. */
int
tp_path_copy(struct tp_path *to, const struct tp_path *from, struct tp_err *err)
{
    size_t names_len = 0;
    struct tp_step *step;
    char *name;

    for (size_t i = 0; i < from->count; i++)
        names_len += from->step[i].name.len;
    step = malloc(from->count * sizeof *step + names_len + 1);
    if (!step)
        return tp_err_memory(err);
    name = (char *)(step + from->count);
    *to = (struct tp_path){.step = step, .count = from->count, .memory = name};
    for (size_t i = 0; i < from->count; i++) {
        step[i] = from->step[i];
        step[i].name.ptr = name;
        if (step[i].name.len)
            memcpy(name, from->step[i].name.ptr, step[i].name.len);
        name += step[i].name.len;
    }
    return 0;
}

/* The names lie one behind the other in the parser's buffer, which has stopped moving. */
static int
settle(struct parser *parser, struct tp_path *path)
{
    const char *name = tp_buf_text(&parser->name);

    if (tp_buf_failed(&parser->name))
        return tp_err_memory(parser->err);
    for (size_t i = 0; i < parser->path->count; i++) {
        parser->path->step[i].name.ptr = name;
        name += parser->path->step[i].name.len;
    }
    return tp_path_copy(path, parser->path, parser->err);
}

int
tp_path_parse_prefix(struct tp_path *path, struct tp_str text, size_t *used, struct tp_err *err)
{
    struct tp_step step[TP_PATH_MAX_STEPS];
    struct tp_path draft = {.step = step};
    struct parser parser = {.text = text, .path = &draft, .err = err};
    int result = parse_steps(&parser);

    *path = (struct tp_path){0};
    if (result == 0)
        result = settle(&parser, path);
    tp_buf_release(&parser.name);
    *used = parser.at;
    return result;
}

int
tp_path_parse(struct tp_path *path, struct tp_str text, struct tp_err *err)
{
    size_t used;

    if (tp_path_parse_prefix(path, text, &used, err) < 0)
        return -1;
    if (used == text.len)
        return 0;
    tp_path_release(path);
    return tp_err_at(err, TP_FAULT_USAGE, (long)used,
                     "expected '.', '[' or the end (odd names are written in double quotes)");
}

static void
put_column_name(struct tp_buf *to, struct tp_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool keep = is_name_byte(c) && c != '-' && c != '@' && c != '$';

        tp_buf_put_char(to, keep ? c : '_');
    }
}

void
tp_path_column(const struct tp_path *path, struct tp_buf *to)
{
    if (path->count == 1 && !path->step[0].is_index) {
        tp_buf_put_str(to, path->step[0].name);
        return;
    }
    for (size_t i = 0; i < path->count; i++) {
        if (i)
            tp_buf_put_char(to, '_');
        if (path->step[i].is_index)
            tp_buf_printf(to, "%zu", path->step[i].index);
        else
            put_column_name(to, path->step[i].name);
    }
}

static bool
is_plain_name(struct tp_str name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!is_name_byte(name.ptr[i]))
            return false;
    return name.len > 0;
}

void
tp_path_write(const struct tp_path *path, struct tp_buf *to)
{
    for (size_t i = 0; i < path->count; i++) {
        const struct tp_step *step = &path->step[i];

        if (step->is_index) {
            tp_buf_printf(to, "[%zu]", step->index);
            continue;
        }
        if (i)
            tp_buf_put_char(to, '.');
        if (is_plain_name(step->name))
            tp_buf_put_str(to, step->name);
        else
            tp_text_quote(step->name, to);
    }
}

static bool
same_step(const struct tp_step *a, const struct tp_step *b)
{
    if (a->is_index != b->is_index)
        return false;
    return a->is_index ? a->index == b->index : tp_str_equal(a->name, b->name);
}

bool
tp_path_equal(const struct tp_path *a, const struct tp_path *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!same_step(&a->step[i], &b->step[i]))
            return false;
    return true;
}

void
tp_path_release(struct tp_path *path)
{
    free(path->step); /* the names lie in the same block */
    *path = (struct tp_path){0};
}
