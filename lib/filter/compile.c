/*
 * Expressions of a filter: compiled against the stage's scanner, their members known to the closing
 * words, their faults shown with a caret.
 */
#include "filter/stage.h"

#include <stdlib.h>

#include "value/text.h"

static struct tp_expr_context
context_of(struct tp_stage *s)
{
    return (struct tp_expr_context){
        .scan = s->scan,
        .time_name = tp_str_of(s->settings.time_field),
        .stamp = s->stamp,
    };
}

void
tp_stage_show_place(const char *option, struct tp_str text, const struct tp_err *why,
                    struct tp_err *err)
{
    struct tp_buf message = TP_BUF_INIT;

    if (why->fault != TP_FAULT_USAGE) {
        *err = *why;
        return;
    }
    if (option)
        tp_buf_printf(&message, "%s: ", option);
    tp_buf_put_str(&message, tp_str_of(why->text));
    if (why->at >= 0) {
        tp_buf_put_char(&message, '\n');
        tp_expr_write_caret(text, why->at, &message);
        if (message.len && message.ptr[message.len - 1] == '\n')
            message.len--;
    }
    tp_err_set(err, TP_FAULT_USAGE, "%s", tp_buf_text(&message));
    tp_buf_release(&message);
}

static int
note_members(struct tp_stage *s, const struct tp_expr *expr, struct tp_err *err)
{
    size_t count;
    const struct tp_expr_member *member = tp_expr_members(expr, &count);

    for (size_t i = 0; i < count; i++)
        if (tp_stage_note_wanted(s, member[i].slot, &member[i].path, member[i].maybe_text) < 0)
            return tp_err_memory(err);
    return 0;
}

struct tp_expr *
tp_stage_compile(struct tp_stage *s, const char *option, struct tp_str text, struct tp_err *err)
{
    struct tp_expr_context context = context_of(s);
    struct tp_err why;
    struct tp_expr *expr = tp_expr_compile(text, &context, &why);

    if (!expr) {
        tp_stage_show_place(option, text, &why, err);
        return NULL;
    }
    if (note_members(s, expr, err) < 0) {
        tp_expr_free(expr);
        return NULL;
    }
    return expr;
}

struct tp_expr *
tp_stage_condition(struct tp_stage *s, const char *option, struct tp_str text, struct tp_err *err)
{
    struct tp_expr *expr = tp_stage_compile(s, option, text, err);
    struct tp_err why;

    if (expr && tp_expr_want_boolean(expr, &why) < 0) {
        tp_stage_show_place(option, text, &why, err);
        tp_expr_free(expr);
        return NULL;
    }
    return expr;
}

/* Whoever leaves a member out wants to know that there was none of this name. */
static int
note_excepts(struct tp_stage *s, const struct tp_item *item, struct tp_err *err)
{
    for (size_t i = 0; i < item->excepts; i++)
        if (tp_stage_want_path(s, &item->except[i], err) < 0)
            return -1;
    return 0;
}

/* The members of all items; frees SELECT and returns NULL when memory ran out. */
static struct tp_select *
note_items(struct tp_stage *s, struct tp_select *select, struct tp_err *err)
{
    for (size_t i = 0; i < select->count; i++) {
        const struct tp_item *item = &select->item[i];

        if ((item->expr && note_members(s, item->expr, err) < 0) ||
            note_excepts(s, item, err) < 0) {
            tp_select_free(select);
            return NULL;
        }
    }
    return select;
}

struct tp_select *
tp_stage_select(struct tp_stage *s, const char *option, struct tp_str text, unsigned allow,
                struct tp_err *err)
{
    struct tp_expr_context context = context_of(s);
    struct tp_err why;
    struct tp_select *select = tp_select_parse(text, allow, &context, &why);

    if (!select) {
        tp_stage_show_place(option, text, &why, err);
        return NULL;
    }
    return note_items(s, select, err);
}

struct tp_select *
tp_stage_select_set(struct tp_stage *s, const char *option, struct tp_str text, struct tp_err *err)
{
    struct tp_expr_context context = context_of(s);
    struct tp_err why;
    struct tp_select *select = tp_select_parse_set(text, &context, &why);

    if (!select) {
        tp_stage_show_place(option, text, &why, err);
        return NULL;
    }
    return note_items(s, select, err);
}

int
tp_stage_want_keys(struct tp_stage *s, const char *option, const char *text, struct tp_keys *keys,
                   struct tp_err *err)
{
    struct tp_select *select;

    if (!text)
        return 0;
    select = tp_stage_select(s, option, tp_str_of(text), 0, err);
    if (!select)
        return -1;
    tp_keys_init(keys, select);
    return 0;
}

/* Appends the names of the keys in TEXT, as a list of keys that are members. */
static int
put_names(struct tp_stage *s, struct tp_str text, struct tp_buf *names, struct tp_err *err)
{
    struct tp_expr_context context = context_of(s);
    struct tp_select *select;

    context.scan = tp_scan_new(); /* their own members are not wanted */
    if (!context.scan)
        return tp_err_memory(err);
    select = tp_select_parse(text, 0, &context, err);
    for (size_t i = 0; select && i < select->count; i++) {
        if (i > 0)
            tp_buf_put_char(names, ',');
        tp_text_quote(select->item[i].name, names);
    }
    tp_scan_free(context.scan);
    if (!select)
        return -1;
    tp_select_free(select);
    return tp_buf_failed(names) ? tp_err_memory(err) : 0;
}

int
tp_stage_want_written_keys(struct tp_stage *s, const char *option, const char *text,
                           struct tp_keys *keys, struct tp_err *err)
{
    struct tp_buf names = TP_BUF_INIT;
    struct tp_err why;
    int result = -1;

    if (!text)
        return 0;
    if (put_names(s, tp_str_of(text), &names, &why) < 0)
        tp_stage_show_place(option, tp_str_of(text), &why, err);
    else
        result = tp_stage_want_keys(s, option, tp_buf_text(&names), keys, err);
    tp_buf_release(&names);
    return result;
}

int
tp_stage_want_terms(struct tp_stage *s, const char *option, const char *text,
                    struct tp_terms *terms, struct tp_err *err)
{
    struct tp_order *order = &terms->order;
    struct tp_err why;

    if (tp_order_parse(tp_str_of(text), order, &why) < 0)
        return tp_err_set(err, why.fault, "%s: %s", option, why.text);
    terms->expr = calloc(order->count, sizeof(struct tp_expr *));
    terms->value = calloc(order->count, sizeof *terms->value);
    if (!terms->expr || !terms->value)
        return tp_err_memory(err);
    for (size_t i = 0; i < order->count; i++) {
        terms->expr[i] = tp_stage_compile(s, option, order->term[i].text, err);
        if (!terms->expr[i])
            return -1;
    }
    return 0;
}

int
tp_stage_want_arguments(struct tp_stage *s, const char *option, const struct tp_aggs *aggs,
                        struct tp_arguments *arguments, struct tp_err *err)
{
    if (tp_arguments_init(arguments, aggs, err) < 0)
        return -1;
    for (size_t i = 0; i < arguments->count; i++) {
        arguments->expr[i] = tp_stage_compile(s, option, tp_aggs_argument(aggs, i), err);
        if (!arguments->expr[i])
            return -1;
    }
    for (size_t i = 0; i < arguments->filters; i++) {
        arguments->filter[i] = tp_stage_condition(s, option, tp_aggs_filter(aggs, i), err);
        if (!arguments->filter[i])
            return -1;
    }
    return 0;
}

/* What a person writes: longer is a mistake, such as a data file. */
#define FILE_MAX (UINT64_C(1) << 20)

static int
read_blocks(struct tp_in *in, struct tp_buf *to, struct tp_err *err)
{
    struct tp_str block;

    while (to->len <= FILE_MAX) {
        switch (tp_in_next(in, &block, err)) {
        case TP_IN_BLOCK:
            tp_buf_put_str(to, block);
            break;
        case TP_IN_WAIT:
            if (tp_in_wait(&in, 1, -1, err) < 0)
                return -1;
            break;
        case TP_IN_END:
            return tp_buf_failed(to) ? tp_err_memory(err) : 0;
        case TP_IN_TOO_LONG:
            to->len = FILE_MAX + 1;
            break;
        case TP_IN_ERROR:
            return -1;
        }
    }
    return tp_err_set(err, TP_FAULT_USAGE, "%s: longer than %u KiB", tp_in_name(in),
                      (unsigned)(FILE_MAX >> 10));
}

int
tp_read_text_file(const char *name, struct tp_buf *to, struct tp_err *err)
{
    struct tp_in *in = tp_in_open(name, FILE_MAX, err);
    int result = in ? read_blocks(in, to, err) : -1;

    tp_in_close(in);
    if (result < 0)
        err->fault = TP_FAULT_USAGE; /* a wrong operand: said before anything was read */
    return result;
}
