/* plot/canvas: dots, lines, text and what becomes of them. */
#include "plot/canvas.h"
#include "unit.h"

static void
expect(struct tp_canvas *canvas, bool colour, const char *text)
{
    struct tp_buf to = TP_BUF_INIT;

    tp_canvas_write(canvas, colour, &to);
    CHECK_THAT(strcmp(tp_buf_text(&to), text) == 0, "%s, not %s", tp_buf_text(&to), text);
    tp_buf_release(&to);
    CHECK(tp_canvas_reset(canvas, 8, 2) == 0);
}

static void
test_canvas(void)
{
    struct tp_canvas c = {0};

    CHECK(tp_canvas_reset(&c, 8, 2) == 0);
    expect(&c, false, "\n\n");
    for (long y = 0; y < 4; y++)
        tp_canvas_dot(&c, y % 2, y, TP_PLAIN);
    expect(&c, false, "\u2895\n\n");
    tp_canvas_line(&c, 0, 0, 3, 0, TP_PLAIN);
    tp_canvas_line(&c, 15, 7, 12, 7, TP_PLAIN);
    expect(&c, false, "\u2809\u2809\n      \u28c0\u28c0\n");
    tp_canvas_line(&c, -5, -5, 40, 40, TP_PLAIN); /* the outside is left out */
    expect(&c, false, "\u2811\u2884\n  \u2811\u2884\n");
    CHECK(tp_canvas_text(&c, 0, 0, TP_STR("\u6771\u4eac\u30bf\u30ef\u30fc"), 8, TP_PLAIN) == 7);
    expect(&c, false, "\u6771\u4eac\u30bf\u2026\n\n");
    CHECK(tp_canvas_text(&c, 6, 1, TP_STR("abcdef"), 8, TP_PLAIN) == 6);
    expect(&c, false, "\n      ab\n");
    CHECK(tp_canvas_text(&c, 0, 0, TP_STR("a\033[31m\007b"), 8, TP_PLAIN) == 6);
    expect(&c, false, "a[31mb\n\n");
    tp_canvas_put(&c, 1, 0, 'x', TP_SERIES);
    tp_canvas_put(&c, 2, 0, 'y', TP_SERIES);
    tp_canvas_put(&c, 4, 0, 'z', TP_PLAIN);
    expect(&c, true, " \033[38;5;32mxy \033[mz\n\n");
    tp_canvas_release(&c);
}

int
main(void)
{
    RUN(test_canvas);
    return unit_end();
}
