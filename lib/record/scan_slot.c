#include "record/scan.h"

#include "value/num.h"
#include "value/text.h"

static struct tp_str
slice(const struct tp_slot *slot)
{
    return (struct tp_str){slot->ptr, slot->len};
}

static struct tp_value
unescaped(const struct tp_slot *slot, struct tp_buf *scratch)
{
    size_t start = scratch->len;

    tp_text_unescape(slice(slot), scratch);
    if (tp_buf_failed(scratch))
        return tp_null();
    return tp_text((struct tp_str){scratch->ptr + start, scratch->len - start});
}

struct tp_value
tp_slot_value(const struct tp_slot *slot, struct tp_buf *scratch)
{
    switch (slot->kind) {
    case TP_SLOT_MISSING:
    case TP_SLOT_NULL:
        break;
    case TP_SLOT_FALSE:
        return tp_bool(false);
    case TP_SLOT_TRUE:
        return tp_bool(true);
    case TP_SLOT_INTEGER:
    case TP_SLOT_REAL:
        return tp_num_read(slice(slot));
    case TP_SLOT_TEXT:
        return tp_text(slice(slot));
    case TP_SLOT_ESCAPED:
        return unescaped(slot, scratch);
    case TP_SLOT_OBJECT:
    case TP_SLOT_ARRAY:
        return (struct tp_value){.kind = TP_JSON, .text = slice(slot)};
    }
    return tp_null();
}

struct tp_str
tp_slot_json(const struct tp_slot *slot)
{
    switch (slot->kind) {
    case TP_SLOT_MISSING:
        return TP_STR("null");
    case TP_SLOT_TEXT:
    case TP_SLOT_ESCAPED:
        return (struct tp_str){slot->ptr - 1, (size_t)slot->len + 2};
    default:
        return slice(slot);
    }
}
