#include "record/metrics.h"

#include "value/num.h"

/* When a row was is said by its time; as labels these would make a new series of each window. */
static bool
is_time(struct tp_str name)
{
    return tp_str_equal(name, TP_STR("window_start")) || tp_str_equal(name, TP_STR("window_end")) ||
           (name.len && name.ptr[0] == '@');
}

static bool
has_kind(const struct tp_grid *grid, size_t column, enum tp_cell_kind kind)
{
    return tp_grid_cell(grid, column)->kind == kind && !is_time(tp_grid_name(grid, column));
}

static int
refuse(struct tp_buf *to, size_t from, struct tp_err *err)
{
    to->len = from;
    return tp_err_set(err, TP_FAULT_RECORD, "no member is a number");
}

static void
put_time(const tp_time *time, tp_duration unit, struct tp_buf *to)
{
    char *at = tp_buf_reserve(to, TP_NUM_MAX);

    if (!at || !time)
        return;
    TP_BUF_PUT(to, " ");
    at = tp_buf_reserve(to, TP_NUM_MAX);
    if (at)
        to->len += tp_num_write_int(at, tp_time_floor(*time, unit, 0) / unit);
}

/* --- prometheus --------------------------------------------------------------------------------*/

/* [a-zA-Z_][a-zA-Z0-9_]*, and `:` in the names of metrics. */
static void
put_identifier(struct tp_str name, bool colon, struct tp_buf *to)
{
    if (name.len == 0 || (name.ptr[0] >= '0' && name.ptr[0] <= '9'))
        TP_BUF_PUT(to, "_");
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool fine =
            (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || (c == ':' && colon);

        tp_buf_put_char(to, fine ? c : '_');
    }
}

static void
put_label_text(struct tp_str text, struct tp_buf *to)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (c == '\\' || c == '"' || c == '\n')
            TP_BUF_PUT(to, "\\");
        tp_buf_put_char(to, c == '\n' ? 'n' : c);
    }
}

static void
put_labels(const struct tp_grid *grid, struct tp_buf *to)
{
    bool any = false;

    for (size_t i = 0; i < tp_grid_columns(grid); i++) {
        if (!has_kind(grid, i, TP_CELL_TEXT) && !has_kind(grid, i, TP_CELL_BOOL))
            continue;
        tp_buf_put_char(to, any ? ',' : '{');
        any = true;
        put_identifier(tp_grid_name(grid, i), false, to);
        TP_BUF_PUT(to, "=\"");
        put_label_text(tp_grid_cell(grid, i)->text, to);
        TP_BUF_PUT(to, "\"");
    }
    if (any)
        TP_BUF_PUT(to, "}");
}

int
tp_metrics_put_prometheus(const struct tp_grid *grid, struct tp_str name, const tp_time *time,
                          struct tp_buf *to, struct tp_err *err)
{
    size_t from = to->len;

    for (size_t i = 0; i < tp_grid_columns(grid); i++) {
        if (!has_kind(grid, i, TP_CELL_NUMBER))
            continue;
        if (name.len) {
            put_identifier(name, true, to);
            TP_BUF_PUT(to, "_");
        }
        put_identifier(tp_grid_name(grid, i), true, to);
        put_labels(grid, to);
        TP_BUF_PUT(to, " ");
        tp_buf_put_str(to, tp_grid_cell(grid, i)->text);
        put_time(time, TP_MILLISECOND, to);
        TP_BUF_PUT(to, "\n");
    }
    return to->len == from && !tp_buf_failed(to) ? refuse(to, from, err) : 0;
}

/* --- influx ------------------------------------------------------------------------------------*/

/* Commas, blanks and (but in the measurement) equal signs behind a backslash. */
static void
put_influx(struct tp_str text, bool equals, struct tp_buf *to)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool last = i + 1 == text.len;

        if (c == ',' || c == ' ' || (c == '=' && equals))
            TP_BUF_PUT(to, "\\");
        if (c == '\n' || c == '\r')
            TP_BUF_PUT(to, "\\ ");
        else
            tp_buf_put_char(to, c == '\\' && last ? '_' : c);
    }
}

static void
put_tags(const struct tp_grid *grid, struct tp_buf *to)
{
    for (size_t i = 0; i < tp_grid_columns(grid); i++) {
        const struct tp_cell *cell = tp_grid_cell(grid, i);

        /* A tag cannot be empty. */
        if (!has_kind(grid, i, TP_CELL_TEXT) || cell->text.len == 0)
            continue;
        TP_BUF_PUT(to, ",");
        put_influx(tp_grid_name(grid, i), true, to);
        TP_BUF_PUT(to, "=");
        put_influx(cell->text, true, to);
    }
}

int
tp_metrics_put_influx(const struct tp_grid *grid, struct tp_str name, const tp_time *time,
                      struct tp_buf *to, struct tp_err *err)
{
    size_t from = to->len;
    bool any = false;

    put_influx(name, false, to);
    put_tags(grid, to);
    for (size_t i = 0; i < tp_grid_columns(grid); i++) {
        if (!has_kind(grid, i, TP_CELL_NUMBER) && !has_kind(grid, i, TP_CELL_BOOL))
            continue;
        tp_buf_put_char(to, any ? ',' : ' ');
        any = true;
        put_influx(tp_grid_name(grid, i), true, to);
        TP_BUF_PUT(to, "=");
        tp_buf_put_str(to, tp_grid_cell(grid, i)->text);
    }
    if (!any)
        return refuse(to, from, err);
    put_time(time, 1, to);
    TP_BUF_PUT(to, "\n");
    return 0;
}
