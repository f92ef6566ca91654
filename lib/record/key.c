#include "record/key.h"

#include <stdint.h>
#include <stdlib.h>

#include "value/num.h"
#include "value/text.h"

enum tag {
    TAG_NULL = '0',
    TAG_TRUE = 't',
    TAG_FALSE = 'f',
    TAG_NUMBER = '#',
    TAG_TEXT = '"',
    TAG_JSON = '{',
};

/* An integer of so few digits is its own canonical form (except -0). */
#define PLAIN_DIGITS 18

static void
put_number(struct tp_buf *to, const struct tp_slot *slot)
{
    struct tp_str text = {slot->ptr, slot->len};

    tp_buf_put_char(to, TAG_NUMBER);
    if (slot->kind == TP_SLOT_INTEGER && text.len <= PLAIN_DIGITS && text.ptr[0] != '-')
        tp_buf_put_str(to, text);
    else
        tp_num_canonical(text, to);
}

static void
put_part(struct tp_buf *to, const struct tp_slot *slot)
{
    struct tp_str text = {slot->ptr, slot->len};

    switch (slot->kind) {
    case TP_SLOT_MISSING:
    case TP_SLOT_NULL:
        tp_buf_put_char(to, TAG_NULL);
        return;
    case TP_SLOT_TRUE:
        tp_buf_put_char(to, TAG_TRUE);
        return;
    case TP_SLOT_FALSE:
        tp_buf_put_char(to, TAG_FALSE);
        return;
    case TP_SLOT_INTEGER:
    case TP_SLOT_REAL:
        put_number(to, slot);
        return;
    case TP_SLOT_TEXT:
        tp_buf_put_char(to, TAG_TEXT);
        tp_buf_put_str(to, text);
        return;
    case TP_SLOT_ESCAPED:
        tp_buf_put_char(to, TAG_TEXT);
        tp_text_unescape(text, to);
        return;
    case TP_SLOT_OBJECT:
    case TP_SLOT_ARRAY:
        tp_buf_put_char(to, TAG_JSON);
        tp_buf_put_str(to, text);
        return;
    }
}

void
tp_key_make(struct tp_buf *to, const struct tp_slot *slot, const int *which, size_t parts)
{
    if (parts == 1) {
        put_part(to, &slot[which[0]]);
        return;
    }
    for (size_t i = 0; i < parts; i++) {
        size_t at = to->len;
        uint32_t len = 0;

        tp_buf_put(to, &len, sizeof len);
        put_part(to, &slot[which[i]]);
        if (tp_buf_failed(to))
            return;
        len = (uint32_t)(to->len - at - sizeof len);
        memcpy(to->ptr + at, &len, sizeof len);
    }
}

struct tp_str
tp_key_next(struct tp_str key, size_t parts, size_t *at)
{
    struct tp_str part = key;
    uint32_t len;

    if (parts > 1) {
        memcpy(&len, key.ptr + *at, sizeof len);
        part = (struct tp_str){key.ptr + *at + sizeof len, len};
        *at += sizeof len + len;
    }
    return part;
}

void
tp_key_write(struct tp_buf *to, struct tp_str part)
{
    struct tp_str content = {part.ptr + 1, part.len - 1};

    switch ((enum tag)part.ptr[0]) {
    case TAG_NULL:
        TP_BUF_PUT(to, "null");
        return;
    case TAG_TRUE:
        TP_BUF_PUT(to, "true");
        return;
    case TAG_FALSE:
        TP_BUF_PUT(to, "false");
        return;
    case TAG_TEXT:
        tp_text_quote(content, to);
        return;
    case TAG_NUMBER:
    case TAG_JSON:
        tp_buf_put_str(to, content);
        return;
    }
}

void
tp_key_columns_write(const struct tp_key_columns *columns, struct tp_buf *to, struct tp_str key)
{
    size_t at = 0;

    for (size_t i = 0; i < columns->count; i++) {
        if (to->len && to->ptr[to->len - 1] != '{')
            tp_buf_put_char(to, ',');
        tp_text_quote(columns->column[i].name, to);
        tp_buf_put_char(to, ':');
        tp_key_write(to, tp_key_next(key, columns->count, &at));
    }
}

/* --- the list of columns
 * -------------------------------------------------------------------------*/

static size_t
skip_space(struct tp_str text, size_t at)
{
    while (at < text.len && (text.ptr[at] == ' ' || text.ptr[at] == '\t' || text.ptr[at] == '\n'))
        at++;
    return at;
}

static struct tp_str
from(struct tp_str text, size_t at)
{
    return (struct tp_str){text.ptr + at, text.len - at};
}

/* The word AS, in any case, with a space behind it. */
static bool
is_as(struct tp_str rest)
{
    return rest.len > 2 && tp_text_equal_nocase((struct tp_str){rest.ptr, 2}, TP_STR("as")) &&
           (rest.ptr[2] == ' ' || rest.ptr[2] == '\t');
}

/* Appends the name of a column and notes where it lies: the buffer may still move. */
static void
add_name(struct tp_key_columns *columns, struct tp_key_column *column, const struct tp_path *path)
{
    size_t at = columns->names.len;

    tp_path_column(path, &columns->names);
    column->name = (struct tp_str){NULL, columns->names.len - at};
}

/* One `path` or `path AS name` at TEXT[*at]. */
static int
parse_column(struct tp_key_columns *columns, struct tp_str text, size_t *at, struct tp_err *err)
{
    struct tp_key_column *column = &columns->column[columns->count];
    struct tp_path alias;
    size_t used;

    *at = skip_space(text, *at);
    if (tp_path_parse_prefix(&column->path, from(text, *at), &used, err) < 0) {
        err->at = err->at < 0 ? (long)*at : err->at + (long)*at;
        return -1;
    }
    columns->count++;
    *at = skip_space(text, *at + used);
    if (!is_as(from(text, *at))) {
        add_name(columns, column, &column->path);
        return 0;
    }
    *at = skip_space(text, *at + 2);
    if (tp_path_parse_prefix(&alias, from(text, *at), &used, err) < 0) {
        err->at = err->at < 0 ? (long)*at : err->at + (long)*at;
        return -1;
    }
    if (alias.count != 1 || alias.step[0].is_index) {
        tp_path_release(&alias);
        return tp_err_at(err, TP_FAULT_USAGE, (long)*at, "AS: expected one name");
    }
    add_name(columns, column, &alias);
    tp_path_release(&alias);
    *at = skip_space(text, *at + used);
    return 0;
}

static int
settle_names(struct tp_key_columns *columns, struct tp_err *err)
{
    const char *name = columns->names.ptr;

    if (tp_buf_failed(&columns->names))
        return tp_err_memory(err);
    for (size_t i = 0; i < columns->count; i++) {
        columns->column[i].name.ptr = name;
        name += columns->column[i].name.len;
        for (size_t j = 0; j < i; j++)
            if (tp_str_equal(columns->column[i].name, columns->column[j].name))
                return tp_err_set(err, TP_FAULT_USAGE, "two columns are called \"%.*s\": use AS",
                                  (int)columns->column[i].name.len, columns->column[i].name.ptr);
    }
    return 0;
}

int
tp_key_columns_parse(struct tp_key_columns *columns, struct tp_str text, struct tp_err *err)
{
    size_t at = 0;

    *columns = (struct tp_key_columns){0};
    for (;;) {
        struct tp_key_column *grown =
            realloc(columns->column, (columns->count + 1) * sizeof *grown);

        if (!grown) {
            tp_key_columns_release(columns);
            return tp_err_memory(err);
        }
        columns->column = grown;
        if (parse_column(columns, text, &at, err) < 0)
            break;
        if (at == text.len) {
            if (settle_names(columns, err) < 0)
                break;
            return 0;
        }
        if (text.ptr[at] != ',') {
            tp_err_at(err, TP_FAULT_USAGE, (long)at, "expected ',' or AS at \"%.*s\"",
                      (int)(text.len - at > 20 ? 20 : text.len - at), text.ptr + at);
            break;
        }
        at++;
    }
    tp_key_columns_release(columns);
    return -1;
}

void
tp_key_columns_release(struct tp_key_columns *columns)
{
    for (size_t i = 0; i < columns->count; i++)
        tp_path_release(&columns->column[i].path);
    free(columns->column);
    tp_buf_release(&columns->names);
    *columns = (struct tp_key_columns){0};
}
