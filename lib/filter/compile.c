/*
 * Expressions of a filter: compiled against the stage's scanner, their members known to the closing
 * words, their faults shown with a caret.
 */
#include "filter/stage.h"

static struct tp_expr_context
context_of(struct tp_stage *s)
{
    return (struct tp_expr_context){
        .scan = s->scan,
        .time_name = tp_str_of(s->settings.time_field),
        .stamp = s->stamp,
    };
}

/* "-k: reason", and under it the text with a caret at the place. */
static void
explain(const char *option, struct tp_str text, const struct tp_err *why, struct tp_err *err)
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
        explain(option, text, &why, err);
        return NULL;
    }
    if (note_members(s, expr, err) < 0) {
        tp_expr_free(expr);
        return NULL;
    }
    return expr;
}

/* The members of all items; frees SELECT and returns NULL when memory ran out. */
static struct tp_select *
note_items(struct tp_stage *s, struct tp_select *select, struct tp_err *err)
{
    for (size_t i = 0; i < select->count; i++) {
        const struct tp_expr *expr = select->item[i].expr;

        if (expr && note_members(s, expr, err) < 0) {
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
        explain(option, text, &why, err);
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
        explain(option, text, &why, err);
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
