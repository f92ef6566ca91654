#include "query/keys.h"

#include "record/key.h"
#include "value/text.h"

void
tp_keys_init(struct tp_keys *keys, struct tp_select *select)
{
    keys->select = select;
    keys->count = select ? select->count : 0;
}

void
tp_keys_release(struct tp_keys *keys)
{
    tp_select_free(keys->select);
    *keys = (struct tp_keys){NULL, 0};
}

size_t
tp_keys_shared(const struct tp_keys *left, const struct tp_keys *right, struct tp_str *names)
{
    size_t count = 0;

    for (size_t i = 0; i < left->count && i < right->count; i++) {
        const struct tp_path *a = tp_expr_path(left->select->item[i].expr, NULL);
        const struct tp_path *b = tp_expr_path(right->select->item[i].expr, NULL);

        if (a && b && a->count == 1 && !a->step[0].is_index && tp_path_equal(a, b))
            names[count++] = a->step[0].name;
    }
    return count;
}

size_t
tp_keys_members(const struct tp_keys *keys, struct tp_str *names)
{
    size_t count = 0;

    for (size_t i = 0; i < keys->count; i++) {
        const struct tp_path *path = tp_expr_path(keys->select->item[i].expr, NULL);

        if (path && path->count > 0 && !path->step[0].is_index)
            names[count++] = path->step[0].name;
    }
    return count;
}

struct tp_str
tp_keys_name(const struct tp_keys *keys, size_t i)
{
    return keys->select->item[i].name;
}

int
tp_keys_only_slot(const struct tp_keys *keys)
{
    size_t slot;

    if (keys->count != 1 || !tp_expr_path(keys->select->item[0].expr, &slot))
        return -1;
    return (int)slot;
}

static int
put_part(struct tp_expr *expr, const struct tp_slot *slot, struct tp_buf *to, struct tp_err *err)
{
    struct tp_value value;
    size_t which;

    if (tp_expr_path(expr, &which)) {
        tp_key_put_slot(to, &slot[which]);
        return 0;
    }
    if (tp_expr_eval(expr, slot, &value, err) < 0)
        return -1;
    tp_key_put_value(to, value);
    return 0;
}

int
tp_keys_make(const struct tp_keys *keys, const struct tp_slot *slot, struct tp_buf *to,
             struct tp_err *err)
{
    for (size_t i = 0; i < keys->count; i++) {
        size_t part = tp_key_begin(to, keys->count);

        if (put_part(keys->select->item[i].expr, slot, to, err) < 0)
            return -1;
        tp_key_end(to, keys->count, part);
    }
    return tp_buf_failed(to) ? tp_err_memory(err) : 0;
}

void
tp_keys_write(const struct tp_keys *keys, struct tp_buf *to, struct tp_str key)
{
    size_t at = 0;

    for (size_t i = 0; i < keys->count; i++) {
        if (to->len && to->ptr[to->len - 1] != '{')
            tp_buf_put_char(to, ',');
        tp_text_quote(tp_keys_name(keys, i), to);
        tp_buf_put_char(to, ':');
        tp_key_write(to, tp_key_next(key, keys->count, &at));
    }
}
