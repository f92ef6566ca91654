/*
 * sjoin: joins two streams by key and time.
 *
 * Input: LEFT and RIGHT in any order; records later than their own input's watermark (and
 * --lateness) are late. Without watermarks and -d both are bounded sets.
 * State: records of either side until the watermark proves that nothing can match them any more
 * (event/interval, event/cogroup), with --each the best partner so far (event/best); of a right
 * side with versions the last one of each key, too (event/versions). Of --lookup the table
 * (stream/reference), and of the stream nothing.
 * --max-memory bounds it. Malformed: as in every filter. A NULL key matches nothing, as in SQL.
 * Output: --within: a row for each pair as soon as both are there, in the order of arrival, the
 * partners of one record by time; rows of records without a match, and with --each those with the
 * best, once none (better) can come, before the watermark. -w: window by window, before the
 * watermark that proves it whole. --as-of: in the order of the left's time, before the watermark.
 * --lookup: in the order of the left records.
 */
#include <stdlib.h>

#include "event/interval.h"
#include "filter/operator.h"
#include "record/narrow.h"
#include "stream/joining.h"

struct sjoin {
    struct tp_joining join;

    const char *name[2]; /* of the sides, in messages */
    int change;          /* slot of `@op` */
    struct tp_buf key, scratch;
    struct tp_stage *stage;

    bool narrows[2]; /* sides of whose records a few members are all that is needed */
    struct tp_narrow narrow[2];
    struct tp_arena narrowed; /* records that wait for their answer */
};

#define FIELD(name) offsetof(struct sjoin, name)

static const struct tp_option options[] = {
    {0, "within", "LO,HI", "bounds of right time - left time: -20s,0s", TP_OPTION_TEXT,
     FIELD(join.within)},
    {'w', "window", "SPEC", "pairs in one window: 1m, hop:10m,1m, session:30m, 1d@Europe/Berlin",
     TP_OPTION_TEXT, FIELD(join.window)},
    {0, "as-of", NULL, "RIGHT holds versions: the one in force at the left's time", TP_OPTION_FLAG,
     FIELD(join.as_of)},
    {0, "lookup", NULL, "RIGHT is a table, read whole, and again when it changes", TP_OPTION_FLAG,
     FIELD(join.lookup)},
    {'k', "key", "KEYS", "what must be equal: id, or auction=id where names differ", TP_OPTION_TEXT,
     FIELD(join.keys)},
    {'j', "join", "TYPE", "inner, left, right, full, semi or anti (inner)", TP_OPTION_TEXT,
     FIELD(join.type)},
    {0, "on", "EXPR", "what must hold, too: l.price >= r.reserve", TP_OPTION_TEXT,
     FIELD(join.rows.on)},
    {0, "each", "SIDE", "--within: of each record of this side (l, r) the best pair alone",
     TP_OPTION_TEXT, FIELD(join.each)},
    {0, "by", "ORDER", "which pair is the best: 'l.price DESC' (the earliest partner's)",
     TP_OPTION_TEXT, FIELD(join.rows.by)},
    {0, "lp", "PREFIX", "for a left member that the right has, too (none)", TP_OPTION_TEXT,
     FIELD(join.rows.left_prefix)},
    {0, "rp", "PREFIX", "for a right member that the left has, too (right_)", TP_OPTION_TEXT,
     FIELD(join.rows.right_prefix)},
    {0, "nest", "L,R", "rows hold the two records whole, under these names", TP_OPTION_TEXT,
     FIELD(join.rows.nest)},
    {0, "select", "LIST", "rows are these: l.price, r.name AS seller", TP_OPTION_TEXT,
     FIELD(join.rows.select)},
    {0, "updates", NULL, "--within: unmatched rows at once, taken back (@op) by a match",
     TP_OPTION_FLAG, FIELD(join.updates)},
    {0, "lookup-format", "F", "ndjson, csv or tsv (by the end of the name)", TP_OPTION_TEXT,
     FIELD(join.table_format)},
    {0, "lateness", "DUR", "--within: take records so far behind their input's watermark",
     TP_OPTION_DURATION, FIELD(join.lateness)},
    {0, "max-memory", "SIZE", "stop when the records kept take more (no limit)", TP_OPTION_SIZE,
     FIELD(join.max_memory)},
    {0},
};

/* --- rows --------------------------------------------------------------------------------------*/

/* What fails for a pair makes no row of it: reported once, and the exit status is 1. */
static int
say_failure(struct sjoin *j, const char *option, const struct tp_err *why, struct tp_err *err)
{
    const struct tp_match_record *at_hand = j->join.match->at_hand;
    struct tp_err named;

    *err = *why;
    if (why->fault != TP_FAULT_RECORD)
        return -1;
    if (j->join.failed)
        return 0;
    j->join.failed = true;
    if (at_hand)
        tp_err_set(&named, why->fault, "%s:%llu: %s: %s (further ones are not reported)",
                   tp_stage_input_name(j->stage, at_hand->input),
                   (unsigned long long)at_hand->line_number, option, why->text);
    else
        tp_err_set(&named, why->fault, "%s: %s (further ones are not reported)", option, why->text);
    tp_stage_spoiled(j->stage, &named);
    return 0;
}

static int
write_row(void *context, const struct tp_match_row *row, struct tp_err *err)
{
    struct sjoin *j = context;
    struct tp_buf *to = tp_stage_row(j->stage, err);
    struct tp_joined_row out = {.time = row->time,
                                .op = tp_match_op_text(row->op),
                                .left = row->left,
                                .right = row->right,
                                .added = row->added};
    struct tp_err why;

    if (row->window) {
        out.has_window = true;
        out.window_start = row->window->start;
        out.window_end = row->window->end;
    }
    if (!to)
        return -1;
    if (tp_joined_write(j->join.joined, &out, to, &why) < 0)
        return say_failure(j, "--select", &why, err);
    return tp_stage_row_end(j->stage, err);
}

/* --on: a pair of which that cannot be said does not meet it. */
static int
meets(void *context, struct tp_str left, struct tp_str right, struct tp_err *err)
{
    struct sjoin *j = context;
    struct tp_err why;
    int result = tp_joined_meets(j->join.joined, left, right, &why);

    return result < 0 ? say_failure(j, "--on", &why, err) : result;
}

/* --by: a pair of which that cannot be said is none. */
static int
rank(void *context, struct tp_str left, struct tp_str right, struct tp_str *place,
     struct tp_err *err)
{
    struct sjoin *j = context;
    struct tp_err why;

    if (tp_joined_rank(j->join.joined, left, right, place, &why) < 0)
        return say_failure(j, "--by", &why, err);
    return 1;
}

/* --- opening -----------------------------------------------------------------------------------*/

/* The keys of a table are compiled against its rows. */
static int
open_keys(struct sjoin *j, struct tp_err *err)
{
    for (int i = 0; i < (j->join.lookup ? 1 : 2); i++) {
        struct tp_party *side = &j->join.side[i];
        const char *text = tp_buf_text(&side->text);

        if (tp_buf_failed(&side->text))
            return tp_err_memory(err);
        if (tp_stage_want_keys(j->stage, "-k", text, &side->keys, err) < 0)
            return -1;
    }
    return 0;
}

static int
open_join(struct sjoin *j, struct tp_err *err)
{
    struct tp_str text;
    const char *which;
    struct tp_err why;

    if (tp_joining_open(&j->join, tp_stage_scan(j->stage), &which, &text, &why) < 0) {
        *err = why;
        if (which)
            tp_stage_show_place(which, text, &why, err);
        return -1;
    }
    j->join.match->sink = (struct tp_match_sink){.context = j,
                                                 .meets = j->join.rows.on ? meets : NULL,
                                                 .rank = j->join.rows.by ? rank : NULL,
                                                 .row = write_row};
    return 0;
}

/* Both sides are narrow: expressions read nothing else. Of --within marks are kept, too. */
static void
read_narrow(struct sjoin *j)
{
    tp_joined_narrow(j->join.joined, j->narrow);
    for (int i = 0; i < 2 && j->join.within; i++)
        tp_interval_keep_behind(j->join.match, (enum tp_join_side)i, tp_narrow_mark(&j->narrow[i]));
}

/* Of records that rows do not copy, nothing is kept but what an expression reads. */
static int
open_narrow(struct sjoin *j, struct tp_err *err)
{
    struct tp_str names[TP_JOINED_READS];

    for (int i = 0; i < 2; i++) {
        int count = tp_joined_reads(j->join.joined, i, names);

        j->narrows[i] = count >= 0;
        if (j->narrows[i] &&
            tp_narrow_init(&j->narrow[i], tp_stage_scan(j->stage), names, (size_t)count, err) < 0)
            return -1;
    }
    if (j->narrows[TP_JOIN_LEFT] && j->narrows[TP_JOIN_RIGHT])
        read_narrow(j);
    return 0;
}

static int
sjoin_operands(void *self, struct tp_stage *stage)
{
    if (((struct sjoin *)self)->join.lookup)
        tp_stage_keep_last(stage);
    return 0;
}

static int
sjoin_open(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sjoin *j = self;
    const char *table = tp_stage_last_operand(stage);

    j->stage = stage;
    j->join.table = table;
    j->join.has_delay = tp_stage_delay(stage) >= 0;
    j->join.max_line = tp_stage_max_line(stage);
    if (tp_joining_check(&j->join, err) < 0)
        return -1;
    if (j->join.lookup)
        tp_stage_ignore_time(stage);
    else
        j->join.rows.time = tp_stage_time_field(stage);
    if (open_keys(j, err) < 0 || open_join(j, err) < 0 || open_narrow(j, err) < 0)
        return -1;
    j->name[TP_JOIN_LEFT] = tp_stage_input_name(stage, TP_JOIN_LEFT);
    j->name[TP_JOIN_RIGHT] = j->join.lookup ? table : tp_stage_input_name(stage, TP_JOIN_RIGHT);
    j->change = tp_scan_want_name(tp_stage_scan(stage), TP_STR("@op"), err);
    return j->change < 0 ? -1 : 0;
}

/* --- records -----------------------------------------------------------------------------------*/

/* Only versions change: a changed record of a pair that was said cannot be taken back. */
static int
check_op(const struct sjoin *j, const struct tp_record *r, enum tp_match_op op, struct tp_err *err)
{
    if (op == TP_MATCH_INSERT || j->join.lookup || (j->join.as_of && r->input == TP_JOIN_RIGHT))
        return 0;
    return tp_err_set(
        err, TP_FAULT_USAGE,
        "%s:%llu: a record with \"@op\": sjoin %scannot take changes, only new records",
        tp_stage_input_name(j->stage, r->input), (unsigned long long)r->line_number,
        j->join.as_of ? "--as-of on its left " : "");
}

/* What is kept of the record. */
static int
line_of(struct sjoin *j, enum tp_join_side side, const struct tp_record *r, struct tp_str *line,
        struct tp_err *err)
{
    *line = r->line;
    if (!j->narrows[side])
        return 0;
    *line = tp_narrow_record(&j->narrow[side], r->slot, &j->narrowed);
    return line->ptr ? 0 : tp_err_memory(err);
}

static enum tp_verdict
sjoin_record(void *self, struct tp_stage *stage, const struct tp_record *r)
{
    struct sjoin *j = self;
    enum tp_join_side which = j->join.lookup ? TP_JOIN_LEFT : (enum tp_join_side)r->input;
    struct tp_party *side = &j->join.side[which];
    struct tp_match_record record = {.side = which,
                                     .time = r->time,
                                     .watermark = r->input_watermark,
                                     .input = r->input,
                                     .line_number = r->line_number};
    const char *kind = NULL;
    struct tp_err err;
    tp_time limit;
    int taken;

    side->records++;
    if (tp_match_op_read(&r->slot[j->change], &j->scratch, &record.op, &err) < 0 ||
        check_op(j, r, record.op, &err) < 0 ||
        tp_party_key(side, r->slot, &j->key, &record.key, &kind, &err) < 0 ||
        line_of(j, which, r, &record.line, &err) < 0)
        return tp_stage_fail(stage, &err);
    record.apart = j->join.lookup && tp_reference_apart(j->join.match, r->slot);
    taken = j->join.match->way->add(j->join.match, &record, &limit, &err);
    if (taken == 0)
        return tp_stage_late(stage, j->join.window ? limit : TP_TIME_BEFORE_ALL, limit);
    if (taken < 0 || tp_joining_check_memory(&j->join, j->name, &err) < 0)
        return tp_stage_fail(stage, &err);
    tp_party_note(side, record.key, kind);
    return TP_USED;
}

/* --- time --------------------------------------------------------------------------------------*/

static int
sjoin_watermark(void *self, struct tp_stage *stage, tp_time *watermark, struct tp_err *err)
{
    struct sjoin *j = self;

    (void)stage;
    if (j->join.match->way->advance(j->join.match, *watermark, err) < 0)
        return -1;
    *watermark = tp_match_forward(j->join.match, *watermark);
    return 0;
}

static int
sjoin_input_end(void *self, struct tp_stage *stage, int input, struct tp_err *err)
{
    struct sjoin *j = self;

    (void)stage;
    if (j->join.lookup)
        return 0;
    j->join.side[input].over = true;
    return tp_match_end(j->join.match, (enum tp_join_side)input, err);
}

/* Before every block of input, since lines of the last one may wait, and so that no record meets a
 * table that is out of date. */
static int
sjoin_settle(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sjoin *j = self;
    struct tp_err why;

    if (tp_match_settle(j->join.match, err) < 0)
        return -1;
    tp_arena_clear(&j->narrowed);
    if (!j->join.lookup)
        return 0;
    if (tp_reference_refresh(j->join.match, &why) < 0)
        tp_stage_note(stage, "%s: the table as it was read before stays in use", why.text);
    return 0;
}

/* Why nothing matched, where it can be told. */
static void
explain(const struct sjoin *j, struct tp_stage *stage)
{
    struct tp_buf words = TP_BUF_INIT;

    tp_joining_explain(&j->join, j->name, &words);
    for (const char *line = tp_buf_text(&words), *end; (end = strchr(line, '\n')); line = end + 1)
        tp_stage_note(stage, "%.*s", (int)(end - line), line);
    tp_buf_release(&words);
}

static int
sjoin_finish(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sjoin *j = self;

    if (j->join.match->way->advance(j->join.match, TP_TIME_AFTER_ALL, err) < 0)
        return -1;
    explain(j, stage);
    return 0;
}

static size_t
sjoin_unfinished(void *self, const char **what)
{
    const struct sjoin *j = self;

    *what = "waiting record";
    return j->join.match->waiting;
}

/* A run that stops early (--strict) has still answered every record before. */
static int
sjoin_shut(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sjoin *j = self;

    return tp_match_settle(j->join.match, err) < 0 ? -1 : tp_stage_flush(stage, err);
}

/* --- state -------------------------------------------------------------------------------------*/

/* Records that still wait for their answer are answered in front of the barrier. */
static int
sjoin_barrier(void *self, struct tp_stage *stage, int64_t id, struct tp_err *err)
{
    struct sjoin *j = self;

    (void)stage;
    (void)id;
    return tp_match_settle(j->join.match, err);
}

static int
sjoin_save(void *self, struct tp_stage *stage, struct tp_save *save, struct tp_err *err)
{
    (void)stage;
    return tp_joining_save(&((struct sjoin *)self)->join, save, err);
}

static int
sjoin_load(void *self, struct tp_stage *stage, struct tp_str line, struct tp_err *err)
{
    (void)stage;
    return tp_joining_load(&((struct sjoin *)self)->join, line, err);
}

static int
sjoin_restored(void *self, struct tp_stage *stage, struct tp_err *err)
{
    (void)stage;
    (void)err;
    tp_match_loaded(((struct sjoin *)self)->join.match);
    return 0;
}

static void
sjoin_identity(void *self, struct tp_stage *stage, struct tp_emit *to)
{
    (void)stage;
    tp_joining_identity(&((struct sjoin *)self)->join, to);
}

static void
sjoin_close(void *self)
{
    struct sjoin *j = self;

    tp_joining_release(&j->join);
    tp_buf_release(&j->key);
    tp_buf_release(&j->scratch);
    tp_narrow_release(&j->narrow[TP_JOIN_LEFT]);
    tp_narrow_release(&j->narrow[TP_JOIN_RIGHT]);
    tp_arena_release(&j->narrowed);
}

static const struct tp_operator sjoin = {
    .name = "sjoin",
    .purpose = "joins two streams by key and time",
    .synopsis = "--within LO,HI -k KEYS [-j TYPE] [-d DUR] [--nest L,R] [LEFT] RIGHT\n"
                "-w SPEC -k KEYS [-j TYPE] [-d DUR] [--nest L,R] [LEFT] RIGHT\n"
                "--as-of -k KEYS [-j TYPE] [-d DUR] [--nest L,R] [LEFT] RIGHT\n"
                "--lookup -k KEYS [-j TYPE] [--nest L,R] [LEFT ...] TABLE",
    .example = "  sjoin --within -20s,0s -k auction=id -d 5s bids.ndjson auctions.ndjson\n"
               "  sjoin --as-of -k currency -d 5s orders.ndjson rates.ndjson\n"
               "  tail -F hits.ndjson | sjoin --lookup -k ip - hosts.csv",
    .options = options,
    .traits = TP_TIMED | TP_DELAYS | TP_LATENESS | TP_STATEFUL | TP_TWO_INPUTS,
    .operands = sjoin_operands,
    .open = sjoin_open,
    .record = sjoin_record,
    .watermark = sjoin_watermark,
    .input_end = sjoin_input_end,
    .settle = sjoin_settle,
    .finish = sjoin_finish,
    .unfinished = sjoin_unfinished,
    .shut = sjoin_shut,
    .barrier = sjoin_barrier,
    .save = sjoin_save,
    .load = sjoin_load,
    .restored = sjoin_restored,
    .identity = sjoin_identity,
    .close = sjoin_close,
};

int
main(int argc, char **argv)
{
    struct sjoin self = {.join.type = "inner",
                         .join.rows.left_prefix = "",
                         .join.rows.right_prefix = "right_",
                         .join.lateness = -1};

    return tp_transform_main(&sjoin, &self, argc, argv);
}
