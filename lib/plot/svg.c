#include "plot/svg.h"

#include <stdio.h>

#include "plot/canvas.h"
#include "plot/figure.h"
#include "value/text.h"

/* One decimal, without it where it is 0. */
static void
put_number(struct tp_buf *to, double number)
{
    char text[32];
    int len = snprintf(text, sizeof text, "%.1f", number);

    if (len > 2 && text[len - 1] == '0')
        len -= 2;
    tp_buf_put(to, text, (size_t)len);
}

static void
put_attribute(struct tp_buf *to, const char *name, double number)
{
    tp_buf_printf(to, " %s=\"", name);
    put_number(to, number);
    tp_buf_put_char(to, '"');
}

static void
put_line(void *self, const struct tp_paper_point *point, size_t points, double width,
         unsigned colour)
{
    struct tp_buf *to = self;

    tp_buf_printf(to, "<polyline fill=\"none\" stroke=\"%s\"", tp_colour_hex(colour));
    put_attribute(to, "stroke-width", width);
    TP_BUF_PUT(to, " points=\"");
    for (size_t i = 0; i < points; i++) {
        if (i)
            tp_buf_put_char(to, ' ');
        put_number(to, point[i].x);
        tp_buf_put_char(to, ',');
        put_number(to, point[i].y);
    }
    TP_BUF_PUT(to, "\"/>\n");
}

static void
put_box(void *self, double x, double y, double w, double h, unsigned colour)
{
    struct tp_buf *to = self;

    TP_BUF_PUT(to, "<rect");
    put_attribute(to, "x", x);
    put_attribute(to, "y", y);
    put_attribute(to, "width", w);
    put_attribute(to, "height", h);
    tp_buf_printf(to, " fill=\"%s\"/>\n", tp_colour_hex(colour));
}

/* XML 1.0 has no control characters, and no U+FFFE and U+FFFF. */
static void
put_escaped(struct tp_buf *to, struct tp_str text)
{
    for (size_t at = 0; at < text.len;) {
        uint32_t code = tp_text_next(text, &at);

        if (code == '<')
            TP_BUF_PUT(to, "&lt;");
        else if (code == '>')
            TP_BUF_PUT(to, "&gt;");
        else if (code == '&')
            TP_BUF_PUT(to, "&amp;");
        else if (code >= 0x20 && (code < 0x7f || code > 0x9f) && code != 0xfffe && code != 0xffff)
            tp_text_put(to, code);
    }
}

static void
put_text(void *self, double x, double y, struct tp_str text, enum tp_anchor anchor, unsigned colour)
{
    static const char *const anchors[] = {"start", "middle", "end"};
    struct tp_buf *to = self;

    TP_BUF_PUT(to, "<text");
    put_attribute(to, "x", x);
    put_attribute(to, "y", y);
    if (anchor != TP_ANCHOR_START)
        tp_buf_printf(to, " text-anchor=\"%s\"", anchors[anchor]);
    tp_buf_printf(to, " fill=\"%s\">", tp_colour_hex(colour));
    put_escaped(to, text);
    TP_BUF_PUT(to, "</text>\n");
}

int
tp_svg_draw(const struct tp_chart *chart, double width, double height, struct tp_buf *to,
            struct tp_err *err)
{
    const struct tp_paper paper = {to, put_line, put_box, put_text};

    tp_buf_printf(to,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
                  "viewBox=\"0 0 %.0f %.0f\" font-family=\"sans-serif\" font-size=\"%.0f\">\n"
                  "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n",
                  width, height, width, height, TP_PAPER_FONT);
    if (tp_figure_draw(chart, width, height, &paper, err) < 0)
        return -1;
    TP_BUF_PUT(to, "</svg>\n");
    return tp_buf_failed(to) ? tp_err_memory(err) : 0;
}
