/*
 * srank: the first N records of each window and key, by an ORDER BY list: SQL's Top-N.
 *
 * Input: records in any order; with watermarks (or -d) those that come too late are the driver's
 * late records, with neither all of the input is one bounded set and rows come at its end.
 * Windows are those of -w, or those that the records name themselves (window_start, window_end: the
 * rows of swindow). With --running there is no window: records are taken as they come, and what
 * they change is told at once.
 * State: per open window and key at most N records (with --ties keep also those that tie with the
 * last). A window is open until the watermark reaches its end; --max-memory bounds all.
 * Output: in the order of window end, then first-seen key, then rank; behind them the watermark
 * that proved them. A record that names its window passes byte for byte with the rank behind it;
 * with -w the window stands in front. With --running a changelog, in the order of arrival. A record
 * whose --by cannot be evaluated, or compared with those before it, is rejected.
 */
#include <string.h>

#include "base/map.h"
#include "event/ranking.h"
#include "event/tops.h"
#include "filter/operator.h"
#include "record/emit.h"

struct srank {
    const char *window_text, *key_text, *by_text, *ties_text, *rank_name;
    uint64_t limit, max_memory;
    bool running, retract;

    bool own; /* records name their window */
    struct tp_window_spec spec;
    struct tp_keys keys;
    struct tp_terms by;
    struct tp_top_rule rule;
    size_t held;            /* bytes of the records kept */
    struct tp_ranked *kept; /* the record at hand, once some window wants it */
    struct tp_buf key;      /* its key */

    struct tp_ranking row;

    struct tp_tops *tops;
    struct tp_stage *stage;
};

#define FIELD(name) offsetof(struct srank, name)

static const struct tp_option options[] = {
    {'n', "top", "N", "how many of each window and key", TP_OPTION_COUNT, FIELD(limit)},
    {0, "by", "LIST", "what ranks them, as in ORDER BY: 'count DESC, host'", TP_OPTION_TEXT,
     FIELD(by_text)},
    {'k', "key", "KEYS", "members to group by: host, user.id AS user", TP_OPTION_TEXT,
     FIELD(key_text)},
    {'w', "window", "SPEC", "1m, hop:10m,1m, all; none: that which a record names", TP_OPTION_TEXT,
     FIELD(window_text)},
    {0, "ties", "WHICH", "at the last rank: first (the earliest) or keep (all)", TP_OPTION_TEXT,
     FIELD(ties_text)},
    {0, "running", NULL, "no windows: each change, as a changelog", TP_OPTION_FLAG, FIELD(running)},
    {0, "retract", NULL, "--running: retract and update, no upsert", TP_OPTION_FLAG,
     FIELD(retract)},
    {0, "max-memory", "SIZE", "stop when the records kept take more (no limit)", TP_OPTION_SIZE,
     FIELD(max_memory)},
    {0, "as", "NAME", "the member that holds the rank (rank)", TP_OPTION_TEXT, FIELD(rank_name)},
    {0},
};

/* --- opening -----------------------------------------------------------------------------------*/

static int
open_running(const struct srank *s, struct tp_stage *stage, struct tp_err *err)
{
    if (s->retract && !s->running)
        return tp_err_set(err, TP_FAULT_USAGE, "--retract goes with --running");
    if (!s->running)
        return 0;
    if (s->window_text)
        return tp_err_set(err, TP_FAULT_USAGE, "--running has no windows: not with -w");
    if (s->rule.keep_ties && !s->retract)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--ties keep with --running wants --retract: "
                          "a rank that several share is no key to upsert by");
    tp_stage_take_untimed(stage);
    return 0;
}

static int
open_window(struct srank *s, struct tp_stage *stage, struct tp_err *err)
{
    struct tp_err why;

    s->own = !s->window_text;
    if (s->own)
        return 0;
    if (tp_window_parse(tp_str_of(s->window_text), &s->spec, &why) < 0)
        return tp_err_set(err, TP_FAULT_USAGE, "-w: %s", why.text);
    switch (s->spec.kind) {
    case TP_WINDOW_FIXED:
    case TP_WINDOW_CUMULATE:
    case TP_WINDOW_CALENDAR:
        break;
    case TP_WINDOW_ALL:
        tp_stage_take_untimed(stage);
        break;
    case TP_WINDOW_SESSION:
    case TP_WINDOW_COUNT:
        return tp_err_set(err, TP_FAULT_USAGE,
                          "-w: rows are ranked in windows of time whose bounds are known");
    }
    return 0;
}

static int
open_rule(struct srank *s, struct tp_err *err)
{
    if (s->limit == 0)
        return tp_err_set(err, TP_FAULT_USAGE, "-n is missing: how many of each? -n 3, say");
    if (strcmp(s->ties_text, "keep") != 0 && strcmp(s->ties_text, "first") != 0)
        return tp_err_set(err, TP_FAULT_USAGE, "--ties: \"%s\" is neither first nor keep",
                          s->ties_text);
    s->rule =
        (struct tp_top_rule){&s->by.order, s->limit, strcmp(s->ties_text, "keep") == 0, &s->held};
    return 0;
}

static int
open_by(struct srank *s, struct tp_stage *stage, struct tp_err *err)
{
    if (!s->by_text)
        return tp_err_set(err, TP_FAULT_USAGE, "--by is missing: --by 'count DESC', say");
    return tp_stage_want_terms(stage, "--by", s->by_text, &s->by, err);
}

static int
srank_open(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct srank *s = self;

    s->stage = stage;
    if (open_rule(s, err) < 0 || open_running(s, stage, err) < 0 ||
        open_window(s, stage, err) < 0 || open_by(s, stage, err) < 0 ||
        tp_stage_want_keys(stage, "-k", s->key_text, &s->keys, err) < 0 ||
        tp_ranking_open(&s->row, tp_stage_scan(stage), s->rank_name, s->own, s->running, err) < 0)
        return -1;
    s->tops = tp_tops_new(s->spec.kind == TP_WINDOW_ALL);
    return s->tops ? 0 : tp_err_memory(err);
}

/* --- rows --------------------------------------------------------------------------------------*/

/* -w all: when the first and the last record came. False: none had a time. */
static bool
span_of(const struct tp_top_window *window, struct tp_window *span)
{
    struct tp_top all = {.timed = false};
    const struct tp_top *top = tp_map_first(window->groups);

    for (; top; top = tp_map_next(window->groups, top))
        if (top->timed) {
            tp_top_note(&all, top->from);
            tp_top_note(&all, top->to);
        }
    *span = (struct tp_window){all.from, all.to};
    return all.timed;
}

/* In front of all rows of a window: nothing where records have no time. */
static void
write_front(struct srank *s, const struct tp_top_window *window)
{
    struct tp_window bounds = window->bounds;

    if (s->own)
        tp_ranking_front(&s->row, NULL, 0);
    else if (s->spec.kind != TP_WINDOW_ALL)
        tp_ranking_front(&s->row, &bounds, bounds.end - TP_MILLISECOND);
    else if (span_of(window, &bounds))
        tp_ranking_front(&s->row, &bounds, bounds.end);
    else
        tp_ranking_front(&s->row, NULL, 0);
}

/* With --running what changed is said. */
static int
write_row(void *self, enum tp_top_change change, const struct tp_ranked *record, size_t rank,
          struct tp_err *err)
{
    struct srank *s = self;
    struct tp_buf *to = tp_stage_row(s->stage, err);

    if (!to || tp_ranking_write(&s->row, change, record, rank, to, err) < 0)
        return -1;
    return tp_stage_row_end(s->stage, err);
}

static int
write_window(struct srank *s, const struct tp_top_window *window, struct tp_err *err)
{
    write_front(s, window);
    for (void *top = tp_map_first(window->groups); top; top = tp_map_next(window->groups, top))
        if (tp_top_tell(top, &s->rule, write_row, s, err) < 0)
            return -1;
    return 0;
}

static int
fire(struct srank *s, tp_time watermark, struct tp_err *err)
{
    struct tp_top_window *window;

    while ((window = tp_tops_due(s->tops, watermark))) {
        int result = write_window(s, window, err);

        tp_tops_drop(s->tops, window);
        if (result < 0)
            return -1;
    }
    return 0;
}

/* --- records -----------------------------------------------------------------------------------*/

static struct tp_ranked *
keep(struct srank *s, const struct tp_record *r, struct tp_ranked *record)
{
    record->members = r->members;
    record->line =
        tp_ranking_bare(&s->row, r->slot, tp_stage_time_slot(s->stage), r->line, &record->members);
    return record->line.ptr ? tp_ranked_new(&s->rule, record) : NULL;
}

/* Ranks the record in a window, which waits for DUE. */
static int
rank_in(struct srank *s, const struct tp_record *r, const struct tp_window *bounds, tp_time due,
        struct tp_err *err)
{
    struct tp_ranked record = {
        .time = r->has_time ? r->time : TP_TIME_MIN, .sequence = r->sequence, .value = s->by.value};
    struct tp_top *top = tp_tops_get(s->tops, bounds, due, tp_buf_str(&s->key), err);

    if (!top)
        return -1;
    if (s->spec.kind == TP_WINDOW_ALL && r->has_time)
        tp_top_note(top, r->time);
    if (!tp_top_wants(top, &s->rule, &record))
        return 0;
    if (!s->kept)
        s->kept = keep(s, r, &record);
    if (!s->kept)
        return tp_err_memory(err);
    if (s->running)
        return tp_top_change(top, &s->rule, s->kept, !s->retract, write_row, s, err);
    return tp_top_add(top, &s->rule, s->kept) < 0 ? tp_err_memory(err) : 0;
}

static enum tp_verdict
rank_in_one(struct srank *s, struct tp_stage *stage, const struct tp_record *r,
            const struct tp_window *bounds, tp_time due)
{
    struct tp_err err;

    if (tp_order_accept(&s->by.order, s->by.value, &err) < 0 ||
        rank_in(s, r, bounds, due, &err) < 0)
        return tp_stage_fail(stage, &err);
    return TP_USED;
}

/* In every window of the record that the watermark has not reached. */
static enum tp_verdict
rank_fixed(struct srank *s, struct tp_stage *stage, const struct tp_record *r)
{
    struct tp_window pane, first, last;
    struct tp_err err;
    int64_t count; /* of windows, but for one */

    if (tp_window_pane(&s->spec, r->time, &pane, &err) < 0)
        return tp_stage_fail(stage, &err);
    tp_window_of_pane(&s->spec, pane.start, &first, &last);
    if (last.end <= r->watermark)
        return tp_stage_late(stage, last.end, last.end);
    if (tp_order_accept(&s->by.order, s->by.value, &err) < 0)
        return tp_stage_fail(stage, &err);
    count = (last.end - first.end) / s->spec.slide;
    for (int64_t i = 0; i <= count; i++) {
        tp_time end = first.end + i * s->spec.slide;
        struct tp_window window = {tp_window_start(&s->spec, end), end};

        if (end > r->watermark && rank_in(s, r, &window, end, &err) < 0)
            return tp_stage_fail(stage, &err);
    }
    return TP_USED;
}

/* One window over everything. */
static enum tp_verdict
rank_all(struct srank *s, struct tp_stage *stage, const struct tp_record *r)
{
    static const struct tp_window everything = {TP_TIME_MIN, TP_TIME_AFTER_ALL};

    return rank_in_one(s, stage, r, &everything, TP_TIME_AFTER_ALL);
}

/*
 * The window that the record names. It waits for its end; rows of `swindow -w all` stand at their
 * window's end, not before it, and are waited for as long as they may come.
 */
static enum tp_verdict
rank_own(struct srank *s, struct tp_stage *stage, const struct tp_record *r)
{
    struct tp_window bounds = {0, 0};
    struct tp_err err;
    tp_time due;

    if (tp_ranking_bounds(&s->row, r->slot, &bounds, &err) < 0)
        return tp_stage_fail(stage, &err);
    due = r->time >= bounds.end ? r->time + 1 : bounds.end;
    if (due <= r->watermark)
        return tp_stage_late(stage, bounds.end, due);
    return rank_in_one(s, stage, r, &bounds, due);
}

static int
read_record(struct srank *s, const struct tp_record *r, struct tp_err *err)
{
    if (tp_terms_read(&s->by, r->slot, err) < 0)
        return -1;
    tp_buf_clear(&s->key);
    return tp_keys_make(&s->keys, r->slot, &s->key, err);
}

static int
check_memory(const struct srank *s, struct tp_err *err)
{
    if (s->max_memory == 0 || tp_tops_size(s->tops) + s->held <= s->max_memory)
        return 0;
    return tp_err_set(err, TP_FAULT_MACHINE,
                      "more than --max-memory: %zu bytes of records are kept", s->held);
}

static enum tp_verdict
srank_record(void *self, struct tp_stage *stage, const struct tp_record *r)
{
    struct srank *s = self;
    struct tp_err err;

    tp_ranked_free(s->kept);
    s->kept = NULL;
    if (check_memory(s, &err) < 0 || read_record(s, r, &err) < 0)
        return tp_stage_fail(stage, &err);
    if (s->running || s->spec.kind == TP_WINDOW_ALL)
        return rank_all(s, stage, r);
    return s->own ? rank_own(s, stage, r) : rank_fixed(s, stage, r);
}

/* --- time --------------------------------------------------------------------------------------*/

static int
srank_watermark(void *self, struct tp_stage *stage, tp_time *watermark, struct tp_err *err)
{
    (void)stage;
    return fire(self, *watermark, err);
}

static int
srank_finish(void *self, struct tp_stage *stage, struct tp_err *err)
{
    (void)stage;
    return ((struct srank *)self)->running ? 0 : fire(self, TP_TIME_AFTER_ALL, err);
}

static size_t
srank_unfinished(void *self, const char **what)
{
    const struct srank *s = self;

    *what = "open window";
    return s->running ? 0 : tp_tops_count(s->tops);
}

/* --- state -------------------------------------------------------------------------------------*/

static int
srank_save(void *self, struct tp_stage *stage, struct tp_save *save, struct tp_err *err)
{
    struct srank *s = self;
    struct tp_emit line = tp_emit_open(tp_save_line(save));

    (void)stage;
    tp_emit_name(&line, TP_STR("kinds"));
    tp_order_save(&s->by.order, line.to);
    tp_emit_close(&line);
    if (tp_save_line_end(save, err) < 0)
        return -1;
    return tp_tops_save(s->tops, &s->rule, s->keys.count, save, err);
}

static int
srank_load(void *self, struct tp_stage *stage, struct tp_str line, struct tp_err *err)
{
    struct srank *s = self;
    struct tp_str kinds;
    const struct tp_saved field = {"kinds", TP_SAVED_JSON, &kinds, false};

    (void)stage;
    if (!tp_saved_is(line, "kinds"))
        return tp_tops_load(s->tops, &s->rule, s->keys.count, line, err);
    if (tp_saved_read(line, &field, 1, err) < 0)
        return -1;
    return tp_order_load(&s->by.order, kinds, err);
}

static int
srank_restored(void *self, struct tp_stage *stage, struct tp_err *err)
{
    (void)stage;
    (void)err;
    tp_tops_loaded(((struct srank *)self)->tops);
    return 0;
}

/* --as: records are kept without a member of that name. */
static void
srank_identity(void *self, struct tp_stage *stage, struct tp_emit *to)
{
    const struct srank *s = self;

    (void)stage;
    tp_emit_int(to, TP_STR("top"), (int64_t)s->limit);
    tp_emit_text(to, TP_STR("by"), tp_str_of(s->by_text));
    if (s->key_text)
        tp_emit_text(to, TP_STR("key"), tp_str_of(s->key_text));
    if (s->window_text)
        tp_emit_text(to, TP_STR("window"), tp_str_of(s->window_text));
    tp_emit_text(to, TP_STR("ties"), tp_str_of(s->ties_text));
    tp_emit_text(to, TP_STR("as"), tp_str_of(s->rank_name));
    if (s->running)
        tp_emit_text(to, TP_STR("running"), s->retract ? TP_STR("retract") : TP_STR("upsert"));
}

static void
srank_close(void *self)
{
    struct srank *s = self;

    tp_ranked_free(s->kept);
    tp_tops_free(s->tops);
    tp_terms_release(&s->by);
    tp_keys_release(&s->keys);
    tp_ranking_release(&s->row);
    tp_window_release(&s->spec);
    tp_buf_release(&s->key);
}

static const struct tp_operator srank = {
    .name = "srank",
    .purpose = "keeps the first N records of each window and key, or running",
    .synopsis =
        "-n N --by LIST [-k KEYS] [-w SPEC] [-d DUR] [--ties WHICH] [--as NAME] [FILE ...]\n"
        "-n N --by LIST [-k KEYS] --running [--retract] [--ties WHICH] [--as NAME] "
        "[FILE ...]",
    .example = "  swindow -w 1m -k host access.ndjson | srank -n 3 --by 'count DESC' | sto table",
    .options = options,
    .traits = TP_TIMED | TP_DELAYS | TP_LATENESS | TP_STATEFUL | TP_SAVES_APART | TP_NO_CHANGES,
    .open = srank_open,
    .record = srank_record,
    .watermark = srank_watermark,
    .finish = srank_finish,
    .unfinished = srank_unfinished,
    .save = srank_save,
    .load = srank_load,
    .restored = srank_restored,
    .identity = srank_identity,
    .close = srank_close,
};

int
main(int argc, char **argv)
{
    struct srank self = {.ties_text = "first", .rank_name = "rank"};

    return tp_transform_main(&srank, &self, argc, argv);
}
