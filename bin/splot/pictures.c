#include "pictures.h"

#include <string.h>

#include "plot/png.h"
#include "plot/svg.h"
#include "stream/content.h"
#include "value/clock.h"

#define EVERY (5 * TP_SECOND) /* unless told */
#define FIRST TP_SECOND       /* after the start, at most */

#define ACROSS 10 /* pixels of a column, and of a line */
#define DOWN 20

static bool
is_stdout(const char *name)
{
    return strcmp(name, "-") == 0;
}

/* What may be replaced as often as one likes. */
static bool
is_refreshed(const char *name)
{
    return name && !is_stdout(name) && tp_content_is_replaceable(name);
}

int
pictures_begin(struct pictures *p, struct tp_err *err)
{
    if (p->png && !tp_png_is_there())
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--png: built without cairo (libcairo2-dev); --svg is there");
    p->refreshed = is_refreshed(p->svg) || is_refreshed(p->png);
    if (p->every >= 0 && !p->refreshed)
        return tp_err_set(err, TP_FAULT_USAGE, "--every: of which file? --svg or --png names it");
    if (p->every >= 0 && (p->every < 10 * TP_MILLISECOND || p->every > TP_DAY))
        return tp_err_set(err, TP_FAULT_USAGE, "--every: from 10ms to 1d");
    if (p->every < 0)
        p->every = EVERY;
    p->due = tp_clock_steady() + (p->every < FIRST ? p->every : FIRST);
    return 0;
}

/* --- one picture -------------------------------------------------------------------------------*/

static int
draw_svg(struct pictures *p, const struct tp_chart *chart, struct tp_err *err)
{
    tp_buf_clear(&p->text);
    return tp_svg_draw(chart, (double)p->columns * ACROSS, (double)p->rows * DOWN, &p->text, err);
}

static int
draw_png(struct pictures *p, const struct tp_chart *chart, struct tp_err *err)
{
    tp_buf_clear(&p->text);
    return tp_png_draw(chart, (int)p->columns * ACROSS, (int)p->rows * DOWN, &p->text, err);
}

/* The picture drawn last is the last for NAME. */
static int
put_last(const struct pictures *p, const char *name, struct tp_stage *stage, struct tp_err *err)
{
    struct tp_buf *to;

    if (!is_stdout(name))
        return tp_content_replace(name, tp_buf_str(&p->text), err);
    to = tp_stage_row(stage, err);
    if (!to)
        return -1;
    tp_buf_put_str(to, tp_buf_str(&p->text));
    return tp_stage_row_end(stage, err);
}

/* --- all ---------------------------------------------------------------------------------------*/

int
pictures_refresh(struct pictures *p, const struct tp_chart *chart, tp_duration now,
                 struct tp_err *err)
{
    if (!p->outdated || now < p->due)
        return 0;
    p->due = now + p->every;
    p->outdated = false;
    if (is_refreshed(p->svg) &&
        (draw_svg(p, chart, err) < 0 || tp_content_replace(p->svg, tp_buf_str(&p->text), err) < 0))
        return -1;
    if (is_refreshed(p->png) &&
        (draw_png(p, chart, err) < 0 || tp_content_replace(p->png, tp_buf_str(&p->text), err) < 0))
        return -1;
    return 0;
}

tp_duration
pictures_wait(const struct pictures *p, tp_duration now)
{
    if (!p->outdated)
        return 0;
    return p->due > now ? p->due - now : 1;
}

int
pictures_finish(struct pictures *p, const struct tp_chart *chart, struct tp_stage *stage,
                struct tp_err *err)
{
    if (p->svg && (draw_svg(p, chart, err) < 0 || put_last(p, p->svg, stage, err) < 0))
        return -1;
    if (p->png && (draw_png(p, chart, err) < 0 || put_last(p, p->png, stage, err) < 0))
        return -1;
    return 0;
}

void
pictures_release(struct pictures *p)
{
    tp_buf_release(&p->text);
}
