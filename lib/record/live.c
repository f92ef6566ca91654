#include "record/live.h"

#include <stdlib.h>

#include "base/map.h"
#include "record/table.h"

struct tp_live {
    struct tp_grid *grid;
    struct tp_map *rows; /* key -> struct tp_buf, its latest record */
    bool changed;
    size_t lines; /* of the last frame */
};

struct tp_live *
tp_live_new(struct tp_grid *grid)
{
    struct tp_live *live = calloc(1, sizeof *live);

    if (!live)
        return NULL;
    live->grid = grid;
    live->rows = tp_map_new(sizeof(struct tp_buf));
    if (!live->rows) {
        free(live);
        return NULL;
    }
    return live;
}

void
tp_live_free(struct tp_live *live)
{
    if (!live)
        return;
    for (struct tp_buf *row = tp_map_first(live->rows); row; row = tp_map_next(live->rows, row))
        tp_buf_release(row);
    tp_map_free(live->rows);
    free(live);
}

int
tp_live_put(struct tp_live *live, struct tp_str key, struct tp_str line, struct tp_err *err)
{
    struct tp_buf *row = tp_map_add(live->rows, key, NULL);

    if (!row)
        return tp_err_memory(err);
    tp_buf_clear(row);
    tp_buf_put_str(row, line);
    live->changed = true;
    return tp_buf_failed(row) ? tp_err_memory(err) : 0;
}

void
tp_live_remove(struct tp_live *live, struct tp_str key)
{
    struct tp_buf *row = tp_map_find(live->rows, key);

    if (!row)
        return;
    tp_buf_release(row);
    tp_map_remove(live->rows, key);
    live->changed = true;
}

bool
tp_live_changed(const struct tp_live *live)
{
    return live->changed;
}

/* --- frames ------------------------------------------------------------------------------------*/

/* The rows, up to LIMIT of them, in TABLE. */
static int
fill_table(struct tp_live *live, struct tp_table *table, size_t limit, struct tp_buf *to,
           struct tp_err *err)
{
    size_t count = 0;

    /* Every column is to be known before the first row is laid out. */
    for (struct tp_buf *row = tp_map_first(live->rows); row; row = tp_map_next(live->rows, row))
        if (tp_grid_read(live->grid, tp_buf_str(row), err) < 0)
            return -1;
    for (struct tp_buf *row = tp_map_first(live->rows); row && count < limit;
         row = tp_map_next(live->rows, row), count++)
        if (tp_grid_read(live->grid, tp_buf_str(row), err) < 0 || tp_table_row(table, to, err) < 0)
            return -1;
    return tp_table_settle(table, to, err);
}

static size_t
count_lines(struct tp_str text)
{
    const char *p = text.ptr, *end = text.ptr + text.len;
    size_t lines = 0;

    while (p && p < end && (p = memchr(p, '\n', (size_t)(end - p)))) {
        p++;
        lines++;
    }
    return lines;
}

int
tp_live_draw(struct tp_live *live, const struct tp_live_look *look, struct tp_buf *to,
             struct tp_err *err)
{
    struct tp_table *table = tp_table_new(live->grid);
    size_t rows = tp_map_count(live->rows), limit = rows, from;
    int result;

    if (!table)
        return tp_err_memory(err);
    /* Header, rows, what is said of the rest, and the line on which the cursor then stands. */
    if (look->lines > 3 && rows > look->lines - 2)
        limit = look->lines - 3;
    tp_table_set_colour(table, look->colour);
    tp_table_set_exact(table, look->exact);
    tp_table_set_limit(table, look->columns);
    if (live->lines)
        tp_buf_printf(to, "\033[%zuA", live->lines);
    TP_BUF_PUT(to, "\r\033[J");
    from = to->len;
    result = fill_table(live, table, limit, to, err);
    if (limit < rows)
        tp_buf_printf(to, "… %zu more\n", rows - limit);
    live->lines =
        tp_buf_failed(to) ? 0 : count_lines((struct tp_str){to->ptr + from, to->len - from});
    live->changed = false;
    tp_table_free(table);
    return result;
}
