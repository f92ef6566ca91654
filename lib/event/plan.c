#include "event/plan.h"

#include <string.h>

static int
refuse(struct tp_err *err, const char *option, const struct tp_err *why)
{
    return tp_err_set(err, TP_FAULT_USAGE, "%s: %s", option, why->text);
}

static int
open_window(struct tp_plan *plan, struct tp_err *err)
{
    struct tp_err why;

    if (!plan->window)
        return tp_err_set(err, TP_FAULT_USAGE, "-w is missing: -w 1m, say");
    if (tp_window_parse(tp_str_of(plan->window), &plan->spec, &why) < 0)
        return refuse(err, "-w", &why);
    if (plan->offset != 0 && tp_window_shift(&plan->spec, plan->offset, &why) < 0)
        return refuse(err, "--offset", &why);
    return 0;
}

static int
open_early(struct tp_plan *plan, struct tp_err *err)
{
    struct tp_err why;

    if (plan->trigger.lateness > 0 && plan->spec.kind >= TP_WINDOW_COUNT)
        return tp_err_set(err, TP_FAULT_USAGE, "--lateness: nothing is late for -w %s",
                          plan->window);
    if (!plan->early)
        return 0;
    if (plan->spec.kind >= TP_WINDOW_COUNT)
        return tp_err_set(err, TP_FAULT_USAGE, "--early: -w %s has no early rows", plan->window);
    if (tp_trigger_parse_early(&plan->trigger, tp_str_of(plan->early), &why) < 0)
        return tp_err_set(err, TP_FAULT_USAGE, "--early %s: %s", plan->early, why.text);
    return 0;
}

static int
open_mode(struct tp_plan *plan, struct tp_err *err)
{
    struct tp_trigger *trigger = &plan->trigger;
    bool plain = tp_trigger_is_plain(trigger);

    trigger->discard = plan->mode && strcmp(plan->mode, "discard") == 0;
    if (plan->mode && !trigger->discard && strcmp(plan->mode, "accumulate") != 0)
        return tp_err_set(err, TP_FAULT_USAGE, "--mode %s: accumulate or discard", plan->mode);
    if (trigger->discard && trigger->retract)
        return tp_err_set(err, TP_FAULT_USAGE, "--retract: --mode discard corrects no rows");
    if ((trigger->retract || plan->mode) && plain)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "%s: each row is said once; more come of --early or --lateness",
                          trigger->retract ? "--retract" : "--mode");
    /* What a session that grew said before is taken back, whatever the mode of correcting. */
    trigger->keeps_text =
        trigger->retract || (plan->spec.kind == TP_WINDOW_SESSION && !plain && !trigger->discard);
    return 0;
}

static int
open_fill(struct tp_plan *plan, bool keyed, struct tp_err *err)
{
    plan->fill = plan->empty != NULL;
    plan->fill_by_key = plan->fill && strcmp(plan->empty, "key") == 0;
    if (plan->fill && *plan->empty && !plan->fill_by_key)
        return tp_err_set(err, TP_FAULT_USAGE, "--empty=%s: --empty or --empty=key", plan->empty);
    if (plan->forget > 0 && !plan->fill_by_key)
        return tp_err_set(err, TP_FAULT_USAGE, "--forget: goes with --empty=key");
    if (plan->fill && plan->spec.kind >= TP_WINDOW_SESSION)
        return tp_err_set(err, TP_FAULT_USAGE, "--empty: with -w %s no window is without records",
                          plan->window);
    if (plan->fill && !plan->fill_by_key && keyed && !tp_trigger_is_plain(&plan->trigger))
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--empty: a window that was said to have no key may get one by --early "
                          "or --lateness; --empty=key goes with them");
    return 0;
}

static int
check_cut(const struct tp_plan *plan, struct tp_err *err)
{
    if (!plan->cut)
        return 0;
    if (plan->spec.kind != TP_WINDOW_SESSION)
        return tp_err_set(err, TP_FAULT_USAGE, "--max, --start, --end: go with -w session:GAP");
    if (!tp_trigger_is_plain(&plan->trigger))
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--max, --start, --end: such sessions are said once, when all before "
                          "their end is known; without --early and --lateness");
    if (plan->max % TP_MILLISECOND != 0)
        return tp_err_set(err, TP_FAULT_USAGE, "--max: whole milliseconds are wanted");
    return 0;
}

/* Parts are of panes, which every window is made of: it is where they are merged that windows are.
 * A record that misses only some of its windows misses no pane; the rows of late ones add up. */
static void
part_by_pane(struct tp_plan *plan)
{
    struct tp_window_spec *spec = &plan->spec;
    tp_duration longest = spec->size - spec->pane;

    if (spec->kind == TP_WINDOW_CALENDAR || spec->kind == TP_WINDOW_ALL)
        longest = 0;
    else
        *spec = (struct tp_window_spec){
            TP_WINDOW_FIXED, spec->pane, spec->pane, spec->pane, spec->offset % spec->pane, NULL};
    if (!tp_time_add(plan->trigger.lateness, longest, &plan->trigger.lateness))
        plan->trigger.lateness = TP_TIME_MAX;
    plan->trigger.discard = plan->trigger.lateness > 0;
}

static int
open_parts(struct tp_plan *plan, struct tp_err *err)
{
    const char *option = plan->partial ? "--partial" : "--merge";

    if (!plan->partial && !plan->merge)
        return 0;
    if (plan->spec.kind == TP_WINDOW_SESSION || plan->spec.kind == TP_WINDOW_COUNT)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "%s: where a window of -w %s ends is known only from all its records",
                          option, plan->window);
    if (plan->merge && plan->trigger.early_count > 0)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--early %s: parts are no records to count; "
                          "--early DUR goes with --merge",
                          plan->early);
    if (!plan->partial)
        return 0;
    if (plan->early || plan->mode || plan->trigger.retract || plan->empty)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--%s: goes where parts are merged, not with --partial",
                          plan->early   ? "early"
                          : plan->mode  ? "mode"
                          : plan->empty ? "empty"
                                        : "retract");
    part_by_pane(plan);
    return 0;
}

int
tp_plan_open(struct tp_plan *plan, bool keyed, struct tp_err *err)
{
    if (open_window(plan, err) < 0 || open_early(plan, err) < 0 || open_mode(plan, err) < 0)
        return -1;
    if (check_cut(plan, err) < 0 || open_fill(plan, keyed, err) < 0)
        return -1;
    return open_parts(plan, err);
}

void
tp_plan_identity(const struct tp_plan *plan, struct tp_emit *to)
{
    const struct {
        const char *name, *text;
    } said[] = {{"window", plan->window},
                {"early", plan->early},
                {"mode", plan->mode},
                {"empty", plan->empty}};
    const struct {
        const char *name;
        tp_duration duration;
    } lasting[] = {
        {"offset", plan->offset}, {"max", plan->max}, {"lateness", plan->trigger.lateness}};
    const struct {
        const char *name;
        bool set;
    } flags[] = {
        {"retract", plan->trigger.retract}, {"partial", plan->partial}, {"merge", plan->merge}};

    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        if (said[i].text)
            tp_emit_text(to, tp_str_of(said[i].name), tp_str_of(said[i].text));
    for (size_t i = 0; i < sizeof lasting / sizeof *lasting; i++)
        if (lasting[i].duration != 0)
            tp_emit_int(to, tp_str_of(lasting[i].name), lasting[i].duration);
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (flags[i].set)
            tp_emit_json(to, tp_str_of(flags[i].name), TP_STR("true"));
}

int
tp_plan_part(const struct tp_plan *plan, const struct tp_aggs *aggs, const char *list,
             struct tp_scan *scan, struct tp_part **part, struct tp_err *err)
{
    if (!plan->partial && !plan->merge)
        return 0;
    *part = tp_part_new(aggs, tp_str_of(list));
    if (!*part)
        return tp_err_memory(err);
    return plan->merge ? tp_part_want(*part, scan, &plan->spec, err) : 0;
}

int
tp_plan_change(struct tp_plan *plan, const struct tp_aggs *aggs, struct tp_str op, bool *taken_back,
               struct tp_err *err)
{
    const struct tp_trigger *trigger = &plan->trigger;
    struct tp_str lasting = tp_aggs_lasting(aggs);

    *taken_back = false;
    if (tp_str_equal(op, TP_STR("insert")))
        return 0;
    if (plan->partial || plan->merge)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "a part cannot take back what another may have counted");
    *taken_back = tp_str_equal(op, TP_STR("retract")) || tp_str_equal(op, TP_STR("delete"));
    plan->trigger.changes = true;
    if (!*taken_back && !tp_str_equal(op, TP_STR("update")))
        return tp_err_set(err, TP_FAULT_USAGE,
                          "it does not say which row it replaces (swindow --retract upstream "
                          "does)");
    if (plan->spec.kind == TP_WINDOW_SESSION || plan->spec.kind == TP_WINDOW_COUNT)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "windows whose bounds depend on their records cannot take one back");
    if (!tp_trigger_is_plain(trigger) && !trigger->discard && !trigger->retract)
        return tp_err_set(err, TP_FAULT_USAGE, "rows that were said may have to go: add --retract");
    if (lasting.len > 0)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "%.*s cannot take records back (count, sum and avg can)",
                          (int)lasting.len, lasting.ptr);
    return 0;
}

void
tp_plan_release(struct tp_plan *plan)
{
    tp_window_release(&plan->spec);
}
