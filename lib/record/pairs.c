#include "record/pairs.h"

const struct tp_pairs tp_pairs_ltsv = {
    .between = {"\t", 1},
    .inside = {":", 1},
};

static struct tp_str
trimmed(struct tp_str text)
{
    while (text.len && (*text.ptr == ' ' || *text.ptr == '\t')) {
        text.ptr++;
        text.len--;
    }
    while (text.len && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t'))
        text.len--;
    return text;
}

static int
add_pair(const struct tp_pairs *pairs, struct tp_fields *fields, struct tp_str line,
         struct tp_str piece, struct tp_err *err)
{
    struct tp_str name, value;
    const char *stop;

    if (pairs->trims && trimmed(piece).len == 0)
        return 0;
    stop = piece.len ? memmem(piece.ptr, piece.len, pairs->inside.ptr, pairs->inside.len) : NULL;
    if (!stop)
        return tp_err_at(err, TP_FAULT_RECORD, piece.ptr - line.ptr, "expected name%.*svalue",
                         (int)pairs->inside.len, pairs->inside.ptr);
    name = (struct tp_str){piece.ptr, (size_t)(stop - piece.ptr)};
    value.ptr = stop + pairs->inside.len;
    value.len = piece.len - name.len - pairs->inside.len;
    if (pairs->trims) {
        name = trimmed(name);
        value = trimmed(value);
    }
    if (name.len == 0)
        return tp_err_at(err, TP_FAULT_RECORD, piece.ptr - line.ptr, "a value without a name");
    tp_fields_add(fields, name, value, TP_FIELD_TYPED);
    return 0;
}

int
tp_pairs_split(const struct tp_pairs *pairs, struct tp_fields *fields, struct tp_str line,
               struct tp_err *err)
{
    const char *p = line.ptr, *end;

    if (line.len && line.ptr[line.len - 1] == '\r')
        line.len--;
    end = line.ptr + line.len;
    tp_fields_begin(fields, line);
    if (trimmed(line).len == 0)
        return 0;
    while (p) {
        const char *stop = memmem(p, (size_t)(end - p), pairs->between.ptr, pairs->between.len);
        struct tp_str piece = {p, (size_t)((stop ? stop : end) - p)};

        if (add_pair(pairs, fields, line, piece, err) < 0)
            return -1;
        p = stop ? stop + pairs->between.len : NULL;
    }
    return fields->count > 0;
}
