/*
 * sfrom: text formats in, records out.
 *
 * Order: takes any. Records with a time, of several FILEs, are merged by it: of the next record of
 * each the earliest goes first, the leftmost FILE first among equals; within a FILE the order
 * stays. Without a time the FILEs are read one after the other.
 * State: one record for each FILE while merging, the names of the columns of each (csv). Of text
 * that a quote opens and never closes at most 8 MiB are held.
 * Late: not judged here; that is swatermark's and the windows' business.
 * Malformed: rejected with the reason; so are control lines, which content may not speak
 * (--control-in for saved streams).
 */
#include <stdlib.h>
#include <string.h>

#include "filter/operator.h"
#include "record/csv.h"
#include "record/weblog.h"
#include "value/stamp.h"
#include "value/text.h"
#include "value/zone.h"

struct format;

struct source {
    struct tp_weblog *weblog;
    struct tp_csv *csv;
    struct tp_buf row; /* its next record, while merging */
    tp_time time;
    bool has_row, ended;
};

struct sfrom {
    bool text;
    const char *columns, *separator, *time_column, *time_format, *zone_name;

    const struct format *format;
    char separator_char;
    struct tp_zone *zone;
    struct tp_stamp *stamp;
    struct source *source;
    int sources;
    bool merges;
};

/* How a format is read. READ appends the record of a line and says 1; 0 when there is none to it
 * (a header, a blank line). */
struct format {
    const char *name;
    bool is_csv, has_time;
    char separator; /* of csv */
    int (*open)(struct sfrom *self, struct source *source, struct tp_err *err);
    int (*read)(struct sfrom *self, struct source *source, struct tp_str line, struct tp_buf *to,
                struct tp_err *err);
};

/* --- web logs ----------------------------------------------------------------------------------*/

static int
open_combined(struct sfrom *self, struct source *source, struct tp_err *err)
{
    (void)self;
    source->weblog = tp_weblog_new(TP_WEBLOG_COMBINED);
    return source->weblog ? 0 : tp_err_memory(err);
}

static int
open_common(struct sfrom *self, struct source *source, struct tp_err *err)
{
    (void)self;
    source->weblog = tp_weblog_new(TP_WEBLOG_COMMON);
    return source->weblog ? 0 : tp_err_memory(err);
}

static int
read_weblog(struct sfrom *self, struct source *source, struct tp_str line, struct tp_buf *to,
            struct tp_err *err)
{
    (void)self;
    if (line.len == 0 || (line.len == 1 && line.ptr[0] == '\r'))
        return 0;
    return tp_weblog_read(source->weblog, line, to, &source->time, err) < 0 ? -1 : 1;
}

/* --- csv ---------------------------------------------------------------------------------------*/

static int
open_csv(struct sfrom *self, struct source *source, struct tp_err *err)
{
    struct tp_csv_options options = {
        .separator = self->separator_char, .text = self->text, .stamp = self->stamp};

    if (self->time_column)
        options.time_column = tp_str_of(self->time_column);
    source->csv = tp_csv_new(&options);
    if (!source->csv)
        return tp_err_memory(err);
    return self->columns ? tp_csv_set_columns(source->csv, tp_str_of(self->columns), err) : 0;
}

static int
read_csv(struct sfrom *self, struct source *source, struct tp_str line, struct tp_buf *to,
         struct tp_err *err)
{
    (void)self;
    if (!tp_csv_has_columns(source->csv))
        return tp_csv_set_columns(source->csv, line, err);
    return tp_csv_read(source->csv, line, to, &source->time, err);
}

static const struct format formats[] = {
    {"combined", false, true, 0, open_combined, read_weblog},
    {"common", false, true, 0, open_common, read_weblog},
    {"csv", true, false, ',', open_csv, read_csv},
};

#define FORMATS (sizeof formats / sizeof *formats)

static const char *
next_record(void *ptr, const char *p, const char *end, bool at_end)
{
    const struct sfrom *self = ptr;

    if (self->format->is_csv)
        return tp_csv_row_end(self->separator_char, p, end, at_end);
    return tp_frame_line.next(NULL, p, end, at_end);
}

static const struct tp_frame frame = {next_record};

/* --- options -----------------------------------------------------------------------------------*/

static int
find_format(struct sfrom *self, const char *name, struct tp_err *err)
{
    struct tp_str names[FORMATS];
    const struct tp_str *likest;

    if (!name)
        return tp_err_set(err, TP_FAULT_USAGE, "which format? one of combined, common, csv");
    for (size_t i = 0; i < FORMATS; i++) {
        if (strcmp(formats[i].name, name) == 0) {
            self->format = &formats[i];
            return 0;
        }
        names[i] = tp_str_of(formats[i].name);
    }
    likest = tp_text_likest(tp_str_of(name), names, FORMATS);
    if (likest)
        return tp_err_set(err, TP_FAULT_USAGE, "no format \"%s\": did you mean %.*s?", name,
                          (int)likest->len, likest->ptr);
    return tp_err_set(err, TP_FAULT_USAGE, "no format \"%s\": one of combined, common, csv", name);
}

static int
check_separator(struct sfrom *self, struct tp_err *err)
{
    const char *separator = self->separator;

    self->separator_char = self->format->separator;
    if (!separator)
        return 0;
    if (strcmp(separator, "\\t") == 0)
        separator = "\t";
    if (strlen(separator) != 1 || strchr("\"\r\n", *separator))
        return tp_err_set(err, TP_FAULT_USAGE, "--sep: one byte, or \\t, not \"%s\"",
                          self->separator);
    self->separator_char = *separator;
    return 0;
}

static int
check_options(struct sfrom *self, struct tp_err *err)
{
    if (!self->format->is_csv && (self->columns || self->separator || self->text))
        return tp_err_set(err, TP_FAULT_USAGE, "--columns, --sep and --text are for csv");
    if (self->format->has_time && self->time_column)
        return tp_err_set(err, TP_FAULT_USAGE, "%s has its own time: -t is for csv",
                          self->format->name);
    if (!self->time_column && (self->time_format || self->zone_name))
        return tp_err_set(err, TP_FAULT_USAGE, "--time-format and --tz are for the column of -t");
    return check_separator(self, err);
}

static int
open_time(struct sfrom *self, struct tp_err *err)
{
    struct tp_err why;

    if (!self->time_column)
        return 0;
    if (self->zone_name && !(self->zone = tp_zone_open(tp_str_of(self->zone_name), &why)))
        return tp_err_set(err, TP_FAULT_USAGE, "--tz: %s", why.text);
    self->stamp = tp_stamp_new(self->time_format, self->zone, &why);
    return self->stamp ? 0 : tp_err_set(err, TP_FAULT_USAGE, "--time-format: %s", why.text);
}

static int
open_filter(void *ptr, struct tp_stage *stage, struct tp_err *err)
{
    struct sfrom *self = ptr;

    if (find_format(self, tp_stage_operand(stage, 0), err) < 0 || check_options(self, err) < 0 ||
        open_time(self, err) < 0)
        return -1;
    self->sources = tp_stage_inputs(stage);
    self->merges = self->sources > 1 && (self->format->has_time || self->time_column);
    self->source = calloc((size_t)self->sources, sizeof *self->source);
    if (!self->source)
        return tp_err_memory(err);
    for (int i = 0; i < self->sources; i++)
        if (self->format->open(self, &self->source[i], err) < 0)
            return -1;
    return 0;
}

/* --- records -----------------------------------------------------------------------------------*/

/* Which input's record goes next: the earliest; -1 while one is still to be read. */
static int
earliest(const struct sfrom *self)
{
    int best = -1;

    for (int i = 0; i < self->sources; i++) {
        const struct source *source = &self->source[i];

        if (source->ended)
            continue;
        if (!source->has_row)
            return -1;
        if (best < 0 || source->time < self->source[best].time)
            best = i;
    }
    return best;
}

static int
write_row(struct source *source, struct tp_stage *stage, struct tp_err *err)
{
    struct tp_buf *to = tp_stage_row(stage, err);

    if (!to)
        return -1;
    tp_buf_put_str(to, tp_buf_str(&source->row));
    source->has_row = false;
    tp_stage_release(stage, 1);
    return tp_stage_row_end(stage, err);
}

static int
write_ready(struct sfrom *self, struct tp_stage *stage, struct tp_err *err)
{
    int next;

    while ((next = earliest(self)) >= 0)
        if (write_row(&self->source[next], stage, err) < 0)
            return -1;
    return 0;
}

static enum tp_verdict
merge_record(struct sfrom *self, struct tp_stage *stage, struct source *source, struct tp_str line)
{
    struct tp_err err;
    int result;

    /* Read out of turn: another input was cut off, and its record will never come. */
    if (source->has_row && write_row(source, stage, &err) < 0)
        return tp_stage_fail(stage, &err);
    tp_buf_clear(&source->row);
    result = self->format->read(self, source, line, &source->row, &err);
    if (result == 0)
        return TP_FILTERED;
    if (result > 0 && tp_buf_failed(&source->row))
        result = tp_err_memory(&err);
    source->has_row = result > 0;
    if (result < 0 || write_ready(self, stage, &err) < 0)
        return tp_stage_fail(stage, &err);
    return TP_HELD;
}

static enum tp_verdict
take_record(void *ptr, struct tp_stage *stage, const struct tp_record *record)
{
    struct sfrom *self = ptr;
    struct source *source = &self->source[record->input];
    struct tp_err err;
    struct tp_buf *to;
    int result;

    if (self->merges)
        return merge_record(self, stage, source, record->line);
    to = tp_stage_row(stage, &err);
    if (!to)
        return tp_stage_fail(stage, &err);
    result = self->format->read(self, source, record->line, to, &err);
    if (result < 0 || (result > 0 && tp_stage_row_end(stage, &err) < 0))
        return tp_stage_fail(stage, &err);
    return result ? TP_USED : TP_FILTERED;
}

/* The rows held back are earlier than what their inputs said after them. */
static int
pass_watermark(void *ptr, struct tp_stage *stage, tp_time *watermark, struct tp_err *err)
{
    const struct sfrom *self = ptr;

    (void)stage;
    (void)err;
    for (int i = 0; i < self->sources; i++)
        if (self->source[i].has_row && self->source[i].time < *watermark)
            *watermark = self->source[i].time;
    return 0;
}

static int
end_input(void *ptr, struct tp_stage *stage, int input, struct tp_err *err)
{
    struct sfrom *self = ptr;

    self->source[input].ended = true;
    return self->merges ? write_ready(self, stage, err) : 0;
}

/* Merging, the input whose record is missing; else the first that has not ended. */
static int
choose_input(void *ptr, struct tp_stage *stage)
{
    const struct sfrom *self = ptr;

    (void)stage;
    for (int i = 0; i < self->sources; i++)
        if (!self->source[i].ended && !self->source[i].has_row)
            return i;
    return -1;
}

static void
close_filter(void *ptr)
{
    struct sfrom *self = ptr;

    for (int i = 0; self->source && i < self->sources; i++) {
        tp_weblog_free(self->source[i].weblog);
        tp_csv_free(self->source[i].csv);
        tp_buf_release(&self->source[i].row);
    }
    free(self->source);
    tp_stamp_free(self->stamp);
    tp_zone_close(self->zone);
}

static const struct tp_option options[] = {
    {0, "columns", "NAMES", "csv: the names of the columns, when there is no line with them",
     TP_OPTION_TEXT, offsetof(struct sfrom, columns)},
    {0, "sep", "C", "csv: what stands between fields (,)", TP_OPTION_TEXT,
     offsetof(struct sfrom, separator)},
    {0, "text", NULL, "csv: every field is a string, also 1 and true", TP_OPTION_FLAG,
     offsetof(struct sfrom, text)},
    {'t', "time", "COLUMN", "csv: the column that holds the event time", TP_OPTION_TEXT,
     offsetof(struct sfrom, time_column)},
    {0, "time-format", "F", "auto, rfc3339, epoch_s, epoch_ms, epoch_us, epoch_ns or strptime's",
     TP_OPTION_TEXT, offsetof(struct sfrom, time_format)},
    {0, "tz", "ZONE", "the zone of times that name none (UTC)", TP_OPTION_TEXT,
     offsetof(struct sfrom, zone_name)},
    {0},
};

static const struct tp_operator sfrom_operator = {
    .name = "sfrom",
    .purpose = "turn lines of text into records",
    .synopsis = "combined|common [FILE ...]\n"
                "csv [--columns NAMES] [--sep C] [--text] [-t COLUMN] [FILE ...]",
    .example = "  sfrom combined access.log | sto table",
    .options = options,
    .traits = TP_UNTIMED_ROWS,
    .operands_before_files = 1,
    .open = open_filter,
    .frame = &frame,
    .record = take_record,
    .watermark = pass_watermark,
    .input_end = end_input,
    .choose = choose_input,
    .close = close_filter,
};

int
main(int argc, char **argv)
{
    struct sfrom self = {0};

    return tp_transform_main(&sfrom_operator, &self, argc, argv);
}
