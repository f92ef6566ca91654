/*
 * The table: for each format how the room that knows it is opened, read, saved and closed as a
 * reader has it.
 */
#include "record/text_format_reader.h"

#include <string.h>

#include "record/csv.h"
#include "record/journal.h"
#include "record/jsonseq.h"
#include "record/logfmt.h"
#include "record/logformat.h"
#include "record/pattern.h"
#include "record/syslog.h"
#include "record/weblog.h"
#include "value/num.h"
#include "value/text.h"

static int
keep(struct tp_text_reader *reader, void *own, struct tp_err *err)
{
    reader->own = own;
    return own ? 0 : tp_err_memory(err);
}

/* --- web logs ----------------------------------------------------------------------------------*/

static int
open_combined(struct tp_text_reader *reader, struct tp_err *err)
{
    return keep(reader, tp_weblog_new(TP_WEBLOG_COMBINED), err);
}

static int
open_common(struct tp_text_reader *reader, struct tp_err *err)
{
    return keep(reader, tp_weblog_new(TP_WEBLOG_COMMON), err);
}

static int
read_weblog(struct tp_text_reader *reader, struct tp_str line, struct tp_buf *to, tp_time *time,
            struct tp_err *err)
{
    if (line.len == 0 || (line.len == 1 && line.ptr[0] == '\r'))
        return 0;
    return tp_weblog_read(reader->own, line, to, time, err) < 0 ? -1 : 1;
}

static void
close_weblog(struct tp_text_reader *reader)
{
    tp_weblog_free(reader->own);
}

/* --- csv and tsv -------------------------------------------------------------------------------*/

static char
csv_separator(const struct tp_text_options *options)
{
    return options->separator.ptr ? options->separator.ptr[0] : ',';
}

static int
open_rows(struct tp_text_reader *reader, char separator, bool escapes, struct tp_err *err)
{
    const struct tp_text_options *given = reader->options;
    struct tp_csv_options options = {.separator = separator,
                                     .text = given->text,
                                     .escapes = escapes,
                                     .time_column = given->time_member,
                                     .stamp = given->stamp};

    if (keep(reader, tp_csv_new(&options), err) < 0)
        return -1;
    return given->columns.ptr ? tp_csv_set_columns(reader->own, given->columns, err) : 0;
}

static int
open_csv(struct tp_text_reader *reader, struct tp_err *err)
{
    struct tp_str separator = reader->options->separator;

    if (separator.ptr && (separator.len != 1 || strchr("\"\r\n", separator.ptr[0])))
        return tp_err_set(err, TP_FAULT_USAGE, "--sep: one byte, or \\t, not \"%.*s\"",
                          (int)separator.len, separator.ptr);
    return open_rows(reader, csv_separator(reader->options), false, err);
}

static int
open_tsv(struct tp_text_reader *reader, struct tp_err *err)
{
    return open_rows(reader, '\t', true, err);
}

static int
read_row(struct tp_text_reader *reader, struct tp_str line, struct tp_buf *to, tp_time *time,
         struct tp_err *err)
{
    if (!tp_csv_has_columns(reader->own)) {
        tp_buf_put_str(&reader->header, line);
        return tp_buf_failed(&reader->header) ? tp_err_memory(err)
                                              : tp_csv_set_columns(reader->own, line, err);
    }
    return tp_csv_read(reader->own, line, to, time, err);
}

static const char *
next_csv(const struct tp_text_options *options, const char *p, const char *end, bool at_end)
{
    return tp_csv_row_end(csv_separator(options), p, end, at_end);
}

/* Not what is no UTF-8: that cannot be said in JSON, nor could its records. */
static void
save_columns(const struct tp_text_reader *reader, struct tp_buf *to)
{
    if (reader->header.len > 0)
        tp_text_quote(tp_buf_str(&reader->header), to);
    else
        TP_BUF_PUT(to, "null");
}

static int
load_columns(struct tp_text_reader *reader, const struct tp_slot *value, struct tp_err *err)
{
    struct tp_str inside = {value->ptr, value->len};

    if (value->kind == TP_SLOT_NULL)
        return 0;
    if (value->kind == TP_SLOT_ESCAPED)
        tp_text_unescape(inside, &reader->header);
    else
        tp_buf_put_str(&reader->header, inside);
    if (tp_buf_failed(&reader->header))
        return tp_err_memory(err);
    return tp_csv_set_columns(reader->own, tp_buf_str(&reader->header), err);
}

static void
close_csv(struct tp_text_reader *reader)
{
    tp_csv_free(reader->own);
}

/* --- names and values --------------------------------------------------------------------------*/

static int
open_ltsv(struct tp_text_reader *reader, struct tp_err *err)
{
    (void)err;
    reader->pairs = tp_pairs_ltsv;
    return 0;
}

static int
open_kv(struct tp_text_reader *reader, struct tp_err *err)
{
    struct tp_str between = reader->options->separator, inside = reader->options->inside;

    if ((between.ptr && !between.len) || (inside.ptr && !inside.len))
        return tp_err_set(err, TP_FAULT_USAGE, "--sep and --pair-sep: something must separate");
    reader->pairs = (struct tp_pairs){
        .between = between.ptr ? between : TP_STR(" "),
        .inside = inside.ptr ? inside : TP_STR("="),
        .trims = true,
    };
    return 0;
}

static int
read_pairs(struct tp_text_reader *reader, struct tp_str line, struct tp_buf *to, tp_time *time,
           struct tp_err *err)
{
    int result = tp_pairs_split(&reader->pairs, &reader->fields, line, err);

    return result > 0 ? tp_fields_write(&reader->fields, to, time, err) : result;
}

static int
read_logfmt(struct tp_text_reader *reader, struct tp_str line, struct tp_buf *to, tp_time *time,
            struct tp_err *err)
{
    int result = tp_logfmt_split(&reader->fields, line, err);

    return result > 0 ? tp_fields_write(&reader->fields, to, time, err) : result;
}

/* --- patterns ----------------------------------------------------------------------------------*/

static int
open_regex(struct tp_text_reader *reader, struct tp_err *err)
{
    reader->own = tp_pattern_new(reader->options->pattern, reader->options->patterns, err);
    return reader->own ? 0 : -1;
}

static int
read_regex(struct tp_text_reader *reader, struct tp_str line, struct tp_buf *to, tp_time *time,
           struct tp_err *err)
{
    int result = tp_pattern_split(reader->own, &reader->fields, line, err);

    return result > 0 ? tp_fields_write(&reader->fields, to, time, err) : result;
}

static void
close_regex(struct tp_text_reader *reader)
{
    tp_pattern_free(reader->own);
}

static int
open_logformat(struct tp_text_reader *reader, struct tp_err *err)
{
    reader->own = tp_logformat_new(reader->options->pattern, reader->options->zone, err);
    return reader->own ? 0 : -1;
}

static int
read_logformat(struct tp_text_reader *reader, struct tp_str line, struct tp_buf *to, tp_time *time,
               struct tp_err *err)
{
    return tp_logformat_read(reader->own, line, to, time, err);
}

static void
close_logformat(struct tp_text_reader *reader)
{
    tp_logformat_free(reader->own);
}

/* --- logs of the system ------------------------------------------------------------------------*/

static int
open_syslog(struct tp_text_reader *reader, struct tp_err *err)
{
    struct tp_syslog_options options = {
        .zone = reader->options->zone,
        .year = reader->options->year,
        .now = reader->options->now,
    };

    return keep(reader, tp_syslog_new(&options), err);
}

static int
read_syslog(struct tp_text_reader *reader, struct tp_str line, struct tp_buf *to, tp_time *time,
            struct tp_err *err)
{
    return tp_syslog_read(reader->own, &reader->fields, line, to, time, err);
}

static void
save_syslog(const struct tp_text_reader *reader, struct tp_buf *to)
{
    tp_time last;

    if (tp_syslog_last(reader->own, &last))
        tp_buf_printf(to, "%lld", (long long)last);
    else
        TP_BUF_PUT(to, "null");
}

static int
load_syslog(struct tp_text_reader *reader, const struct tp_slot *value, struct tp_err *err)
{
    tp_time last;

    if (value->kind == TP_SLOT_NULL)
        return 0;
    if (!tp_num_parse_int((struct tp_str){value->ptr, value->len}, &last))
        return tp_err_set(err, TP_FAULT_MACHINE, "no time: the last one");
    tp_syslog_resume(reader->own, last);
    return 0;
}

static void
close_syslog(struct tp_text_reader *reader)
{
    tp_syslog_free(reader->own);
}

static int
read_journal(struct tp_text_reader *reader, struct tp_str line, struct tp_buf *to, tp_time *time,
             struct tp_err *err)
{
    return tp_journal_read(&reader->fields, line, to, time, err);
}

static const char *
next_journal(const struct tp_text_options *options, const char *p, const char *end, bool at_end)
{
    (void)options;
    return tp_journal_next(p, end, at_end);
}

/* --- json --------------------------------------------------------------------------------------*/

static int
open_json(struct tp_text_reader *reader, struct tp_err *err)
{
    struct tp_jsonseq_options options = {
        .path = reader->options->path,
        .time_member = reader->options->time_member,
        .stamp = reader->options->stamp,
    };

    reader->own = tp_jsonseq_new(&options, err);
    return reader->own ? 0 : -1;
}

static int
read_json(struct tp_text_reader *reader, struct tp_str line, struct tp_buf *to, tp_time *time,
          struct tp_err *err)
{
    return tp_jsonseq_read(reader->own, line, to, time, err);
}

static const char *
next_json(const struct tp_text_options *options, const char *p, const char *end, bool at_end)
{
    return tp_jsonseq_next(p, end, at_end, options->path.ptr != NULL);
}

static int
end_json(struct tp_text_reader *reader, struct tp_err *err)
{
    return tp_jsonseq_end(reader->own, err);
}

static void
save_json(const struct tp_text_reader *reader, struct tp_buf *to)
{
    tp_buf_printf(to, "%lld", (long long)tp_jsonseq_place(reader->own));
}

static int
load_json(struct tp_text_reader *reader, const struct tp_slot *value, struct tp_err *err)
{
    int64_t place;

    if (!tp_num_parse_int((struct tp_str){value->ptr, value->len}, &place) || place < 0)
        return tp_err_set(err, TP_FAULT_MACHINE, "no place in JSON");
    tp_jsonseq_resume(reader->own, place);
    return 0;
}

static void
close_json(struct tp_text_reader *reader)
{
    tp_jsonseq_free(reader->own);
}

/* --- the table ---------------------------------------------------------------------------------*/

const struct tp_text_format tp_text_formats[] = {
    {.name = "combined",
     .traits = TP_TEXT_TIMED,
     .open = open_combined,
     .read = read_weblog,
     .close = close_weblog},
    {.name = "common",
     .traits = TP_TEXT_TIMED,
     .open = open_common,
     .read = read_weblog,
     .close = close_weblog},
    {.name = "csv",
     .traits = TP_TEXT_COLUMNS | TP_TEXT_SEPARATOR | TP_TEXT_TYPED,
     .open = open_csv,
     .read = read_row,
     .next = next_csv,
     .save = save_columns,
     .load = load_columns,
     .close = close_csv},
    {.name = "tsv",
     .traits = TP_TEXT_COLUMNS | TP_TEXT_TYPED,
     .open = open_tsv,
     .read = read_row,
     .save = save_columns,
     .load = load_columns,
     .close = close_csv},
    {.name = "ltsv", .traits = TP_TEXT_TYPED, .open = open_ltsv, .read = read_pairs},
    {.name = "logfmt", .traits = TP_TEXT_TYPED, .read = read_logfmt},
    {.name = "kv",
     .traits = TP_TEXT_SEPARATOR | TP_TEXT_INSIDE | TP_TEXT_TYPED,
     .open = open_kv,
     .read = read_pairs},
    {.name = "regex",
     .traits = TP_TEXT_PATTERN | TP_TEXT_PATTERNS | TP_TEXT_TYPED,
     .open = open_regex,
     .read = read_regex,
     .close = close_regex},
    {.name = "logformat",
     .traits = TP_TEXT_TIMED | TP_TEXT_PATTERN | TP_TEXT_ZONE,
     .open = open_logformat,
     .read = read_logformat,
     .close = close_logformat},
    {.name = "syslog",
     .traits = TP_TEXT_TIMED | TP_TEXT_YEAR | TP_TEXT_ZONE,
     .open = open_syslog,
     .read = read_syslog,
     .save = save_syslog,
     .load = load_syslog,
     .close = close_syslog},
    {.name = "journal", .traits = TP_TEXT_TIMED, .read = read_journal, .next = next_journal},
    {.name = "json",
     .traits = TP_TEXT_PATH,
     .open = open_json,
     .read = read_json,
     .next = next_json,
     .save = save_json,
     .load = load_json,
     .end = end_json,
     .close = close_json},
    {.name = NULL},
};

#define FORMATS (sizeof tp_text_formats / sizeof *tp_text_formats - 1)

static int
refuse_name(const char *name, struct tp_err *err)
{
    struct tp_buf list = TP_BUF_INIT;

    for (size_t i = 0; i < FORMATS; i++)
        tp_buf_printf(&list, "%s%s", i ? ", " : "", tp_text_formats[i].name);
    if (name)
        tp_err_set(err, TP_FAULT_USAGE, "no format \"%s\": one of %s", name, tp_buf_text(&list));
    else
        tp_err_set(err, TP_FAULT_USAGE, "which format? one of %s", tp_buf_text(&list));
    tp_buf_release(&list);
    return -1;
}

const struct tp_text_format *
tp_text_format_find(const char *name, struct tp_err *err)
{
    struct tp_str names[FORMATS];
    const struct tp_str *likest;

    for (size_t i = 0; name && i < FORMATS; i++) {
        if (strcmp(tp_text_formats[i].name, name) == 0)
            return &tp_text_formats[i];
        names[i] = tp_str_of(tp_text_formats[i].name);
    }
    likest = name ? tp_text_likest(tp_str_of(name), names, FORMATS) : NULL;
    if (likest)
        tp_err_set(err, TP_FAULT_USAGE, "no format \"%s\": did you mean %.*s?", name,
                   (int)likest->len, likest->ptr);
    else
        refuse_name(name, err);
    return NULL;
}
