#include "query/alert.h"

#include <stdlib.h>

#include "query/expr.h"
#include "record/scan.h"
#include "value/time.h"

struct tp_alert {
    struct tp_scan *scan;
    struct tp_expr *condition;
    struct tp_slot *slots;
    bool raised;
};

/* The word at P: a name, a number, a duration; or one character that begins none. */
static size_t
word_at(const char *p)
{
    size_t len =
        strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.@\xc2\xb5");

    return len ? len : 1;
}

void
tp_alert_rewrite(const char *text, struct tp_buf *to)
{
    char quote = '\0';

    for (size_t len; *text; text += len) {
        tp_duration duration;
        struct tp_err ignored;

        len = word_at(text);
        if (quote ? *text == quote : *text == '\'' || *text == '"')
            quote = quote ? '\0' : *text;
        if (!quote && *text >= '0' && *text <= '9' &&
            tp_duration_parse((struct tp_str){text, len}, &duration, &ignored) == 0)
            tp_buf_printf(to, "%.9f", (double)duration / (double)TP_SECOND);
        else
            tp_buf_put(to, text, len);
    }
}

struct tp_alert *
tp_alert_new(struct tp_str text, struct tp_err *err)
{
    struct tp_alert *alert = calloc(1, sizeof *alert);
    struct tp_expr_context context = {.scan = alert ? tp_scan_new() : NULL};

    if (!context.scan) {
        free(alert);
        tp_err_memory(err);
        return NULL;
    }
    alert->scan = context.scan;
    alert->condition = tp_expr_compile(text, &context, err);
    if (!alert->condition || tp_expr_want_boolean(alert->condition, err) < 0) {
        tp_alert_free(alert);
        return NULL;
    }
    alert->slots = calloc(tp_scan_slots(alert->scan) + 1, sizeof *alert->slots);
    if (alert->slots)
        return alert;
    tp_err_memory(err);
    tp_alert_free(alert);
    return NULL;
}

void
tp_alert_free(struct tp_alert *alert)
{
    if (!alert)
        return;
    tp_expr_free(alert->condition);
    tp_scan_free(alert->scan);
    free(alert->slots);
    free(alert);
}

int
tp_alert_judge(struct tp_alert *alert, struct tp_buf *row, struct tp_err *err)
{
    char *padding = tp_buf_reserve(row, TP_SCAN_PADDING);
    bool raised = alert->raised;
    int is_true;

    if (!padding)
        return tp_err_memory(err);
    memset(padding, 0, TP_SCAN_PADDING);
    if (!tp_scan_line(alert->scan, row->ptr, row->ptr + row->len, alert->slots, NULL, err))
        return -1;
    is_true = tp_expr_test(alert->condition, alert->slots, err);
    if (is_true < 0)
        return -1;
    alert->raised = is_true;
    return is_true && !raised;
}
