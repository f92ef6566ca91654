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
#include "sfrom/given.h"

#define DESCRIBED 1000 /* records and rejects that --describe looks at */

struct source {
    struct tp_text_reader *reader;
    struct tp_buf row; /* its next record, while merging */
    tp_time time;
    bool has_row, ended;
};

struct sfrom {
    struct given given;
    bool describes;

    struct tp_describe *describe;
    struct source *source;
    int sources;
    bool timed, merges;
};

static const char *
next_record(void *ptr, const char *p, const char *end, bool at_end)
{
    const struct sfrom *self = ptr;

    if (self->given.format->next)
        return self->given.format->next(&self->given.taken, p, end, at_end);
    return tp_frame_line.next(NULL, p, end, at_end);
}

static const struct tp_frame frame = {next_record};

/* --- opening -----------------------------------------------------------------------------------*/

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
    struct given *given = &self->given;

    if (given_take(given, tp_stage_operand(stage, 0), tp_stage_now(stage), err) < 0 ||
        open_describe(self, stage, err) < 0)
        return -1;
    self->sources = tp_stage_inputs(stage);
    self->timed = (given->format->traits & TP_TEXT_TIMED) || given->time_member;
    self->merges = self->sources > 1 && !given->path && self->timed && !self->describes;
    self->source = calloc((size_t)self->sources, sizeof *self->source);
    if (!self->source)
        return tp_err_memory(err);
    for (int i = 0; i < self->sources; i++) {
        self->source[i].reader = tp_text_reader_new(given->format, &given->taken, err);
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

static void
identify(void *ptr, struct tp_stage *stage, struct tp_emit *to)
{
    const struct sfrom *self = ptr;

    (void)stage;
    given_identify(&self->given, to);
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
    given_release(&self->given);
}

static const struct tp_option options[] = {
    {0, "columns", "NAMES", "csv, tsv: the names of the columns, when no line has them",
     TP_OPTION_TEXT, offsetof(struct sfrom, given.columns)},
    {0, "sep", "S", "what stands between fields (csv: a comma, kv: a blank)", TP_OPTION_TEXT,
     offsetof(struct sfrom, given.separator)},
    {0, "pair-sep", "S", "kv: what stands between name and value (=)", TP_OPTION_TEXT,
     offsetof(struct sfrom, given.inside)},
    {0, "text", NULL, "every field is a string, also 1 and true", TP_OPTION_FLAG,
     offsetof(struct sfrom, given.text)},
    {'e', "pattern", "PATTERN", "regex: (?<name>...) or %{WORD:name}; logformat: the format",
     TP_OPTION_TEXT, offsetof(struct sfrom, given.pattern)},
    {0, "patterns", "PFILE", "regex: more patterns for %{...}, NAME and regex a line",
     TP_OPTION_TEXT, offsetof(struct sfrom, given.patterns_file)},
    {0, "path", "PATH", "json: where in each document the records are", TP_OPTION_TEXT,
     offsetof(struct sfrom, given.path)},
    {0, "describe", NULL, "say what is in the first 1,000 records instead of writing them",
     TP_OPTION_FLAG, offsetof(struct sfrom, describes)},
    {0, "year", "YEAR", "syslog: of the first time without one", TP_OPTION_TEXT,
     offsetof(struct sfrom, given.year)},
    {'t', "time", "MEMBER", "the member that holds the event time", TP_OPTION_TEXT,
     offsetof(struct sfrom, given.time_member)},
    {0, "time-format", "F", "auto, rfc3339, epoch_s, epoch_ms, epoch_us, epoch_ns or strptime's",
     TP_OPTION_TEXT, offsetof(struct sfrom, given.time_format)},
    {0, "tz", "ZONE", "the zone of times that name none (UTC)", TP_OPTION_TEXT,
     offsetof(struct sfrom, given.zone_name)},
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
