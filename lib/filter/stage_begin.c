/*
 * What a stage does before the first read: options, inputs, output, the members it wants.
 */
#include "filter/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
    if (strcmp(set->snapshot_fork, "auto") && strcmp(set->snapshot_fork, "yes") &&
        strcmp(set->snapshot_fork, "no"))
        return tp_err_set(&s->err, TP_FAULT_USAGE, "--snapshot-fork: yes, no or auto, not \"%s\"",
                          set->snapshot_fork);
    if (set->eof && strcmp(set->eof, "end") != 0)
        return tp_err_set(&s->err, TP_FAULT_USAGE, "--eof: only \"end\", not \"%s\"", set->eof);
    if (set->step < TP_MILLISECOND || set->step % TP_MILLISECOND)
        return tp_err_set(&s->err, TP_FAULT_USAGE, "--step: whole milliseconds, at least one");
    if (set->max_line == 0)
        return tp_err_set(&s->err, TP_FAULT_USAGE, "--max-line: at least one byte");
    return set_max_ahead(s);
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
        if (tp_moment_parse(tp_str_of(set->now), tp_stage_now(s), s->zone, &s->now, &why) < 0)
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

/* The slots are known only when the operator has asked for all of them. */
static int
make_slots(struct tp_stage *s)
{
    size_t slots = tp_scan_slots(s->scan);

    s->slot = calloc(slots + 1, sizeof *s->slot);
    s->seen = calloc(slots + 1, sizeof *s->seen);
    if (!s->slot || !s->seen || tp_stage_grow_wanted(s, slots) < 0)
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
        input->in = tp_in_open_one_of((size_t)count, names[i], s->settings.max_line, &s->err);
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

/* Files are read only when it is known from where. */
static int
open_state(struct tp_stage *s)
{
    if (tp_state_open(s) < 0)
        return -1;
    for (int i = 0; s->state.store && i < s->inputs; i++)
        s->input[i].at_barrier = tp_in_is_regular(s->input[i].in);
    return 0;
}

static int
open_all(struct tp_stage *s, char **operands, int count)
{
    int own = s->own_operands < count ? s->own_operands : count;

    s->operand = operands;
    s->operands = own;
    if (s->keeps_last && count > own)
        s->last_operand = operands[--count];
    if (check_settings(s) < 0 || open_scan(s) < 0 || open_time(s) < 0)
        return -1;
    if (s->role != TP_ROLE_SOURCE) {
        /* Inputs first: an operator may size its state by their number. */
        bool two = (s->op->traits & TP_TWO_INPUTS) != 0 && !s->keeps_last;

        if ((two ? open_two_inputs : open_inputs)(s, operands + own, count - own) < 0)
            return -1;
        /* Before anything with an effect: an earlier run may still write to our files. */
        if (!s->stopped && open_state(s) < 0)
            return -1;
    } else if (count > own) {
        return tp_err_set(&s->err, TP_FAULT_USAGE, "takes no operand \"%s\"", operands[own]);
    }
    if (s->role == TP_ROLE_SOURCE && tp_state_open(s) < 0)
        return -1;
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
    s->late_window_end = s->late_reached = TP_TIME_BEFORE_ALL;
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
    s->operand = argv + first; /* all of them: `operands` may look */
    s->operands = argc - first;
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
