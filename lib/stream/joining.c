#include "stream/joining.h"

#include <string.h>

#include "event/cogroup.h"
#include "event/interval.h"
#include "event/versions.h"

/* --- what does not go together -----------------------------------------------------------------*/

static int
check_as_of(const struct tp_joining *j, struct tp_err *err)
{
    if (j->kind != TP_MATCH_INNER && j->kind != TP_MATCH_LEFT)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--as-of looks up what was in force for each left record: -j inner or "
                          "left, not %s",
                          j->type);
    if (j->lateness >= 0)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--lateness goes with --within: --as-of says each left record once, in "
                          "order; a larger -d waits longer");
    return 0;
}

static int
check_lookup(const struct tp_joining *j, struct tp_err *err)
{
    if (j->kind == TP_MATCH_RIGHT || j->kind == TP_MATCH_FULL)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--lookup says nothing of rows that no record asked for: -j inner, left, "
                          "semi or anti, not %s",
                          j->type);
    if (j->lateness >= 0 || j->has_delay)
        return tp_err_set(err, TP_FAULT_USAGE, "%s: --lookup goes by no time",
                          j->lateness >= 0 ? "--lateness" : "-d");
    if (!j->table || strcmp(j->table, "-") == 0)
        return tp_err_set(err, TP_FAULT_USAGE, "--lookup: the last operand is the FILE of a table");
    return 0;
}

static int
check_window(const struct tp_joining *j, struct tp_err *err)
{
    if (j->lateness >= 0)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--lateness goes with --within: -w says each window once; a larger -d "
                          "waits longer");
    return 0;
}

int
tp_joining_check(struct tp_joining *j, struct tp_err *err)
{
    int ways = !!j->within + !!j->window + j->as_of + j->lookup;

    if (tp_match_type_of(tp_str_of(j->type), &j->kind) < 0)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "-j: inner, left, right, full, semi or anti, not \"%s\"", j->type);
    if (ways != 1)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "how? %s --within -20s,0s, say, -w 1m, --as-of, --lookup",
                          ways == 0 ? "one is missing of" : "only one of");
    if (j->table_format && !j->lookup)
        return tp_err_set(err, TP_FAULT_USAGE, "--lookup-format goes with --lookup");
    if (j->updates && !j->within)
        return tp_err_set(err, TP_FAULT_USAGE, "--updates goes with --within");
    if (j->as_of)
        return check_as_of(j, err);
    if (j->lookup)
        return check_lookup(j, err);
    return j->window ? check_window(j, err) : 0;
}

/* --- making ------------------------------------------------------------------------------------*/

static struct tp_match *
new_interval(const struct tp_joining *j, struct tp_err *err)
{
    struct tp_interval options = {.type = j->kind,
                                  .lateness = j->lateness < 0 ? 0 : j->lateness,
                                  .bare_right = j->bare_right,
                                  .updates = j->updates};
    struct tp_match *match;
    struct tp_err why;

    if (tp_interval_parse(tp_str_of(j->within), &options.lo, &options.hi, &why) < 0) {
        tp_err_set(err, TP_FAULT_USAGE, "--within: %s", why.text);
        return NULL;
    }
    match = tp_interval_new(&options);
    if (!match)
        tp_err_memory(err);
    return match;
}

static struct tp_match *
new_window(struct tp_joining *j, struct tp_err *err)
{
    struct tp_cogroup options = {.type = j->kind, .bare_right = j->bare_right};
    struct tp_match *match;
    struct tp_err why;

    if (tp_window_parse(tp_str_of(j->window), &j->spec, &why) < 0) {
        tp_err_set(err, TP_FAULT_USAGE, "-w: %s", why.text);
        return NULL;
    }
    if (j->spec.kind == TP_WINDOW_ALL) {
        tp_err_set(err, TP_FAULT_USAGE, "-w all: no window at all; --within with wide bounds");
        return NULL;
    }
    if (j->spec.kind == TP_WINDOW_COUNT) {
        tp_err_set(err, TP_FAULT_USAGE, "-w %s: windows of two streams are windows of time",
                   j->window);
        return NULL;
    }
    options.spec = j->spec;
    match = tp_cogroup_new(&options);
    if (!match)
        tp_err_memory(err);
    return match;
}

static struct tp_match *
new_reference(struct tp_joining *j, struct tp_err *err)
{
    j->reference.type = j->kind;
    j->reference.path = j->table;
    j->reference.format = j->table_format;
    return tp_reference_new(&j->reference, err);
}

struct tp_match *
tp_joining_new(struct tp_joining *j, struct tp_err *err)
{
    struct tp_match *match;

    err->at = -1;
    if (j->lookup)
        return new_reference(j, err);
    if (j->within)
        match = new_interval(j, err);
    else if (j->window)
        match = new_window(j, err);
    else {
        match = tp_versions_new(j->kind);
        if (!match)
            tp_err_memory(err);
    }
    err->at = -1;
    return match;
}

void
tp_joining_release(struct tp_joining *j)
{
    tp_window_release(&j->spec);
}
