#include "event/windows.h"

#include <stdlib.h>

#include "event/ahead.h"
#include "event/gather.h"
#include "event/held.h"
#include "event/quiet.h"
#include "record/key.h"

struct tp_windows {
    const struct tp_plan *plan;
    const struct tp_aggs *aggs;
    struct tp_windows_to to;
    struct tp_panes *panes;
    struct tp_pane *recent; /* of the last record, while its time alone says that one belongs */
    struct tp_ahead *ahead; /* records that are to be added to panes */
    struct tp_gather *gather;
    struct tp_held *held;   /* NULL: no row is corrected */
    struct tp_quiet *quiet; /* NULL: windows without records are not said */
    void *empty;            /* ... the accumulator of those that are */
    tp_time watermark;      /* up to which windows were said */
    struct tp_window first; /* of the record placed last: its first window, */
    tp_time held_until;     /* ... and the end of the last one that is held */
};

/* --- saying ------------------------------------------------------------------------------------*/

/* Says a group of a window whose time has come. */
static int
say(struct tp_windows *windows, const struct tp_window *window, struct tp_str key, void *acc,
    struct tp_err *err)
{
    struct tp_row row = {.head = tp_row_head_of(window), .key = key, .acc = acc};

    if (windows->held)
        return tp_held_say(windows->held, window, key, acc, windows->watermark, err);
    return windows->to.rows.put(windows->to.rows.self, &row, err);
}

static int
say_group(void *self, const struct tp_window *window, struct tp_str key, void *acc,
          struct tp_err *err)
{
    struct tp_windows *windows = self;

    if (windows->plan->trigger.changes && tp_aggs_is_empty(windows->aggs, acc))
        return 0; /* all of its records were taken back */
    if (windows->quiet && tp_quiet_seen(windows->quiet, window, key, err) < 0)
        return -1;
    return say(windows, window, key, acc, err);
}

static int
say_empty(void *self, const struct tp_window *window, struct tp_str key, struct tp_err *err)
{
    struct tp_windows *windows = self;

    return say(windows, window, key, windows->empty, err);
}

static void
skip(void *self, const struct tp_err *why)
{
    struct tp_windows *windows = self;

    windows->to.skipped(windows->to.rows.self, why);
}

static int
say_window(struct tp_windows *windows, const struct tp_window *window,
           struct tp_pane *const *covered, size_t count, struct tp_err *err)
{
    const struct tp_group_to to = {say_group, windows};

    if (windows->quiet && tp_quiet_before(windows->quiet, window->end, err) < 0)
        return -1;
    if (tp_gather_window(windows->gather, window, covered, count, &to, err) < 0)
        return -1;
    return windows->quiet ? tp_quiet_rest(windows->quiet, window, err) : 0;
}

/* Says the windows of panes that are due, and drops what is over. */
static int
say_due(struct tp_windows *windows, tp_time watermark, struct tp_err *err)
{
    struct tp_pane *const *covered;
    struct tp_window window;
    size_t count;
    int due;

    if (tp_windows_settle(windows, err) < 0)
        return -1;
    windows->recent = NULL;
    while ((due = tp_panes_due(windows->panes, watermark, &window, &covered, &count, err)) > 0)
        if (say_window(windows, &window, covered, count, err) < 0)
            return -1;
    if (due < 0)
        return -1;
    tp_panes_expire(windows->panes, watermark);
    return 0;
}

bool
tp_windows_due(const struct tp_windows *windows, tp_time watermark)
{
    return tp_panes_is_due(windows->panes, watermark);
}

int
tp_windows_watermark(struct tp_windows *windows, tp_time watermark, struct tp_err *err)
{
    windows->watermark = watermark;
    if (tp_windows_due(windows, watermark) && say_due(windows, watermark, err) < 0)
        return -1;
    if (windows->held && tp_held_watermark(windows->held, watermark, err) < 0)
        return -1;
    if (windows->quiet && watermark != TP_TIME_AFTER_ALL)
        return tp_quiet_until(windows->quiet, watermark, err);
    return 0;
}

/* --- groups ------------------------------------------------------------------------------------*/

static int
add_to_group(const struct tp_windows *windows, struct tp_pane *pane,
             const struct tp_arrival *arrival, uint32_t hash, void **acc, struct tp_err *err)
{
    bool is_new = false;

    *acc = tp_arrival_add(arrival, windows->aggs, pane->groups, hash, &is_new, err);
    if (!*acc)
        return -1;
    if (is_new && tp_pane_note(windows->panes, pane, arrival->sequence) < 0)
        return tp_err_memory(err);
    return 0;
}

static int
add_waiting(void *self, const struct tp_ahead_record *record, struct tp_err *err)
{
    void *acc;

    return add_to_group(self, record->where, &record->arrival, record->hash, &acc, err);
}

/* --- life --------------------------------------------------------------------------------------*/

/* The key of a row that is about none: each part NULL. */
static void
put_no_key(struct tp_buf *to, size_t parts)
{
    for (size_t i = 0; i < parts; i++) {
        size_t part = tp_key_begin(to, parts);

        tp_key_put_value(to, tp_null());
        tp_key_end(to, parts, part);
    }
}

static bool
open_quiet(struct tp_windows *windows, const struct tp_keys *keys)
{
    const struct tp_plan *plan = windows->plan;
    struct tp_quiet_to to = {say_empty, skip, windows};
    struct tp_buf no_key = TP_BUF_INIT;

    put_no_key(&no_key, keys->count);
    windows->empty = calloc(1, tp_aggs_size(windows->aggs) + 1);
    if (!tp_buf_failed(&no_key))
        windows->quiet =
            tp_quiet_new(&plan->spec, plan->fill_by_key, plan->forget, tp_buf_str(&no_key), to);
    tp_buf_release(&no_key);
    if (windows->held)
        tp_held_fill(windows->held, windows->quiet);
    return windows->empty && windows->quiet;
}

struct tp_windows *
tp_windows_new(const struct tp_plan *plan, const struct tp_aggs *aggs, const struct tp_keys *keys,
               struct tp_windows_to to)
{
    struct tp_windows *windows = calloc(1, sizeof *windows);
    bool corrects = !tp_trigger_is_plain(&plan->trigger);

    if (!windows)
        return NULL;
    windows->plan = plan;
    windows->aggs = aggs;
    windows->to = to;
    windows->watermark = TP_TIME_BEFORE_ALL;
    windows->panes = tp_panes_new(&plan->spec, aggs);
    windows->ahead = tp_ahead_new(aggs, add_waiting, windows);
    windows->gather = tp_gather_new(aggs, plan->spec.kind == TP_WINDOW_CUMULATE);
    if (corrects)
        windows->held = tp_held_new(&plan->spec, aggs, &plan->trigger, to.rows);
    if (windows->panes && windows->ahead && windows->gather && (windows->held || !corrects) &&
        (!plan->fill || open_quiet(windows, keys)))
        return windows;
    tp_windows_free(windows);
    return NULL;
}

void
tp_windows_free(struct tp_windows *windows)
{
    if (!windows)
        return;
    tp_panes_free(windows->panes);
    tp_ahead_free(windows->ahead);
    tp_gather_free(windows->gather);
    tp_held_free(windows->held);
    tp_quiet_free(windows->quiet);
    free(windows->empty);
    free(windows);
}

/* --- records -----------------------------------------------------------------------------------*/

/* A record for held windows: all of its windows, or those that were said already while the others
 * share PANE. */
static enum tp_place
place_held(struct tp_windows *windows, tp_time time, tp_time watermark, const struct tp_pane *pane,
           tp_time *last_end, struct tp_err *err)
{
    const struct tp_window_spec *spec = &windows->plan->spec;
    struct tp_window place, last;

    if (tp_window_pane(spec, time, &place, err) < 0)
        return TP_PLACE_NONE;
    tp_window_of_pane(spec, place.start, &windows->first, &last);
    *last_end = last.end;
    if (tp_trigger_is_over(&windows->plan->trigger, last.end, watermark))
        return TP_PLACE_LATE;
    windows->held_until = pane && watermark < last.end ? watermark : last.end;
    return TP_PLACE_HELD;
}

/* A pane stays what it is until its watermark moves. */
static __attribute__((noinline)) enum tp_place
place_anew(struct tp_windows *windows, tp_time time, tp_time watermark, struct tp_pane **pane,
           tp_time *last_end, struct tp_err *err)
{
    bool is_late;

    *pane = NULL;
    if (windows->held && !tp_plan_shares(windows->plan))
        return place_held(windows, time, watermark, NULL, last_end, err);
    *pane = tp_panes_get(windows->panes, time, watermark, &is_late, last_end, err);
    windows->recent = *pane;
    if (*pane && (*pane)->first_end <= watermark) {
        windows->recent = NULL;
        tp_gather_changed(windows->gather);
    }
    if (windows->held && (is_late || (*pane && (*pane)->first_end <= watermark)))
        return place_held(windows, time, watermark, *pane, last_end, err);
    if (is_late)
        return TP_PLACE_LATE;
    return *pane ? TP_PLACE_PANE : TP_PLACE_NONE;
}

enum tp_place
tp_windows_place(struct tp_windows *windows, tp_time time, tp_time watermark, struct tp_pane **pane,
                 tp_time *last_end, struct tp_err *err)
{
    struct tp_pane *recent = windows->recent;

    if (!recent || time < recent->start || time >= recent->end || recent->first_end <= watermark)
        return place_anew(windows, time, watermark, pane, last_end, err);
    *pane = recent;
    *last_end = recent->last_end;
    return TP_PLACE_PANE;
}

int
tp_windows_check(const struct tp_windows *windows, const struct tp_arrival *arrival,
                 struct tp_err *err)
{
    return tp_held_check(windows->held, arrival, windows->first.end, windows->held_until, err);
}

int
tp_windows_add(struct tp_windows *windows, const struct tp_arrival *arrival, struct tp_err *err)
{
    if (tp_held_add(windows->held, arrival, windows->first.end, windows->held_until, err) < 0)
        return -1;
    if (windows->quiet && windows->first.end <= arrival->watermark)
        return tp_quiet_seen(windows->quiet, &windows->first, arrival->key, err);
    return 0;
}

int
tp_windows_add_now(struct tp_windows *windows, struct tp_pane *pane,
                   const struct tp_arrival *arrival, void **acc, struct tp_err *err)
{
    uint32_t hash = tp_map_hash(pane->groups, arrival->key);

    if (tp_ahead_settle(windows->ahead, err) < 0)
        return -1;
    return add_to_group(windows, pane, arrival, hash, acc, err);
}

int
tp_windows_add_soon(struct tp_windows *windows, struct tp_pane *pane,
                    const struct tp_arrival *arrival, void **acc, struct tp_err *err)
{
    *acc = NULL;
    if (!tp_ahead_pays(windows->ahead, pane->groups, arrival))
        return tp_windows_add_now(windows, pane, arrival, acc, err);
    return tp_ahead_put(windows->ahead, pane->groups, arrival, pane, err);
}

int
tp_windows_settle(struct tp_windows *windows, struct tp_err *err)
{
    return tp_ahead_settle(windows->ahead, err);
}

size_t
tp_windows_open(const struct tp_windows *windows)
{
    return tp_panes_windows(windows->panes) + (windows->held ? tp_held_open(windows->held) : 0);
}

/* --- saved state -------------------------------------------------------------------------------*/

/* What is gathered is made anew of the panes. */
int
tp_windows_save(const struct tp_windows *windows, const struct tp_saving *saving,
                struct tp_save *save, struct tp_err *err)
{
    struct tp_emit line = tp_emit_open(tp_save_line(save));

    tp_emit_int(&line, TP_STR("watermark"), windows->watermark);
    tp_emit_close(&line);
    if (tp_save_line_end(save, err) < 0 ||
        (windows->quiet && tp_quiet_save(windows->quiet, saving, save, err) < 0) ||
        tp_panes_save(windows->panes, saving, save, err) < 0)
        return -1;
    return windows->held ? tp_held_save(windows->held, saving, save, err) : 0;
}

int
tp_windows_load(struct tp_windows *windows, struct tp_saving *saving, struct tp_str line,
                struct tp_err *err)
{
    const struct tp_saved watermark = {"watermark", TP_SAVED_INT, &windows->watermark, false};

    if (tp_saved_is(line, "pane"))
        return tp_panes_load(windows->panes, saving, line, err);
    if (tp_saved_is(line, "held") && windows->held)
        return tp_held_load(windows->held, saving, line, windows->watermark, err);
    if (tp_saved_is(line, "watermark"))
        return tp_saved_read(line, &watermark, 1, err);
    if (windows->quiet)
        return tp_quiet_load(windows->quiet, saving, line, err);
    return tp_err_set(err, TP_FAULT_MACHINE, "a line that such windows do not save");
}
