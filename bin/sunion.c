/*
 * sunion: merges streams into one.
 *
 * Input: any records; order within an input is kept, between inputs it is whatever comes first.
 * --sorted: each input in the order of event time, and so is the result; among equals that of the
 * input named first.
 * State: none; --sorted: one line of each input. Malformed records are rejected; late is (--sorted)
 * what comes behind a later record that was written, or behind the watermark.
 * Output: the lines, byte for byte (--source adds a last member); the watermark is the minimum over
 * the inputs.
 */
#include <stdlib.h>

#include "filter/operator.h"
#include "record/emit.h"
#include "value/text.h"

/* --sorted: whose turn it is. */
struct turn {
    tp_time bound; /* of the line held; without one, nothing earlier comes; TP_TIME_AFTER_ALL: do
                      not wait */
    int input;
};

/* --sorted: where an input stands. */
struct merging {
    bool holds;    /* a line */
    bool listed;   /* among those whose line may lie in a block */
    bool borrowed; /* its line does */
    bool idle, ended;
    struct tp_str line; /* without its newline, which stands behind it */
    size_t members;     /* of that line */
    struct tp_buf copy; /* where it lies when it is not borrowed */
};

struct sunion {
    const char *source;    /* the member that names the input; NULL: none */
    struct tp_buf *member; /* by input: `"FIELD":"NAME"` */
    int inputs;

    bool sorted;
    struct merging *merging; /* by input */
    struct turn *tree;       /* a tournament: at n the earlier of those at 2n and 2n + 1; the
                                winner at 1, the inputs from their number on */
    int *listed;             /* inputs whose line may lie in a block */
    int listed_count, idle;
    tp_time written;      /* of the last line */
    uint64_t held, stuck; /* lines held; lines that nothing can go on for */
};

static const struct tp_option options[] = {
    {0, "sorted", NULL, "inputs are in order of event time, and so is the result", TP_OPTION_FLAG,
     offsetof(struct sunion, sorted)},
    {0, "source", "FIELD", "add a member with the name of the input", TP_OPTION_TEXT,
     offsetof(struct sunion, source)},
    {0},
};

/* --- whose turn it is --------------------------------------------------------------------------*/

/* Without a branch: which of two comes first is as good as random. */
static inline struct turn
earlier(struct turn a, struct turn b)
{
    bool first = (a.bound < b.bound) | ((a.bound == b.bound) & (a.input < b.input));

    return first ? a : b;
}

/* All is open: the first input begins. */
static void
seat(struct sunion *u)
{
    size_t inputs = (size_t)u->inputs;

    for (size_t i = 0; i < inputs; i++)
        u->tree[inputs + i] = (struct turn){TP_TIME_BEFORE_ALL, (int)i};
    for (size_t at = inputs - 1; at > 0; at--)
        u->tree[at] = earlier(u->tree[2 * at], u->tree[2 * at + 1]);
}

/* INPUT brings nothing before BOUND: the matches on its way to the top are played again. */
static void
move(struct sunion *u, int input, tp_time bound)
{
    struct turn winner = {bound, input};
    size_t at = (size_t)u->inputs + (size_t)input;

    u->tree[at] = winner;
    for (; at > 1; at /= 2) {
        winner = earlier(winner, u->tree[at ^ 1]);
        u->tree[at / 2] = winner;
    }
}

/* --- opening -----------------------------------------------------------------------------------*/

/* The member that says where a record came from is the same for all records of an input. */
static int
make_members(struct sunion *u, struct tp_stage *stage, struct tp_err *err)
{
    u->member = calloc((size_t)u->inputs, sizeof *u->member);
    if (!u->member)
        return tp_err_memory(err);
    for (int i = 0; i < u->inputs; i++) {
        tp_text_quote(tp_str_of(u->source), &u->member[i]);
        tp_buf_put_char(&u->member[i], ':');
        tp_text_quote(tp_str_of(tp_stage_input_name(stage, i)), &u->member[i]);
        if (tp_buf_failed(&u->member[i]))
            return tp_err_memory(err);
    }
    return 0;
}

static int
open_sorted(struct sunion *u, struct tp_stage *stage, struct tp_err *err)
{
    size_t inputs = (size_t)u->inputs;

    if (tp_stage_delay(stage) >= 0)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "-d: --sorted takes inputs in order; ssort -d merges others");
    u->merging = calloc(inputs, sizeof *u->merging);
    u->tree = calloc(2 * inputs, sizeof *u->tree);
    u->listed = calloc(inputs, sizeof *u->listed);
    if (!u->merging || !u->tree || !u->listed)
        return tp_err_memory(err);
    seat(u);
    u->written = TP_TIME_BEFORE_ALL;
    return 0;
}

static int
sunion_open(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sunion *u = self;

    u->inputs = tp_stage_inputs(stage);
    if (u->source && make_members(u, stage, err) < 0)
        return -1;
    if (u->sorted)
        return open_sorted(u, stage, err);
    if (tp_stage_delay(stage) < 0)
        tp_stage_ignore_time(stage);
    return 0;
}

/* --- writing -----------------------------------------------------------------------------------*/

static int
write_line(struct sunion *u, struct tp_stage *stage, int input, struct tp_str line, size_t members,
           struct tp_err *err)
{
    struct tp_buf *to = tp_stage_row(stage, err);

    if (!to)
        return -1;
    if (u->source)
        tp_emit_last(to, line, members, tp_buf_str(&u->member[input]));
    else
        tp_buf_put(to, line.ptr, line.len + 1);
    return tp_stage_row_end(stage, err);
}

/* The record at hand goes on at once. */
static enum tp_verdict
pass(struct sunion *u, struct tp_stage *stage, const struct tp_record *r)
{
    struct tp_err err;

    if (!u->source)
        return TP_PASS;
    if (write_line(u, stage, r->input, r->line, r->members, &err) < 0)
        return tp_stage_fail(stage, &err);
    return TP_USED;
}

/* Without a line: what INPUT may still bring, or that it is not waited for. */
static void
move_empty(struct sunion *u, int input, tp_time least)
{
    const struct merging *m = &u->merging[input];

    if (!m->holds)
        move(u, input, m->idle || m->ended ? TP_TIME_AFTER_ALL : least);
}

/* --- merging -----------------------------------------------------------------------------------*/

/* Writes the lines that nothing earlier can come before. */
static int
write_due(struct sunion *u, struct tp_stage *stage, struct tp_err *err)
{
    while (u->merging[u->tree[1].input].holds) {
        struct turn turn = u->tree[1];
        struct merging *m = &u->merging[turn.input];

        u->written = turn.bound;
        m->holds = m->borrowed = false;
        u->held--;
        tp_stage_release(stage, 1);
        if (write_line(u, stage, turn.input, m->line, m->members, err) < 0)
            return -1;
        if (m->idle || m->ended) /* else its next one comes no earlier: its place stays */
            move_empty(u, turn.input, turn.bound);
    }
    return 0;
}

/* The line lies in a block that is there until settle is called. */
static void
hold(struct sunion *u, const struct tp_record *r)
{
    struct merging *m = &u->merging[r->input];

    m->holds = m->borrowed = true;
    m->line = r->line;
    m->members = r->members;
    u->held++;
    if (m->listed)
        return;
    m->listed = true;
    u->listed[u->listed_count++] = r->input;
}

static enum tp_verdict
merge(struct sunion *u, struct tp_stage *stage, const struct tp_record *r)
{
    struct merging *m = &u->merging[r->input];
    tp_time limit = u->written > r->watermark ? u->written : r->watermark;
    struct tp_err err;

    /* Not chosen: the one that was is cut off, or stands at a barrier. Nothing goes on any more. */
    if (m->holds) {
        u->stuck++;
        return TP_HELD;
    }
    if (r->time < limit)
        return tp_stage_late_behind(stage, limit, r->time);
    u->idle -= m->idle;
    m->idle = false;
    move(u, r->input, r->time);
    if (u->tree[1].input == r->input) {
        u->written = r->time;
        return pass(u, stage, r);
    }
    hold(u, r);
    if (write_due(u, stage, &err) < 0)
        return tp_stage_fail(stage, &err);
    return TP_HELD;
}

static enum tp_verdict
sunion_record(void *self, struct tp_stage *stage, const struct tp_record *r)
{
    struct sunion *u = self;

    return u->sorted ? merge(u, stage, r) : pass(u, stage, r);
}

static int
sunion_settle(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sunion *u = self;

    (void)stage;
    while (u->listed_count > 0) {
        struct merging *m = &u->merging[u->listed[--u->listed_count]];

        m->listed = false;
        if (!m->borrowed)
            continue;
        tp_buf_clear(&m->copy);
        tp_buf_put(&m->copy, m->line.ptr, m->line.len + 1);
        if (tp_buf_failed(&m->copy))
            return tp_err_memory(err);
        m->line.ptr = m->copy.ptr;
        m->borrowed = false;
    }
    return 0;
}

static int
sunion_input_watermark(void *self, struct tp_stage *stage, int input, tp_time watermark,
                       struct tp_err *err)
{
    struct sunion *u = self;
    struct merging *m;

    if (!u->sorted)
        return 0;
    m = &u->merging[input];
    u->idle -= m->idle;
    m->idle = watermark == TP_TIME_AFTER_ALL;
    u->idle += m->idle;
    move_empty(u, input, watermark);
    return write_due(u, stage, err);
}

static int
sunion_input_end(void *self, struct tp_stage *stage, int input, struct tp_err *err)
{
    struct sunion *u = self;

    if (!u->sorted)
        return 0;
    u->merging[input].ended = true;
    move_empty(u, input, TP_TIME_AFTER_ALL);
    return write_due(u, stage, err);
}

static int
sunion_choose(void *self, struct tp_stage *stage)
{
    struct sunion *u = self;

    if (!u->sorted)
        return -1;
    for (int i = 0; u->idle > 0 && i < u->inputs; i++)
        if (u->merging[i].idle && !u->merging[i].holds && tp_stage_input_ready(stage, i))
            return i;
    return u->tree[1].bound == TP_TIME_AFTER_ALL ? -1 : u->tree[1].input;
}

static int
sunion_barrier(void *self, struct tp_stage *stage, int64_t id, struct tp_err *err)
{
    struct sunion *u = self;

    (void)stage;
    (void)id;
    if (!u->sorted)
        return 0;
    return tp_err_set(err, TP_FAULT_USAGE,
                      "a barrier asks for saved state, and sunion --sorted saves none yet");
}

/* --- the end -----------------------------------------------------------------------------------*/

static size_t
sunion_unfinished(void *self, const char **what)
{
    struct sunion *u = self;

    *what = "held record";
    return (size_t)(u->held + u->stuck);
}

static void
sunion_close(void *self)
{
    struct sunion *u = self;

    for (int i = 0; u->member && i < u->inputs; i++)
        tp_buf_release(&u->member[i]);
    for (int i = 0; u->merging && i < u->inputs; i++)
        tp_buf_release(&u->merging[i].copy);
    free(u->member);
    free(u->merging);
    free(u->tree);
    free(u->listed);
}

static const struct tp_operator sunion = {
    .name = "sunion",
    .purpose = "merges streams into one",
    .synopsis = "[--sorted] [--source FIELD] [-d DUR] [--max-drift DUR] [FILE ...]",
    .example = "  sunion --source host web1.ndjson web2.ndjson",
    .options = options,
    .traits = TP_TIMED | TP_DELAYS | TP_LATENESS,
    .open = sunion_open,
    .record = sunion_record,
    .settle = sunion_settle,
    .input_watermark = sunion_input_watermark,
    .input_end = sunion_input_end,
    .choose = sunion_choose,
    .barrier = sunion_barrier,
    .unfinished = sunion_unfinished,
    .close = sunion_close,
};

int
main(int argc, char **argv)
{
    struct sunion self = {0};

    return tp_transform_main(&sunion, &self, argc, argv);
}
