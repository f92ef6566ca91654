#include "plot/canvas.h"

#include <stdlib.h>

#include "value/text.h"

#define BEHIND_WIDE UINT32_MAX /* the second column of a wide character */

static const struct {
    const char *hex;
    uint8_t xterm;
} colours[TP_COLOURS] = {
    {"#222222", 0},   {"#0072b2", 32},  {"#e69f00", 214}, {"#009e73", 36},  {"#d55e00", 166},
    {"#cc79a7", 175}, {"#56b4e9", 117}, {"#b8a800", 178}, {"#777777", 244}, {"#440154", 53},
    {"#482878", 54},  {"#3e4989", 61},  {"#31688e", 24},  {"#26828e", 30},  {"#1f9e89", 36},
    {"#35b779", 71},  {"#6ece58", 113}, {"#b5de2b", 148}, {"#fde725", 220}, {"#e4e4e4", 254},
};

const char *
tp_colour_hex(unsigned colour)
{
    return colours[colour < TP_COLOURS ? colour : 0].hex;
}

int
tp_canvas_reset(struct tp_canvas *canvas, size_t columns, size_t rows)
{
    tp_canvas_release(canvas);
    canvas->cell = calloc(columns * rows + 1, sizeof *canvas->cell);
    if (!canvas->cell)
        return -1;
    canvas->columns = columns;
    canvas->rows = rows;
    return 0;
}

void
tp_canvas_release(struct tp_canvas *canvas)
{
    free(canvas->cell);
    *canvas = (struct tp_canvas){0};
}

static struct tp_canvas_cell *
cell_at(struct tp_canvas *canvas, size_t x, size_t y)
{
    return x < canvas->columns && y < canvas->rows ? &canvas->cell[y * canvas->columns + x] : NULL;
}

void
tp_canvas_put(struct tp_canvas *canvas, size_t x, size_t y, uint32_t glyph, unsigned colour)
{
    struct tp_canvas_cell *cell = cell_at(canvas, x, y);

    if (cell)
        *cell = (struct tp_canvas_cell){.glyph = glyph, .colour = (uint8_t)colour};
}

size_t
tp_canvas_text(struct tp_canvas *canvas, size_t x, size_t y, struct tp_str text, size_t width,
               unsigned colour)
{
    size_t full = tp_text_width(text), fit = full <= width ? width : width - (width > 0);
    size_t taken = 0;

    for (size_t at = 0, from = 0; at < text.len; from = at) {
        uint32_t code = tp_text_next(text, &at);
        size_t wide = tp_text_width((struct tp_str){text.ptr + from, at - from});

        if (taken + wide > fit)
            break;
        if (wide == 0)
            continue;
        tp_canvas_put(canvas, x + taken, y, code, colour);
        if (wide == 2)
            tp_canvas_put(canvas, x + taken + 1, y, BEHIND_WIDE, colour);
        taken += wide;
    }
    if (full > width && width > 0)
        tp_canvas_put(canvas, x + taken++, y, 0x2026, colour);
    return taken;
}

void
tp_canvas_dot(struct tp_canvas *canvas, long x, long y, unsigned colour)
{
    static const uint8_t bits[4][2] = {{1, 8}, {2, 16}, {4, 32}, {64, 128}};
    struct tp_canvas_cell *cell;

    if (x < 0 || y < 0)
        return;
    cell = cell_at(canvas, (size_t)x / 2, (size_t)y / 4);
    if (!cell)
        return;
    cell->glyph = 0;
    cell->dots |= bits[y % 4][x % 2];
    cell->colour = (uint8_t)colour;
}

/* Bresenham, "Algorithm for computer control of a digital plotter" (1965). */
void
tp_canvas_line(struct tp_canvas *canvas, long x0, long y0, long x1, long y1, unsigned colour)
{
    long dx = labs(x1 - x0), dy = -labs(y1 - y0), error = dx + dy;
    long sx = x0 < x1 ? 1 : -1, sy = y0 < y1 ? 1 : -1;

    for (;;) {
        long twice = 2 * error;

        tp_canvas_dot(canvas, x0, y0, colour);
        if (x0 == x1 && y0 == y1)
            return;
        if (twice >= dy) {
            error += dy;
            x0 += sx;
        }
        if (twice <= dx) {
            error += dx;
            y0 += sy;
        }
    }
}

static bool
is_blank(const struct tp_canvas_cell *cell)
{
    return cell->glyph == ' ' || (cell->glyph == 0 && cell->dots == 0);
}

static void
write_cell(const struct tp_canvas_cell *cell, struct tp_buf *to)
{
    if (cell->glyph == BEHIND_WIDE)
        return;
    if (is_blank(cell))
        tp_buf_put_char(to, ' ');
    else
        tp_text_put(to, cell->glyph ? cell->glyph : 0x2800u + cell->dots);
}

static void
write_row(const struct tp_canvas_cell *cell, size_t columns, bool colour, struct tp_buf *to)
{
    unsigned now = TP_PLAIN;

    while (columns && is_blank(&cell[columns - 1]))
        columns--;
    for (size_t x = 0; x < columns; x++) {
        if (colour && !is_blank(&cell[x]) && cell[x].colour != now) {
            now = cell[x].colour;
            if (now == TP_PLAIN)
                TP_BUF_PUT(to, "\033[m");
            else
                tp_buf_printf(to, "\033[38;5;%um", colours[now].xterm);
        }
        write_cell(&cell[x], to);
    }
    if (now != TP_PLAIN)
        TP_BUF_PUT(to, "\033[m");
    tp_buf_put_char(to, '\n');
}

void
tp_canvas_write(const struct tp_canvas *canvas, bool colour, struct tp_buf *to)
{
    for (size_t y = 0; y < canvas->rows; y++)
        write_row(canvas->cell + y * canvas->columns, canvas->columns, colour, to);
}
