/*
 * swindow: GROUP BY window: aggregates over windows of event time.
 *
 * Input: records in any order; with watermarks (or -d) those that come too late are the driver's
 * late records, with neither all of the input is one bounded set and rows come at its end.
 * State: accumulators of live windows, of which the rooms of event/ say how long they live: windows
 * (tumble, hop, cumulate, calendar), session, cut, count, whole.
 * Output: a row per window and key, in the order of window end, then first-seen key; behind them
 * the watermark that proved them. --early and --lateness say more of them (event/trigger).
 * A record whose arguments an aggregate cannot take is rejected whole.
 */
#include <stdlib.h>

#include "event/kinds.h"
#include "filter/operator.h"
#include "query/agg.h"
#include "record/memo.h"
#include "value/text.h"

struct swindow {
    const char *key_text, *agg_text, *start_text, *end_text;
    struct tp_plan plan;
    struct tp_keys keys;
    struct tp_aggs *aggs;
    struct tp_arguments arguments;

    struct tp_kinds kinds;
    struct tp_memo memo;         /* groups found last, of windows that share panes */
    int memo_slot;               /* of the one plain member that is the key; -1: no memo */
    struct tp_expr *start, *end; /* what --start and --end say; NULL: nothing */
    struct tp_part *part;        /* --partial, --merge */
    int change_slot;             /* of @op */
    bool takes_back; /* the record at hand was counted before, and is to be so no longer */
    struct tp_buf key;
    struct tp_row_writer writer;
    struct tp_stage *stage;
};

#define FIELD(name) offsetof(struct swindow, name)

static const struct tp_option options[] = {
    {'w', "window", "SPEC",
     "1m (or 15s, 1d ...), 1d@ZONE, hop:10m,1m, cumulate:1d,1h, session:30m, count:100 or all",
     TP_OPTION_TEXT, FIELD(plan.window)},
    {'k', "key", "KEYS", "members to group by: host, user.id AS user", TP_OPTION_TEXT,
     FIELD(key_text)},
    {'a', "agg", "AGGS", "aggregates (count): avg(bytes), p99(bytes) AS slow", TP_OPTION_TEXT,
     FIELD(agg_text)},
    {0, "offset", "DUR", "shift the windows", TP_OPTION_DURATION, FIELD(plan.offset)},
    {0, "max", "DUR", "no session lasts longer", TP_OPTION_DURATION, FIELD(plan.max)},
    {0, "start", "EXPR", "a record that meets it begins a session", TP_OPTION_TEXT,
     FIELD(start_text)},
    {0, "end", "EXPR", "a record that meets it is the last of its session", TP_OPTION_TEXT,
     FIELD(end_text)},
    {0, "lateness", "DUR", "keep windows so long, and write them again for late records",
     TP_OPTION_DURATION, FIELD(plan.trigger.lateness)},
    {0, "early", "DUR|N", "rows before the end: every DUR of event time, or N records",
     TP_OPTION_TEXT, FIELD(plan.early)},
    {0, "mode", "MODE", "what more rows of a window say: accumulate (all so far) or discard (news)",
     TP_OPTION_TEXT, FIELD(plan.mode)},
    {0, "retract", NULL, "take rows back before they are corrected", TP_OPTION_FLAG,
     FIELD(plan.trigger.retract)},
    {0, "empty", "[=key]", "rows of windows without records, too; of each key seen so far",
     TP_OPTION_TEXT, FIELD(plan.empty)},
    {0, "partial", NULL, "accumulators in place of results", TP_OPTION_FLAG, FIELD(plan.partial)},
    {0, "merge", NULL, "records are rows of --partial", TP_OPTION_FLAG, FIELD(plan.merge)},
    {0, "forget", "DUR", "with --empty=key, of keys seen so long ago at most", TP_OPTION_DURATION,
     FIELD(plan.forget)},
    {0},
};

static int
put_row(void *self, struct tp_row *row, struct tp_err *err)
{
    struct swindow *w = self;
    struct tp_buf *to = tp_stage_row(w->stage, err);
    struct tp_err why;
    int written;

    if (!to)
        return -1;
    written = tp_row_write(&w->writer, row, to, &why);
    if (written < 0)
        return tp_err_memory(err);
    if (written > 0)
        tp_stage_spoiled(w->stage, &why);
    return tp_stage_row_end(w->stage, err);
}

static void
report_skipped(void *self, const struct tp_err *why)
{
    tp_stage_spoiled(((struct swindow *)self)->stage, why);
}

/* --- opening -----------------------------------------------------------------------------------*/

static int
open_aggs(struct swindow *w, struct tp_stage *stage, struct tp_err *err)
{
    struct tp_err why;

    w->aggs = tp_aggs_parse(tp_str_of(w->agg_text), &why);
    if (!w->aggs)
        return tp_err_set(err, TP_FAULT_USAGE, "-a: %s", why.text);
    if (!w->plan.merge && tp_stage_want_arguments(stage, "-a", w->aggs, &w->arguments, err) < 0)
        return -1;
    return tp_row_check_names(&w->keys, w->aggs, err);
}

static int
swindow_open(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct swindow *w = self;
    const struct tp_windows_to to = {{put_row, w}, report_skipped};

    w->plan.cut = w->plan.max > 0 || w->start_text || w->end_text;
    w->change_slot = tp_scan_want_name(tp_stage_scan(stage), TP_STR("@op"), err);
    if (w->change_slot < 0 || tp_plan_open(&w->plan, w->key_text != NULL, err) < 0 ||
        (w->plan.merge ? tp_stage_want_written_keys : tp_stage_want_keys)(stage, "-k", w->key_text,
                                                                          &w->keys, err) < 0 ||
        open_aggs(w, stage, err) < 0 ||
        tp_plan_part(&w->plan, w->aggs, w->agg_text, tp_stage_scan(stage), &w->part, err) < 0)
        return -1;
    if ((w->start_text &&
         !(w->start = tp_stage_condition(stage, "--start", tp_str_of(w->start_text), err))) ||
        (w->end_text &&
         !(w->end = tp_stage_condition(stage, "--end", tp_str_of(w->end_text), err))))
        return -1;
    if (w->plan.spec.kind >= TP_WINDOW_COUNT)
        tp_stage_take_untimed(stage);
    w->stage = stage;
    w->writer.keys = &w->keys;
    w->writer.aggs = w->aggs;
    w->writer.part = w->plan.partial ? w->part : NULL;
    w->memo_slot = tp_keys_only_slot(&w->keys);
    return tp_kinds_open(&w->kinds, &w->plan, w->aggs, &w->keys, to, err);
}

/* --- records -----------------------------------------------------------------------------------*/

static int
read_arguments(struct swindow *w, const struct tp_record *r, struct tp_err *err)
{
    if (w->plan.merge)
        return tp_part_read(w->part, r->slot, r->time, r->has_time, err);
    return tp_arguments_read(&w->arguments, r->slot, err);
}

static int
add(struct swindow *w, const struct tp_record *r, void *acc, struct tp_err *err)
{
    if (w->plan.merge)
        return tp_part_merge(w->part, acc, err);
    if (w->takes_back)
        return tp_aggs_subtract(w->aggs, acc, w->arguments.value, err);
    return tp_aggs_add(w->aggs, acc, w->arguments.value, r->time, r->sequence, err);
}

static int
make_key(struct swindow *w, const struct tp_record *r, struct tp_err *err)
{
    tp_buf_clear(&w->key);
    return tp_keys_make(&w->keys, r->slot, &w->key, err);
}

static struct tp_arrival
arrival_of(const struct swindow *w, const struct tp_record *r)
{
    return (struct tp_arrival){r->time,
                               r->watermark,
                               r->sequence,
                               tp_buf_str(&w->key),
                               w->arguments.value,
                               w->takes_back,
                               w->plan.merge ? w->part : NULL};
}

/* Keys that say few values are remembered, and their groups with them; of many, each waits its turn
 * in memory. */
static __attribute__((noinline)) int
add_to_pane(struct swindow *w, const struct tp_record *r, struct tp_pane *pane, struct tp_err *err)
{
    bool remembers = w->memo_slot >= 0 && !tp_memo_rests(&w->memo);
    struct tp_arrival arrival;
    void *acc;

    if (make_key(w, r, err) < 0)
        return -1;
    arrival = arrival_of(w, r);
    if (!remembers)
        return tp_windows_add_soon(w->kinds.windows, pane, &arrival, &acc, err);
    if (tp_windows_add_now(w->kinds.windows, pane, &arrival, &acc, err) < 0)
        return -1;
    tp_memo_keep(&w->memo, pane->groups, &r->slot[w->memo_slot], acc);
    return 0;
}

/* The same where the group may be remembered: the hot path. Then no record waits for its turn: the
 * first that was remembered was added behind all of them. */
static inline int
add_to_remembered(struct swindow *w, const struct tp_record *r, struct tp_pane *pane,
                  struct tp_err *err)
{
    void *acc = NULL;

    if (w->memo_slot >= 0)
        acc = tp_memo_find(&w->memo, pane->groups, &r->slot[w->memo_slot]);
    return acc ? add(w, r, acc, err) : add_to_pane(w, r, pane, err);
}

static enum tp_verdict
late(const struct swindow *w, tp_time end)
{
    return tp_stage_late(w->stage, end, tp_trigger_limit(&w->plan.trigger, end));
}

/* Into windows that were said, or are said more than once, and into PANE if there is one. */
static int
add_to_held(struct swindow *w, const struct tp_record *r, struct tp_pane *pane, struct tp_err *err)
{
    struct tp_arrival arrival;
    void *acc;

    if (make_key(w, r, err) < 0)
        return -1;
    arrival = arrival_of(w, r);
    if (tp_windows_check(w->kinds.windows, &arrival, err) < 0 ||
        (pane && tp_windows_add_now(w->kinds.windows, pane, &arrival, &acc, err) < 0))
        return -1;
    return tp_windows_add(w->kinds.windows, &arrival, err);
}

static enum tp_verdict
add_to_windows(struct swindow *w, const struct tp_record *r)
{
    struct tp_pane *pane;
    struct tp_err err;
    tp_time last_end;
    int added = -1;

    switch (tp_windows_place(w->kinds.windows, r->time, r->watermark, &pane, &last_end, &err)) {
    case TP_PLACE_PANE:
        added = add_to_remembered(w, r, pane, &err);
        break;
    case TP_PLACE_HELD:
        added = add_to_held(w, r, pane, &err);
        break;
    case TP_PLACE_LATE:
        return late(w, last_end);
    case TP_PLACE_NONE:
        break;
    }
    return added < 0 ? tp_stage_fail(w->stage, &err) : TP_USED;
}

static int
add_to_cuts(struct swindow *w, const struct tp_record *r, const struct tp_arrival *arrival,
            struct tp_err *err)
{
    int starts = w->start ? tp_expr_test(w->start, r->slot, err) : 0;
    int ends = w->end && starts >= 0 ? tp_expr_test(w->end, r->slot, err) : 0;

    return starts < 0 || ends < 0 ? -1 : tp_cuts_add(w->kinds.cuts, arrival, starts, ends, err);
}

/* Into windows whose bounds depend on their records. */
static enum tp_verdict
add_to_others(struct swindow *w, const struct tp_record *r)
{
    struct tp_arrival arrival;
    struct tp_err err;
    tp_time late_end = TP_TIME_BEFORE_ALL;
    int added;

    if (make_key(w, r, &err) < 0)
        return tp_stage_fail(w->stage, &err);
    arrival = arrival_of(w, r);
    if (w->kinds.sessions)
        added = tp_sessions_add(w->kinds.sessions, &arrival, &late_end, &err);
    else if (w->kinds.cuts)
        added = add_to_cuts(w, r, &arrival, &err);
    else if (w->kinds.counts)
        added = tp_counts_add(w->kinds.counts, &arrival, r->has_time, &err);
    else
        added = tp_whole_add(w->kinds.whole, &arrival, r->has_time, &err);
    if (added < 0)
        return tp_stage_fail(w->stage, &err);
    if (added > 0)
        return TP_USED;
    return w->kinds.cuts ? tp_stage_late(w->stage, late_end, r->time) : late(w, late_end);
}

/* A record of a changelog: it ends the run before it is counted wrongly. */
static enum tp_verdict
take_change(struct swindow *w, const struct tp_record *r)
{
    const struct tp_slot *slot = &r->slot[w->change_slot];
    struct tp_str op =
        slot->kind == TP_SLOT_TEXT ? (struct tp_str){slot->ptr, slot->len} : TP_STR("");
    struct tp_err err, why;

    if (tp_plan_change(&w->plan, w->aggs, op, &w->takes_back, &why) == 0)
        return TP_USED;
    tp_err_set(&err, TP_FAULT_USAGE, "%s:%llu: a record with \"@op\":\"%.*s\": %s",
               tp_stage_input_name(w->stage, r->input), (unsigned long long)r->line_number,
               (int)tp_text_fit(op, 20), op.ptr, why.text);
    return tp_stage_fail(w->stage, &err);
}

static enum tp_verdict
swindow_record(void *self, struct tp_stage *stage, const struct tp_record *r)
{
    struct swindow *w = self;
    struct tp_err err;

    w->takes_back = false;
    if (r->slot[w->change_slot].kind > TP_SLOT_NULL && take_change(w, r) == TP_FAILED)
        return TP_FAILED;
    if (read_arguments(w, r, &err) < 0)
        return tp_stage_fail(stage, &err);
    return w->kinds.windows ? add_to_windows(w, r) : add_to_others(w, r);
}

/* --- time --------------------------------------------------------------------------------------*/

static int
swindow_watermark(void *self, struct tp_stage *stage, tp_time *watermark, struct tp_err *err)
{
    struct swindow *w = self;

    (void)stage;
    if (w->kinds.windows && tp_windows_due(w->kinds.windows, *watermark))
        tp_memo_clear(&w->memo); /* the groups it lends may go */
    return tp_kinds_watermark(&w->kinds, *watermark, err);
}

/* Windows that are not full are not said, but it is said that there were some. */
static void
note_unfilled(struct swindow *w)
{
    uint64_t records;
    size_t keys = tp_counts_unsaid(w->kinds.counts, &records);

    if (keys > 0)
        tp_stage_note(w->stage, "%llu record%s of %zu window%s that did not fill: no rows of them",
                      (unsigned long long)records, records == 1 ? "" : "s", keys,
                      keys == 1 ? "" : "s");
}

static int
swindow_finish(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct swindow *w = self;
    tp_time end = TP_TIME_AFTER_ALL;

    if (w->kinds.counts) {
        note_unfilled(w);
        return 0;
    }
    if (w->kinds.whole)
        return tp_whole_say(w->kinds.whole, err);
    return swindow_watermark(self, stage, &end, err);
}

static size_t
swindow_unfinished(void *self, const char **what)
{
    struct swindow *w = self;

    *what = "open window";
    return tp_kinds_unsaid(&w->kinds);
}

/* --- state -------------------------------------------------------------------------------------*/

static int
swindow_barrier(void *self, struct tp_stage *stage, int64_t id, struct tp_err *err)
{
    struct swindow *w = self;

    (void)stage;
    (void)id;
    return tp_kinds_settle(&w->kinds, err);
}

static int
swindow_save(void *self, struct tp_stage *stage, struct tp_save *save, struct tp_err *err)
{
    struct swindow *w = self;

    (void)stage;
    return tp_kinds_save(&w->kinds, save, err);
}

static int
swindow_load(void *self, struct tp_stage *stage, struct tp_str line, struct tp_err *err)
{
    struct swindow *w = self;

    (void)stage;
    return tp_kinds_load(&w->kinds, line, err);
}

/* Each of them says what windows there are, what they hold, or which rows stand. */
static void
swindow_identity(void *self, struct tp_stage *stage, struct tp_emit *to)
{
    const struct swindow *w = self;
    const struct {
        const char *name, *text;
    } said[] = {
        {"key", w->key_text}, {"agg", w->agg_text}, {"start", w->start_text}, {"end", w->end_text}};

    (void)stage;
    tp_plan_identity(&w->plan, to);
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        if (said[i].text)
            tp_emit_text(to, tp_str_of(said[i].name), tp_str_of(said[i].text));
}

static void
swindow_close(void *self)
{
    struct swindow *w = self;

    tp_kinds_release(&w->kinds);
    tp_expr_free(w->start);
    tp_expr_free(w->end);
    tp_part_free(w->part);
    tp_plan_release(&w->plan);
    tp_aggs_free(w->aggs);
    tp_keys_release(&w->keys);
    tp_arguments_release(&w->arguments);
    tp_buf_release(&w->key);
    tp_row_writer_release(&w->writer);
}

static const struct tp_operator swindow = {
    .name = "swindow",
    .purpose = "aggregates over windows of event time",
    .synopsis = "-w SPEC [-k KEYS] [-a AGGS] [-d DUR] [--empty[=key]] [--forget DUR] [FILE ...]\n"
                "-w SPEC [-k KEYS] [-a AGGS] [-d DUR] [--early DUR|N] [--lateness DUR] "
                "[--mode MODE] [--retract] [FILE ...]\n"
                "-w SPEC [-k KEYS] [-a AGGS] [-d DUR] [--max DUR] [--start EXPR] [--end EXPR] "
                "[FILE ...]\n"
                "-w SPEC [-k KEYS] [-a AGGS] [-d DUR] --partial|--merge [FILE ...]",
    .example = "  swindow -d 5s -w 1m -k status -a 'count, p99(bytes)' access.ndjson | sto table",
    .options = options,
    .traits = TP_TIMED | TP_DELAYS | TP_LATENESS | TP_STATEFUL | TP_SAVES_APART,
    .open = swindow_open,
    .record = swindow_record,
    .watermark = swindow_watermark,
    .finish = swindow_finish,
    .barrier = swindow_barrier,
    .unfinished = swindow_unfinished,
    .save = swindow_save,
    .load = swindow_load,
    .identity = swindow_identity,
    .close = swindow_close,
};

int
main(int argc, char **argv)
{
    struct swindow self = {.agg_text = "count"};

    return tp_transform_main(&swindow, &self, argc, argv);
}
