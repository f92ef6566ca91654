#include "screen.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "filter/colour.h"
#include "value/clock.h"

#define SETTLE_ROWS 50
#define SETTLE_AFTER (100 * TP_MILLISECOND)
#define FRAME_EVERY (100 * TP_MILLISECOND)
#define LOOK_EVERY 1024 /* records between looks at the clock */

int
screen_open(struct screen *s, struct tp_stage *stage, struct tp_grid *grid, struct tp_err *err)
{
    s->grid = grid;
    if (tp_stage_want_keys(stage, "-k", s->key_text, &s->keys, err) < 0 ||
        tp_colour_check(s->colour, err) < 0)
        return -1;
    if (s->wants_live && isatty(STDOUT_FILENO)) {
        s->live = tp_live_new(grid);
        return s->live ? 0 : tp_err_memory(err);
    }
    s->table = tp_table_new(grid);
    if (!s->table)
        return tp_err_memory(err);
    tp_table_set_exact(s->table, s->exact);
    tp_table_set_colour(s->table, tp_colour_wanted(s->colour));
    return 0;
}

void
screen_release(struct screen *s)
{
    tp_table_free(s->table);
    tp_live_free(s->live);
    tp_keys_release(&s->keys);
    tp_buf_release(&s->key);
}

/* A terminal may change its size at any time. */
static void
follow_terminal(struct screen *s, const struct tp_stage *stage)
{
    struct winsize size;

    if (tp_stage_to_terminal(stage) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        tp_table_set_limit(s->table, size.ws_col);
}

static int
draw_frame(struct screen *s, bool last, struct tp_buf *to, struct tp_err *err)
{
    struct tp_live_look look = {.colour = tp_colour_wanted(s->colour), .exact = s->exact};
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
        look.columns = size.ws_col;
        look.lines = last ? 0 : size.ws_row; /* the last frame stays: it has all rows */
    }
    s->drawn = tp_clock_steady();
    return tp_live_draw(s->live, &look, to, err);
}

/* A busy stream is drawn now and then, a quiet one when it falls quiet. */
static int
put_live(struct screen *s, const struct tp_record *record, bool gone, struct tp_buf *to,
         struct tp_err *err)
{
    tp_buf_clear(&s->key);
    if (tp_keys_make(&s->keys, record->slot, &s->key, err) < 0)
        return -1;
    if (gone)
        tp_live_remove(s->live, tp_buf_str(&s->key));
    else if (tp_live_put(s->live, tp_buf_str(&s->key), record->line, err) < 0)
        return -1;
    if (++s->unseen < LOOK_EVERY)
        return 0;
    s->unseen = 0;
    return tp_clock_steady() - s->drawn < FRAME_EVERY ? 0 : draw_frame(s, false, to, err);
}

static int
put_row(struct screen *s, struct tp_stage *stage, const struct tp_record *record, struct tp_buf *to,
        struct tp_err *err)
{
    if (tp_grid_read(s->grid, record->line, err) < 0)
        return -1;
    follow_terminal(s, stage);
    if (tp_table_row(s->table, to, err) < 0)
        return -1;
    if (tp_table_held(s->table) == 1)
        tp_stage_wake_after(stage, SETTLE_AFTER);
    return tp_table_held(s->table) == SETTLE_ROWS ? tp_table_settle(s->table, to, err) : 0;
}

int
screen_put(struct screen *s, struct tp_stage *stage, const struct tp_record *record, bool gone,
           struct tp_buf *to, struct tp_err *err)
{
    return s->live ? put_live(s, record, gone, to, err) : put_row(s, stage, record, to, err);
}

int
screen_put_rest(struct screen *s, struct tp_buf *to, struct tp_err *err)
{
    return s->live ? draw_frame(s, true, to, err) : tp_table_settle(s->table, to, err);
}

bool
screen_has_news(const struct screen *s)
{
    return s->live && tp_live_changed(s->live);
}

int
screen_draw(struct screen *s, struct tp_buf *to, struct tp_err *err)
{
    return draw_frame(s, false, to, err);
}

size_t
screen_held(const struct screen *s)
{
    return s->table ? tp_table_held(s->table) : 0;
}
