/*
 * splot: draws a stream: lines over time, bars, histograms, heat maps, sparklines.
 *
 * Order: takes any; what is drawn does not depend on it (plot/bins). On a terminal it is drawn
 * again as it goes on, elsewhere once, at the end; picture files are replaced now and then, and at
 * the end. State: 1024 bins for each series (--series bounds them, all others are one), or a grid
 * of counts; with --span what is older slides out. Nothing that outlives the run. Late: does not
 * look at watermarks. Malformed: a value that is neither a number nor null is rejected with its
 * record. The clock is only asked how often to draw.
 */
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "filter/colour.h"
#include "filter/operator.h"
#include "plot/screen.h"
#include "query/charted.h"
#include "splot/pictures.h"
#include "value/clock.h"
#include "value/num.h"
#include "value/text.h"

#define FRAME_EVERY (100 * TP_MILLISECOND)
#define LOOK_EVERY (250 * TP_MILLISECOND) /* at the size of the terminal */
#define RECORDS 256                       /* between looks at the clock */
#define TALL 32                           /* lines on a terminal, at most */

#define UNTOLD UINT64_MAX

struct kind {
    const char *name;
    enum tp_chart_kind kind;
    uint64_t series; /* keys that have their own, unless told */
};

static const struct kind kinds[] = {
    {"line", TP_CHART_LINE, 7},  {"bar", TP_CHART_BAR, 40},     {"hist", TP_CHART_HIST, 1},
    {"heat", TP_CHART_HEAT, 40}, {"spark", TP_CHART_SPARK, 40},
};
#define KINDS (sizeof kinds / sizeof *kinds)

static const char *const shows[] = {
    [TP_SHOW_MEAN] = "mean", [TP_SHOW_LAST] = "last", [TP_SHOW_MIN] = "min",
    [TP_SHOW_MAX] = "max",   [TP_SHOW_SUM] = "sum",   [TP_SHOW_COUNT] = "count",
};
#define SHOWS (sizeof shows / sizeof *shows)

struct splot {
    const char *key_text, *show, *size, *title_text, *colour;
    tp_duration span;
    uint64_t most_keys; /* UNTOLD: as the kind has it */

    const struct kind *kind;
    const char *meant; /* perhaps, where what was said is no kind */
    enum tp_chart_show how;
    struct tp_select *list;
    struct tp_keys keys;
    struct tp_charted *charted;
    struct tp_chart *chart; /* in it */
    struct tp_buf title;

    struct pictures pictures;

    bool live, changed, resized;
    size_t columns, rows, lines; /* the frame; on a terminal: lines of the last one */
    tp_duration drawn;           /* when, by a clock that never jumps */
    uint64_t unseen;             /* records since the clock was looked at */
};

/* --- frames ------------------------------------------------------------------------------------*/

/* Notes when the terminal has another size than before. */
static void
follow_terminal(struct splot *self)
{
    size_t columns = self->columns, rows = self->rows;
    struct winsize size;

    if (!self->live || self->size || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 ||
        size.ws_col == 0 || size.ws_row < 2)
        return;
    self->columns = size.ws_col;
    self->rows =
        size.ws_row - 1u < TALL ? size.ws_row - 1u : TALL; /* and where the cursor stands */
    if (columns != self->columns || rows != self->rows)
        self->resized = true;
}

/* Over the frame before. Where a resized terminal has put that nobody knows: then all is new. */
static void
put_return(const struct splot *self, struct tp_buf *to)
{
    if (self->resized && self->lines)
        TP_BUF_PUT(to, "\033[H");
    else if (self->lines)
        tp_buf_printf(to, "\033[%zuA", self->lines);
    TP_BUF_PUT(to, "\r\033[J");
}

static int
draw_frame(struct splot *self, struct tp_stage *stage, struct tp_err *err)
{
    struct tp_buf *to = tp_stage_row(stage, err);

    if (!to)
        return -1;
    follow_terminal(self);
    if (self->live)
        put_return(self, to);
    if (tp_screen_draw(self->chart, self->columns, self->rows, tp_colour_wanted(self->colour), to,
                       &self->lines, err) < 0)
        return -1;
    self->changed = self->resized = false;
    self->drawn = tp_clock_steady();
    return tp_stage_row_end(stage, err);
}

/* --- meanwhile ---------------------------------------------------------------------------------*/

/* What has been waiting for its time. */
static int
draw_due(struct splot *self, struct tp_stage *stage, tp_duration now, struct tp_err *err)
{
    if (self->live && (self->changed || self->resized) && now - self->drawn >= FRAME_EVERY &&
        draw_frame(self, stage, err) < 0)
        return -1;
    return pictures_refresh(&self->pictures, self->chart, now, err);
}

/* From NOW until there is something to do though no record comes; 0: never. */
static tp_duration
next_look(const struct splot *self, tp_duration now)
{
    tp_duration pictures = pictures_wait(&self->pictures, now);
    tp_duration frame = self->changed ? FRAME_EVERY : LOOK_EVERY;

    if (!self->live)
        return pictures;
    return pictures && pictures < frame ? pictures : frame;
}

/* Nothing to read now, or it was time to look. */
static int
look(void *ptr, struct tp_stage *stage, struct tp_err *err)
{
    struct splot *self = ptr;
    tp_duration now = tp_clock_steady();

    follow_terminal(self);
    if (draw_due(self, stage, now, err) < 0)
        return -1;
    tp_stage_wake_after(stage, next_look(self, now));
    return 0;
}

static enum tp_verdict
take_record(void *ptr, struct tp_stage *stage, const struct tp_record *record)
{
    struct splot *self = ptr;
    struct tp_err err;

    if (tp_charted_take(self->charted, record->slot,
                        record->has_time ? record->time : (tp_time)record->sequence,
                        record->has_time, &err) < 0)
        return tp_stage_fail(stage, &err);
    self->changed = true;
    pictures_note(&self->pictures);
    if (++self->unseen < RECORDS)
        return TP_USED;
    self->unseen = 0;
    if (draw_due(self, stage, tp_clock_steady(), &err) < 0)
        return tp_stage_fail(stage, &err);
    return TP_USED;
}

/* --- the end -----------------------------------------------------------------------------------*/

/* A picture takes the place of the text, but not of what stands on the terminal. */
static int
write_last(void *ptr, struct tp_stage *stage, struct tp_err *err)
{
    struct splot *self = ptr;

    if ((self->live || !(self->pictures.svg || self->pictures.png)) &&
        draw_frame(self, stage, err) < 0)
        return -1;
    return pictures_finish(&self->pictures, self->chart, stage, err);
}

/* What there is, when it is not all: the picture says so itself. */
static int
write_so_far(void *ptr, struct tp_stage *stage, struct tp_err *err)
{
    struct splot *self = ptr;

    TP_BUF_PUT(&self->title, " (so far: the input did not end)");
    self->chart->title = tp_buf_str(&self->title);
    self->lines = 0; /* a message stands below the last frame */
    return write_last(ptr, stage, err);
}

/* --- options -----------------------------------------------------------------------------------*/

static const struct kind *
kind_of(const char *name)
{
    for (size_t i = 0; name && i < KINDS; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

/* The kind that NAME may have been meant for: `histogram`, `lin`. */
static const char *
kind_like(const char *name)
{
    struct tp_str names[KINDS];
    const struct tp_str *likest;

    for (size_t i = 0; i < KINDS; i++) {
        names[i] = tp_str_of(kinds[i].name);
        if (strncmp(name, names[i].ptr, names[i].len) == 0)
            return kinds[i].name;
    }
    likest = tp_text_likest(tp_str_of(name), names, KINDS);
    return likest ? likest->ptr : NULL;
}

static bool
is_input(const char *name)
{
    return strcmp(name, "-") == 0 || access(name, F_OK) == 0;
}

/* `splot lin celsius`: an expression and a FILE, but there is no such file. */
static int
count_operands(void *ptr, struct tp_stage *stage)
{
    struct splot *self = ptr;
    const char *first = tp_stage_operand(stage, 0), *second = tp_stage_operand(stage, 1);

    self->kind = kind_of(first);
    if (!self->kind && second && !is_input(second))
        self->meant = kind_like(first);
    return self->kind || self->meant ? 2 : 1;
}

static int
find_kind(struct splot *self, struct tp_stage *stage, struct tp_err *err)
{
    if (self->meant)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "no kind \"%s\" (did you mean %s?), and no file \"%s\"",
                          tp_stage_operand(stage, 0), self->meant, tp_stage_operand(stage, 1));
    if (!self->kind)
        self->kind = &kinds[0];
    return 0;
}

static int
find_show(struct splot *self, struct tp_err *err)
{
    self->how = self->kind->kind == TP_CHART_BAR ? TP_SHOW_LAST : TP_SHOW_MEAN;
    for (size_t i = 0; self->show && i < SHOWS; i++) {
        if (strcmp(shows[i], self->show) == 0) {
            self->how = (enum tp_chart_show)i;
            return 0;
        }
    }
    if (self->show)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--show: mean, last, min, max, sum or count, not \"%s\"", self->show);
    return 0;
}

static bool
read_columns_rows(const char *size, int64_t *columns, int64_t *rows)
{
    const char *x = strchr(size, 'x');

    return x && tp_num_parse_int((struct tp_str){size, (size_t)(x - size)}, columns) &&
           tp_num_parse_int(tp_str_of(x + 1), rows) && *columns >= TP_SCREEN_COLUMNS &&
           *columns <= 500 && *rows >= TP_SCREEN_ROWS && *rows <= 200;
}

static int
read_size(struct splot *self, struct tp_err *err)
{
    int64_t columns = 80, rows = 24;

    if (self->size && !read_columns_rows(self->size, &columns, &rows))
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--size: COLUMNSxROWS, from 20x6 to 500x200, not \"%s\"", self->size);
    self->columns = self->pictures.columns = (size_t)columns;
    self->rows = self->pictures.rows = (size_t)rows;
    return 0;
}

static int
check_options(struct splot *self, struct tp_err *err)
{
    if (tp_colour_check(self->colour, err) < 0)
        return -1;
    if (self->kind->kind == TP_CHART_HIST && (self->key_text || self->show))
        return tp_err_set(err, TP_FAULT_USAGE, "hist counts values: -k and --show are not for it");
    if (self->kind->kind == TP_CHART_HEAT && self->show && !self->key_text)
        return tp_err_set(err, TP_FAULT_USAGE, "--show is for heat with -k; without, it counts");
    if (self->most_keys == UNTOLD)
        self->most_keys = self->kind->series;
    if (read_size(self, err) < 0 || find_show(self, err) < 0)
        return -1;
    return pictures_begin(&self->pictures, err);
}

static int
compile_list(struct splot *self, struct tp_stage *stage, struct tp_err *err)
{
    const char *text = tp_stage_operand(stage, kind_of(tp_stage_operand(stage, 0)) ? 1 : 0);

    if (!text)
        return tp_err_set(err, TP_FAULT_USAGE, "what to draw? an expression: splot celsius");
    self->list = tp_stage_select(stage, NULL, tp_str_of(text), 0, err);
    if (!self->list || tp_stage_want_keys(stage, "-k", self->key_text, &self->keys, err) < 0)
        return -1;
    if (self->list->count > 1 && tp_charted_counts(self->kind->kind, self->key_text))
        return tp_err_set(err, TP_FAULT_USAGE, "%s draws one expression", self->kind->name);
    if (self->title_text)
        text = self->title_text;
    tp_buf_printf(&self->title, "%s", text);
    if (self->key_text && !self->title_text)
        tp_buf_printf(&self->title, " by %s", self->key_text);
    return tp_buf_failed(&self->title) ? tp_err_memory(err) : 0;
}

static int
open_chart(struct splot *self, struct tp_err *err)
{
    const struct tp_charted_settings settings = {
        .kind = self->kind->kind,
        .list = self->list,
        .keys = &self->keys,
        .most_keys = self->most_keys,
        .span = self->span,
    };

    self->charted = tp_charted_new(&settings);
    if (!self->charted)
        return tp_err_memory(err);
    self->chart = tp_charted_chart(self->charted);
    self->chart->title = tp_buf_str(&self->title);
    self->chart->show = self->how;
    return 0;
}

static int
open_plot(void *ptr, struct tp_stage *stage, struct tp_err *err)
{
    struct splot *self = ptr;

    if (find_kind(self, stage, err) < 0 || check_options(self, err) < 0 ||
        compile_list(self, stage, err) < 0 || open_chart(self, err) < 0)
        return -1;
    if (!self->span && (self->kind->kind == TP_CHART_HIST || self->kind->kind == TP_CHART_BAR))
        tp_stage_take_untimed(stage);
    self->live = isatty(STDOUT_FILENO);
    return 0;
}

static void
close_plot(void *ptr)
{
    struct splot *self = ptr;

    tp_charted_free(self->charted);
    tp_select_free(self->list);
    tp_keys_release(&self->keys);
    tp_buf_release(&self->title);
    pictures_release(&self->pictures);
}

static const struct tp_option options[] = {
    {'k', "key", "KEYS", "a line (bar, row) for each", TP_OPTION_TEXT,
     offsetof(struct splot, key_text)},
    {0, "series", "N", "so many keys have their own, the rest are \"others\" (line: 7; else 40)",
     TP_OPTION_COUNT, offsetof(struct splot, most_keys)},
    {0, "show", "HOW", "of the values of a place: mean, last, min, max, sum, count", TP_OPTION_TEXT,
     offsetof(struct splot, show)},
    {0, "span", "DUR", "only so far back from the latest record, by event time", TP_OPTION_DURATION,
     offsetof(struct splot, span)},
    {0, "size", "WxH", "columns and lines (80x24; a terminal's own)", TP_OPTION_TEXT,
     offsetof(struct splot, size)},
    {0, "svg", "FILE", "keep a picture there (-: write it to standard output at the end)",
     TP_OPTION_TEXT, offsetof(struct splot, pictures.svg)},
    {0, "png", "FILE", "the same as PNG", TP_OPTION_TEXT, offsetof(struct splot, pictures.png)},
    {0, "every", "DUR", "write pictures again so often (5s), and at the end", TP_OPTION_DURATION,
     offsetof(struct splot, pictures.every)},
    {0, "title", "TEXT", "what stands above", TP_OPTION_TEXT, offsetof(struct splot, title_text)},
    {0, "color", "[=WHEN]", "auto (on a terminal), always, never", TP_OPTION_TEXT,
     offsetof(struct splot, colour)},
    {0},
};

static const struct tp_operator splot_operator = {
    .name = "splot",
    .purpose = "draws a stream: lines, bars, histogram, heat map, sparklines",
    .synopsis = "[line|bar|hist|heat|spark] LIST [-k KEYS] [--span DUR] [--show HOW] "
                "[--svg FILE] [--png FILE] [--every DUR] [FILE ...]",
    .example = "  ssim sensors --count 5000 | splot -t time celsius -k sensor",
    .options = options,
    .traits = TP_TIMED | TP_NO_CHANGES,
    .operands_before_files = 1,
    .operands = count_operands,
    .open = open_plot,
    .record = take_record,
    .finish = write_last,
    .tick = look,
    .quiet = look,
    .leave = write_so_far,
    .close = close_plot,
};

int
main(int argc, char **argv)
{
    struct splot self = {.most_keys = UNTOLD, .pictures.every = -1};

    return tp_sink_main(&splot_operator, &self, argc, argv);
}
