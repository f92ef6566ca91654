/*
 * swrite: records into files: one, many by template, rolled by event time or size, packed.
 *
 * Input: any records, in any order; the order within a file is that of the input.
 * State: the name of every file that is not whole yet, of those at most --max-open are open; 64 KiB
 * to 1 MiB of lines each. Output: the lines, byte for byte; control lines only with
 * --control=always. A record whose value cannot be part of a name, or that has no time where files
 * are rolled by it, is rejected. One whose file is whole by the watermark is late.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "filter/operator.h"
#include "stream/files.h"
#include "stream/log.h"
#include "stream/roll.h"
#include "stream/router.h"
#include "stream/template.h"

enum { MAX_OPEN = 256 };

#define SEGMENT (UINT64_C(64) << 20) /* bytes of a log's segment, without --roll */
#define WEEK (7 * TP_DAY)

/* What one name of the template, and one window of time, is written to. */
struct part {
    struct tp_file *file;
    uint64_t number; /* of the file, where names are numbered */
    tp_time until;   /* the end of its window */
};

struct swrite {
    const char *roll_text, *compress, *fsync, *keep_text;
    uint64_t max_open;
    bool is_log;

    struct tp_template *name;
    size_t folder; /* bytes of the name that lead to a folder which must exist */
    tp_duration roll_time;
    uint64_t roll_size;
    struct tp_files_settings set;
    struct tp_log_settings log_set;
    struct tp_log *log;     /* --log */
    struct tp_files *files; /* NULL: the target is no file */
    struct tp_router *router;
    struct tp_route *route; /* when there is but one */
    struct tp_map *parts;   /* by the name, before its file's number */
    struct part *last;      /* whose key is last_key */
    tp_time next_due;       /* no part's window ends before it */
    struct tp_buf key, path, line;
    bool is_fixed, stores_control;
    bool is_whole; /* the stream ended, complete */
};

#define FIELD(field) offsetof(struct swrite, field)

static const struct tp_option options[] = {
    {0, "roll", "DUR|SIZE", "a new file for each so long of event time, or so many bytes",
     TP_OPTION_TEXT, FIELD(roll_text)},
    {0, "compress", "F", "gzip or zstd (by the name: .gz, .zst), or none", TP_OPTION_TEXT,
     FIELD(compress)},
    {0, "fsync", "WHEN", "force to the disk: never, end (of each file), flush", TP_OPTION_TEXT,
     FIELD(fsync)},
    {0, "log", NULL, "TARGET is a folder: a log that sread reads from any byte or time",
     TP_OPTION_FLAG, FIELD(is_log)},
    {0, "keep", "DUR|SIZE", "--log: forget what is older, by event time, or beyond so many bytes",
     TP_OPTION_TEXT, FIELD(keep_text)},
    {0, "max-open", "N", "so many files are open at a time (256)", TP_OPTION_COUNT,
     FIELD(max_open)},
    {0},
};

/* --- opening -----------------------------------------------------------------------------------*/

/* `100M` is a size, `1h` a duration; `100m` are minutes. */
static int
parse_amount(const char *option, const char *text, uint64_t *size, tp_duration *duration,
             struct tp_err *err)
{
    struct tp_err why;

    if (tp_size_parse(tp_str_of(text), size) == 0 && !strchr("kmg", text[strlen(text) - 1])) {
        if (*size > 0)
            return 0;
        return tp_err_set(err, TP_FAULT_USAGE, "%s: a size of no bytes", option);
    }
    *size = 0;
    if (tp_duration_parse(tp_str_of(text), duration, &why) < 0)
        return tp_err_set(err, TP_FAULT_USAGE, "%s: a duration (1h) or a size (100M): %s", option,
                          why.text);
    if (*duration < TP_SECOND || *duration % TP_SECOND)
        return tp_err_set(err, TP_FAULT_USAGE, "%s: whole seconds, at least one", option);
    return 0;
}

static int
parse_roll(struct swrite *s, struct tp_err *err)
{
    if (!s->roll_text)
        return 0;
    if (parse_amount("--roll", s->roll_text, &s->roll_size, &s->roll_time, err) < 0)
        return -1;
    if (s->roll_time > 0 && s->roll_time % WEEK == 0)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--roll: weeks would begin on Thursdays; {@timestamp|week} in the TARGET "
                          "has those of ISO 8601");
    return 0;
}

static int
parse_fsync(struct swrite *s, struct tp_err *err)
{
    static const char *const words[] = {"never", "end", "flush"};

    for (size_t i = 0; s->fsync && i < sizeof words / sizeof *words; i++) {
        if (strcmp(s->fsync, words[i]) != 0)
            continue;
        s->set.sync = (enum tp_files_sync)i;
        return 0;
    }
    return s->fsync ? tp_err_set(err, TP_FAULT_USAGE, "--fsync: never, end or flush, not \"%s\"",
                                 s->fsync)
                    : 0;
}

static int
parse_compress(struct swrite *s, struct tp_str target, struct tp_err *err)
{
    if (!s->compress)
        s->set.packing = tp_pack_of_name(target);
    else if (strcmp(s->compress, "gzip") == 0)
        s->set.packing = TP_PACK_GZIP;
    else if (strcmp(s->compress, "zstd") == 0)
        s->set.packing = TP_PACK_ZSTD;
    else if (strcmp(s->compress, "none") != 0)
        return tp_err_set(err, TP_FAULT_USAGE, "--compress: gzip, zstd or none, not \"%s\"",
                          s->compress);
    return 0;
}

static int
want_members(struct swrite *s, struct tp_stage *stage, struct tp_err *err)
{
    for (size_t i = 0; i < tp_template_members(s->name); i++) {
        int slot = tp_stage_want_path(stage, tp_template_member(s->name, i), err);

        if (slot < 0)
            return -1;
        tp_template_set_slot(s->name, i, slot);
    }
    return tp_router_check(s->name, err);
}

static int
open_router(struct swrite *s, struct tp_err *err)
{
    struct tp_router_settings settings = {(size_t)s->max_open, s->stores_control,
                                          s->stores_control};

    if (s->roll_text || s->compress || s->fsync)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--roll, --compress and --fsync are for files, not for pipes");
    s->router = tp_router_new(&settings);
    if (!s->router)
        return tp_err_memory(err);
    if (!s->is_fixed || tp_template_kind(s->name) == TP_TEMPLATE_STDOUT)
        return 0;
    s->route = tp_router_pin(s->router, s->name, 0, err);
    return s->route ? 0 : -1;
}

/* The one file of a name without fields is there from the start, where it is appended to. */
static int
open_only_file(struct swrite *s, struct tp_err *err)
{
    struct part *part;

    if (tp_template_write(s->name, NULL, 0, &s->key, err) < 0)
        return -1;
    if (s->set.built)
        return 0;
    part = s->last = tp_map_add(s->parts, tp_buf_str(&s->key), NULL);
    if (!part)
        return tp_err_memory(err);
    part->file = tp_files_file(s->files, tp_buf_str(&s->key), s->key.len, err);
    if (part->file)
        return 0;
    err->fault = TP_FAULT_USAGE;
    return -1;
}

static int
open_files(struct swrite *s, struct tp_err *err)
{
    s->set.built = s->roll_text || s->set.packing != TP_PACK_NONE;
    s->set.max_open = (size_t)s->max_open;
    s->files = tp_files_new(&s->set);
    s->parts = tp_map_new(sizeof(struct part));
    if (!s->files || !s->parts)
        return tp_err_memory(err);
    s->folder = tp_template_folder(s->name).len;
    return s->is_fixed ? open_only_file(s, err) : 0;
}

static int
check(struct swrite *s, struct tp_stage *stage, struct tp_err *err)
{
    if (s->max_open < 1)
        return tp_err_set(err, TP_FAULT_USAGE, "--max-open: at least 1");
    if (parse_roll(s, err) < 0 || parse_fsync(s, err) < 0)
        return -1;
    if (s->roll_time == 0 && tp_stage_delay(stage) >= 0)
        return tp_err_set(err, TP_FAULT_USAGE, "-d says when files of --roll DUR are whole");
    return 0;
}

/* --log: records without a time are kept, too; only they cannot be looked for by it. */
static int
open_log(struct swrite *s, struct tp_stage *stage, const char *folder, struct tp_err *err)
{
    uint64_t cut;

    if (s->roll_time > 0 || s->compress || s->stores_control)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--log: segments are rolled by size, not packed, and hold records alone");
    if (s->keep_text &&
        parse_amount("--keep", s->keep_text, &s->log_set.keep_size, &s->log_set.keep_time, err) < 0)
        return -1;
    s->log_set.segment = s->roll_size > 0 ? s->roll_size : SEGMENT;
    s->log_set.sync = s->set.sync;
    tp_stage_take_untimed(stage);
    s->log = tp_log_open(folder, &s->log_set, &cut, err);
    if (s->log && cut > 0)
        tp_stage_note(stage, "%s: took away %llu bytes of a line that a crash cut off", folder,
                      (unsigned long long)cut);
    return s->log ? 0 : -1;
}

static int
swrite_open(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct swrite *s = self;
    const char *target = tp_stage_operand(stage, 0);
    bool is_file;

    if (!target)
        return tp_err_set(err, TP_FAULT_USAGE, "write to what? TARGET is missing");
    if (check(s, stage, err) < 0)
        return -1;
    s->stores_control = tp_stage_takes_control(stage, false);
    if (s->is_log)
        return open_log(s, stage, target, err);
    if (s->keep_text)
        return tp_err_set(err, TP_FAULT_USAGE, "--keep goes with --log");
    if (s->roll_time == 0)
        tp_stage_ignore_time(stage);
    s->name = tp_template_parse(tp_str_of(target), false, err);
    if (!s->name)
        return -1;
    is_file = tp_template_kind(s->name) == TP_TEMPLATE_FILE;
    if (is_file && parse_compress(s, tp_str_of(target), err) < 0)
        return -1;
    s->is_fixed = tp_template_is_fixed(s->name);
    if (s->stores_control && (!s->is_fixed || s->roll_text))
        return tp_err_set(err, TP_FAULT_USAGE, "--control=always: into one TARGET, not into many");
    if (want_members(s, stage, err) < 0)
        return -1;
    return is_file ? open_files(s, err) : open_router(s, err);
}

/* --- names -------------------------------------------------------------------------------------*/

/* Gives PART its next file: for built ones, the first whose name nobody has. */
static int
begin_file(struct swrite *s, struct part *part, struct tp_str key, struct tp_err *err)
{
    struct tp_roll roll = {s->roll_time > 0, s->roll_size > 0, s->set.packing};
    size_t folder = s->is_fixed ? key.len : s->folder;

    do {
        tp_buf_clear(&s->path);
        tp_roll_write_path(&roll, key, part->until - s->roll_time, ++part->number, &s->path);
        tp_buf_text(&s->path);
        if (tp_buf_failed(&s->path))
            return tp_err_memory(err);
    } while (s->set.built && tp_files_is_taken(s->files, s->path.ptr));
    part->file = tp_files_file(s->files, tp_buf_str(&s->path), folder, err);
    return part->file ? 0 : -1;
}

/* The key of a record: the name the template gives it, and behind a NUL, which no name has, the end
 * of its window. */
static int
write_key(struct swrite *s, const struct tp_record *r, tp_time until, struct tp_err *err)
{
    tp_buf_clear(&s->key);
    if (tp_template_write(s->name, r->slot, 0, &s->key, err) < 0)
        return -1;
    if (s->roll_time > 0) {
        tp_buf_put_char(&s->key, '\0');
        tp_buf_put(&s->key, &until, sizeof until);
    }
    return tp_buf_failed(&s->key) ? tp_err_memory(err) : 0;
}

static struct tp_str
name_in_key(const struct swrite *s, struct tp_str key)
{
    if (s->roll_time > 0)
        key.len -= 1 + sizeof(tp_time);
    return key;
}

/* The part of a record whose window ends at UNTIL. */
static struct part *
find_part(struct swrite *s, const struct tp_record *r, tp_time until, struct tp_err *err)
{
    bool is_new;

    if (s->is_fixed && s->last && s->last->until == until)
        return s->last;
    if (write_key(s, r, until, err) < 0)
        return NULL;
    if (s->last && tp_str_equal(tp_map_key(s->parts, s->last), tp_buf_str(&s->key)))
        return s->last;
    s->last = tp_map_add(s->parts, tp_buf_str(&s->key), &is_new);
    if (!s->last) {
        tp_err_memory(err);
        return NULL;
    }
    if (is_new) {
        s->last->until = until;
        if (until < s->next_due)
            s->next_due = until;
    }
    return s->last;
}

/* --- records -----------------------------------------------------------------------------------*/

/* The line with its newline, which stands behind it in the block. */
static struct tp_str
whole_line(const struct tp_record *r)
{
    return (struct tp_str){r->line.ptr, r->line.len + 1};
}

static int
write_line(struct swrite *s, struct part *part, struct tp_str line, struct tp_err *err)
{
    if (part->file && s->roll_size > 0 && tp_file_taken(part->file) > 0 &&
        tp_file_taken(part->file) + line.len > s->roll_size) {
        if (tp_files_finish(s->files, part->file, err) < 0)
            return -1;
        part->file = NULL;
    }
    if (!part->file && begin_file(s, part, name_in_key(s, tp_map_key(s->parts, part)), err) < 0)
        return -1;
    return tp_files_pass(s->files, part->file, line, err);
}

static enum tp_verdict
write_to_file(struct swrite *s, struct tp_stage *stage, const struct tp_record *r)
{
    tp_time until = TP_TIME_AFTER_ALL;
    struct part *part;
    struct tp_err err;

    err.at = -1;
    if (s->roll_time > 0) {
        tp_time start = tp_time_floor(r->time, s->roll_time, 0);

        if (!tp_time_add(start, s->roll_time, &until) || start == TP_TIME_MIN)
            return tp_stage_reject(stage, -1, "its file lies outside the range of times");
        if (until <= r->watermark)
            return tp_stage_late(stage, until, until);
    }
    part = find_part(s, r, until, &err);
    if (!part || write_line(s, part, whole_line(r), &err) < 0)
        return tp_stage_fail(stage, &err);
    return TP_USED;
}

static enum tp_verdict
write_to_pipe(struct swrite *s, struct tp_stage *stage, const struct tp_record *r)
{
    struct tp_route *route = s->route;
    struct tp_err err;

    err.at = -1;
    if (!route) {
        tp_buf_clear(&s->key);
        if (tp_template_write(s->name, r->slot, 0, &s->key, &err) < 0)
            return tp_stage_fail(stage, &err);
        route = tp_router_find(s->router, s->name, tp_buf_str(&s->key), &err);
    }
    if (!route || tp_router_pass(s->router, route, whole_line(r), &err) < 0)
        return tp_stage_fail(stage, &err);
    return TP_USED;
}

static enum tp_verdict
swrite_record(void *self, struct tp_stage *stage, const struct tp_record *r)
{
    struct swrite *s = self;
    struct tp_err err;

    if (s->files)
        return write_to_file(s, stage, r);
    if (s->log)
        return tp_log_pass(s->log, whole_line(r), r->has_time ? r->time : TP_TIME_BEFORE_ALL,
                           &err) < 0
                   ? tp_stage_fail(stage, &err)
                   : TP_USED;
    return tp_template_kind(s->name) == TP_TEMPLATE_STDOUT ? TP_PASS : write_to_pipe(s, stage, r);
}

/* --- whole files, and the rest -----------------------------------------------------------------*/

/* Files whose window ends at WATERMARK or before are whole. */
static int
finish_due(struct swrite *s, tp_time watermark, struct tp_err *err)
{
    struct part *next;

    if (watermark < s->next_due)
        return 0;
    s->last = NULL;
    s->next_due = TP_TIME_AFTER_ALL;
    for (struct part *part = tp_map_first(s->parts); part; part = next) {
        next = tp_map_next(s->parts, part);
        if (part->until > watermark) {
            s->next_due = part->until < s->next_due ? part->until : s->next_due;
            continue;
        }
        if (part->file && tp_files_finish(s->files, part->file, err) < 0)
            return -1;
        tp_map_remove(s->parts, tp_map_key(s->parts, part));
    }
    return 0;
}

static int
swrite_watermark(void *self, struct tp_stage *stage, tp_time *watermark, struct tp_err *err)
{
    struct swrite *s = self;

    (void)stage;
    return s->roll_time > 0 ? finish_due(s, *watermark, err) : 0;
}

static int
swrite_finish(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct swrite *s = self;

    (void)stage;
    (void)err;
    s->is_whole = true; /* but for an `end` that may be stored yet */
    return 0;
}

/* Into the only file, or pipe. */
static int
swrite_control(void *self, struct tp_stage *stage, const struct tp_control *control,
               struct tp_str line, struct tp_err *err)
{
    struct swrite *s = self;
    struct tp_record none = {0};
    struct part *part;

    (void)line;
    if (!s->stores_control)
        return 0;
    tp_buf_clear(&s->line);
    tp_control_write(&s->line, control);
    if (tp_buf_failed(&s->line))
        return tp_err_memory(err);
    if (s->route)
        return tp_router_say(s->router, control->kind, tp_buf_str(&s->line), err);
    if (!s->files) {
        struct tp_buf *to = tp_stage_row(stage, err);

        if (to)
            tp_buf_put_str(to, tp_buf_str(&s->line));
        return to ? tp_stage_row_end(stage, err) : -1;
    }
    part = find_part(s, &none, TP_TIME_AFTER_ALL, err);
    if (!part || write_line(s, part, tp_buf_str(&s->line), err) < 0)
        return -1;
    return tp_files_settle(s->files, err);
}

static int
swrite_settle(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct swrite *s = self;

    (void)stage;
    if (s->log)
        return tp_log_settle(s->log, err);
    return s->files ? tp_files_settle(s->files, err) : tp_router_settle(s->router, err);
}

static int
swrite_quiet(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct swrite *s = self;

    (void)stage;
    if (s->log)
        return tp_log_flush(s->log, err);
    return s->files ? tp_files_flush(s->files, err) : tp_router_flush(s->router, err);
}

static void
report_another(void *self, const struct tp_err *err)
{
    tp_stage_spoiled(self, err);
}

static int
swrite_shut(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct swrite *s = self;

    if (s->log)
        return tp_log_close(s->log, err);
    if (s->router)
        return tp_router_close(s->router, report_another, stage, err);
    if (s->is_whole && finish_due(s, TP_TIME_AFTER_ALL, err) < 0)
        return -1;
    return tp_files_close(s->files, err);
}

static void
swrite_close(void *self)
{
    struct swrite *s = self;

    tp_log_free(s->log);
    tp_files_free(s->files);
    tp_router_free(s->router);
    tp_map_free(s->parts);
    tp_template_free(s->name);
    tp_buf_release(&s->key);
    tp_buf_release(&s->path);
    tp_buf_release(&s->line);
}

static const struct tp_operator swrite = {
    .name = "swrite",
    .purpose = "records into files: one, many by template, rolled, packed",
    .synopsis = "[--roll DUR|SIZE] [--compress F] [--fsync WHEN] TARGET [FILE ...]\n"
                "--log [--roll SIZE] [--keep DUR|SIZE] [--fsync WHEN] FOLDER [FILE ...]",
    .example = "  ... | swindow -w 1h -k status | swrite 'out/{window_start|day}.ndjson'",
    .options = options,
    .traits = TP_TIMED | TP_DELAYS | TP_LATENESS,
    .operands_before_files = 1,
    .open = swrite_open,
    .record = swrite_record,
    .watermark = swrite_watermark,
    .finish = swrite_finish,
    .control = swrite_control,
    .settle = swrite_settle,
    .quiet = swrite_quiet,
    .shut = swrite_shut,
    .close = swrite_close,
};

int
main(int argc, char **argv)
{
    struct swrite self = {.max_open = MAX_OPEN, .next_due = TP_TIME_AFTER_ALL};

    return tp_sink_main(&swrite, &self, argc, argv);
}
