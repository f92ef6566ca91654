#include "record/table.h"

#include <stdlib.h>

#include "base/mem.h"
#include "record/table_shorten.h"
#include "value/text.h"

#define GAP 2 /* blanks between columns */

struct layout {
    size_t width;
    bool numbers; /* its first value is a number: header and nulls stand right too */
    bool seen;    /* it had a value that is not null */
};

struct held_row {
    struct held_row *next;
    size_t columns;
    struct tp_cell cell[];
};

struct tp_table {
    const struct tp_grid *grid;
    bool colour, exact, settled;
    size_t limit;
    struct layout *column;
    size_t columns;         /* of column[] */
    size_t header_columns;  /* of the last header written */
    struct tp_arena memory; /* of the rows held */
    struct held_row *first, **last;
    size_t held;
    struct tp_buf scratch;
};

/* A line being written: blanks are owed until something follows them. */
struct line {
    struct tp_buf *to;
    size_t owed, at, limit;
    bool cut, last; /* last: the piece to come is the last one */
};

struct tp_table *
tp_table_new(const struct tp_grid *grid)
{
    struct tp_table *table = calloc(1, sizeof *table);

    if (!table)
        return NULL;
    table->grid = grid;
    table->last = &table->first;
    return table;
}

void
tp_table_free(struct tp_table *table)
{
    if (!table)
        return;
    tp_arena_release(&table->memory);
    tp_buf_release(&table->scratch);
    free(table->column);
    free(table);
}

void
tp_table_set_colour(struct tp_table *table, bool colour)
{
    table->colour = colour;
}

void
tp_table_set_exact(struct tp_table *table, bool exact)
{
    table->exact = exact;
}

void
tp_table_set_limit(struct tp_table *table, size_t columns)
{
    table->limit = columns;
}

bool
tp_table_is_settled(const struct tp_table *table)
{
    return table->settled;
}

size_t
tp_table_held(const struct tp_table *table)
{
    return table->held;
}

/* --- widths ------------------------------------------------------------------------------------*/

static bool
is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

/* Could TEXT hold control characters? C1 controls begin with 0xc2 in UTF-8. */
static bool
may_have_controls(struct tp_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];

        if (c < 0x20 || c == 0x7f || c == 0xc2)
            return true;
    }
    return false;
}

static void
put_visible(struct tp_str text, struct tp_buf *to)
{
    static const char short_forms[] = "\bb\ff\nn\rr\tt";
    size_t at = 0;

    while (at < text.len) {
        size_t start = at;
        uint32_t code = tp_text_next(text, &at);
        const char *form =
            code < 0x20 ? memchr(short_forms, (int)code, sizeof short_forms - 1) : NULL;

        if (!is_control(code))
            tp_buf_put(to, text.ptr + start, at - start);
        else if (form)
            tp_buf_printf(to, "\\%c", form[1]);
        else
            tp_buf_printf(to, "\\u%04x", code);
    }
}

/* What is shown for TEXT; into table->scratch (cleared) where that is something else. */
static struct tp_str
visible(struct tp_table *table, struct tp_str text)
{
    if (!may_have_controls(text))
        return text;
    tp_buf_clear(&table->scratch);
    put_visible(text, &table->scratch);
    return tp_buf_str(&table->scratch);
}

static struct tp_str
shown(struct tp_table *table, const struct tp_cell *cell)
{
    if (cell->kind == TP_CELL_NUMBER && !table->exact) {
        tp_buf_clear(&table->scratch);
        return tp_table_shorten(cell->text, &table->scratch);
    }
    return cell->kind == TP_CELL_NULL ? TP_STR("-") : visible(table, cell->text);
}

/* Makes layouts for the columns the grid has now. */
static int
follow_grid(struct tp_table *table, struct tp_err *err)
{
    size_t columns = tp_grid_columns(table->grid);
    struct layout *column;

    if (columns <= table->columns)
        return 0;
    column = realloc(table->column, columns * sizeof *column);
    if (!column)
        return tp_err_memory(err);
    table->column = column;
    for (size_t i = table->columns; i < columns; i++)
        column[i] =
            (struct layout){.width = tp_text_width(visible(table, tp_grid_name(table->grid, i)))};
    table->columns = columns;
    return 0;
}

static void
widen(struct tp_table *table, size_t i, const struct tp_cell *cell)
{
    struct layout *column = &table->column[i];
    size_t width = tp_text_width(shown(table, cell));

    if (width > column->width)
        column->width = width;
    if (cell->kind > TP_CELL_NULL && !column->seen) {
        column->seen = true;
        column->numbers = cell->kind == TP_CELL_NUMBER;
    }
}

/* --- lines -------------------------------------------------------------------------------------*/

static void
put_blanks(struct tp_buf *to, size_t count)
{
    char *p = tp_buf_reserve(to, count);

    if (p && count) {
        memset(p, ' ', count);
        to->len += count;
    }
}

/* TEXT in a column of WIDTH, and the gap behind it. */
static void
put_piece(struct line *line, struct tp_str text, size_t width, bool right, bool faint)
{
    size_t own = tp_text_width(text);
    size_t padding = own < width ? width - own : 0;

    if (right)
        line->owed += padding;
    if (line->cut || own == 0) {
        line->owed += own + (right ? 0 : padding) + GAP;
        return;
    }
    /* One column is kept for the `…`, unless nothing can follow. */
    if (line->limit && line->at + line->owed + own > line->limit - !line->last) {
        size_t room = line->limit - 1;

        line->cut = true;
        line->owed = line->at + line->owed > room ? room - line->at : line->owed;
        text.len = tp_text_fit(text, room - line->at - line->owed);
    }
    put_blanks(line->to, line->owed);
    line->at += line->owed + own;
    line->owed = (right ? 0 : padding) + GAP;
    if (faint)
        TP_BUF_PUT(line->to, "\033[2m");
    tp_buf_put_str(line->to, text);
    if (line->cut)
        TP_BUF_PUT(line->to, "…");
    if (faint)
        TP_BUF_PUT(line->to, "\033[0m");
}

static void
put_header(struct tp_table *table, struct tp_buf *to)
{
    struct line line = {.to = to, .limit = table->limit};

    if (table->header_columns)
        TP_BUF_PUT(to, "\n");
    for (size_t i = 0; i < table->columns; i++) {
        line.last = i + 1 == table->columns;
        put_piece(&line, visible(table, tp_grid_name(table->grid, i)), table->column[i].width,
                  table->column[i].numbers, table->colour);
    }
    TP_BUF_PUT(to, "\n");
    table->header_columns = table->columns;
}

static void
put_cell(struct tp_table *table, struct line *line, size_t i, const struct tp_cell *cell)
{
    const struct layout *column = &table->column[i];
    bool right = cell->kind == TP_CELL_NUMBER || (cell->kind <= TP_CELL_NULL && column->numbers);

    line->last = i + 1 == table->columns;
    put_piece(line, shown(table, cell), column->width, right,
              table->colour && cell->kind == TP_CELL_NULL);
}

/* --- rows --------------------------------------------------------------------------------------*/

static int
hold_row(struct tp_table *table, struct tp_err *err)
{
    struct held_row *row =
        tp_arena_alloc(&table->memory, sizeof *row + table->columns * sizeof row->cell[0]);

    if (!row)
        return tp_err_memory(err);
    *row = (struct held_row){.columns = table->columns};
    for (size_t i = 0; i < row->columns; i++) {
        const struct tp_cell *cell = tp_grid_cell(table->grid, i);

        row->cell[i] = (struct tp_cell){cell->kind, tp_arena_copy(&table->memory, cell->text)};
        if (!row->cell[i].text.ptr)
            return tp_err_memory(err);
        widen(table, i, cell);
    }
    *table->last = row;
    table->last = &row->next;
    table->held++;
    return 0;
}

int
tp_table_settle(struct tp_table *table, struct tp_buf *to, struct tp_err *err)
{
    if (table->held == 0)
        return 0;
    put_header(table, to);
    for (const struct held_row *row = table->first; row; row = row->next) {
        struct line line = {.to = to, .limit = table->limit};

        for (size_t i = 0; i < row->columns; i++)
            put_cell(table, &line, i, &row->cell[i]);
        TP_BUF_PUT(to, "\n");
    }
    table->settled = true;
    table->first = NULL;
    table->last = &table->first;
    table->held = 0;
    tp_arena_release(&table->memory);
    return tp_buf_failed(to) || tp_buf_failed(&table->scratch) ? tp_err_memory(err) : 0;
}

int
tp_table_row(struct tp_table *table, struct tp_buf *to, struct tp_err *err)
{
    struct line line = {.to = to, .limit = table->limit};

    if (follow_grid(table, err) < 0)
        return -1;
    if (table->columns == 0)
        return 0; /* nothing to show of it */
    if (!table->settled)
        return hold_row(table, err);
    if (table->columns > table->header_columns) {
        for (size_t i = table->header_columns; i < table->columns; i++)
            widen(table, i, tp_grid_cell(table->grid, i));
        put_header(table, to);
    }
    for (size_t i = 0; i < table->columns; i++)
        put_cell(table, &line, i, tp_grid_cell(table->grid, i));
    TP_BUF_PUT(to, "\n");
    return tp_buf_failed(to) || tp_buf_failed(&table->scratch) ? tp_err_memory(err) : 0;
}
