#include "record/key.h"

#include <endian.h>
#include <math.h>
#include <stdint.h>

#include "record/emit.h"
#include "record/member.h"
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

void
tp_key_put_slot(struct tp_buf *to, const struct tp_slot *slot)
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
tp_key_put_value(struct tp_buf *to, struct tp_value value)
{
    struct tp_buf text = TP_BUF_INIT;
    char digits[TP_NUM_MAX];

    switch (value.kind) {
    case TP_NULL:
        tp_buf_put_char(to, TAG_NULL);
        return;
    case TP_BOOL:
        tp_buf_put_char(to, value.boolean ? TAG_TRUE : TAG_FALSE);
        return;
    case TP_INT:
        tp_buf_put_char(to, TAG_NUMBER);
        tp_num_canonical((struct tp_str){digits, tp_num_write_int(digits, value.integer)}, to);
        return;
    case TP_TEXT:
        tp_buf_put_char(to, TAG_TEXT);
        tp_buf_put_str(to, value.text);
        return;
    case TP_JSON:
        tp_buf_put_char(to, TAG_JSON);
        tp_buf_put_str(to, value.text);
        return;
    case TP_REAL:
        if (!isfinite(value.real)) {
            tp_buf_put_char(to, TAG_NULL); /* as it would be written */
            return;
        }
        tp_buf_put_char(to, TAG_NUMBER);
        tp_emit_value(&text, value);
        tp_num_canonical(tp_buf_str(&text), to);
        break;
    case TP_TIME:
    case TP_DURATION:
        tp_buf_put_char(to, TAG_TEXT);
        tp_emit_value(&text, value);
        if (!tp_buf_failed(&text))
            tp_buf_put(to, text.ptr + 1, text.len - 2); /* without the quotes */
        break;
    }
    to->failed |= tp_buf_failed(&text);
    tp_buf_release(&text);
}

size_t
tp_key_begin(struct tp_buf *to, size_t parts)
{
    uint32_t len = 0;
    size_t part = to->len;

    if (parts > 1)
        tp_buf_put(to, &len, sizeof len);
    return part;
}

void
tp_key_end(struct tp_buf *to, size_t parts, size_t part)
{
    uint32_t len;

    if (parts == 1 || tp_buf_failed(to))
        return;
    len = htole32((uint32_t)(to->len - part - sizeof len));
    memcpy(to->ptr + part, &len, sizeof len);
}

struct tp_str
tp_key_next(struct tp_str key, size_t parts, size_t *at)
{
    struct tp_str part = key;
    uint32_t len;

    if (parts > 1) {
        memcpy(&len, key.ptr + *at, sizeof len);
        len = le32toh(len);
        part = (struct tp_str){key.ptr + *at + sizeof len, len};
        *at += sizeof len + len;
    }
    return part;
}

bool
tp_key_is_framed(struct tp_str key, size_t parts)
{
    size_t at = 0;

    if (parts == 1)
        return key.len > 0;
    for (size_t i = 0; i < parts; i++) {
        uint32_t len;

        if (key.len - at < sizeof len)
            return false;
        memcpy(&len, key.ptr + at, sizeof len);
        len = le32toh(len);
        at += sizeof len;
        if (len == 0 || len > key.len - at)
            return false;
        at += len;
    }
    return at == key.len;
}

const char *
tp_key_kind_of(struct tp_str text)
{
    static const char tags[] = {TAG_TRUE, TAG_NUMBER, TAG_TEXT, TAG_JSON};

    for (size_t i = 0; i < sizeof tags; i++) {
        const char *kind = tp_key_kind((struct tp_str){&tags[i], 1});

        if (tp_str_equal(text, tp_str_of(kind)))
            return kind;
    }
    return NULL;
}

const char *
tp_key_kind(struct tp_str part)
{
    switch ((enum tag)part.ptr[0]) {
    case TAG_NULL:
        return NULL;
    case TAG_TRUE:
    case TAG_FALSE:
        return "a boolean";
    case TAG_NUMBER:
        return "a number";
    case TAG_TEXT:
        return "a string";
    case TAG_JSON:
        return "an object or array";
    }
    return NULL;
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

/* ---- saved state ---- */

void
tp_key_save(struct tp_buf *to, struct tp_str key, size_t parts)
{
    size_t at = 0;

    tp_buf_put_char(to, '[');
    for (size_t i = 0; i < parts; i++) {
        if (i > 0)
            tp_buf_put_char(to, ',');
        tp_key_write(to, tp_key_next(key, parts, &at));
    }
    tp_buf_put_char(to, ']');
}

int
tp_key_walk(struct tp_str array, size_t parts, tp_key_take *take, void *self, struct tp_err *err)
{
    struct tp_members walk;
    struct tp_slot part;
    size_t count = 0;

    if (array.len < 2 || array.ptr[0] != '[')
        return tp_err_set(err, TP_FAULT_MACHINE, "a saved key is no array");
    walk = tp_elements_open(array);
    for (; tp_elements_next(&walk, &part); count++)
        if (count < parts)
            take(self, count, &part);
    if (count != parts)
        return tp_err_set(err, TP_FAULT_MACHINE, "a saved key has %zu parts, not %zu", count,
                          parts);
    return 0;
}

struct loading {
    struct tp_buf *to;
    size_t parts;
};

static void
load_part(void *self, size_t number, const struct tp_slot *value)
{
    const struct loading *loading = self;
    size_t part = tp_key_begin(loading->to, loading->parts);

    (void)number;
    tp_key_put_slot(loading->to, value);
    tp_key_end(loading->to, loading->parts, part);
}

int
tp_key_load(struct tp_buf *to, struct tp_str array, size_t parts, struct tp_err *err)
{
    struct loading loading = {to, parts};

    if (tp_key_walk(array, parts, load_part, &loading, err) < 0)
        return -1;
    return tp_buf_failed(to) ? tp_err_memory(err) : 0;
}
