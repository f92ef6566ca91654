#include "event/kinds.h"

static bool
open_kind(struct tp_kinds *kinds, const struct tp_aggs *aggs, const struct tp_keys *keys,
          struct tp_windows_to to)
{
    const struct tp_plan *plan = kinds->plan;

    switch (plan->spec.kind) {
    case TP_WINDOW_FIXED:
    case TP_WINDOW_CUMULATE:
    case TP_WINDOW_CALENDAR:
        kinds->windows = tp_windows_new(plan, aggs, keys, to);
        return kinds->windows;
    case TP_WINDOW_SESSION:
        if (plan->cut)
            kinds->cuts = tp_cuts_new(plan->spec.size, plan->max, aggs, to.rows);
        else
            kinds->sessions = tp_sessions_new(plan->spec.size, aggs, &plan->trigger, to.rows);
        return kinds->cuts || kinds->sessions;
    case TP_WINDOW_COUNT:
        kinds->counts = tp_counts_new(&plan->spec, aggs, to.rows);
        return kinds->counts;
    case TP_WINDOW_ALL:
        kinds->whole = tp_whole_new(aggs, to.rows);
        return kinds->whole;
    }
    return false;
}

int
tp_kinds_open(struct tp_kinds *kinds, struct tp_plan *plan, const struct tp_aggs *aggs,
              const struct tp_keys *keys, struct tp_windows_to to, struct tp_err *err)
{
    *kinds = (struct tp_kinds){.plan = plan, .saving = {.aggs = aggs, .parts = keys->count}};
    return open_kind(kinds, aggs, keys, to) ? 0 : tp_err_memory(err);
}

void
tp_kinds_release(struct tp_kinds *kinds)
{
    tp_windows_free(kinds->windows);
    tp_sessions_free(kinds->sessions);
    tp_cuts_free(kinds->cuts);
    tp_counts_free(kinds->counts);
    tp_whole_free(kinds->whole);
    tp_saving_release(&kinds->saving);
}

int
tp_kinds_settle(struct tp_kinds *kinds, struct tp_err *err)
{
    if (kinds->windows)
        return tp_windows_settle(kinds->windows, err);
    return kinds->whole ? tp_whole_settle(kinds->whole, err) : 0;
}

int
tp_kinds_watermark(struct tp_kinds *kinds, tp_time watermark, struct tp_err *err)
{
    if (kinds->windows)
        return tp_windows_watermark(kinds->windows, watermark, err);
    if (kinds->cuts)
        return tp_cuts_watermark(kinds->cuts, watermark, err);
    return kinds->sessions ? tp_sessions_watermark(kinds->sessions, watermark, err) : 0;
}

size_t
tp_kinds_unsaid(const struct tp_kinds *kinds)
{
    uint64_t records;

    if (kinds->windows)
        return tp_windows_open(kinds->windows);
    if (kinds->cuts)
        return tp_cuts_open(kinds->cuts);
    if (kinds->sessions)
        return tp_sessions_open(kinds->sessions);
    return kinds->counts ? tp_counts_unsaid(kinds->counts, &records) : tp_whole_any(kinds->whole);
}

/* --- saved state -------------------------------------------------------------------------------*/

int
tp_kinds_save(const struct tp_kinds *kinds, struct tp_save *save, struct tp_err *err)
{
    struct tp_emit line = tp_emit_open(tp_save_line(save));

    tp_saving_put_flag(&line, TP_STR("changes"), kinds->plan->trigger.changes);
    tp_emit_close(&line);
    if (tp_save_line_end(save, err) < 0)
        return -1;
    if (kinds->windows)
        return tp_windows_save(kinds->windows, &kinds->saving, save, err);
    if (kinds->cuts)
        return tp_cuts_save(kinds->cuts, &kinds->saving, save, err);
    if (kinds->sessions)
        return tp_sessions_save(kinds->sessions, &kinds->saving, save, err);
    if (kinds->counts)
        return tp_counts_save(kinds->counts, &kinds->saving, save, err);
    return tp_whole_save(kinds->whole, &kinds->saving, save, err);
}

int
tp_kinds_load(struct tp_kinds *kinds, struct tp_str line, struct tp_err *err)
{
    struct tp_saving *saving = &kinds->saving;
    const struct tp_saved changes = {"changes", TP_SAVED_FLAG, &kinds->plan->trigger.changes,
                                     false};

    if (tp_saved_is(line, "changes"))
        return tp_saved_read(line, &changes, 1, err);
    if (kinds->windows)
        return tp_windows_load(kinds->windows, saving, line, err);
    if (kinds->cuts)
        return tp_cuts_load(kinds->cuts, saving, line, err);
    if (kinds->sessions)
        return tp_sessions_load(kinds->sessions, saving, line, err);
    if (kinds->counts)
        return tp_counts_load(kinds->counts, saving, line, err);
    return tp_whole_load(kinds->whole, saving, line, err);
}
