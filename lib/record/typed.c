#include "record/typed.h"

#include "value/num.h"
#include "value/text.h"

bool
tp_typed_is(struct tp_str text)
{
    if (text.len == 0 || tp_str_equal(text, TP_STR("true")) || tp_str_equal(text, TP_STR("false")))
        return true;
    return (text.ptr[0] == '-' || (text.ptr[0] >= '0' && text.ptr[0] <= '9')) && tp_num_is(text);
}

void
tp_typed_put(struct tp_str text, struct tp_buf *to)
{
    if (!tp_typed_is(text))
        tp_text_quote(text, to);
    else if (text.len == 0)
        TP_BUF_PUT(to, "null");
    else
        tp_buf_put_str(to, text);
}
