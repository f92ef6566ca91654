#include "query/alert.h"

#include <stdlib.h>

#include "query/expr.h"
#include "record/scan.h"
#include "value/text.h"
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

static bool
is_among(struct tp_str name, const struct tp_str *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (tp_str_equal(name, names[i]))
            return true;
    return false;
}

static int
refuse(const struct tp_expr_member *member, const char *name, const struct tp_str *likest,
       struct tp_err *err)
{
    if (likest)
        return tp_err_at(err, TP_FAULT_USAGE, member->at,
                         "no statistic \"%s\" (did you mean %.*s?)", name, (int)likest->len,
                         likest->ptr);
    return tp_err_at(err, TP_FAULT_USAGE, member->at, "no statistic \"%s\"%s", name,
                     member->maybe_text ? " (text is written in single quotes)" : "");
}

static int
check_member(const struct tp_expr_member *member, const struct tp_str *names, size_t count,
             struct tp_err *err)
{
    struct tp_buf path = TP_BUF_INIT;
    const struct tp_str *likest;
    int result = 0;

    tp_path_write(&member->path, &path);
    likest = tp_text_likest(tp_buf_str(&path), names, count);
    if (tp_buf_failed(&path))
        result = tp_err_memory(err);
    else if (!is_among(tp_buf_str(&path), names, count))
        result = refuse(member, tp_buf_text(&path), likest, err);
    tp_buf_release(&path);
    return result;
}

static int
check_members(const struct tp_expr *condition, const struct tp_str *names, size_t count,
              struct tp_err *err)
{
    size_t members;
    const struct tp_expr_member *member = tp_expr_members(condition, &members);

    for (size_t i = 0; i < members; i++)
        if (check_member(&member[i], names, count, err) < 0)
            return -1;
    return 0;
}

struct tp_alert *
tp_alert_new(struct tp_str text, const struct tp_str *names, size_t count, struct tp_err *err)
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
    if (!alert->condition || tp_expr_want_boolean(alert->condition, err) < 0 ||
        check_members(alert->condition, names, count, err) < 0) {
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
