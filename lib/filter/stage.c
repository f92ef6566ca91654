#include "filter/stage.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "value/text.h"

/* --- before the first read ---------------------------------------------------------------------*/

/* A time from the future does harm where watermarks are made of it: it makes all else late. A stage
 * that makes none takes it, if not told otherwise: rows of a window of a week end days ahead. */
static int
set_max_ahead(struct tp_stage *s)
{
    const char *text = s->settings.max_ahead;
    struct tp_err why;

    s->ahead_limit = TP_TIME_BEFORE_ALL;
    s->max_ahead = TP_DAY;
    if (text ? strcmp(text, "none") == 0
             : !(s->op->traits & TP_MAKES_TIME) && s->settings.delay < 0) {
        s->ahead_limit = TP_TIME_AFTER_ALL;
        return 0;
    }
    if (text && tp_duration_parse(tp_str_of(text), &s->max_ahead, &why) < 0)
        return tp_err_set(&s->err, TP_FAULT_USAGE, "--max-ahead: %s", why.text);
    if (s->max_ahead < 0)
        return tp_err_set(&s->err, TP_FAULT_USAGE, "--max-ahead: %s is negative", text);
    return 0;
}

static int
check_settings(struct tp_stage *s)
{
    const struct tp_settings *set = &s->settings;

    if (strcmp(set->control, "auto") && strcmp(set->control, "always") &&
        strcmp(set->control, "never"))
        return tp_err_set(&s->err, TP_FAULT_USAGE, "--control: auto, always or never, not \"%s\"",
                          set->control);
    if (set->eof && strcmp(set->eof, "end") != 0)
        return tp_err_set(&s->err, TP_FAULT_USAGE, "--eof: only \"end\", not \"%s\"", set->eof);
    if (set->step < TP_MILLISECOND || set->step % TP_MILLISECOND)
        return tp_err_set(&s->err, TP_FAULT_USAGE, "--step: whole milliseconds, at least one");
    if (set->max_line == 0)
        return tp_err_set(&s->err, TP_FAULT_USAGE, "--max-line: at least one byte");
    return set_max_ahead(s);
}

static tp_time
clock_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (tp_time)now.tv_sec * TP_SECOND + now.tv_nsec;
}

static int
open_time(struct tp_stage *s)
{
    const struct tp_settings *set = &s->settings;
    struct tp_err why;

    if (set->zone) {
        s->zone = tp_zone_open(tp_str_of(set->zone), &why);
        if (!s->zone)
            return tp_err_set(&s->err, TP_FAULT_USAGE, "--tz: %s", why.text);
    }
    if (set->now) {
        if (tp_moment_parse(tp_str_of(set->now), clock_now(), s->zone, &s->now, &why) < 0)
            return tp_err_set(&s->err, TP_FAULT_USAGE, "--now: %s", why.text);
        s->has_now = true;
    }
    if (!(s->op->traits & (TP_TIMED | TP_TIME_OPTIONAL | TP_TIME_NAMED)))
        return 0;
    s->time_optional = (s->op->traits & TP_TIME_OPTIONAL) != 0;
    s->stamp = tp_stamp_new(set->time_format, s->zone, &why);
    if (!s->stamp)
        return tp_err_set(&s->err, TP_FAULT_USAGE, "--time-format: %s", why.text);
    if (s->op->frame || (s->op->traits & TP_TIME_NAMED))
        return 0;
    s->time_slot = tp_stage_want(s, set->time_field, &why);
    if (s->time_slot < 0)
        return tp_err_set(&s->err, TP_FAULT_USAGE, "--time: %s", why.text);
    return 0;
}

static int
open_scan(struct tp_stage *s)
{
    struct tp_path path;
    int result;

    s->time_slot = s->change_slot = -1;
    s->scan = tp_scan_new();
    if (!s->scan)
        return tp_err_memory(&s->err);
    if (!(s->op->traits & TP_NO_CHANGES))
        return 0;
    result = tp_path_parse(&path, TP_STR("@op"), &s->err);
    if (result == 0)
        result = s->change_slot = tp_scan_want(s->scan, &path, &s->err);
    tp_path_release(&path);
    return result < 0 ? -1 : 0;
}

static int
grow_wanted(struct tp_stage *s, size_t slots)
{
    struct tp_wanted *grown;

    if (slots <= s->slots)
        return 0;
    grown = realloc(s->wanted, slots * sizeof *grown);
    if (!grown)
        return -1;
    s->wanted = grown;
    while (s->slots < slots)
        s->wanted[s->slots++] = (struct tp_wanted){TP_BUF_INIT, false};
    return 0;
}

/* The slots are known only when the operator has asked for all of them. */
static int
make_slots(struct tp_stage *s)
{
    size_t slots = tp_scan_slots(s->scan);

    s->slot = calloc(slots + 1, sizeof *s->slot);
    s->seen = calloc(slots + 1, sizeof *s->seen);
    if (!s->slot || !s->seen || grow_wanted(s, slots) < 0)
        return tp_err_memory(&s->err);
    for (size_t i = 0; i < s->slots; i++)
        s->unseen += s->wanted[i].path.len > 0;
    s->record.slot = s->slot;
    return 0;
}

static int
open_inputs(struct tp_stage *s, char **names, int count)
{
    static char *standard_input[] = {"-"};

    if (count == 0) {
        names = standard_input;
        count = 1;
    }
    s->input = calloc((size_t)count, sizeof *s->input);
    s->minimum = tp_minimum_new();
    if (!s->input || !s->minimum)
        return tp_err_memory(&s->err);
    for (int i = 0; i < count; i++) {
        struct tp_input *input = &s->input[i];

        input->watermark = TP_TIME_BEFORE_ALL;
        tp_bounded_init(&input->bounded, s->settings.delay < 0 ? 0 : s->settings.delay,
                        s->settings.step);
        input->in = tp_in_open(names[i], s->settings.max_line, &s->err);
        if (!input->in) {
            s->err.fault = TP_FAULT_USAGE; /* a wrong operand: said before anything was read */
            return -1;
        }
        s->inputs++;
        if (tp_minimum_join(s->minimum) < 0)
            return tp_err_memory(&s->err);
    }
    return 0;
}

/* LEFT RIGHT; or RIGHT, and standard input is the left. */
static int
open_two_inputs(struct tp_stage *s, char **names, int count)
{
    char *two[] = {"-", count > 0 ? names[count - 1] : NULL};

    if (count < 1 || count > 2)
        return tp_err_set(&s->err, TP_FAULT_USAGE, "takes one FILE or two, not %d", count);
    if (count == 2)
        two[0] = names[0];
    if (strcmp(two[0], "-") == 0 && strcmp(two[1], "-") == 0)
        return tp_err_set(&s->err, TP_FAULT_USAGE, "both inputs are standard input");
    return open_inputs(s, two, 2);
}

static int
open_output(struct tp_stage *s)
{
    s->out = tp_out_new(STDOUT_FILENO, "standard output", &s->err);
    if (!s->out)
        return -1;
    s->writes_control =
        s->role != TP_ROLE_SINK && !s->muted && tp_stage_takes_control(s, tp_out_is_pipe(s->out));
    s->speaks = s->role == TP_ROLE_SOURCE || (s->op->traits & TP_MAKES_TIME) != 0;
    return 0;
}

static int
open_all(struct tp_stage *s, char **operands, int count)
{
    int own = s->own_operands < count ? s->own_operands : count;

    s->operand = operands;
    s->operands = own;
    if (check_settings(s) < 0 || open_scan(s) < 0 || open_time(s) < 0)
        return -1;
    if (s->role != TP_ROLE_SOURCE) {
        /* Inputs first: an operator may size its state by their number. */
        bool two = (s->op->traits & TP_TWO_INPUTS) != 0;

        if ((two ? open_two_inputs : open_inputs)(s, operands + own, count - own) < 0)
            return -1;
    } else if (count > own) {
        return tp_err_set(&s->err, TP_FAULT_USAGE, "takes no operand \"%s\"", operands[own]);
    }
    if (s->op->open && s->op->open(s->self, s, &s->err) < 0)
        return -1;
    if (make_slots(s) < 0)
        return -1;
    if (tp_side_open(&s->side, &s->settings, &s->err) < 0) {
        s->err.fault = TP_FAULT_USAGE; /* a wrong operand, as above */
        return -1;
    }
    return open_output(s);
}

/* A person at a terminal who typed the bare name wants to know what it does. */
static bool
nothing_to_read(const struct tp_stage *s, int operands)
{
    return s->role != TP_ROLE_SOURCE && !s->stopped && operands <= s->own_operands &&
           isatty(STDIN_FILENO);
}

static int
parse_options(struct tp_stage *s, const struct tp_option_group *groups, size_t count, int argc,
              char **argv, int *first)
{
    if (s->op->operands_before_files == TP_OPERANDS_COMMAND)
        return tp_option_parse_command(groups, count, argc, argv, first, &s->err);
    return tp_option_parse(groups, count, argc, argv, first, &s->err);
}

int
tp_stage_begin(struct tp_stage *s, int argc, char **argv)
{
    struct tp_option_group groups[TP_SETTINGS_GROUPS];
    size_t count;
    int first = 0;

    s->report.program = s->op->name;
    s->forwarded = s->record.watermark = TP_TIME_BEFORE_ALL;
    s->record.input_watermark = TP_TIME_BEFORE_ALL;
    s->late_window_end = TP_TIME_BEFORE_ALL;
    tp_settings_init(&s->settings);
    count = tp_settings_groups(&s->settings, s->op, s->self, groups);
    if (parse_options(s, groups, count, argc, argv, &first) < 0) {
        tp_report_failure(&s->report, &s->err);
        tp_settings_print_usage(s->op);
        return TP_STATUS_USAGE;
    }
    s->report.quiet = s->settings.quiet;
    s->delay = s->settings.delay;
    if (s->settings.help) {
        tp_settings_print_help(s->op, groups, count);
        return fflush(stdout) == 0 ? TP_STATUS_CLEAN : TP_STATUS_FAILED;
    }
    if (s->settings.version) {
        printf("%s (tidepipe) %s\n", s->op->name, TP_VERSION);
        return fflush(stdout) == 0 ? TP_STATUS_CLEAN : TP_STATUS_FAILED;
    }
    s->own_operands = s->op->operands ? s->op->operands(s->self, s) : s->op->operands_before_files;
    if (nothing_to_read(s, argc - first)) {
        tp_settings_print_usage(s->op);
        return TP_STATUS_USAGE;
    }
    if (open_all(s, argv + first, argc - first) < 0) {
        tp_report_failure(&s->report, &s->err);
        return tp_report_status(&s->err);
    }
    return -1;
}

/* --- after the last read -----------------------------------------------------------------------*/

static void
report_unseen_member(const struct tp_stage *s, const struct tp_wanted *wanted)
{
    const struct tp_str *names, *likest;
    size_t count = tp_scan_names(s->scan, &names);
    int len = (int)wanted->path.len;
    bool quoted = len > 2 && wanted->path.ptr[0] == '"'; /* plain names are written without */

    likest = tp_text_likest(tp_buf_str(&wanted->path), names, count);
    if (wanted->maybe_text)
        tp_report_note(&s->report, "no record had member %.*s; strings are written '%.*s'", len,
                       wanted->path.ptr, quoted ? len - 2 : len, wanted->path.ptr + quoted);
    else if (likest)
        tp_report_note(&s->report, "no record had member \"%.*s\" (did you mean %.*s?)", len,
                       wanted->path.ptr, (int)likest->len, likest->ptr);
    else
        tp_report_note(&s->report, "no record had member \"%.*s\"", len, wanted->path.ptr);
}

static void
report_unseen(const struct tp_stage *s)
{
    if (s->count.in == s->count.rejected)
        return;
    for (size_t i = 0; i < s->slots; i++)
        if (s->wanted[i].path.len > 0 && !s->seen[i])
            report_unseen_member(s, &s->wanted[i]);
}

static void
report_stats(const struct tp_stage *s)
{
    const struct tp_counts *c = &s->count;
    struct tp_report loud = {s->report.program, false, 0};

#define N(field) (unsigned long long)c->field
    tp_report_note(&loud,
                   "in %llu = used %llu + late %llu + rejected %llu + filtered %llu + duplicate "
                   "%llu + held %llu; rows out %llu, bytes out %llu",
                   N(in), N(used), N(late), N(rejected), N(filtered), N(duplicate), N(held),
                   N(rows), (unsigned long long)(s->out ? tp_out_bytes(s->out) : 0));
#undef N
}

/* The harness's own check, at every exit: no record may vanish between the counters. */
static bool
balances(const struct tp_stage *s)
{
    const struct tp_counts *c = &s->count;
    struct tp_err err;

    if (c->in == c->used + c->late + c->rejected + c->filtered + c->duplicate + c->held)
        return true;
    tp_err_set(&err, TP_FAULT_MACHINE,
               "internal error: the counts of records do not balance (see --stats)");
    tp_report_failure(&s->report, &err);
    report_stats(s);
    return false;
}

void
tp_stage_give_back(struct tp_stage *s)
{
    if (s->op->close)
        s->op->close(s->self);
    for (int i = 0; i < s->inputs; i++)
        tp_in_close(s->input[i].in);
    free(s->input);
    tp_minimum_free(s->minimum);
    tp_scan_free(s->scan);
    tp_stamp_free(s->stamp);
    tp_zone_close(s->zone);
    tp_out_free(s->out);
    tp_side_close(&s->side, NULL);
    tp_buf_release(&s->scratch);
    free(s->slot);
    for (size_t i = 0; i < s->slots; i++)
        tp_buf_release(&s->wanted[i].path);
    free(s->wanted);
    free(s->seen);
}

static int
failed(const struct tp_stage *s, const struct tp_err *err)
{
    tp_report_failure(&s->report, err);
    return TP_STATUS_FAILED;
}

/* The rows first, then what is to be said about them; standard output is closed last, since a side
 * target may share it. After a failure, too: how much of what went before it comes out must not
 * depend on how full a buffer was. Where writing itself failed, that was reported. */
static int
close_streams(struct tp_stage *s, int status)
{
    bool whole = status == TP_STATUS_CLEAN;
    struct tp_err err;

    if (tp_out_flush(s->out, &err) < 0) {
        if (whole)
            status = failed(s, &err);
        whole = false;
    }
    if (s->op->shut && s->op->shut(s->self, s, &err) < 0)
        status = failed(s, &err);
    tp_side_report(&s->side, &s->report, s->delay, s->settings.step, s->count.rejected);
    if (tp_side_close(&s->side, &err) < 0) {
        /* A target that ended the run fails again in the same words. */
        if (whole || strcmp(err.text, s->err.text) != 0)
            tp_report_failure(&s->report, &err);
        status = TP_STATUS_FAILED;
    }
    if (tp_out_close(s->out, &err) < 0 && whole)
        status = failed(s, &err);
    return status;
}

uint64_t
tp_stage_lost(const struct tp_stage *s)
{
    double forgiven = s->settings.tolerate / 100 * (double)s->count.in;

    return (double)s->side.rejected > forgiven ? s->side.rejected : 0;
}

/* Was anything lost for good, here or upstream? */
static bool
lost_some(const struct tp_stage *s)
{
    return s->upstream.rejected + s->upstream.late + s->side.dropped_late + tp_stage_lost(s) > 0;
}

int
tp_stage_end(struct tp_stage *s, int result)
{
    int status = TP_STATUS_CLEAN;

    if (result < 0) {
        tp_report_failure(&s->report, &s->err);
        status = tp_report_status(&s->err);
    }
    status = close_streams(s, status);
    if (s->unseen > 0 && !s->stopped)
        report_unseen(s);
    if (s->settings.stats)
        report_stats(s);
    for (int i = 0; i < s->inputs && status == TP_STATUS_CLEAN; i++)
        if (s->input[i].cut)
            status = TP_STATUS_FAILED;
    if (!balances(s))
        status = TP_STATUS_FAILED;
    if (status == TP_STATUS_CLEAN && (s->spoiled || lost_some(s)))
        status = TP_STATUS_SOME_BAD;
    return status;
}

/* --- what operators ask (operator.h) -----------------------------------------------------------*/

int
tp_stage_want(struct tp_stage *s, const char *text, struct tp_err *err)
{
    struct tp_path path;
    int slot;

    if (tp_path_parse(&path, tp_str_of(text), err) < 0)
        return -1;
    slot = tp_stage_want_path(s, &path, err);
    tp_path_release(&path);
    return slot;
}

int
tp_stage_want_path(struct tp_stage *s, const struct tp_path *path, struct tp_err *err)
{
    int slot = tp_scan_want(s->scan, path, err);

    if (slot < 0)
        return -1;
    return tp_stage_note_wanted(s, (size_t)slot, path, false) < 0 ? tp_err_memory(err) : slot;
}

int
tp_stage_note_wanted(struct tp_stage *s, size_t slot, const struct tp_path *path, bool maybe_text)
{
    if (grow_wanted(s, slot + 1) < 0)
        return -1;
    if (s->wanted[slot].path.len == 0)
        tp_path_write(path, &s->wanted[slot].path);
    s->wanted[slot].maybe_text |= maybe_text;
    return 0;
}

void
tp_stage_take_untimed(struct tp_stage *s)
{
    s->time_optional = true;
    tp_buf_clear(&s->wanted[s->time_slot].path); /* nobody is surprised when no record has it */
}

void
tp_stage_write_no_control(struct tp_stage *s)
{
    s->settings.control = "never";
}

struct tp_scan *
tp_stage_scan(struct tp_stage *s)
{
    return s->scan;
}

const char *
tp_stage_operand(const struct tp_stage *s, int i)
{
    return i < s->operands ? s->operand[i] : NULL;
}

int
tp_stage_inputs(const struct tp_stage *s)
{
    return s->inputs;
}

const char *
tp_stage_input_name(const struct tp_stage *s, int input)
{
    return tp_in_name(s->input[input].in);
}

struct tp_buf *
tp_stage_row(struct tp_stage *s, struct tp_err *err)
{
    return tp_out_buf(s->out, err);
}

int
tp_stage_row_end(struct tp_stage *s, struct tp_err *err)
{
    s->count.rows++;
    return tp_out_check(s->out, err);
}

int
tp_stage_control(struct tp_stage *s, struct tp_str line, struct tp_err *err)
{
    struct tp_buf *to;

    if (!s->writes_control)
        return 0;
    to = tp_out_buf(s->out, err);
    if (!to)
        return -1;
    tp_buf_put_str(to, line);
    return tp_out_check(s->out, err);
}

int
tp_stage_flush(struct tp_stage *s, struct tp_err *err)
{
    if (tp_side_flush(&s->side, err) < 0)
        return -1;
    return tp_out_pending(s->out) ? tp_out_flush(s->out, err) : 0;
}

void
tp_stage_advance(struct tp_stage *s, int input, tp_time watermark)
{
    struct tp_input *in = &s->input[input];

    if (watermark <= in->watermark && !in->idle)
        return;
    if (watermark > in->watermark)
        in->watermark = watermark;
    in->idle = false;
    tp_minimum_set(s->minimum, input, in->watermark);
    s->moved = true;
}

void
tp_stage_idle(struct tp_stage *s, int input)
{
    s->input[input].idle = true;
    tp_minimum_set_idle(s->minimum, input);
    s->moved = true;
}

enum tp_verdict
tp_stage_late(struct tp_stage *s, tp_time window_end, tp_time limit)
{
    s->late_window_end = window_end;
    s->late_limit = limit;
    return TP_LATE;
}

enum tp_verdict
tp_stage_reject(struct tp_stage *s, long at, const char *format, ...)
{
    va_list args;

    s->err.fault = TP_FAULT_RECORD;
    s->err.at = at;
    va_start(args, format);
    vsnprintf(s->err.text, sizeof s->err.text, format, args);
    va_end(args);
    return TP_REJECTED;
}

enum tp_verdict
tp_stage_fail(struct tp_stage *s, const struct tp_err *err)
{
    if (err != &s->err)
        s->err = *err;
    return err->fault == TP_FAULT_RECORD ? TP_REJECTED : TP_FAILED;
}

void
tp_stage_release(struct tp_stage *s, uint64_t count)
{
    s->count.held -= count;
    s->count.used += count;
}

void
tp_stage_drop(struct tp_stage *s, uint64_t count)
{
    s->count.held -= count;
    s->count.filtered += count;
}

void
tp_stage_drop_duplicate(struct tp_stage *s, uint64_t count)
{
    s->count.held -= count;
    s->count.duplicate += count;
}

void
tp_stage_spoiled(struct tp_stage *s, const struct tp_err *err)
{
    s->spoiled = true;
    tp_report_failure(&s->report, err);
}

void
tp_stage_stop(struct tp_stage *s)
{
    s->stopped = true;
}

void
tp_stage_mute(struct tp_stage *s)
{
    s->muted = true;
}

tp_time
tp_stage_now(struct tp_stage *s)
{
    return s->has_now ? s->now : clock_now();
}

tp_duration
tp_stage_waited(const struct tp_stage *s)
{
    return s->waited;
}

void
tp_stage_wake_after(struct tp_stage *s, tp_duration after)
{
    if (after <= 0)
        s->wake_at = 0;
    else if (__builtin_add_overflow(s->waited, after, &s->wake_at))
        s->wake_at = INT64_MAX;
}

tp_duration
tp_stage_delay(const struct tp_stage *s)
{
    return s->settings.delay;
}

tp_duration
tp_stage_step(const struct tp_stage *s)
{
    return s->settings.step;
}

size_t
tp_stage_max_line(const struct tp_stage *s)
{
    return (size_t)s->settings.max_line;
}

int
tp_stage_time_slot(const struct tp_stage *s)
{
    return s->time_slot;
}

const char *
tp_stage_time_field(const struct tp_stage *s)
{
    return s->settings.time_field;
}

bool
tp_stage_time_is_reread(const struct tp_stage *s)
{
    return s->settings.time_format || s->settings.zone;
}

void
tp_stage_note(struct tp_stage *s, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    tp_report_note(&s->report, "%s", text);
}

bool
tp_stage_takes_control(const struct tp_stage *s, bool stream)
{
    return strcmp(s->settings.control, "always") == 0 ||
           (stream && strcmp(s->settings.control, "auto") == 0);
}

bool
tp_stage_to_terminal(const struct tp_stage *s)
{
    return tp_out_is_terminal(s->out);
}
