#include "query/pair.h"

#include <stdlib.h>

#include "base/buf.h"
#include "query/expr.h"
#include "record/scan.h"

struct tp_pair {
    struct tp_scan *scan;
    struct tp_expr *expr;
    struct tp_slot *slot;
    struct tp_buf row;
};

/* `l` or `r` alone, or any other first step, would be NULL for ever: a slip. */
static int
check_members(const struct tp_expr *expr, struct tp_err *err)
{
    size_t count;
    const struct tp_expr_member *member = tp_expr_members(expr, &count);

    for (size_t i = 0; i < count; i++) {
        struct tp_str side = member[i].path.step[0].name;

        if (member[i].path.step[0].is_index ||
            !(tp_str_equal(side, TP_STR("l")) || tp_str_equal(side, TP_STR("r"))))
            return tp_err_at(err, TP_FAULT_USAGE, member[i].at,
                             "members are l.name (left) and r.name (right)");
    }
    return 0;
}

struct tp_pair *
tp_pair_compile(struct tp_str text, struct tp_err *err)
{
    struct tp_pair *pair = calloc(1, sizeof *pair);
    struct tp_expr_context context = {.scan = NULL};

    if (pair)
        pair->scan = context.scan = tp_scan_new();
    if (!pair || !pair->scan) {
        free(pair);
        tp_err_memory(err);
        return NULL;
    }
    pair->expr = tp_expr_compile(text, &context, err);
    if (!pair->expr || tp_expr_want_boolean(pair->expr, err) < 0 ||
        check_members(pair->expr, err) < 0) {
        tp_pair_free(pair);
        return NULL;
    }
    pair->slot = calloc(tp_scan_slots(pair->scan) + 1, sizeof *pair->slot);
    if (!pair->slot) {
        tp_err_memory(err);
        tp_pair_free(pair);
        return NULL;
    }
    return pair;
}

void
tp_pair_free(struct tp_pair *pair)
{
    if (!pair)
        return;
    tp_expr_free(pair->expr);
    tp_scan_free(pair->scan);
    tp_buf_release(&pair->row);
    free(pair->slot);
    free(pair);
}

int
tp_pair_test(struct tp_pair *pair, struct tp_str left, struct tp_str right, struct tp_err *err)
{
    struct tp_buf *row = &pair->row;

    tp_buf_clear(row);
    TP_BUF_PUT(row, "{\"l\":");
    tp_buf_put_str(row, left);
    TP_BUF_PUT(row, ",\"r\":");
    tp_buf_put_str(row, right);
    TP_BUF_PUT(row, "}\n");
    if (!tp_buf_reserve(row, TP_SCAN_PADDING))
        return tp_err_memory(err);
    memset(row->ptr + row->len, 0, TP_SCAN_PADDING);
    if (!tp_scan_line(pair->scan, row->ptr, row->ptr + row->len, pair->slot, NULL, err))
        return -1;
    return tp_expr_test(pair->expr, pair->slot, err);
}
