/*
 * swindow: GROUP BY window: aggregates over windows of event time.
 *
 * Input: records in any order; with watermarks (or -d) those that come too late are the driver's
 * late records, with neither all of the input is one bounded set and rows come at its end.
 * State: one accumulator per live window and key. A fixed window lives until the watermark reaches
 * its end plus --lateness, a session likewise, `all` until the end of input.
 * Output: a row per window and key, in the order of window end, then first-seen key; behind them
 * the watermark that proved them. With --lateness a late record says its window again (@op upsert).
 * A record whose arguments an aggregate cannot take is rejected whole.
 */
#include <stdlib.h>

#include "event/count.h"
#include "event/gather.h"
#include "event/pane.h"
#include "event/row.h"
#include "event/session.h"
#include "event/window.h"
#include "filter/operator.h"
#include "query/agg.h"
#include "record/key.h"
#include "record/memo.h"

struct swindow {
    const char *window_text, *key_text, *agg_text;
    tp_duration offset, lateness;

    struct tp_window_spec spec;
    struct tp_keys keys;
    struct tp_aggs *aggs;
    struct tp_expr **argument_expr;
    struct tp_value *argument;
    size_t arguments;

    struct tp_panes *panes;       /* tumble, hop */
    struct tp_sessions *sessions; /* session */
    struct tp_counts *counts;     /* count */
    struct tp_map *all;           /* all: key -> accumulator */
    struct tp_memo memo;          /* tumble, hop: groups found last */
    int memo_slot;                /* of the one plain member that is the key; -1: no memo */
    struct tp_gather *gather;     /* the groups of a window of several panes, to be written */
    tp_time first, last;          /* all: the times seen */
    bool timed;                   /* all: some record had a time */
    struct tp_buf key;
    struct tp_row_writer writer;
    struct tp_row_head head; /* of the row at hand */
    struct tp_stage *stage;
};

#define FIELD(name) offsetof(struct swindow, name)

static const struct tp_option options[] = {
    {'w', "window", "SPEC",
     "1m (or 15s, 1d ...), 1d@ZONE, hop:10m,1m, cumulate:1d,1h, session:30m, count:100 or all",
     TP_OPTION_TEXT, FIELD(window_text)},
    {'k', "key", "KEYS", "members to group by: host, user.id AS user", TP_OPTION_TEXT,
     FIELD(key_text)},
    {'a', "agg", "AGGS", "aggregates (count): avg(bytes), p99(bytes) AS slow", TP_OPTION_TEXT,
     FIELD(agg_text)},
    {0, "offset", "DUR", "shift the windows", TP_OPTION_DURATION, FIELD(offset)},
    {0, "lateness", "DUR", "keep windows so long, and write them again for late records",
     TP_OPTION_DURATION, FIELD(lateness)},
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

/* --- opening -----------------------------------------------------------------------------------*/

static int
open_window(struct swindow *w, struct tp_err *err)
{
    struct tp_err why;

    if (!w->window_text)
        return tp_err_set(err, TP_FAULT_USAGE, "-w is missing: -w 1m, say");
    if (tp_window_parse(tp_str_of(w->window_text), &w->spec, &why) < 0)
        return tp_err_set(err, TP_FAULT_USAGE, "-w: %s", why.text);
    if (w->offset != 0 && tp_window_shift(&w->spec, w->offset, &why) < 0)
        return tp_err_set(err, TP_FAULT_USAGE, "--offset: %s", why.text);
    if (w->lateness > 0 && w->spec.kind >= TP_WINDOW_COUNT)
        return tp_err_set(err, TP_FAULT_USAGE, "--lateness: nothing is late for -w %s",
                          w->window_text);
    return 0;
}

static int
open_aggs(struct swindow *w, struct tp_stage *stage, struct tp_err *err)
{
    struct tp_err why;

    w->aggs = tp_aggs_parse(tp_str_of(w->agg_text), &why);
    if (!w->aggs)
        return tp_err_set(err, TP_FAULT_USAGE, "-a: %s", why.text);
    w->arguments = tp_aggs_arguments(w->aggs);
    w->argument_expr = calloc(w->arguments + 1, sizeof(struct tp_expr *));
    w->argument = calloc(w->arguments + 1, sizeof *w->argument);
    if (!w->argument_expr || !w->argument)
        return tp_err_memory(err);
    for (size_t i = 0; i < w->arguments; i++) {
        w->argument_expr[i] = tp_stage_compile(stage, "-a", tp_aggs_argument(w->aggs, i), err);
        if (!w->argument_expr[i])
            return -1;
    }
    return tp_row_check_names(&w->keys, w->aggs, err);
}

static int
open_state(struct swindow *w, struct tp_err *err)
{
    bool ok = false;

    switch (w->spec.kind) {
    case TP_WINDOW_FIXED:
    case TP_WINDOW_CUMULATE:
    case TP_WINDOW_CALENDAR:
        w->panes = tp_panes_new(&w->spec, w->aggs, w->lateness);
        w->gather = tp_gather_new(w->aggs);
        ok = w->panes && w->gather;
        break;
    case TP_WINDOW_SESSION:
        w->sessions = tp_sessions_new(w->spec.size, w->aggs, w->lateness);
        ok = w->sessions != NULL;
        break;
    case TP_WINDOW_COUNT:
        w->counts = tp_counts_new(&w->spec, w->aggs, (struct tp_row_to){put_row, w});
        ok = w->counts != NULL;
        break;
    case TP_WINDOW_ALL:
        w->all = tp_map_new(tp_aggs_size(w->aggs));
        ok = w->all != NULL;
        break;
    }
    return ok ? 0 : tp_err_memory(err);
}

static int
swindow_open(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct swindow *w = self;

    if (open_window(w, err) < 0 ||
        tp_stage_want_keys(stage, "-k", w->key_text, &w->keys, err) < 0 ||
        open_aggs(w, stage, err) < 0)
        return -1;
    if (w->spec.kind >= TP_WINDOW_COUNT)
        tp_stage_take_untimed(stage);
    w->stage = stage;
    w->writer.keys = &w->keys;
    w->writer.aggs = w->aggs;
    w->memo_slot = w->lateness == 0 ? tp_keys_only_slot(&w->keys) : -1;
    return open_state(w, err);
}

/* --- rows --------------------------------------------------------------------------------------*/

/* The row of KEY under the head that holds now. */
static int
write_row(struct swindow *w, struct tp_str key, void *acc, struct tp_err *err)
{
    struct tp_row row = {.head = w->head, .key = key, .acc = acc};

    return put_row(w, &row, err);
}

static int
write_groups(struct swindow *w, const struct tp_map *groups, struct tp_err *err)
{
    for (void *acc = tp_map_first(groups); acc; acc = tp_map_next(groups, acc))
        if (write_row(w, tp_map_key(groups, acc), acc, err) < 0)
            return -1;
    return 0;
}

static void
clear_groups(const struct swindow *w, struct tp_map *groups)
{
    for (void *acc = tp_map_first(groups); acc; acc = tp_map_next(groups, acc))
        tp_aggs_clear(w->aggs, acc);
    tp_map_clear(groups);
}

static int
write_gathered(struct swindow *w, struct tp_err *err)
{
    struct tp_gathered **list;
    size_t count;

    if (tp_gather_list(w->gather, &list, &count, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (write_row(w, tp_gathered_key(w->gather, list[i]), list[i]->acc, err) < 0)
            return -1;
    tp_gather_clear(w->gather);
    return 0;
}

static int
write_window(struct swindow *w, const struct tp_window *window, struct tp_pane *const *panes,
             size_t count, struct tp_err *err)
{
    w->head = tp_row_head_of(window);
    if (count == 1)
        return write_groups(w, panes[0]->groups, err);
    for (size_t i = 0; i < count; i++)
        if (tp_gather_pane(w->gather, panes[i], err) < 0)
            return -1;
    return write_gathered(w, err);
}

/* Says the group KEY of a window that was said before again. */
static int
write_again(struct swindow *w, tp_time end, struct tp_str key, struct tp_err *err)
{
    struct tp_window window = {tp_window_start(&w->spec, end), end};

    for (tp_duration at = 0; at < end - window.start; at += w->spec.pane) {
        struct tp_pane *pane = tp_panes_find(w->panes, window.start + at);

        if (pane && tp_gather_key(w->gather, pane, key, err) < 0)
            return -1;
    }
    w->head = tp_row_head_of(&window);
    w->head.op = TP_ROW_UPSERT;
    return write_gathered(w, err);
}

static int
write_session(struct swindow *w, struct tp_session *s, enum tp_row_op op, struct tp_err *err)
{
    w->head = tp_row_head_of(&s->window);
    w->head.op = op;
    return write_row(w, tp_session_key(w->sessions, s), s->acc, err);
}

static int
fire_sessions(struct swindow *w, tp_time watermark, struct tp_err *err)
{
    struct tp_session **due;
    size_t count;

    if (tp_sessions_due(w->sessions, watermark, &due, &count, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (write_session(w, due[i], TP_ROW_NEW, err) < 0)
            return -1;
    tp_sessions_expire(w->sessions, watermark);
    return 0;
}

/* --- records -----------------------------------------------------------------------------------*/

static int
read_arguments(struct swindow *w, const struct tp_slot *slot, struct tp_err *err)
{
    for (size_t i = 0; i < w->arguments; i++)
        if (tp_expr_eval(w->argument_expr[i], slot, &w->argument[i], err) < 0)
            return -1;
    return 0;
}

static int
add(struct swindow *w, const struct tp_record *r, void *acc, struct tp_err *err)
{
    if (!acc)
        return tp_err_memory(err);
    return tp_aggs_add(w->aggs, acc, w->argument, r->time, r->sequence, err);
}

/* The group that was made for a record which then did not go in. */
static void
forget_group(const struct swindow *w, struct tp_map *groups, void *acc)
{
    if (!acc)
        return;
    tp_aggs_clear(w->aggs, acc);
    tp_map_remove(groups, tp_buf_str(&w->key));
}

/* The windows of the pane that were said already and may still change: say them again. */
static int
say_late_windows(struct swindow *w, const struct tp_record *r, const struct tp_pane *pane,
                 struct tp_err *err)
{
    struct tp_window first, last;

    if (w->lateness == 0 || r->watermark < pane->first_end)
        return 0;
    tp_window_of_pane(&w->spec, pane->start, &first, &last);
    for (tp_time end = first.end; end <= last.end && end <= r->watermark; end += w->spec.slide) {
        tp_time limit;

        if (tp_time_add(end, w->lateness, &limit) && limit <= r->watermark)
            continue;
        if (write_again(w, end, tp_buf_str(&w->key), err) < 0)
            return -1;
    }
    return 0;
}

static tp_time
limit_of(const struct swindow *w, tp_time end)
{
    tp_time limit;

    return tp_time_add(end, w->lateness, &limit) ? limit : TP_TIME_MAX;
}

static int
make_key(struct swindow *w, const struct tp_record *r, struct tp_err *err)
{
    tp_buf_clear(&w->key);
    return tp_keys_make(&w->keys, r->slot, &w->key, err);
}

/* The record goes into the group of its key, made when it is new; then *ACC is it. */
static int
add_to_groups(struct swindow *w, const struct tp_record *r, struct tp_map *groups, void **acc,
              struct tp_err *err)
{
    bool is_new = false;

    if (make_key(w, r, err) < 0)
        return -1;
    *acc = tp_map_add(groups, tp_buf_str(&w->key), &is_new);
    if (add(w, r, *acc, err) == 0)
        return 0;
    if (is_new)
        forget_group(w, groups, *acc);
    return -1;
}

/* The same, where the key is one member and its group is remembered: the hot path. Who says windows
 * again needs the key in any case. */
static inline int
add_to_remembered(struct swindow *w, const struct tp_record *r, struct tp_pane *pane,
                  struct tp_err *err)
{
    struct tp_memo_entry sought, *place = NULL;
    size_t groups;

    if (w->memo_slot >= 0)
        place = tp_memo_place(&w->memo, pane->groups, &r->slot[w->memo_slot], &sought);
    sought.value = place ? tp_memo_find(&w->memo, place, &sought) : NULL;
    if (sought.value)
        return add(w, r, sought.value, err);
    groups = tp_map_count(pane->groups);
    if (add_to_groups(w, r, pane->groups, &sought.value, err) < 0)
        return -1;
    if (tp_map_count(pane->groups) > groups && tp_pane_note(w->panes, pane, r->sequence) < 0)
        return tp_err_memory(err);
    if (place)
        tp_memo_keep(&w->memo, place, &sought);
    return 0;
}

static enum tp_verdict
add_to_pane(struct swindow *w, const struct tp_record *r)
{
    struct tp_err err;
    tp_time last_end = 0;
    bool is_late;
    struct tp_pane *pane = tp_panes_get(w->panes, r->time, r->watermark, &is_late, &last_end, &err);

    if (is_late)
        return tp_stage_late(w->stage, last_end, limit_of(w, last_end));
    if (!pane || add_to_remembered(w, r, pane, &err) < 0 || say_late_windows(w, r, pane, &err) < 0)
        return tp_stage_fail(w->stage, &err);
    return TP_USED;
}

/* Would the session that MERGED makes of those it swallows take the record? Asked before anything
 * is changed. There are at most two: each is as long as the gap or longer. */
static int
check_swallowed(struct swindow *w, const struct tp_window *merged, struct tp_err *err)
{
    struct tp_session *s = tp_sessions_of(w->sessions, tp_buf_str(&w->key));
    struct tp_session *first = tp_session_swallowed(s, merged);

    for (s = first; s; s = tp_session_swallowed(s->next, merged))
        if (tp_aggs_check_add(w->aggs, s->acc, w->argument, err) < 0)
            return -1;
    return first ? 0 : tp_aggs_check(w->aggs, w->argument, err);
}

/* Rows of sessions that MERGED swallows and that were said are taken back. */
static int
delete_swallowed(struct swindow *w, const struct tp_window *merged, struct tp_err *err)
{
    struct tp_str key = tp_buf_str(&w->key);
    struct tp_session *s = tp_session_swallowed(tp_sessions_of(w->sessions, key), merged);

    for (; s; s = tp_session_swallowed(s->next, merged)) {
        if (!s->said || (s->window.start == merged->start && s->window.end == merged->end))
            continue;
        if (write_session(w, s, TP_ROW_DELETE, err) < 0)
            return -1;
    }
    return 0;
}

/* Behind the watermark, but within the lateness: what has changed is said at once. */
static int
say_late_session(struct swindow *w, const struct tp_record *r, struct tp_session *session,
                 struct tp_err *err)
{
    if (session->said)
        return write_session(w, session, TP_ROW_UPSERT, err);
    return session->window.end <= r->watermark ? fire_sessions(w, r->watermark, err) : 0;
}

static enum tp_verdict
add_to_session(struct swindow *w, const struct tp_record *r)
{
    struct tp_session *session;
    struct tp_window merged;
    struct tp_str key;
    struct tp_err err;
    int in_time;

    if (make_key(w, r, &err) < 0)
        return tp_stage_fail(w->stage, &err);
    key = tp_buf_str(&w->key);
    in_time = tp_sessions_probe(w->sessions, key, r->time, r->watermark, &merged, &err);
    if (in_time < 0)
        return tp_stage_fail(w->stage, &err);
    if (in_time == 0)
        return tp_stage_late(w->stage, merged.end, limit_of(w, merged.end));
    if (check_swallowed(w, &merged, &err) < 0 || delete_swallowed(w, &merged, &err) < 0)
        return tp_stage_fail(w->stage, &err);
    session = tp_sessions_merge(w->sessions, key, &merged, r->sequence, &err);
    if (!session || add(w, r, session->acc, &err) < 0 || say_late_session(w, r, session, &err) < 0)
        return tp_stage_fail(w->stage, &err);
    return TP_USED;
}

static enum tp_verdict
add_to_counts(struct swindow *w, const struct tp_record *r)
{
    struct tp_arrival arrival = {r->time, r->watermark, r->sequence, {0}, w->argument};
    struct tp_err err;

    if (make_key(w, r, &err) < 0)
        return tp_stage_fail(w->stage, &err);
    arrival.key = tp_buf_str(&w->key);
    if (tp_counts_add(w->counts, &arrival, r->has_time, &err) < 0)
        return tp_stage_fail(w->stage, &err);
    return TP_USED;
}

static enum tp_verdict
add_to_all(struct swindow *w, const struct tp_record *r)
{
    struct tp_err err;
    void *acc;

    if (add_to_groups(w, r, w->all, &acc, &err) < 0)
        return tp_stage_fail(w->stage, &err);
    if (!r->has_time)
        return TP_USED;
    if (!w->timed || r->time < w->first)
        w->first = r->time;
    if (!w->timed || r->time > w->last)
        w->last = r->time;
    w->timed = true;
    return TP_USED;
}

static enum tp_verdict
swindow_record(void *self, struct tp_stage *stage, const struct tp_record *r)
{
    struct swindow *w = self;
    struct tp_err err;

    if (read_arguments(w, r->slot, &err) < 0)
        return tp_stage_fail(stage, &err);
    if (w->panes)
        return add_to_pane(w, r);
    if (w->sessions)
        return add_to_session(w, r);
    return w->counts ? add_to_counts(w, r) : add_to_all(w, r);
}

/* --- time --------------------------------------------------------------------------------------*/

static int
fire_panes(struct swindow *w, tp_time watermark, struct tp_err *err)
{
    struct tp_pane *const *covered;
    struct tp_window window;
    size_t count;
    int due;

    while ((due = tp_panes_due(w->panes, watermark, &window, &covered, &count, err)) > 0)
        if (write_window(w, &window, covered, count, err) < 0)
            return -1;
    tp_memo_clear(&w->memo); /* the groups it lends are about to go */
    if (due == 0)
        tp_panes_expire(w->panes, watermark);
    return due;
}

static int
swindow_watermark(void *self, struct tp_stage *stage, tp_time *watermark, struct tp_err *err)
{
    struct swindow *w = self;

    (void)stage;
    if (w->panes)
        return fire_panes(w, *watermark, err);
    return w->sessions ? fire_sessions(w, *watermark, err) : 0;
}

/* Windows that are not full are not said, but it is said that there were some. */
static void
note_unfilled(struct swindow *w)
{
    uint64_t records;
    size_t keys = tp_counts_unsaid(w->counts, &records);

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

    if (w->counts) {
        note_unfilled(w);
        return 0;
    }
    if (!w->all)
        return swindow_watermark(self, stage, &end, err);
    w->head = (struct tp_row_head){.timed = w->timed, .at = w->last, .window = {w->first, w->last}};
    return write_groups(w, w->all, err);
}

static size_t
swindow_unfinished(void *self, const char **what)
{
    struct swindow *w = self;
    uint64_t records;

    *what = "open window";
    if (w->panes)
        return tp_panes_windows(w->panes);
    if (w->sessions)
        return tp_sessions_open(w->sessions);
    return w->counts ? tp_counts_unsaid(w->counts, &records) : tp_map_count(w->all) > 0;
}

static void
swindow_close(void *self)
{
    struct swindow *w = self;

    tp_panes_free(w->panes);
    tp_sessions_free(w->sessions);
    tp_counts_free(w->counts);
    if (w->all)
        clear_groups(w, w->all);
    tp_map_free(w->all);
    tp_gather_free(w->gather);
    tp_window_release(&w->spec);
    tp_aggs_free(w->aggs);
    tp_keys_release(&w->keys);
    for (size_t i = 0; w->argument_expr && i < w->arguments; i++)
        tp_expr_free(w->argument_expr[i]);
    free(w->argument_expr);
    free(w->argument);
    tp_buf_release(&w->key);
    tp_row_writer_release(&w->writer);
}

static const struct tp_operator swindow = {
    .name = "swindow",
    .purpose = "aggregates over windows of event time",
    .synopsis = "-w SPEC [-k KEYS] [-a AGGS] [-d DUR] [--lateness DUR] [FILE ...]",
    .example = "  swindow -d 5s -w 1m -k status -a 'count, p99(bytes)' access.ndjson | sto table",
    .options = options,
    .traits = TP_TIMED | TP_DELAYS | TP_LATENESS | TP_STATEFUL | TP_NO_CHANGES,
    .open = swindow_open,
    .record = swindow_record,
    .watermark = swindow_watermark,
    .finish = swindow_finish,
    .unfinished = swindow_unfinished,
    .close = swindow_close,
};

int
main(int argc, char **argv)
{
    struct swindow self = {.agg_text = "count"};

    return tp_transform_main(&swindow, &self, argc, argv);
}
