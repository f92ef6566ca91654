/*
 * splot: draws a stream: lines over time, bars, histograms, heat maps, sparklines.
 *
 * Order: takes any; what is drawn does not depend on it (plot/bins). On a terminal it is drawn
 * again as it goes on, elsewhere once, at the end. State: 1024 bins for each series (--series
 * bounds them, all others are one), or a grid of counts; with --span what is older slides out.
 * Nothing that outlives the run. Late: does not look at watermarks. Malformed: a value that is
 * neither a number nor null is rejected with its record. The clock is only asked how often to draw.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/map.h"
#include "filter/operator.h"
#include "plot/chart.h"
#include "plot/png.h"
#include "plot/screen.h"
#include "plot/svg.h"
#include "record/key.h"
#include "stream/content.h"
#include "value/clock.h"
#include "value/num.h"
#include "value/text.h"

#define FRAME_EVERY (100 * TP_MILLISECOND)
#define LOOK_EVERY (250 * TP_MILLISECOND) /* at the size of the terminal */
#define RECORDS 256                       /* between looks at the clock */
#define MOST 1e300                        /* scales of greater values would leave the doubles */
#define TALL 32                           /* lines on a terminal, at most */

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
    const char *key_text, *show, *size, *svg, *png, *title_text, *colour;
    tp_duration span;
    uint64_t most_keys; /* 0: as the kind has it */

    const struct kind *kind;
    struct tp_select *list;
    struct tp_keys keys;
    struct tp_chart chart;
    struct tp_bins *bins;
    struct tp_density *density;
    struct tp_map *groups; /* key -> the number of its first series */
    size_t others;         /* of all keys beyond; 0: none yet */
    struct tp_str *name;   /* of each series, owned */
    size_t names;
    struct tp_point *value; /* of the record at hand, one for each expression */
    struct tp_buf key, label, title, text;
    bool any_value;

    bool live, changed, resized;
    size_t picture_columns, picture_rows;
    size_t columns, rows, lines; /* the frame; on a terminal: lines of the last one */
    tp_duration drawn;           /* when, by a clock that never jumps */
    uint64_t unseen;             /* records since the clock was looked at */
};

/* --- series ------------------------------------------------------------------------------------*/

/* What stands for KEY: its parts as people write them. */
static void
put_key_name(struct splot *self, struct tp_str key)
{
    struct tp_buf part = TP_BUF_INIT;
    size_t at = 0;

    for (size_t i = 0; i < self->keys.count; i++) {
        tp_buf_clear(&part);
        tp_key_write(&part, tp_key_next(key, self->keys.count, &at));
        if (i)
            TP_BUF_PUT(&self->label, ", ");
        if (part.len >= 2 && part.ptr[0] == '"')
            tp_text_unescape((struct tp_str){part.ptr + 1, part.len - 2}, &self->label);
        else
            tp_buf_put_str(&self->label, tp_buf_str(&part));
    }
    tp_buf_release(&part);
}

static int
add_name(struct splot *self, struct tp_str text, struct tp_err *err)
{
    struct tp_str *more = realloc(self->name, (self->names + 1) * sizeof *more);
    char *copy = malloc(text.len + 1);

    if (more)
        self->name = more;
    if (!more || !copy) {
        free(copy);
        return tp_err_memory(err);
    }
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    self->name[self->names].ptr = copy;
    self->name[self->names++].len = text.len;
    self->chart.name = self->name;
    self->chart.series = self->names;
    return 0;
}

/* A series for each expression, named after KEY. The number of the first, or -1. */
static int
add_series(struct splot *self, struct tp_str key, bool others, struct tp_err *err)
{
    int first = -1;

    for (size_t i = 0; i < self->list->count; i++) {
        int number = self->bins ? tp_bins_add(self->bins, err) : 0;

        tp_buf_clear(&self->label);
        if (others)
            TP_BUF_PUT(&self->label, "others");
        else if (self->keys.count)
            put_key_name(self, key);
        if (self->keys.count && self->list->count > 1)
            tp_buf_put_char(&self->label, ' ');
        if (!self->keys.count || self->list->count > 1)
            tp_buf_put_str(&self->label, self->list->item[i].name);
        if (tp_buf_failed(&self->label))
            return tp_err_memory(err);
        if (number < 0 || add_name(self, tp_buf_str(&self->label), err) < 0)
            return -1;
        first = first < 0 ? number : first;
    }
    return first;
}

/* The first series of the record's key; all beyond the limit share one. */
static int
find_series(struct splot *self, const struct tp_record *record, struct tp_err *err)
{
    size_t *first, count = tp_map_count(self->groups);
    bool is_new = false;
    int number;

    tp_buf_clear(&self->key);
    if (tp_keys_make(&self->keys, record->slot, &self->key, err) < 0)
        return -1;
    first = tp_map_find(self->groups, tp_buf_str(&self->key));
    if (first)
        return (int)*first;
    if (count >= self->most_keys) {
        number = self->others ? (int)self->others : add_series(self, TP_STR(""), true, err);
        self->others = number < 0 ? 0 : (size_t)number;
        return number;
    }
    number = add_series(self, tp_buf_str(&self->key), false, err);
    if (number < 0)
        return -1;
    first = tp_map_add(self->groups, tp_buf_str(&self->key), &is_new);
    if (!first)
        return tp_err_memory(err);
    *first = (size_t)number;
    return number;
}

/* --- values ------------------------------------------------------------------------------------*/

static int
take_number(struct splot *self, const struct tp_item *item, double value, bool duration,
            struct tp_point *to, struct tp_err *err)
{
    if (!(fabs(value) <= MOST))
        return tp_err_set(err, TP_FAULT_RECORD, "%.*s is too large to be drawn",
                          (int)item->name.len, item->name.ptr);
    if (self->any_value && self->chart.duration != duration)
        return tp_err_set(err, TP_FAULT_RECORD, "%.*s is %s, those before were not",
                          (int)item->name.len, item->name.ptr,
                          duration ? "a duration" : "a number");
    self->any_value = true;
    self->chart.duration = duration;
    *to = (struct tp_point){TP_POINT_VALUE, value};
    return 0;
}

static int
read_value(struct splot *self, size_t i, const struct tp_record *record, struct tp_err *err)
{
    const struct tp_item *item = &self->list->item[i];
    struct tp_point *to = &self->value[i];
    struct tp_value value;

    if (tp_expr_eval(item->expr, record->slot, &value, err) < 0)
        return -1;
    switch (value.kind) {
    case TP_NULL:
        *to = (struct tp_point){TP_POINT_GAP, 0};
        return 0;
    case TP_INT:
        return take_number(self, item, (double)value.integer, false, to, err);
    case TP_REAL:
        return take_number(self, item, value.real, false, to, err);
    case TP_DURATION:
        return take_number(self, item, (double)value.duration, true, to, err);
    default:
        break;
    }
    return tp_err_set(err, TP_FAULT_RECORD, "%.*s is %s, not a number", (int)item->name.len,
                      item->name.ptr, tp_kind_name(value.kind));
}

/* All values or none: a bad record leaves no trace. */
static int
take_values(struct splot *self, const struct tp_record *record, struct tp_err *err)
{
    tp_time time = record->has_time ? record->time : (tp_time)record->sequence;
    int first;

    for (size_t i = 0; i < self->list->count; i++)
        if (read_value(self, i, record, err) < 0)
            return -1;
    if (!record->has_time)
        self->chart.timed = false;
    if (self->density) {
        if (self->value[0].kind == TP_POINT_VALUE)
            tp_density_put(self->density, time, self->value[0].value);
        return 0;
    }
    first = find_series(self, record, err);
    if (first < 0)
        return -1;
    for (size_t i = 0; i < self->list->count; i++)
        tp_bins_put(self->bins, (size_t)first + i, time,
                    self->value[i].kind == TP_POINT_VALUE ? &self->value[i].value : NULL);
    return 0;
}

/* --- frames ------------------------------------------------------------------------------------*/

/* https://no-color.org: set and not empty. */
static bool
wants_colour(const struct splot *self)
{
    const char *none = getenv("NO_COLOR"), *terminal = getenv("TERM");

    if (self->colour && strcmp(self->colour, "auto") != 0)
        return strcmp(self->colour, "never") != 0;
    return isatty(STDOUT_FILENO) && !(none && *none) &&
           !(terminal && strcmp(terminal, "dumb") == 0);
}

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
    if (tp_screen_draw(&self->chart, self->columns, self->rows, wants_colour(self), to,
                       &self->lines, err) < 0)
        return -1;
    self->changed = self->resized = false;
    self->drawn = tp_clock_steady();
    return tp_stage_row_end(stage, err);
}

/* Nothing to read now, or it was time to look. */
static int
draw_if_due(struct splot *self, struct tp_stage *stage, struct tp_err *err)
{
    if (!self->live)
        return 0;
    if (tp_clock_steady() - self->drawn < FRAME_EVERY) {
        tp_stage_wake_after(stage, FRAME_EVERY);
        return 0;
    }
    tp_stage_wake_after(stage, LOOK_EVERY);
    follow_terminal(self);
    if (!self->changed && !self->resized)
        return 0;
    return draw_frame(self, stage, err);
}

static int
draw_in_time(void *ptr, struct tp_stage *stage, struct tp_err *err)
{
    return draw_if_due(ptr, stage, err);
}

static enum tp_verdict
take_record(void *ptr, struct tp_stage *stage, const struct tp_record *record)
{
    struct splot *self = ptr;
    struct tp_err err;

    if (take_values(self, record, &err) < 0)
        return tp_stage_fail(stage, &err);
    self->changed = true;
    if (!self->live || ++self->unseen < RECORDS)
        return TP_USED;
    self->unseen = 0;
    if (tp_clock_steady() - self->drawn >= FRAME_EVERY && draw_frame(self, stage, &err) < 0)
        return tp_stage_fail(stage, &err);
    return TP_USED;
}

/* --- pictures ----------------------------------------------------------------------------------*/

#define ACROSS 10 /* pixels of a column, and of a line */
#define DOWN 20

/* To a file, or for `-` to standard output. */
static int
write_picture(struct splot *self, struct tp_stage *stage, const char *name, struct tp_err *err)
{
    struct tp_buf *to;

    if (strcmp(name, "-") != 0)
        return tp_content_write(name, tp_buf_str(&self->text), err);
    to = tp_stage_row(stage, err);
    if (!to)
        return -1;
    tp_buf_put_str(to, tp_buf_str(&self->text));
    return tp_stage_row_end(stage, err);
}

static int
write_pictures(struct splot *self, struct tp_stage *stage, struct tp_err *err)
{
    size_t width = self->picture_columns * ACROSS, height = self->picture_rows * DOWN;

    tp_buf_clear(&self->text);
    if (self->svg &&
        (tp_svg_draw(&self->chart, (double)width, (double)height, &self->text, err) < 0 ||
         write_picture(self, stage, self->svg, err) < 0))
        return -1;
    tp_buf_clear(&self->text);
    if (self->png && (tp_png_draw(&self->chart, (int)width, (int)height, &self->text, err) < 0 ||
                      write_picture(self, stage, self->png, err) < 0))
        return -1;
    return 0;
}

/* --- the end -----------------------------------------------------------------------------------*/

/* A picture takes the place of the text, but not of what stands on the terminal. */
static int
write_last(void *ptr, struct tp_stage *stage, struct tp_err *err)
{
    struct splot *self = ptr;

    if ((self->live || !(self->svg || self->png)) && draw_frame(self, stage, err) < 0)
        return -1;
    return write_pictures(self, stage, err);
}

/* What there is, when it is not all: the picture says so itself. */
static int
write_so_far(void *ptr, struct tp_stage *stage, struct tp_err *err)
{
    struct splot *self = ptr;

    TP_BUF_PUT(&self->title, " (so far: the input did not end)");
    self->chart.title = tp_buf_str(&self->title);
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

static int
count_operands(void *ptr, struct tp_stage *stage)
{
    struct splot *self = ptr;

    self->kind = kind_of(tp_stage_operand(stage, 0));
    return self->kind ? 2 : 1;
}

static int
find_show(struct splot *self, struct tp_err *err)
{
    self->chart.show = self->chart.kind == TP_CHART_BAR ? TP_SHOW_LAST : TP_SHOW_MEAN;
    for (size_t i = 0; self->show && i < SHOWS; i++) {
        if (strcmp(shows[i], self->show) == 0) {
            self->chart.show = (enum tp_chart_show)i;
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
    self->columns = self->picture_columns = (size_t)columns;
    self->rows = self->picture_rows = (size_t)rows;
    return 0;
}

static int
check_options(struct splot *self, struct tp_err *err)
{
    const char *when = self->colour;

    if (when && !*when)
        self->colour = when = "always";
    if (when && strcmp(when, "always") != 0 && strcmp(when, "auto") != 0 &&
        strcmp(when, "never") != 0)
        return tp_err_set(err, TP_FAULT_USAGE, "--color: auto, always or never, not \"%s\"", when);
    if (self->kind->kind == TP_CHART_HIST && (self->key_text || self->show))
        return tp_err_set(err, TP_FAULT_USAGE, "hist counts values: -k and --show are not for it");
    if (self->kind->kind == TP_CHART_HEAT && self->show && !self->key_text)
        return tp_err_set(err, TP_FAULT_USAGE, "--show is for heat with -k; without, it counts");
    if (self->png && !tp_png_is_there())
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--png: built without cairo (libcairo2-dev); --svg is there");
    if (self->most_keys == 0)
        self->most_keys = self->kind->series;
    return read_size(self, err) < 0 || find_show(self, err) < 0 ? -1 : 0;
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
    if (self->list->count > 1 && !self->bins)
        return tp_err_set(err, TP_FAULT_USAGE, "%s draws one expression", self->kind->name);
    self->value = calloc(self->list->count, sizeof *self->value);
    if (self->title_text)
        text = self->title_text;
    tp_buf_printf(&self->title, "%s", text);
    if (self->key_text && !self->title_text)
        tp_buf_printf(&self->title, " by %s", self->key_text);
    if (!self->value || tp_buf_failed(&self->title))
        return tp_err_memory(err);
    self->chart.title = tp_buf_str(&self->title);
    return 0;
}

/* Counts of values need a grid; a histogram of all needs no time in it. */
static int
open_store(struct splot *self, struct tp_err *err)
{
    enum tp_chart_kind kind = self->chart.kind;
    bool still = kind == TP_CHART_HIST && !self->span;

    if (kind == TP_CHART_HIST || (kind == TP_CHART_HEAT && !self->key_text))
        self->density = kind == TP_CHART_HEAT ? tp_density_new(512, 256, self->span)
                                              : tp_density_new(still ? 1 : 64, 4096, self->span);
    else
        self->bins = tp_bins_new(self->span);
    self->groups = tp_map_new(sizeof(size_t));
    if (!self->groups || (!self->density && !self->bins))
        return tp_err_memory(err);
    self->chart.density = self->density;
    self->chart.bins = self->bins;
    return 0;
}

static int
open_plot(void *ptr, struct tp_stage *stage, struct tp_err *err)
{
    struct splot *self = ptr;

    if (!self->kind)
        self->kind = &kinds[0];
    self->chart.kind = self->kind->kind;
    self->chart.timed = true;
    if (check_options(self, err) < 0 || open_store(self, err) < 0 ||
        compile_list(self, stage, err) < 0)
        return -1;
    if (!self->span && (self->chart.kind == TP_CHART_HIST || self->chart.kind == TP_CHART_BAR))
        tp_stage_take_untimed(stage);
    self->live = isatty(STDOUT_FILENO);
    return 0;
}

static void
close_plot(void *ptr)
{
    struct splot *self = ptr;

    for (size_t i = 0; i < self->names; i++)
        free((char *)self->name[i].ptr);
    free(self->name);
    free(self->value);
    tp_select_free(self->list);
    tp_keys_release(&self->keys);
    tp_bins_free(self->bins);
    tp_density_free(self->density);
    tp_map_free(self->groups);
    tp_buf_release(&self->key);
    tp_buf_release(&self->label);
    tp_buf_release(&self->title);
    tp_buf_release(&self->text);
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
    {0, "svg", "FILE", "at the end write a picture there (- is standard output)", TP_OPTION_TEXT,
     offsetof(struct splot, svg)},
    {0, "png", "FILE", "the same as PNG", TP_OPTION_TEXT, offsetof(struct splot, png)},
    {0, "title", "TEXT", "what stands above", TP_OPTION_TEXT, offsetof(struct splot, title_text)},
    {0, "color", "[=WHEN]", "auto (on a terminal), always, never", TP_OPTION_TEXT,
     offsetof(struct splot, colour)},
    {0},
};

static const struct tp_operator splot_operator = {
    .name = "splot",
    .purpose = "draws a stream: lines, bars, histogram, heat map, sparklines",
    .synopsis = "[line|bar|hist|heat|spark] LIST [-k KEYS] [--span DUR] [--show HOW] "
                "[--svg FILE] [--png FILE] [FILE ...]",
    .example = "  ssim sensors --count 5000 | splot -t time celsius -k sensor",
    .options = options,
    .traits = TP_TIMED | TP_NO_CHANGES,
    .operands_before_files = 1,
    .operands = count_operands,
    .open = open_plot,
    .record = take_record,
    .finish = write_last,
    .tick = draw_in_time,
    .quiet = draw_in_time,
    .leave = write_so_far,
    .close = close_plot,
};

int
main(int argc, char **argv)
{
    struct splot self = {0};

    return tp_sink_main(&splot_operator, &self, argc, argv);
}
