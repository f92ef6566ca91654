/*
 * A list as SQL and as plans. Targets are always written out: what a column is called without AS is
 * what a reader wants to know.
 */
#include "query/select.h"

static void
put_excepts(const struct tp_item *item, struct tp_buf *to)
{
    for (size_t i = 0; i < item->excepts; i++) {
        tp_buf_put_str(to, i ? TP_STR(", ") : TP_STR(" EXCEPT ("));
        tp_path_write(&item->except[i], to);
    }
    if (item->excepts)
        tp_buf_put_char(to, ')');
}

static void
put_item(const struct tp_item *item, bool sets, struct tp_buf *to)
{
    if (item->kind == TP_ITEM_ALL) {
        tp_buf_put_char(to, '*');
        put_excepts(item, to);
        return;
    }
    if (sets) {
        tp_path_write(&item->target, to);
        TP_BUF_PUT(to, " = ");
        tp_expr_write_sql(item->expr, to);
        return;
    }
    if (item->kind == TP_ITEM_UNNEST)
        TP_BUF_PUT(to, "UNNEST(");
    tp_expr_write_sql(item->expr, to);
    if (item->kind == TP_ITEM_UNNEST)
        tp_buf_put_char(to, ')');
    TP_BUF_PUT(to, " AS ");
    tp_path_write(&item->target, to);
}

void
tp_select_write_sql(const struct tp_select *select, struct tp_buf *to)
{
    for (size_t i = 0; i < select->count; i++) {
        if (i)
            TP_BUF_PUT(to, ", ");
        put_item(&select->item[i], select->sets, to);
    }
}

void
tp_select_write_plan(const struct tp_select *select, struct tp_buf *to)
{
    for (size_t i = 0; i < select->count; i++) {
        if (!select->item[i].expr)
            continue;
        if (i)
            tp_buf_put_char(to, '\n');
        tp_path_write(&select->item[i].target, to);
        TP_BUF_PUT(to, ":\n");
        tp_expr_write_plan(select->item[i].expr, to);
    }
}
