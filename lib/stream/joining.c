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

static bool
is_side(const char *text)
{
    return strcmp(text, "l") == 0 || strcmp(text, "r") == 0;
}

static enum tp_join_side
chooser(const struct tp_joining *j)
{
    return strcmp(j->each, "l") == 0 ? TP_JOIN_LEFT : TP_JOIN_RIGHT;
}

static const char *
side_name(const struct tp_joining *j)
{
    return chooser(j) == TP_JOIN_LEFT ? "left" : "right";
}

static int
check_each(const struct tp_joining *j, struct tp_err *err)
{
    if (!j->each)
        return j->rows.by ? tp_err_set(err, TP_FAULT_USAGE, "--by goes with --each") : 0;
    if (!j->within || j->updates)
        return tp_err_set(err, TP_FAULT_USAGE,
                          j->updates ? "--updates: --each says a row when it is certain"
                                     : "--each goes with --within");
    if (!is_side(j->each))
        return tp_err_set(err, TP_FAULT_USAGE, "--each: l or r, not \"%s\"", j->each);
    if (j->kind != TP_MATCH_INNER &&
        j->kind != (chooser(j) == TP_JOIN_LEFT ? TP_MATCH_LEFT : TP_MATCH_RIGHT))
        return tp_err_set(
            err, TP_FAULT_USAGE,
            "--each %s says at most one row of each %s record: -j inner or %s, not %s", j->each,
            side_name(j), side_name(j), j->type);
    return 0;
}

static int
split_keys(struct tp_joining *j, struct tp_err *err)
{
    struct tp_err why;

    if (!j->keys)
        return tp_err_set(err, TP_FAULT_USAGE, "-k is missing: -k id, or -k auction=id");
    if (tp_keys_split(tp_str_of(j->keys), &j->side[TP_JOIN_LEFT].text, &j->side[TP_JOIN_RIGHT].text,
                      &why) < 0)
        return tp_err_set(err, why.fault, "-k: %s", why.text);
    return 0;
}

/* What goes with the way only. */
static int
check_way(const struct tp_joining *j, struct tp_err *err)
{
    if (j->as_of)
        return check_as_of(j, err);
    if (j->lookup)
        return check_lookup(j, err);
    return j->window ? check_window(j, err) : 0;
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
    return check_way(j, err) < 0 || check_each(j, err) < 0 ? -1 : split_keys(j, err);
}

/* --- making ------------------------------------------------------------------------------------*/

/* The lines of right records are needed for nothing. */
static bool
needs_no_right(const struct tp_joining *j)
{
    return j->rows.left_only && !j->rows.on;
}

static struct tp_match *
new_interval(const struct tp_joining *j, struct tp_err *err)
{
    struct tp_interval options = {.type = j->kind,
                                  .lateness = j->lateness < 0 ? 0 : j->lateness,
                                  .bare_right = needs_no_right(j),
                                  .updates = j->updates,
                                  .chooses = j->each != NULL,
                                  .chooser = j->each ? chooser(j) : TP_JOIN_LEFT};
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

static int
parse_window(struct tp_joining *j, struct tp_err *err)
{
    struct tp_err why;

    if (tp_window_parse(tp_str_of(j->window), &j->spec, &why) < 0)
        return tp_err_set(err, TP_FAULT_USAGE, "-w: %s", why.text);
    if (j->spec.kind == TP_WINDOW_ALL)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "-w all: no window at all; --within with wide bounds");
    if (j->spec.kind == TP_WINDOW_COUNT)
        return tp_err_set(err, TP_FAULT_USAGE, "-w %s: windows of two streams are windows of time",
                          j->window);
    return 0;
}

static struct tp_match *
new_window(struct tp_joining *j, struct tp_err *err)
{
    struct tp_cogroup options = {.type = j->kind, .bare_right = needs_no_right(j)};
    struct tp_match *match;

    if (parse_window(j, err) < 0)
        return NULL;
    options.spec = j->spec;
    match = tp_cogroup_new(&options);
    if (!match)
        tp_err_memory(err);
    return match;
}

static struct tp_match *
new_versions(const struct tp_joining *j, struct tp_err *err)
{
    struct tp_match *match = tp_versions_new(j->kind);

    if (!match)
        tp_err_memory(err);
    return match;
}

/* The table takes part in the closing words. */
static void
learn_table(struct tp_joining *j)
{
    struct tp_reference_facts facts = tp_reference_facts(j->match);
    struct tp_party *right = &j->side[TP_JOIN_RIGHT];

    right->records = facts.rows;
    right->nulls = facts.nulls;
    right->keyed = facts.rows - facts.nulls;
    right->kind = facts.kind;
}

static int
open_table(struct tp_joining *j, struct tp_scan *scan, struct tp_err *err)
{
    j->rows.adds = true;
    j->reference = (struct tp_reference_options){
        .type = j->kind,
        .path = j->table,
        .format = j->table_format,
        .keys = tp_buf_text(&j->side[TP_JOIN_RIGHT].text),
        .left = &j->side[TP_JOIN_LEFT].keys,
        .as_is = j->rows.nest != NULL,
        .only_added = !j->rows.on && !j->rows.select,
        .max_size = j->max_memory,
        .max_line = j->max_line,
    };
    j->match = tp_reference_new(&j->reference, err);
    if (!j->match)
        return -1;
    learn_table(j);
    j->rows.column = tp_reference_names(j->match, &j->rows.columns);
    return tp_reference_watch(j->match, scan, err);
}

static int
open_streams(struct tp_joining *j, struct tp_err *err)
{
    if (j->within)
        j->match = new_interval(j, err);
    else if (j->window)
        j->match = new_window(j, err);
    else
        j->match = new_versions(j, err);
    err->at = -1;
    return j->match ? 0 : -1;
}

static const char *
text_of(const struct tp_joined_options *rows, const char *option)
{
    if (strcmp(option, "--on") == 0)
        return rows->on;
    return strcmp(option, "--by") == 0 ? rows->by : rows->select;
}

static int
open_rows(struct tp_joining *j, const char **which, struct tp_str *text, struct tp_err *err)
{
    j->rows.left = &j->side[TP_JOIN_LEFT].keys;
    j->rows.right = j->lookup ? tp_reference_keys(j->match) : &j->side[TP_JOIN_RIGHT].keys;
    j->joined = tp_joined_new(&j->rows, which, err);
    if (j->joined)
        return 0;
    if (*which)
        *text = tp_str_of(text_of(&j->rows, *which));
    return -1;
}

int
tp_joining_open(struct tp_joining *j, struct tp_scan *scan, const char **which, struct tp_str *text,
                struct tp_err *err)
{
    *which = NULL;
    err->at = -1;
    j->rows.left_only = tp_match_is_left_only(j->kind);
    if (j->lookup ? open_table(j, scan, err) < 0 : open_streams(j, err) < 0) {
        if (err->at >= 0 && !j->match) {
            *which = "-k";
            *text = tp_buf_str(&j->side[TP_JOIN_RIGHT].text);
        }
        return -1;
    }
    return open_rows(j, which, text, err);
}

void
tp_joining_release(struct tp_joining *j)
{
    if (j->match)
        j->match->way->free(j->match);
    tp_joined_free(j->joined);
    tp_window_release(&j->spec);
    tp_party_release(&j->side[TP_JOIN_LEFT]);
    tp_party_release(&j->side[TP_JOIN_RIGHT]);
}

/* --- what is said of it ------------------------------------------------------------------------*/

int
tp_joining_check_memory(const struct tp_joining *j, const char *const name[2], struct tp_err *err)
{
    size_t left, right;

    if (j->max_memory == 0 || j->lookup)
        return 0;
    if (tp_match_settle(j->match, err) < 0)
        return -1;
    if (j->match->way->size(j->match) <= j->max_memory)
        return 0;
    left = j->match->way->held(j->match, TP_JOIN_LEFT);
    right = j->match->way->held(j->match, TP_JOIN_RIGHT);
    if (j->as_of && right > left)
        return tp_err_set(
            err, TP_FAULT_MACHINE,
            "more than --max-memory is kept: records of %s: %zu, versions of %s: %zu; "
            "of each key the last one stays",
            name[0], left, name[1], right);
    return tp_err_set(err, TP_FAULT_MACHINE,
                      "more than --max-memory is kept: records of %s: %zu, of %s: %zu; they wait "
                      "for the watermark of %s",
                      name[0], left, name[1], right, name[left > right]);
}

void
tp_joining_explain(const struct tp_joining *j, const char *const name[2], struct tp_buf *to)
{
    const struct tp_party *left = &j->side[TP_JOIN_LEFT], *right = &j->side[TP_JOIN_RIGHT];

    for (int i = 0; i < 2; i++) {
        const struct tp_party *side = &j->side[i];

        if (side->records == 0 && j->side[!i].records > 0)
            tp_buf_printf(to, "%s had no records: nothing could match\n", name[i]);
        else if (side->nulls > 0 && side->keyed == 0)
            tp_buf_printf(to, "no record of %s had a key that is not NULL (-k \"%s\")\n", name[i],
                          j->keys);
    }
    if (j->match->met == 0 && tp_party_differ(left, right))
        tp_buf_printf(to, "nothing matched: the key is %s in %s, %s in %s; CAST one of them\n",
                      left->kind, name[0], right->kind, name[1]);
}
