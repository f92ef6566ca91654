/* Functions of JSON values, and env. */
#include <stdlib.h>

#include "query/expr_cast.h"
#include "query/expr_func.h"
#include "query/expr_json.h"
#include "value/num.h"
#include "value/text.h"

/* The type as JSON names it. A member that is missing has none: NULL; one that is null: 'null'. */
int
tp_call_json_type(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
                  struct tp_value *out)
{
    const struct tp_node *from = node->arg[0];

    switch (arg[0].kind) {
    case TP_NULL:
        *out = tp_null();
        if (from->op == TP_OP_MEMBER && tp_slot_of(from, run)->kind == TP_SLOT_NULL)
            *out = tp_text(TP_STR("null"));
        return 0;
    case TP_BOOL:
        *out = tp_text(TP_STR("boolean"));
        return 0;
    case TP_INT:
    case TP_REAL:
        *out = tp_text(TP_STR("number"));
        return 0;
    case TP_JSON:
        *out = tp_text(arg[0].text.len && arg[0].text.ptr[0] == '{' ? TP_STR("object")
                                                                    : TP_STR("array"));
        return 0;
    default:
        *out = tp_text(TP_STR("string"));
        return 0;
    }
}

static int
want_array(const struct tp_node *node, struct tp_run *run, struct tp_value value)
{
    if (value.kind == TP_JSON && value.text.len && value.text.ptr[0] == '[')
        return 0;
    return tp_run_fail(run, node->arg[0], "is %s, not an array",
                       value.kind == TP_JSON ? "an object" : tp_kind_name(value.kind));
}

int
tp_call_array_length(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
                     struct tp_value *out)
{
    struct tp_slot element;
    int64_t count = 0;
    size_t at = 0;

    if (want_array(node, run, arg[0]) < 0)
        return -1;
    while (tp_json_element(arg[0].text, &at, &element))
        count++;
    *out = tp_int(count);
    return 0;
}

/* Of another type is different, not an error: arrays may be mixed. */
static bool
same(struct tp_value a, struct tp_value b)
{
    if (tp_is_number(a.kind) && tp_is_number(b.kind))
        return tp_num_compare(a, b) == 0;
    if (a.kind != b.kind)
        return false;
    if (a.kind == TP_BOOL)
        return a.boolean == b.boolean;
    return (a.kind == TP_TEXT || a.kind == TP_JSON) && tp_str_equal(a.text, b.text);
}

int
tp_call_array_contains(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
                       struct tp_value *out)
{
    struct tp_slot element;
    size_t at = 0;

    if (want_array(node, run, arg[0]) < 0)
        return -1;
    *out = tp_bool(false);
    while (!out->boolean && tp_json_element(arg[0].text, &at, &element)) {
        tp_buf_clear(&run->temp);
        *out = tp_bool(same(tp_slot_value(&element, &run->temp), arg[1]));
    }
    return tp_buf_failed(&run->temp) ? tp_err_memory(run->err) : 0;
}

/* Always folded: read once, when compiled. */
int
tp_call_env(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
            struct tp_value *out)
{
    const char *text;

    tp_buf_clear(&run->temp);
    tp_buf_put_str(&run->temp, arg[0].text);
    text = getenv(tp_buf_text(&run->temp));
    *out = text ? tp_text(tp_str_of(text)) : tp_null();
    if (text && !tp_text_is_utf8(out->text))
        return tp_run_fail(run, node, "is not UTF-8");
    return 0;
}
