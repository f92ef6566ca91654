#include "query/values.h"

#include "query/step_state.h"

void
tp_values_save(const struct tp_value *values, size_t count, struct tp_buf *to)
{
    tp_buf_put_char(to, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            tp_buf_put_char(to, ',');
        tp_step_put_value(to, values[i]);
    }
    tp_buf_put_char(to, ']');
}

static bool
load(struct tp_agg_reader *from, struct tp_value *values, size_t count, struct tp_buf *bytes)
{
    if (!tp_agg_read_char(from, '['))
        return false;
    for (size_t i = 0; i < count; i++) {
        if ((i > 0 && !tp_agg_read_char(from, ',')) || !tp_step_read_value(from, &values[i]))
            return false;
        if (values[i].kind == TP_TEXT)
            tp_buf_put_str(bytes, values[i].text);
    }
    from->memory |= tp_buf_failed(bytes);
    return tp_agg_read_char(from, ']') && from->at == from->end && !from->memory;
}

int
tp_values_load(struct tp_str array, struct tp_value *values, size_t count, struct tp_buf *bytes,
               struct tp_err *err)
{
    struct tp_agg_reader from = {.at = array.ptr, .end = array.ptr + array.len};
    size_t start = bytes->len;
    bool loaded = load(&from, values, count, bytes);
    const char *text = tp_buf_text(bytes) + start;

    tp_buf_release(&from.text);
    if (!loaded && from.memory)
        return tp_err_memory(err);
    if (!loaded)
        return tp_err_set(err, TP_FAULT_MACHINE, "saved values: not as they are written");
    for (size_t i = 0; i < count; i++) {
        if (values[i].kind != TP_TEXT)
            continue;
        values[i].text.ptr = text;
        text += values[i].text.len;
    }
    return 0;
}
