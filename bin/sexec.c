/*
 * sexec: a foreign command as a stage: records go through it, control lines around it.
 *
 * Input: any records. With --lines the command answers each with one line, in order; so many
 * answers are counted before a control line goes on. With --batch there is a run of the command
 * for the records between two control lines, and its output stands before the second.
 * State: none across records, but the control lines that wait for answers: at most HELD_MOST bytes
 * behind at most OWED_MOST records; a block of lines on the way to the command, a block on the way
 * back. Malformed records are rejected before the command sees them.
 * Output: the command's lines, byte for byte, each a JSON object; `null` and empty lines drop the
 * record. A command that fails or miscounts ends the run with status 3.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "filter/operator.h"
#include "record/control.h"
#include "record/scan.h"
#include "stream/child.h"
#include "stream/pending.h"
#include "value/clock.h"
#include "value/text.h"

enum {
    GATHER = 64 * 1024,      /* so much goes to the command at once while the input is busy */
    OWED_MOST = 1 << 18,     /* a command that buffers its output is given at most so many */
    HELD_MOST = 1024 * 1024, /* bytes of control lines */
    EXCERPT = 80,            /* bytes shown of a bad line */
};

#define PATIENCE (5 * TP_SECOND) /* then people are told that the command does not answer */

struct sexec {
    bool lines, batch;

    const char **words; /* the command; ends with NULL */
    struct tp_child *child;
    bool gone; /* it ended by itself, in order */

    uint64_t asked, answered; /* --lines: records given to it, lines it wrote */
    tp_time asked_since;      /* steady clock: of the last answer, or the first question after it */
    bool told;                /* that it does not answer */

    struct tp_pending held; /* --lines: control lines, until what was asked before is answered */
};

#define FIELD(name) offsetof(struct sexec, name)

static const struct tp_option options[] = {
    {0, "lines", NULL, "the command answers each line with one line (the default)", TP_OPTION_FLAG,
     FIELD(lines)},
    {0, "batch", NULL, "one run of the command for the records between two control lines",
     TP_OPTION_FLAG, FIELD(batch)},
    {0},
};

/* --- opening -----------------------------------------------------------------------------------*/

static int
start(struct sexec *x, struct tp_stage *stage, struct tp_err *err)
{
    x->child = tp_child_start(x->words, tp_stage_max_line(stage), err);
    return x->child ? 0 : -1;
}

static int
take_words(struct sexec *x, struct tp_stage *stage, struct tp_err *err)
{
    int count = 0;

    while (tp_stage_operand(stage, count))
        count++;
    if (count == 0)
        return tp_err_set(err, TP_FAULT_USAGE, "a command is missing");
    x->words = calloc((size_t)count + 1, sizeof *x->words);
    if (!x->words)
        return tp_err_memory(err);
    for (int i = 0; i < count; i++)
        x->words[i] = tp_stage_operand(stage, i);
    return 0;
}

static int
sexec_open(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sexec *x = self;

    if (x->lines && x->batch)
        return tp_err_set(err, TP_FAULT_USAGE, "--lines or --batch, not both");
    if (take_words(x, stage, err) < 0)
        return -1;
    if (x->batch)
        return 0; /* started with the first record of a run */
    if (start(x, stage, err) < 0) {
        err->fault = TP_FAULT_USAGE; /* no such command: said before anything was read */
        return -1;
    }
    return 0;
}

/* --- answers -----------------------------------------------------------------------------------*/

static uint64_t
owed(const struct sexec *x)
{
    return x->asked - x->answered;
}

/* WHAT is wrong with LINE of the command's output. */
static int
refuse(const struct sexec *x, struct tp_str line, const char *what, struct tp_err *err)
{
    struct tp_buf shown = TP_BUF_INIT;
    struct tp_str head = {line.ptr, line.len < EXCERPT ? line.len : EXCERPT};

    tp_text_quote(head, &shown);
    tp_err_set(err, TP_FAULT_MACHINE, "%s: %s: %s%s", tp_child_name(x->child), what,
               tp_buf_text(&shown), head.len < line.len ? "..." : "");
    tp_buf_release(&shown);
    return -1;
}

/* `null` or nothing: the record goes no further. */
static bool
drops(struct tp_str trimmed)
{
    return trimmed.len == 0 || tp_str_equal(trimmed, TP_STR("null"));
}

static int
check_answer(const struct sexec *x, struct tp_str line, struct tp_str trimmed, struct tp_err *err)
{
    struct tp_err why;
    char what[160];

    if (trimmed.ptr[0] != '{')
        return refuse(x, line, "wrote what is no JSON object", err);
    if (tp_scan_validate(trimmed, &why) < 0) {
        snprintf(what, sizeof what, "wrote bad JSON (byte %ld: %.100s)",
                 why.at + 1 + (trimmed.ptr - line.ptr), why.text);
        return refuse(x, line, what, err);
    }
    if (tp_control_is(trimmed))
        return refuse(x, line, "wrote a control line", err);
    return 0;
}

static int
write_row(struct tp_stage *stage, struct tp_str line, struct tp_err *err)
{
    struct tp_buf *to = tp_stage_row(stage, err);

    if (!to)
        return -1;
    tp_buf_put_str(to, line);
    tp_buf_put_char(to, '\n');
    return tp_stage_row_end(stage, err);
}

/* One line of the command's output. */
static int
take_answer(struct sexec *x, struct tp_stage *stage, struct tp_str line, struct tp_err *err)
{
    struct tp_str trimmed = tp_str_trim(line);
    bool dropped = drops(trimmed);

    if (!x->batch && owed(x) == 0)
        return refuse(x, line, "wrote more lines than it was given", err);
    if (line.len > tp_stage_max_line(stage))
        return refuse(x, line, "wrote a line longer than --max-line", err);
    if (!dropped && (check_answer(x, line, trimmed, err) < 0 || write_row(stage, line, err) < 0))
        return -1;
    if (x->batch)
        return 0;
    x->answered++;
    if (dropped)
        tp_stage_drop(stage, 1);
    else
        tp_stage_release(stage, 1);
    return 0;
}

/* Writes the control lines whose turn has come. */
static int
pass_control(struct sexec *x, struct tp_stage *stage, struct tp_err *err)
{
    struct tp_str line;

    while (tp_pending_next(&x->held, x->answered, &line))
        if (tp_stage_control(stage, line, err) < 0)
            return -1;
    return 0;
}

/* Takes all lines that have come. */
static int
take_answers(struct sexec *x, struct tp_stage *stage, struct tp_err *err)
{
    uint64_t before = x->answered;
    struct tp_str line;

    while (tp_child_line(x->child, &line)) {
        if (take_answer(x, stage, line, err) < 0 || pass_control(x, stage, err) < 0) {
            tp_stage_flush(stage, NULL); /* the answers before it are good */
            return -1;
        }
    }
    if (x->answered != before)
        x->asked_since = tp_clock_steady();
    return 0;
}

/* --- waiting for the command -------------------------------------------------------------------*/

/* How long to wait before people are told that nothing comes; -1: they need not be. */
static int
patience_ms(const struct sexec *x)
{
    tp_duration left;

    if (x->told || x->batch || owed(x) == 0)
        return -1;
    left = x->asked_since + PATIENCE - tp_clock_steady();
    return left > 0 ? (int)(left / TP_MILLISECOND) + 1 : 0;
}

static void
tell(struct sexec *x, struct tp_stage *stage)
{
    if (patience_ms(x) != 0)
        return;
    x->told = true;
    tp_stage_note(stage,
                  "%s: no answer for 5 s (it owes %llu): it seems to buffer its output; try "
                  "--batch, or its unbuffered mode (jq --unbuffered, sed -u, grep "
                  "--line-buffered, awk with fflush(), python3 -u)",
                  tp_child_name(x->child), (unsigned long long)owed(x));
}

/* Moves bytes to and from the command and takes what it answers; waits when there is nothing to
 * move, unless descriptor OTHER can be read. As tp_child_move. */
static int
step(struct sexec *x, struct tp_stage *stage, int other, struct tp_err *err)
{
    int moved = tp_child_move(x->child, other, 0, err);

    if (moved == 0) {
        if (tp_stage_flush(stage, err) < 0)
            return -1;
        moved = tp_child_move(x->child, other, patience_ms(x), err);
    }
    if (moved < 0 || take_answers(x, stage, err) < 0)
        return -1;
    if (moved == 0)
        tell(x, stage);
    return moved;
}

/* Is there nothing left to have of it? A run may close its output and go on reading. */
static bool
is_over(const struct sexec *x)
{
    return tp_child_ended(x->child) && (!x->batch || tp_child_is_deaf(x->child));
}

/* It is over: did it do what it should? */
static int
bury(struct sexec *x, struct tp_stage *stage, struct tp_err *err)
{
    unsigned long long missing = owed(x);
    struct tp_err why;
    int result = tp_child_wait(x->child, &why);

    if (result < 0 && missing > 0)
        tp_err_set(err, TP_FAULT_MACHINE, "%s; it owed %llu line%s", why.text, missing,
                   missing == 1 ? "" : "s");
    else if (result < 0)
        *err = why;
    else if (missing > 0)
        result = tp_err_set(err, TP_FAULT_MACHINE, "%s: ended, and owed %llu line%s",
                            tp_child_name(x->child), missing, missing == 1 ? "" : "s");
    if (result < 0) {
        tp_stage_flush(stage, NULL); /* the answers before its death are good */
        return -1;
    }
    tp_child_free(x->child);
    x->child = NULL;
    x->gone = true;
    return 0;
}

/* Lets it come to its end. */
static int
end_run(struct sexec *x, struct tp_stage *stage, struct tp_err *err)
{
    if (!x->child)
        return 0;
    tp_child_end_input(x->child);
    while (!tp_child_ended(x->child) || tp_child_unsent(x->child) > 0)
        if (step(x, stage, -1, err) < 0)
            return -1;
    return bury(x, stage, err);
}

/* --- the operator ------------------------------------------------------------------------------*/

/* Works until what was fed is written, and --lines owes little enough. */
static int
make_room(struct sexec *x, struct tp_stage *stage, struct tp_err *err)
{
    while (tp_child_unsent(x->child) > 0 || owed(x) >= OWED_MOST) {
        if (is_over(x))
            return bury(x, stage, err);
        if (step(x, stage, -1, err) < 0)
            return -1;
    }
    return 0;
}

static int
feed(struct sexec *x, struct tp_stage *stage, struct tp_str line, struct tp_err *err)
{
    if (tp_child_feed(x->child, line, err) < 0 || tp_child_feed(x->child, TP_STR("\n"), err) < 0)
        return -1;
    if (!x->batch && owed(x) == 0)
        x->asked_since = tp_clock_steady();
    x->asked += !x->batch;
    if (tp_child_unsent(x->child) < GATHER && owed(x) < OWED_MOST)
        return 0;
    return make_room(x, stage, err);
}

/* --batch: the command may end before its input does (`head -n 1`), with status 0. */
static int
ask(struct sexec *x, struct tp_stage *stage, struct tp_str line, struct tp_err *err)
{
    if (x->gone && x->batch)
        return 0;
    if (x->gone)
        return tp_err_set(err, TP_FAULT_MACHINE, "%s: ended before its input did", x->words[0]);
    if (!x->child && start(x, stage, err) < 0)
        return -1;
    return feed(x, stage, line, err);
}

static enum tp_verdict
sexec_record(void *self, struct tp_stage *stage, const struct tp_record *record)
{
    struct sexec *x = self;
    struct tp_err err;

    if (ask(x, stage, record->line, &err) < 0)
        return tp_stage_fail(stage, &err);
    return x->batch ? TP_USED : TP_HELD;
}

static int
sexec_control(void *self, struct tp_stage *stage, const struct tp_control *control,
              struct tp_str line, struct tp_err *err)
{
    struct sexec *x = self;

    (void)control;
    if (x->batch) {
        int result = end_run(x, stage, err);

        x->gone = false;
        return result;
    }
    if (owed(x) == 0)
        return 0;
    if (line.len > 0 && tp_pending_put(&x->held, x->asked, line) < 0)
        return tp_err_memory(err);
    while (tp_pending_bytes(&x->held) > HELD_MOST && x->child) {
        if (is_over(x))
            return bury(x, stage, err);
        if (step(x, stage, -1, err) < 0)
            return -1;
    }
    return 1;
}

/* Nothing to read: pass on what the command says until there is, and notice its death at once. */
static int
sexec_quiet(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sexec *x = self;
    int moved = 0;

    while (x->child && !(moved & TP_CHILD_OTHER)) {
        if (is_over(x))
            return bury(x, stage, err);
        /* Standard input is all this filter reads. */
        moved = step(x, stage, STDIN_FILENO, err);
        if (moved < 0)
            return -1;
    }
    return 0;
}

static int
sexec_finish(void *self, struct tp_stage *stage, struct tp_err *err)
{
    return end_run(self, stage, err);
}

/* Answers are whole, runs are not: one cut off in the middle would count half of an interval, and
 * is stopped instead of ended. */
static int
sexec_leave(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sexec *x = self;

    return x->batch ? 0 : end_run(x, stage, err);
}

static size_t
sexec_unfinished(void *self, const char **what)
{
    const struct sexec *x = self;

    *what = "run of the command";
    return x->batch && x->child;
}

static void
sexec_close(void *self)
{
    struct sexec *x = self;

    if (x->child)
        tp_child_stop(x->child);
    tp_child_free(x->child);
    tp_pending_release(&x->held);
    free(x->words);
}

static const struct tp_operator sexec = {
    .name = "sexec",
    .purpose = "runs a foreign command as a stage, event time carried around it",
    .synopsis = "[--lines | --batch] COMMAND [ARG ...]",
    .example = "  sexec jq -c --unbuffered '.bytes |= tonumber'\n"
               "  sexec --batch 'mlr --json sort -nr bytes then head -n 3'",
    .options = options,
    .operands_before_files = TP_OPERANDS_COMMAND,
    .open = sexec_open,
    .record = sexec_record,
    .control = sexec_control,
    .finish = sexec_finish,
    .leave = sexec_leave,
    .quiet = sexec_quiet,
    .unfinished = sexec_unfinished,
    .close = sexec_close,
};

int
main(int argc, char **argv)
{
    struct sexec self = {0};

    return tp_transform_main(&sexec, &self, argc, argv);
}
