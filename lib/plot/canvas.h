/*
 * canvas: a field of characters to draw on: text, blocks, and lines of braille dots, 2 by 4 a
 * character (U+2800: bits 1-3 and 7 are the left column downwards, 4-6 and 8 the right).
 *
 * What lies outside is left out. Text loses what has no width of its own (control characters,
 * combining marks). All zero is a valid empty canvas.
 */
#ifndef TP_PLOT_CANVAS_H
#define TP_PLOT_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/*
 * Colours. Series have those of Okabe and Ito, "Color Universal Design" (2008), which the colour-
 * blind can tell apart, on light and on dark; heat has viridis (Smith and van der Walt, 2015).
 */
enum {
    TP_PLAIN = 0,
    TP_SERIES = 1, /* .. TP_SERIES + TP_SERIES_COLOURS - 1 */
    TP_SERIES_COLOURS = 7,
    TP_FAINT = 8, /* axes, and all others */
    TP_HEAT = 9,  /* .. TP_HEAT + TP_HEAT_COLOURS - 1 */
    TP_HEAT_COLOURS = 10,
    TP_RULE = 19, /* lines behind a plot */
    TP_COLOURS = 20,
};

/* As #rrggbb. */
const char *tp_colour_hex(unsigned colour);

struct tp_canvas_cell {
    uint32_t glyph; /* 0: the dots */
    uint8_t dots, colour;
};

struct tp_canvas {
    size_t columns, rows;
    struct tp_canvas_cell *cell;
};

/* Empty and of that size; what was there is given up. -1 when memory ran out. */
int tp_canvas_reset(struct tp_canvas *canvas, size_t columns, size_t rows);
void tp_canvas_release(struct tp_canvas *canvas);

void tp_canvas_put(struct tp_canvas *canvas, size_t x, size_t y, uint32_t glyph, unsigned colour);

/* TEXT from column X on, at most WIDTH columns; what is longer ends with `…`. The columns it took.
 */
size_t tp_canvas_text(struct tp_canvas *canvas, size_t x, size_t y, struct tp_str text,
                      size_t width, unsigned colour);

/* In dots from the upper left corner. */
void tp_canvas_dot(struct tp_canvas *canvas, long x, long y, unsigned colour);
void tp_canvas_line(struct tp_canvas *canvas, long x0, long y0, long x1, long y1, unsigned colour);

/* Appends the rows, each with a newline and without blanks at its end. COLOUR: with xterm's 256
 * colours (ECMA-48 SGR 38;5). */
void tp_canvas_write(const struct tp_canvas *canvas, bool colour, struct tp_buf *to);

#endif
