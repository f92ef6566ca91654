#include "record/typed.h"

#include "value/text.h"

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
