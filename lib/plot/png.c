#include "plot/png.h"

#include "plot/canvas.h"
#include "plot/figure.h"

#ifdef TP_CAIRO

#include <cairo.h>
#include <stdlib.h>

static void
set_colour(cairo_t *cairo, unsigned colour)
{
    unsigned long rgb = strtoul(tp_colour_hex(colour) + 1, NULL, 16);

    cairo_set_source_rgb(cairo, (double)(rgb >> 16) / 255, (double)(rgb >> 8 & 255) / 255,
                         (double)(rgb & 255) / 255);
}

static void
draw_line(void *self, const struct tp_paper_point *point, size_t points, double width,
          unsigned colour)
{
    cairo_t *cairo = self;

    set_colour(cairo, colour);
    cairo_set_line_width(cairo, width);
    cairo_set_line_join(cairo, CAIRO_LINE_JOIN_ROUND);
    cairo_new_path(cairo);
    for (size_t i = 0; i < points; i++)
        cairo_line_to(cairo, point[i].x, point[i].y);
    cairo_stroke(cairo);
}

static void
draw_box(void *self, double x, double y, double w, double h, unsigned colour)
{
    cairo_t *cairo = self;

    set_colour(cairo, colour);
    cairo_rectangle(cairo, x, y, w, h);
    cairo_fill(cairo);
}

static void
draw_text(void *self, double x, double y, struct tp_str text, enum tp_anchor anchor,
          unsigned colour)
{
    cairo_t *cairo = self;
    cairo_text_extents_t extents;
    struct tp_buf ended = TP_BUF_INIT;

    tp_buf_put_str(&ended, text);
    cairo_text_extents(cairo, tp_buf_text(&ended), &extents);
    set_colour(cairo, colour);
    cairo_move_to(cairo, x - extents.x_advance * anchor / 2, y);
    cairo_show_text(cairo, tp_buf_text(&ended));
    tp_buf_release(&ended);
}

static cairo_status_t
append(void *to, const unsigned char *bytes, unsigned length)
{
    tp_buf_put(to, bytes, length);
    return tp_buf_failed(to) ? CAIRO_STATUS_NO_MEMORY : CAIRO_STATUS_SUCCESS;
}

bool
tp_png_is_there(void)
{
    return true;
}

int
tp_png_draw(const struct tp_chart *chart, int width, int height, struct tp_buf *to,
            struct tp_err *err)
{
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
    cairo_t *cairo = cairo_create(surface);
    const struct tp_paper paper = {cairo, draw_line, draw_box, draw_text};
    cairo_status_t status;
    int result;

    cairo_set_source_rgb(cairo, 1, 1, 1);
    cairo_paint(cairo);
    cairo_select_font_face(cairo, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cairo, TP_PAPER_FONT);
    result = tp_figure_draw(chart, width, height, &paper, err);
    status = cairo_status(cairo);
    if (status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_write_to_png_stream(surface, append, to);
    if (result == 0 && status != CAIRO_STATUS_SUCCESS)
        result = tp_err_set(err, TP_FAULT_MACHINE, "png: %s", cairo_status_to_string(status));
    cairo_destroy(cairo);
    cairo_surface_destroy(surface);
    return result;
}

#else

bool
tp_png_is_there(void)
{
    return false;
}

int
tp_png_draw(const struct tp_chart *chart, int width, int height, struct tp_buf *to,
            struct tp_err *err)
{
    (void)chart;
    (void)width;
    (void)height;
    (void)to;
    return tp_err_set(err, TP_FAULT_USAGE, "png: built without cairo");
}

#endif
