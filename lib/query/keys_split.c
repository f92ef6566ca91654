/*
 * keys_split: the keys of two inputs in one text.
 */
#include "query/keys.h"

/* The last byte of the string or quoted name that begins at I. */
static size_t
end_of_quoted(struct tp_str text, size_t i)
{
    char quote = text.ptr[i++];

    while (i < text.len && text.ptr[i] != quote)
        i += text.ptr[i] == '\\' && quote == '"' ? 2 : 1;
    return i < text.len ? i : text.len - 1;
}

/* Is the `=` at I alone, and not part of <=, >=, !=, ==? */
static bool
parts(struct tp_str text, size_t i)
{
    return text.ptr[i] == '=' && (i == 0 || !memchr("<>!=", text.ptr[i - 1], 4)) &&
           (i + 1 == text.len || text.ptr[i + 1] != '=');
}

/* The next byte of TEXT from I on that is a comma or a lone `=` outside quotes and brackets; len
 * when there is none. */
static size_t
next_mark(struct tp_str text, size_t i)
{
    int depth = 0;

    for (; i < text.len; i++) {
        char c = text.ptr[i];

        if (c == '\'' || c == '"')
            i = end_of_quoted(text, i);
        else if (c == '(' || c == '[')
            depth++;
        else if (c == ')' || c == ']')
            depth--;
        else if (depth == 0 && (c == ',' || parts(text, i)))
            return i;
    }
    return i;
}

static void
put_part(struct tp_buf *to, struct tp_str part)
{
    if (to->len)
        tp_buf_put_char(to, ',');
    tp_buf_put_str(to, part);
}

int
tp_keys_split(struct tp_str text, struct tp_buf *left, struct tp_buf *right, struct tp_err *err)
{
    for (size_t at = 0, end; at <= text.len; at = end + 1) {
        struct tp_str part;

        end = next_mark(text, at);
        part = (struct tp_str){text.ptr + at, end - at};
        put_part(left, part);
        if (end < text.len && text.ptr[end] == '=') {
            at = end + 1;
            end = next_mark(text, at);
            part = (struct tp_str){text.ptr + at, end - at};
        }
        put_part(right, part);
        if (end < text.len && text.ptr[end] == '=')
            return tp_err_at(err, TP_FAULT_USAGE, (long)end, "LEFT = RIGHT, with commas between");
    }
    return tp_buf_failed(left) || tp_buf_failed(right) ? tp_err_memory(err) : 0;
}
