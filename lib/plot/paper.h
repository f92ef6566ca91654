/*
 * paper: what a figure is drawn on: an SVG text, a bitmap. Units are pixels from the upper left
 * corner, colours those of plot/canvas.
 */
#ifndef TP_PLOT_PAPER_H
#define TP_PLOT_PAPER_H

#include <stddef.h>

#include "base/str.h"

enum tp_anchor { TP_ANCHOR_START, TP_ANCHOR_MIDDLE, TP_ANCHOR_END };

struct tp_paper_point {
    double x, y;
};

struct tp_paper {
    void *self;
    void (*line)(void *self, const struct tp_paper_point *point, size_t points, double width,
                 unsigned colour);
    void (*box)(void *self, double x, double y, double w, double h, unsigned colour);
    /* On the base line Y; the anchor is where X lies in it. */
    void (*text)(void *self, double x, double y, struct tp_str text, enum tp_anchor anchor,
                 unsigned colour);
};

#define TP_PAPER_FONT 12.0 /* pixels */

#endif
