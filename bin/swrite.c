/*
 * swrite: records into files: one, many by template, rolled by event time or size, packed.
 *
 * Input: any records, in any order; the order within a file is that of the input.
 * State: the name of every file that is not whole yet, of those at most --max-open are open; 64 KiB
 * to 1 MiB of lines each. Output: the lines, byte for byte; control lines only with
 * --control=always. A record whose value cannot be part of a name, or that has no time where files
 * are rolled by it, is rejected. One whose file is whole by the watermark is late.
 */
#include "filter/operator.h"
#include "stream/log.h"
#include "stream/parts.h"
#include "stream/router.h"
#include "stream/template.h"
#include "swrite/given.h"

enum { MAX_OPEN = 256 };

struct swrite {
    struct given given;
    struct tp_template *name;
    struct tp_log *log;     /* --log */
    struct tp_parts *parts; /* NULL: the target is no file */
    struct tp_router *router;
    struct tp_route *route; /* when there is but one */
    struct tp_buf key, line;
    bool is_fixed, stores_control;
    bool is_whole; /* the stream ended, complete */
};

#define FIELD(field) offsetof(struct swrite, given.field)

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
    struct tp_router_settings settings = {(size_t)s->given.max_open, s->stores_control,
                                          s->stores_control};

    if (given_check_pipe(&s->given, err) < 0)
        return -1;
    s->router = tp_router_new(&settings);
    if (!s->router)
        return tp_err_memory(err);
    if (!s->is_fixed || tp_template_kind(s->name) == TP_TEMPLATE_STDOUT)
        return 0;
    s->route = tp_router_pin(s->router, s->name, 0, err);
    return s->route ? 0 : -1;
}

static int
open_files(struct swrite *s, struct tp_str target, struct tp_err *err)
{
    struct tp_parts_settings settings;

    if (given_take_packing(&s->given, target, err) < 0)
        return -1;
    settings = given_parts(&s->given, s->name);
    s->parts = tp_parts_new(&settings, err);
    return s->parts ? 0 : -1;
}

static void
note_cut(struct tp_stage *stage, uint64_t cut)
{
    if (cut > 0)
        tp_stage_note(stage, "%s: took away %llu bytes of a line that a crash cut off",
                      tp_stage_operand(stage, 0), (unsigned long long)cut);
}

/* --log: records without a time are kept, too; only they cannot be looked for by it. */
static int
open_log(struct swrite *s, struct tp_stage *stage, const char *folder, struct tp_err *err)
{
    struct tp_log_settings settings;
    uint64_t cut = 0;

    if (s->stores_control)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--log: a log holds records alone, no control lines");
    if (given_log(&s->given, &settings, err) < 0)
        return -1;
    tp_stage_take_untimed(stage);
    s->log = tp_log_open(folder, &settings, &cut, err);
    note_cut(stage, cut);
    return s->log ? 0 : -1;
}

/* What a barrier must take back can only be a file. */
static int
check_kept(const struct swrite *s, struct tp_err *err)
{
    if (!s->given.kept)
        return 0;
    if (tp_template_kind(s->name) != TP_TEMPLATE_FILE)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--state: only what goes into files can be taken back; what goes to %s "
                          "would come again",
                          tp_template_kind(s->name) == TP_TEMPLATE_STDOUT ? "standard output"
                                                                          : "a pipe");
    if (s->stores_control)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--control=always: barriers are of one run, and with --state a file is "
                          "of many");
    return 0;
}

static int
swrite_open(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct swrite *s = self;
    const char *target = tp_stage_operand(stage, 0);
    bool is_file;

    if (!target)
        return tp_err_set(err, TP_FAULT_USAGE, "write to what? TARGET is missing");
    s->given.kept = tp_stage_keeps_state(stage);
    if (given_take(&s->given, err) < 0)
        return -1;
    if (s->given.roll_time == 0 && tp_stage_delay(stage) >= 0)
        return tp_err_set(err, TP_FAULT_USAGE, "-d says when files of --roll DUR are whole");
    s->stores_control = tp_stage_takes_control(stage, false);
    if (s->given.is_log)
        return open_log(s, stage, target, err);
    if (s->given.keep_text)
        return tp_err_set(err, TP_FAULT_USAGE, "--keep goes with --log");
    if (s->given.roll_time == 0)
        tp_stage_ignore_time(stage);
    s->name = tp_template_parse(tp_str_of(target), false, err);
    if (!s->name)
        return -1;
    is_file = tp_template_kind(s->name) == TP_TEMPLATE_FILE;
    s->is_fixed = tp_template_is_fixed(s->name);
    if (s->stores_control && (!s->is_fixed || s->given.roll_text))
        return tp_err_set(err, TP_FAULT_USAGE, "--control=always: into one TARGET, not into many");
    if (check_kept(s, err) < 0 || want_members(s, stage, err) < 0)
        return -1;
    return is_file ? open_files(s, tp_str_of(target), err) : open_router(s, err);
}

/* --- records -----------------------------------------------------------------------------------*/

/* The line with its newline, which stands behind it in the block. */
static struct tp_str
whole_line(const struct tp_record *r)
{
    return (struct tp_str){r->line.ptr, r->line.len + 1};
}

static enum tp_verdict
write_to_file(struct swrite *s, struct tp_stage *stage, const struct tp_record *r)
{
    tp_time until = TP_TIME_AFTER_ALL;
    struct tp_err err;

    err.at = -1;
    if (s->given.roll_time > 0) {
        tp_time start = tp_time_floor(r->time, s->given.roll_time, 0);

        if (!tp_time_add(start, s->given.roll_time, &until) || start == TP_TIME_MIN)
            return tp_stage_reject(stage, -1, "its file lies outside the range of times");
        if (until <= r->watermark)
            return tp_stage_late(stage, until, until);
    }
    if (tp_parts_pass(s->parts, r->slot, until, whole_line(r), &err) < 0)
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

    if (s->parts)
        return write_to_file(s, stage, r);
    if (s->log)
        return tp_log_pass(s->log, whole_line(r), r->has_time ? r->time : TP_TIME_BEFORE_ALL,
                           &err) < 0
                   ? tp_stage_fail(stage, &err)
                   : TP_USED;
    return tp_template_kind(s->name) == TP_TEMPLATE_STDOUT ? TP_PASS : write_to_pipe(s, stage, r);
}

/* --- whole files, and the rest -----------------------------------------------------------------*/

static int
swrite_watermark(void *self, struct tp_stage *stage, tp_time *watermark, struct tp_err *err)
{
    struct swrite *s = self;

    (void)stage;
    return s->given.roll_time > 0 ? tp_parts_finish_due(s->parts, *watermark, err) : 0;
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

    (void)line;
    if (!s->stores_control)
        return 0;
    tp_buf_clear(&s->line);
    tp_control_write(&s->line, control);
    if (tp_buf_failed(&s->line))
        return tp_err_memory(err);
    if (s->route)
        return tp_router_say(s->router, control->kind, tp_buf_str(&s->line), err);
    if (!s->parts) {
        struct tp_buf *to = tp_stage_row(stage, err);

        if (to)
            tp_buf_put_str(to, tp_buf_str(&s->line));
        return to ? tp_stage_row_end(stage, err) : -1;
    }
    if (tp_parts_pass(s->parts, NULL, TP_TIME_AFTER_ALL, tp_buf_str(&s->line), err) < 0)
        return -1;
    return tp_parts_settle(s->parts, err);
}

static int
swrite_settle(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct swrite *s = self;

    (void)stage;
    if (s->log)
        return tp_log_settle(s->log, err);
    return s->parts ? tp_parts_settle(s->parts, err) : tp_router_settle(s->router, err);
}

static int
swrite_quiet(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct swrite *s = self;

    (void)stage;
    if (s->log)
        return tp_log_flush(s->log, err);
    return s->parts ? tp_parts_flush(s->parts, err) : tp_router_flush(s->router, err);
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
    /* Where state is kept, the last barrier did. */
    if (s->is_whole && !s->given.kept && tp_parts_finish_due(s->parts, TP_TIME_AFTER_ALL, err) < 0)
        return -1;
    return tp_parts_close(s->parts, err);
}

/* --- saved state -------------------------------------------------------------------------------*/

static int
swrite_barrier(void *self, struct tp_stage *stage, int64_t id, struct tp_err *err)
{
    struct swrite *s = self;

    (void)stage;
    if (!s->given.kept)
        return 0;
    if (s->log)
        return tp_log_prepare(s->log, id, s->is_whole, err);
    if (s->is_whole && tp_parts_finish_due(s->parts, TP_TIME_AFTER_ALL, err) < 0)
        return -1;
    return tp_parts_prepare(s->parts, id, err);
}

static int
swrite_save(void *self, struct tp_stage *stage, struct tp_save *save, struct tp_err *err)
{
    struct swrite *s = self;

    (void)stage;
    return s->log ? tp_log_save(s->log, save, err) : tp_parts_save(s->parts, save, err);
}

static int
swrite_load(void *self, struct tp_stage *stage, struct tp_str line, struct tp_err *err)
{
    struct swrite *s = self;

    (void)stage;
    return s->log ? tp_log_load(s->log, line, err) : tp_parts_load(s->parts, line, err);
}

static int
swrite_restored(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct swrite *s = self;
    uint64_t cut = 0;
    int result = s->log ? tp_log_restored(s->log, &cut, err) : tp_parts_restored(s->parts, err);

    note_cut(stage, cut);
    return result;
}

static int
swrite_committed(void *self, struct tp_stage *stage, int64_t id, struct tp_err *err)
{
    struct swrite *s = self;

    (void)stage;
    return s->log ? tp_log_committed(s->log, id, err) : tp_parts_committed(s->parts, id, err);
}

static void
swrite_identity(void *self, struct tp_stage *stage, struct tp_emit *to)
{
    struct swrite *s = self;

    tp_emit_text(to, TP_STR("target"), tp_str_of(tp_stage_operand(stage, 0)));
    given_identify(&s->given, to);
}

static void
swrite_close(void *self)
{
    struct swrite *s = self;

    tp_log_free(s->log);
    tp_parts_free(s->parts);
    tp_router_free(s->router);
    tp_template_free(s->name);
    tp_buf_release(&s->key);
    tp_buf_release(&s->line);
}

static const struct tp_operator swrite = {
    .name = "swrite",
    .purpose = "writes records into files: one, many by template, rolled, packed",
    .synopsis = "[--roll DUR|SIZE] [--compress F] [--fsync WHEN] TARGET [FILE ...]\n"
                "--log [--roll SIZE] [--keep DUR|SIZE] [--fsync WHEN] FOLDER [FILE ...]",
    .example = "  ... | swindow -w 1h -k status | swrite 'out/{window_start|day}.ndjson'",
    .options = options,
    .traits = TP_TIMED | TP_DELAYS | TP_LATENESS | TP_COMMITS,
    .operands_before_files = 1,
    .open = swrite_open,
    .record = swrite_record,
    .watermark = swrite_watermark,
    .finish = swrite_finish,
    .control = swrite_control,
    .settle = swrite_settle,
    .quiet = swrite_quiet,
    .shut = swrite_shut,
    .barrier = swrite_barrier,
    .save = swrite_save,
    .load = swrite_load,
    .restored = swrite_restored,
    .committed = swrite_committed,
    .identity = swrite_identity,
    .close = swrite_close,
};

int
main(int argc, char **argv)
{
    struct swrite self = {.given = {.max_open = MAX_OPEN}};

    return tp_sink_main(&swrite, &self, argc, argv);
}
