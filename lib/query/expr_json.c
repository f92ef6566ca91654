#include "query/expr_json.h"

static bool
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t
skip_space(struct tp_str json, size_t at)
{
    while (at < json.len && is_space(json.ptr[at]))
        at++;
    return at;
}

/* Behind the string that opens at AT; *ESCAPED when it holds a backslash. */
static size_t
skip_string(struct tp_str json, size_t at, bool *escaped)
{
    for (at++; at < json.len && json.ptr[at] != '"'; at++) {
        if (json.ptr[at] != '\\')
            continue;
        *escaped = true;
        at++;
    }
    return at < json.len ? at + 1 : json.len;
}

/* Behind the object or array that opens at AT. */
static size_t
skip_nested(struct tp_str json, size_t at)
{
    size_t depth = 0;
    bool escaped;

    while (at < json.len) {
        char c = json.ptr[at];

        if (c == '"') {
            at = skip_string(json, at, &escaped);
            continue;
        }
        at++;
        if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && --depth == 0)
            break;
    }
    return at;
}

static bool
ends_scalar(char c)
{
    return c == ',' || c == ']' || c == '}' || is_space(c);
}

static size_t
read_scalar(struct tp_str json, size_t at, enum tp_slot_kind *kind)
{
    *kind = TP_SLOT_INTEGER;
    switch (json.ptr[at]) {
    case 'n':
        *kind = TP_SLOT_NULL;
        break;
    case 't':
        *kind = TP_SLOT_TRUE;
        break;
    case 'f':
        *kind = TP_SLOT_FALSE;
        break;
    default:
        break;
    }
    for (; at < json.len && !ends_scalar(json.ptr[at]); at++)
        if (*kind == TP_SLOT_INTEGER && strchr(".eE", json.ptr[at]) && json.ptr[at])
            *kind = TP_SLOT_REAL;
    return at;
}

static size_t
read_element(struct tp_str json, size_t at, struct tp_slot *element)
{
    size_t end;
    bool escaped = false;

    switch (json.ptr[at]) {
    case '"':
        end = skip_string(json, at, &escaped);
        *element = (struct tp_slot){.ptr = json.ptr + at + 1,
                                    .len = (uint32_t)(end - at - (end - at >= 2 ? 2 : 1)),
                                    .kind = escaped ? TP_SLOT_ESCAPED : TP_SLOT_TEXT};
        return end;
    case '{':
    case '[':
        end = skip_nested(json, at);
        element->kind = json.ptr[at] == '{' ? TP_SLOT_OBJECT : TP_SLOT_ARRAY;
        break;
    default:
        end = read_scalar(json, at, &element->kind);
        break;
    }
    element->ptr = json.ptr + at;
    element->len = (uint32_t)(end - at);
    return end;
}

bool
tp_json_element(struct tp_str json, size_t *at, struct tp_slot *element)
{
    size_t i = *at;

    if (i == 0) {
        i = skip_space(json, 0);
        if (i == json.len || json.ptr[i] != '[')
            return false;
        i = skip_space(json, i + 1);
    } else if (i < json.len && json.ptr[i] == ',') {
        i = skip_space(json, i + 1);
    }
    if (i >= json.len || json.ptr[i] == ']')
        return false;
    *at = skip_space(json, read_element(json, i, element));
    return true;
}
