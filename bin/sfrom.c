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
#include "record/describe.h"
#include "record/emit.h"
#include "record/member.h"
#include "record/text_format.h"
#include "stream/in.h"
#include "value/num.h"
#include "value/stamp.h"
#include "value/zone.h"

#define DESCRIBED 1000 /* records and rejects that --describe looks at */

struct source {
    struct tp_text_reader *reader;
    struct tp_buf row; /* its next record, while merging */
    tp_time time;
    bool has_row, ended;
};

struct sfrom {
    bool text, describes;
    const char *columns, *separator, *inside, *pattern, *patterns_file, *path, *year;
    const char *time_member, *time_format, *zone_name;

    const struct tp_text_format *format;
    struct tp_text_options given; /* the same, as the format takes it */
    struct tp_buf patterns, separator_text, inside_text;
    struct tp_describe *describe;
    struct source *source;
    int sources;
    bool timed, merges;
};

static const char *
next_record(void *ptr, const char *p, const char *end, bool at_end)
{
    const struct sfrom *self = ptr;

    if (self->format->next)
        return self->format->next(&self->given, p, end, at_end);
    return tp_frame_line.next(NULL, p, end, at_end);
}

static const struct tp_frame frame = {next_record};

/* --- options -----------------------------------------------------------------------------------*/

static struct tp_str
given_text(const char *text)
{
    return text ? tp_str_of(text) : (struct tp_str){NULL, 0};
}

/* Every option but those of all formats names the trait of the formats that take it. */
static int
check_options(const struct sfrom *self, struct tp_err *err)
{
    const struct {
        unsigned trait;
        bool given;
        const char *name;
    } option[] = {
        {TP_TEXT_COLUMNS, self->columns, "--columns"},
        {TP_TEXT_SEPARATOR, self->separator, "--sep"},
        {TP_TEXT_INSIDE, self->inside, "--pair-sep"},
        {TP_TEXT_TYPED, self->text, "--text"},
        {TP_TEXT_PATTERN, self->pattern, "-e"},
        {TP_TEXT_PATTERNS, self->patterns_file, "--patterns"},
        {TP_TEXT_PATH, self->path, "--path"},
        {TP_TEXT_YEAR, self->year, "--year"},
    };
    const struct tp_text_format *format = self->format;

    for (size_t i = 0; i < sizeof option / sizeof *option; i++)
        if (option[i].given && !(format->traits & option[i].trait))
            return tp_err_set(err, TP_FAULT_USAGE, "%s has no use for %s", format->name,
                              option[i].name);
    if ((format->traits & TP_TEXT_PATTERN) && !self->pattern)
        return tp_err_set(err, TP_FAULT_USAGE, "%s needs -e PATTERN", format->name);
    if ((format->traits & TP_TEXT_TIMED) && self->time_member)
        return tp_err_set(err, TP_FAULT_USAGE, "%s has its own time: no -t", format->name);
    if (self->zone_name && !self->time_member && !(format->traits & TP_TEXT_ZONE))
        return tp_err_set(err, TP_FAULT_USAGE, "--tz is for the member of -t");
    if (self->time_format && !self->time_member)
        return tp_err_set(err, TP_FAULT_USAGE, "--time-format is for the member of -t");
    return 0;
}

/* A separator as the shell lets one write it: \t is a tab. */
static struct tp_str
separator_of(const char *text, struct tp_buf *to)
{
    for (const char *p = text; text && *p; p++) {
        bool tab = p[0] == '\\' && p[1] == 't';

        tp_buf_put_char(to, tab ? '\t' : *p);
        p += tab;
    }
    return text ? (struct tp_str){tp_buf_text(to), to->len} : (struct tp_str){NULL, 0};
}

static int
open_time(struct sfrom *self, struct tp_stage *stage, struct tp_err *err)
{
    struct tp_text_options *given = &self->given;
    struct tp_err why;

    given->time_member = given_text(self->time_member);
    given->now = tp_stage_now(stage);
    given->year = -1;
    if (self->year && (!tp_num_parse_int(tp_str_of(self->year), &given->year) ||
                       given->year < 1970 || given->year > 2261))
        return tp_err_set(err, TP_FAULT_USAGE, "--year: 1970 to 2261, not \"%s\"", self->year);
    if (self->zone_name && !(given->zone = tp_zone_open(tp_str_of(self->zone_name), &why)))
        return tp_err_set(err, TP_FAULT_USAGE, "--tz: %s", why.text);
    if (!self->time_member)
        return 0;
    given->stamp = tp_stamp_new(self->time_format, given->zone, &why);
    return given->stamp ? 0 : tp_err_set(err, TP_FAULT_USAGE, "--time-format: %s", why.text);
}

/* The whole of a small file. */
static int
read_file(const char *name, struct tp_buf *to, struct tp_err *err)
{
    struct tp_in *in = tp_in_open(name, (size_t)1 << 20, err);
    enum tp_in_state state = TP_IN_WAIT;
    struct tp_str block;

    while (in && (state == TP_IN_BLOCK || state == TP_IN_WAIT)) {
        state = tp_in_next(in, &block, err);
        if (state == TP_IN_BLOCK)
            tp_buf_put_str(to, block);
        else if (state == TP_IN_WAIT && tp_in_wait(&in, 1, -1, err) < 0)
            state = TP_IN_ERROR;
    }
    tp_in_close(in);
    if (state == TP_IN_TOO_LONG)
        return tp_err_set(err, TP_FAULT_USAGE, "%s: a line is too long", name);
    return state == TP_IN_END ? 0 : -1;
}

static int
take_options(struct sfrom *self, struct tp_stage *stage, struct tp_err *err)
{
    struct tp_text_options *given = &self->given;

    if (check_options(self, err) < 0 || open_time(self, stage, err) < 0)
        return -1;
    if (self->patterns_file && read_file(self->patterns_file, &self->patterns, err) < 0)
        return -1;
    given->columns = given_text(self->columns);
    given->separator = separator_of(self->separator, &self->separator_text);
    given->inside = separator_of(self->inside, &self->inside_text);
    given->pattern = given_text(self->pattern);
    given->patterns = tp_buf_str(&self->patterns);
    given->path = given_text(self->path);
    given->text = self->text;
    return 0;
}

static int
open_describe(struct sfrom *self, struct tp_stage *stage, struct tp_err *err)
{
    if (!self->describes)
        return 0;
    tp_stage_write_no_control(stage);
    self->describe = tp_describe_new();
    return self->describe ? 0 : tp_err_memory(err);
}

static int
open_filter(void *ptr, struct tp_stage *stage, struct tp_err *err)
{
    struct sfrom *self = ptr;

    self->format = tp_text_format_find(tp_stage_operand(stage, 0), err);
    if (!self->format || take_options(self, stage, err) < 0 || open_describe(self, stage, err) < 0)
        return -1;
    self->sources = tp_stage_inputs(stage);
    self->timed = (self->format->traits & TP_TEXT_TIMED) || self->time_member;
    self->merges = self->sources > 1 && !self->path && self->timed && !self->describes;
    self->source = calloc((size_t)self->sources, sizeof *self->source);
    if (!self->source)
        return tp_err_memory(err);
    for (int i = 0; i < self->sources; i++) {
        self->source[i].reader = tp_text_reader_new(self->format, &self->given, err);
        if (!self->source[i].reader)
            return -1;
    }
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
    result = tp_text_read(source->reader, line, &source->row, &source->time, &err);
    if (result == 0)
        return TP_FILTERED;
    if (result > 0 && tp_buf_failed(&source->row))
        result = tp_err_memory(&err);
    source->has_row = result > 0;
    if (result < 0 || write_ready(self, stage, &err) < 0)
        return tp_stage_fail(stage, &err);
    return TP_HELD;
}

/* The records of a line, described instead of written. */
static enum tp_verdict
describe_record(struct sfrom *self, struct tp_stage *stage, struct source *source,
                struct tp_str line)
{
    struct tp_buf *row = &source->row;
    const char *p, *end;
    struct tp_err err;
    int result;

    tp_buf_clear(row);
    result = tp_text_read(source->reader, line, row, &source->time, &err);
    if (result > 0 && tp_buf_failed(row))
        result = tp_err_memory(&err);
    if (result < 0 && err.fault == TP_FAULT_RECORD)
        tp_describe_reject(self->describe);
    for (p = row->ptr, end = p + (result > 0 ? row->len : 0); p < end;) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        struct tp_str record = {p, (size_t)(newline - p)};

        if (tp_describe_add(self->describe, record, self->timed ? &source->time : NULL, &err) < 0)
            return tp_stage_fail(stage, &err);
        p = newline + 1;
    }
    if (tp_describe_count(self->describe) >= DESCRIBED)
        tp_stage_stop(stage);
    if (result < 0)
        return tp_stage_fail(stage, &err);
    return result ? TP_USED : TP_FILTERED;
}

static int
write_description(void *ptr, struct tp_stage *stage, struct tp_err *err)
{
    struct sfrom *self = ptr;
    struct tp_buf *to;

    if (!self->describe)
        return 0;
    to = tp_stage_row(stage, err);
    if (!to || tp_describe_write(self->describe, to, err) < 0)
        return -1;
    return tp_stage_row_end(stage, err);
}

static enum tp_verdict
take_record(void *ptr, struct tp_stage *stage, const struct tp_record *record)
{
    struct sfrom *self = ptr;
    struct source *source = &self->source[record->input];
    struct tp_err err;
    struct tp_buf *to;
    int result;

    if (self->describe)
        return describe_record(self, stage, source, record->line);
    if (self->merges)
        return merge_record(self, stage, source, record->line);
    to = tp_stage_row(stage, &err);
    if (!to)
        return tp_stage_fail(stage, &err);
    result = tp_text_read(source->reader, record->line, to, &source->time, &err);
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

    struct tp_err why;

    self->source[input].ended = true;
    if (tp_text_end(self->source[input].reader, &why) < 0)
        tp_stage_spoiled(stage, &why);
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

/* --- state -------------------------------------------------------------------------------------*/

static int
save(void *ptr, struct tp_stage *stage, struct tp_save *to, struct tp_err *err)
{
    const struct sfrom *self = ptr;

    (void)stage;
    for (int i = 0; i < self->sources; i++) {
        const struct source *source = &self->source[i];
        struct tp_emit line = tp_emit_open(tp_save_line(to));

        tp_emit_int(&line, TP_STR("input"), i);
        tp_emit_name(&line, TP_STR("reader"));
        tp_text_save(source->reader, line.to);
        tp_emit_json(&line, TP_STR("ended"), source->ended ? TP_STR("true") : TP_STR("false"));
        if (source->has_row) {
            tp_emit_int(&line, TP_STR("time"), source->time);
            tp_emit_text(&line, TP_STR("row"), tp_buf_str(&source->row));
        }
        tp_emit_close(&line);
        if (tp_save_line_end(to, err) < 0)
            return -1;
    }
    return 0;
}

static int
load_source(struct source *source, struct tp_str line, struct tp_err *err)
{
    struct tp_members walk = tp_members_open(line);
    struct tp_member member;
    const struct tp_saved fields[] = {
        {"ended", TP_SAVED_FLAG, &source->ended, false},
        {"time", TP_SAVED_INT, &source->time, true},
        {"row", TP_SAVED_TEXT, &source->row, true},
    };

    if (tp_saved_read(line, fields, sizeof fields / sizeof *fields, err) < 0)
        return -1;
    source->has_row = source->row.len > 0;
    while (tp_members_next(&walk, &member))
        if (tp_str_equal(member.name, TP_STR("reader")))
            return tp_text_load(source->reader, &member.value, err);
    return tp_err_set(err, TP_FAULT_MACHINE, "a saved line has no \"reader\"");
}

static int
load(void *ptr, struct tp_stage *stage, struct tp_str line, struct tp_err *err)
{
    const struct sfrom *self = ptr;
    uint64_t input;
    const struct tp_saved field = {"input", TP_SAVED_COUNT, &input, false};

    (void)stage;
    if (tp_saved_read(line, &field, 1, err) < 0)
        return -1;
    if (input >= (uint64_t)self->sources)
        return tp_err_set(err, TP_FAULT_MACHINE, "it has other inputs");
    return load_source(&self->source[input], line, err);
}

/* All that decides what a byte of input means. */
static void
identify(void *ptr, struct tp_stage *stage, struct tp_emit *to)
{
    const struct sfrom *self = ptr;
    const struct {
        struct tp_str name;
        const char *value;
    } given[] = {
        {TP_STR("format"), self->format->name}, {TP_STR("columns"), self->columns},
        {TP_STR("sep"), self->separator},       {TP_STR("pair-sep"), self->inside},
        {TP_STR("pattern"), self->pattern},     {TP_STR("path"), self->path},
        {TP_STR("time"), self->time_member},    {TP_STR("time-format"), self->time_format},
        {TP_STR("tz"), self->zone_name},
    };

    (void)stage;
    for (size_t i = 0; i < sizeof given / sizeof *given; i++)
        if (given[i].value)
            tp_emit_text(to, given[i].name, tp_str_of(given[i].value));
}

static void
close_filter(void *ptr)
{
    struct sfrom *self = ptr;

    for (int i = 0; self->source && i < self->sources; i++) {
        tp_text_reader_free(self->source[i].reader);
        tp_buf_release(&self->source[i].row);
    }
    free(self->source);
    tp_describe_free(self->describe);
    tp_stamp_free(self->given.stamp);
    tp_zone_close(self->given.zone);
    tp_buf_release(&self->patterns);
    tp_buf_release(&self->separator_text);
    tp_buf_release(&self->inside_text);
}

static const struct tp_option options[] = {
    {0, "columns", "NAMES", "csv, tsv: the names of the columns, when no line has them",
     TP_OPTION_TEXT, offsetof(struct sfrom, columns)},
    {0, "sep", "S", "what stands between fields (csv: a comma, kv: a blank)", TP_OPTION_TEXT,
     offsetof(struct sfrom, separator)},
    {0, "pair-sep", "S", "kv: what stands between name and value (=)", TP_OPTION_TEXT,
     offsetof(struct sfrom, inside)},
    {0, "text", NULL, "every field is a string, also 1 and true", TP_OPTION_FLAG,
     offsetof(struct sfrom, text)},
    {'e', "pattern", "PATTERN", "regex: (?<name>...) or %{WORD:name}; logformat: the format",
     TP_OPTION_TEXT, offsetof(struct sfrom, pattern)},
    {0, "patterns", "PFILE", "regex: more patterns for %{...}, NAME and regex a line",
     TP_OPTION_TEXT, offsetof(struct sfrom, patterns_file)},
    {0, "path", "PATH", "json: where in each document the records are", TP_OPTION_TEXT,
     offsetof(struct sfrom, path)},
    {0, "describe", NULL, "say what is in the first 1,000 records instead of writing them",
     TP_OPTION_FLAG, offsetof(struct sfrom, describes)},
    {0, "year", "YEAR", "syslog: of the first time without one", TP_OPTION_TEXT,
     offsetof(struct sfrom, year)},
    {'t', "time", "MEMBER", "the member that holds the event time", TP_OPTION_TEXT,
     offsetof(struct sfrom, time_member)},
    {0, "time-format", "F", "auto, rfc3339, epoch_s, epoch_ms, epoch_us, epoch_ns or strptime's",
     TP_OPTION_TEXT, offsetof(struct sfrom, time_format)},
    {0, "tz", "ZONE", "the zone of times that name none (UTC)", TP_OPTION_TEXT,
     offsetof(struct sfrom, zone_name)},
    {0},
};

static const struct tp_operator sfrom_operator = {
    .name = "sfrom",
    .purpose = "turns lines of text into records",
    .synopsis = "combined|common [FILE ...]\n"
                "csv|tsv [--columns NAMES] [--sep C] [--text] [-t MEMBER] [FILE ...]\n"
                "ltsv|logfmt [--text] [-t MEMBER] [FILE ...]\n"
                "kv [--sep S] [--pair-sep S] [--text] [-t MEMBER] [FILE ...]\n"
                "regex -e PATTERN [--patterns PFILE] [--text] [-t MEMBER] [FILE ...]\n"
                "logformat -e FORMAT [--tz ZONE] [FILE ...]\n"
                "syslog [--year YEAR] [--tz ZONE] [FILE ...]\n"
                "journal [FILE ...]\n"
                "json [--path PATH] [-t MEMBER] [FILE ...]\n"
                "FORMAT --describe [FILE ...]",
    .example = "  sfrom combined access.log | sto table",
    .options = options,
    .traits = TP_UNTIMED_ROWS,
    .operands_before_files = 1,
    .open = open_filter,
    .frame = &frame,
    .record = take_record,
    .watermark = pass_watermark,
    .input_end = end_input,
    .finish = write_description,
    .leave = write_description,
    .choose = choose_input,
    .save = save,
    .load = load,
    .identity = identify,
    .close = close_filter,
};

int
main(int argc, char **argv)
{
    struct sfrom self = {0};

    return tp_transform_main(&sfrom_operator, &self, argc, argv);
}
