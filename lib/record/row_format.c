#include "record/row_format.h"

#include "record/csv.h"
#include "record/logfmt.h"

/* A cell, or the name of its column. */
static struct tp_cell
cell_of(const struct tp_grid *grid, size_t column, bool header)
{
    if (header)
        return (struct tp_cell){TP_CELL_TEXT, tp_grid_name(grid, column)};
    return *tp_grid_cell(grid, column);
}

static bool
is_string(const struct tp_cell *cell)
{
    return cell->kind == TP_CELL_TEXT || cell->kind == TP_CELL_JSON;
}

/* Appends TEXT with the bytes of MARKED (pairs: a byte, what stands for it behind a backslash). */
static void
put_marked(struct tp_str text, const char *marked, struct tp_buf *to)
{
    size_t from = 0;

    for (size_t i = 0; i < text.len; i++) {
        const char *mark = marked;

        while (*mark && *mark != text.ptr[i])
            mark += 2;
        if (!*mark)
            continue;
        tp_buf_put(to, text.ptr + from, i - from);
        tp_buf_put_char(to, '\\');
        tp_buf_put_char(to, mark[1]);
        from = i + 1;
    }
    if (text.len)
        tp_buf_put(to, text.ptr + from, text.len - from);
}

void
tp_row_put_csv(const struct tp_grid *grid, size_t columns, bool header, struct tp_buf *to)
{
    for (size_t i = 0; i < columns; i++) {
        struct tp_cell cell = cell_of(grid, i, header);

        if (i)
            TP_BUF_PUT(to, ",");
        if (is_string(&cell))
            tp_csv_put_string(cell.text, ',', to);
        else
            tp_buf_put_str(to, cell.text);
    }
    TP_BUF_PUT(to, "\n");
}

void
tp_row_put_tsv(const struct tp_grid *grid, size_t columns, bool header, struct tp_buf *to)
{
    for (size_t i = 0; i < columns; i++) {
        struct tp_cell cell = cell_of(grid, i, header);

        if (i)
            TP_BUF_PUT(to, "\t");
        put_marked(cell.text, "\tt\nn\rr\\\\", to);
    }
    TP_BUF_PUT(to, "\n");
}

/* --- markdown ----------------------------------------------------------------------------------*/

/* A line break within a cell is `<br>`. */
static void
put_markdown(struct tp_str text, struct tp_buf *to)
{
    static const char marked[] = "\\\\||``**<<&&[[]]~~";
    const char *p = text.ptr, *end = text.ptr + text.len;

    while (p < end) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        const char *stop = newline ? newline : end;
        size_t len = (size_t)(stop - p);

        put_marked((struct tp_str){p, len - (len && stop[-1] == '\r')}, marked, to);
        if (newline)
            TP_BUF_PUT(to, "<br>");
        p = newline ? newline + 1 : end;
    }
}

/* Which way the columns stand, by the first row. */
static void
put_rule(const struct tp_grid *grid, size_t columns, struct tp_buf *to)
{
    for (size_t i = 0; i < columns; i++)
        tp_buf_put_str(to, tp_grid_cell(grid, i)->kind == TP_CELL_NUMBER ? TP_STR("| ---: ")
                                                                         : TP_STR("| --- "));
    TP_BUF_PUT(to, "|\n");
}

void
tp_row_put_markdown(const struct tp_grid *grid, size_t columns, bool header, struct tp_buf *to)
{
    for (size_t i = 0; i < columns; i++) {
        struct tp_cell cell = cell_of(grid, i, header);

        TP_BUF_PUT(to, "| ");
        put_markdown(cell.text, to);
        if (cell.text.len)
            TP_BUF_PUT(to, " ");
    }
    TP_BUF_PUT(to, "|\n");
    if (header)
        put_rule(grid, columns, to);
}

/* --- names and values --------------------------------------------------------------------------*/

static void
put_label(struct tp_str name, struct tp_buf *to)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];

        tp_buf_put_char(to, (unsigned char)c < ' ' || c == ':' ? '_' : c);
    }
    if (name.len == 0)
        TP_BUF_PUT(to, "_");
    TP_BUF_PUT(to, ":");
}

static void
put_ltsv_cell(struct tp_str name, const struct tp_cell *cell, struct tp_buf *to)
{
    put_label(name, to);
    put_marked(cell->text, "\tt\nn\rr", to);
}

static void
put_logfmt_cell(struct tp_str name, const struct tp_cell *cell, struct tp_buf *to)
{
    tp_logfmt_put_name(name, to);
    if (is_string(cell))
        tp_logfmt_put_string(cell->text, to);
    else
        tp_buf_put_str(to, cell->text);
}

/* The members that are there, each with its name. */
static void
put_named(const struct tp_grid *grid, char separator,
          void put(struct tp_str name, const struct tp_cell *cell, struct tp_buf *to),
          struct tp_buf *to)
{
    bool any = false;

    for (size_t i = 0; i < tp_grid_columns(grid); i++) {
        const struct tp_cell *cell = tp_grid_cell(grid, i);

        if (cell->kind == TP_CELL_MISSING)
            continue;
        if (any)
            tp_buf_put_char(to, separator);
        any = true;
        put(tp_grid_name(grid, i), cell, to);
    }
    TP_BUF_PUT(to, "\n");
}

void
tp_row_put_ltsv(const struct tp_grid *grid, struct tp_buf *to)
{
    put_named(grid, '\t', put_ltsv_cell, to);
}

void
tp_row_put_logfmt(const struct tp_grid *grid, struct tp_buf *to)
{
    put_named(grid, ' ', put_logfmt_cell, to);
}
