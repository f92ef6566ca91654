#include "query/sortkey.h"

#include <string.h>

#include "value/num.h"

/* In front of a value: NULL stands before or behind all others. */
enum { NULL_FIRST = 0, VALUE = 1, NULL_LAST = 2 };

static void
put_integer(int64_t integer, struct tp_buf *to)
{
    uint64_t biased = (uint64_t)integer ^ UINT64_C(1) << 63;
    char bytes[8];

    for (int i = 0; i < 8; i++)
        bytes[i] = (char)(biased >> (56 - 8 * i));
    tp_buf_put(to, bytes, sizeof bytes);
}

/* A zero within is written 00 ff, the end is 00 00: so a text stands before those it begins. */
static void
put_text(struct tp_str text, struct tp_buf *to)
{
    const char *p = text.ptr, *end = text.ptr + text.len;

    while (p < end) {
        const char *zero = memchr(p, 0, (size_t)(end - p));

        tp_buf_put(to, p, (size_t)((zero ? zero : end) - p));
        if (!zero)
            break;
        tp_buf_put(to, "\0\xff", 2);
        p = zero + 1;
    }
    tp_buf_put(to, "\0\0", 2);
}

static void
put_value(struct tp_value value, struct tp_buf *to)
{
    switch (value.kind) {
    case TP_TEXT:
        put_text(value.text, to);
        break;
    case TP_BOOL:
        tp_buf_put_char(to, (char)value.boolean);
        break;
    case TP_TIME:
        put_integer(value.time, to);
        break;
    case TP_DURATION:
        put_integer(value.duration, to);
        break;
    default:
        tp_num_put_ordered(value, to);
    }
}

static void
put_term(const struct tp_order_term *term, struct tp_value value, struct tp_buf *to)
{
    size_t from;

    if (value.kind == TP_NULL) {
        tp_buf_put_char(to, term->nulls_first ? NULL_FIRST : NULL_LAST);
        return;
    }
    tp_buf_put_char(to, VALUE);
    from = to->len;
    put_value(value, to);
    for (size_t i = from; term->descending && i < to->len; i++)
        to->ptr[i] = (char)~to->ptr[i];
}

void
tp_sortkey_put(const struct tp_order *order, const struct tp_value *value, struct tp_buf *to)
{
    for (size_t i = 0; i < order->count; i++)
        put_term(&order->term[i], value[i], to);
}

void
tp_sortkey_put_time(tp_time time, struct tp_buf *to)
{
    put_integer(time, to);
}
