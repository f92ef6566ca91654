/*
 * sroute: sends records to several targets, by rules or by hash.
 *
 * Input: any records, in any order; the order within a target is that of the input.
 * State: the open targets, at most --max-open, each with up to 64 KiB of lines that wait for
 * company. Output: the lines, byte for byte. Rules are tried in their order and the first that is
 * true decides
 * (--all: every one); what no rule wants goes to --else, to a part (--hash), or on to standard
 * output. Targets that are streams get the control lines, too. A record whose expression fails,
 * whose value cannot be part of a name, or whose target died (--on-target-fail skip) is rejected;
 * there is no late one here.
 */
#include <stdlib.h>
#include <string.h>

#include "filter/operator.h"
#include "query/rule.h"
#include "stream/router.h"
#include "stream/template.h"

enum {
    MAX_OPEN = 256,
    MAX_PARTS = 65536,
};

/* Where a rule sends records. */
struct destination {
    struct tp_template *name;
    struct tp_route *route; /* when it has but one name, and is not standard output */
};

struct rule {
    struct tp_expr *when;
    struct destination to;
};

/* One copy of the record at hand. */
struct delivery {
    const struct destination *to;
    struct tp_route *part; /* --hash: the part, when it is known without its name */
    size_t name, name_len; /* into sroute.names, for a template */
};

struct sroute {
    struct tp_texts rules_text;
    bool all;
    const char *else_text, *hash_text, *on_fail;
    uint64_t parts, max_open;

    struct rule *rule;
    size_t rules;
    struct destination otherwise; /* --else, or the parts of --hash; no name: standard output */
    struct tp_expr *hash;
    struct tp_route **part; /* by number, when {n} is their only field */

    struct tp_router *router;
    struct delivery *delivery;
    size_t deliveries;
    struct tp_buf names, scratch;
    struct tp_stage *stage;
};

#define FIELD(field) offsetof(struct sroute, field)

static const struct tp_option options[] = {
    {'r', "rule", "RULE", "EXPR => TARGET: where records go for which EXPR is true",
     TP_OPTION_TEXTS, FIELD(rules_text)},
    {0, "all", NULL, "to the targets of all rules that are true, not only the first",
     TP_OPTION_FLAG, FIELD(all)},
    {0, "else", "TARGET", "where records go that no rule wants (standard output)", TP_OPTION_TEXT,
     FIELD(else_text)},
    {0, "hash", "EXPR", "to one of --parts targets, the same for the same value", TP_OPTION_TEXT,
     FIELD(hash_text)},
    {0, "parts", "N", "how many; {n} in their TARGET is 0 to N - 1", TP_OPTION_COUNT, FIELD(parts)},
    {0, "on-target-fail", "skip", "when a target dies, go on with the others", TP_OPTION_TEXT,
     FIELD(on_fail)},
    {0, "max-open", "N", "so many targets are open at a time (256)", TP_OPTION_COUNT,
     FIELD(max_open)},
    {0},
};

static int
sroute_operands(void *self, struct tp_stage *stage)
{
    const struct sroute *s = self;

    (void)stage;
    return s->hash_text ? 1 : 0;
}

/* --- opening -----------------------------------------------------------------------------------*/

static int
check_options(const struct sroute *s, struct tp_err *err)
{
    if (s->rules_text.count == 0 && !s->hash_text)
        return tp_err_set(err, TP_FAULT_USAGE, "-r 'EXPR => TARGET' is missing, or --hash EXPR");
    if (s->hash_text && s->else_text)
        return tp_err_set(err, TP_FAULT_USAGE, "--hash leaves nothing for --else");
    if (s->hash_text && (s->parts < 1 || s->parts > MAX_PARTS))
        return tp_err_set(err, TP_FAULT_USAGE, "--hash needs --parts N, 1 to %d", MAX_PARTS);
    if (!s->hash_text && s->parts > 0)
        return tp_err_set(err, TP_FAULT_USAGE, "--parts goes with --hash EXPR");
    if (s->on_fail && strcmp(s->on_fail, "skip") != 0)
        return tp_err_set(err, TP_FAULT_USAGE, "--on-target-fail: only \"skip\", not \"%s\"",
                          s->on_fail);
    if (s->max_open < 1)
        return tp_err_set(err, TP_FAULT_USAGE, "--max-open: at least 1");
    return 0;
}

/* --on-target-fail skip: said once a target. What had gathered for it is lost: exit status 1. */
static void
skip_target(void *self, const struct tp_err *err)
{
    const struct sroute *s = self;
    struct tp_err said;

    tp_err_set(&said, err->fault, "%.*s; the other targets go on", (int)sizeof said.text - 40,
               err->text);
    tp_stage_spoiled(s->stage, &said);
}

/* At the end, without skip: another one beside the failure that ends the run. */
static void
report_another(void *self, const struct tp_err *err)
{
    const struct sroute *s = self;

    tp_stage_spoiled(s->stage, err);
}

static int
open_router(struct sroute *s, struct tp_stage *stage, struct tp_err *err)
{
    struct tp_router_settings settings = {
        .max_open = (size_t)s->max_open,
        .control_streams = tp_stage_takes_control(stage, true),
        .control_others = tp_stage_takes_control(stage, false),
    };

    s->router = tp_router_new(&settings);
    return s->router ? 0 : tp_err_memory(err);
}

static int
want_members(struct tp_stage *stage, struct tp_template *name, struct tp_err *err)
{
    for (size_t i = 0; i < tp_template_members(name); i++) {
        int slot = tp_stage_want_path(stage, tp_template_member(name, i), err);

        if (slot < 0)
            return -1;
        tp_template_set_slot(name, i, slot);
    }
    return 0;
}

/* What was written behind a commit has to be taken back, and nobody does that for a route. */
static int
check_kept(const struct tp_stage *stage, const struct tp_template *name, struct tp_str text,
           struct tp_err *err)
{
    if (!tp_stage_keeps_state(stage) || tp_template_kind(name) != TP_TEMPLATE_FILE)
        return 0;
    return tp_err_set(err, TP_FAULT_USAGE,
                      "--state: what goes into %.*s would come again after a restart; "
                      "\"| swrite --name NAME --sinks N %.*s\" takes it back",
                      (int)text.len, text.ptr, (int)text.len, text.ptr);
}

static int
open_destination(struct sroute *s, struct tp_stage *stage, const char *option, struct tp_str text,
                 struct destination *to, struct tp_err *err)
{
    struct tp_err why;

    to->name = tp_template_parse(text, false, &why);
    if (!to->name)
        return tp_err_set(err, why.fault, "%s: %s", option, why.text);
    if (check_kept(stage, to->name, text, err) < 0 || want_members(stage, to->name, err) < 0 ||
        tp_router_check(to->name, err) < 0)
        return -1;
    if (!tp_template_is_fixed(to->name) || tp_template_kind(to->name) == TP_TEMPLATE_STDOUT)
        return 0;
    to->route = tp_router_pin(s->router, to->name, 0, err);
    return to->route ? 0 : -1;
}

static int
open_rule(struct sroute *s, struct tp_stage *stage, struct tp_str text, struct rule *rule,
          struct tp_err *err)
{
    struct tp_rule sides;
    struct tp_err why;

    if (tp_rule_parse(text, &sides, &why) < 0)
        return tp_err_set(err, why.fault, "-r: %s", why.text);
    rule->when = tp_stage_condition(stage, "-r", sides.when, err);
    if (!rule->when)
        return -1;
    return open_destination(s, stage, "-r", sides.target, &rule->to, err);
}

static int
open_rules(struct sroute *s, struct tp_stage *stage, struct tp_err *err)
{
    s->rule = calloc(s->rules_text.count + 1, sizeof *s->rule);
    s->delivery = calloc(s->rules_text.count + 1, sizeof *s->delivery);
    if (!s->rule || !s->delivery)
        return tp_err_memory(err);
    for (size_t i = 0; i < s->rules_text.count; i++) {
        s->rules++;
        if (open_rule(s, stage, tp_str_of(s->rules_text.text[i]), &s->rule[i], err) < 0)
            return -1;
    }
    return 0;
}

/* All parts are there from the start, also those that get no record. */
static int
open_parts(struct sroute *s, struct tp_err *err)
{
    s->part = calloc((size_t)s->parts, sizeof(struct tp_route *));
    if (!s->part)
        return tp_err_memory(err);
    for (size_t n = 0; n < s->parts; n++) {
        s->part[n] = tp_router_pin(s->router, s->otherwise.name, n, err);
        if (!s->part[n])
            return -1;
    }
    return 0;
}

static int
open_hash(struct sroute *s, struct tp_stage *stage, struct tp_err *err)
{
    const char *target = tp_stage_operand(stage, 0);
    struct destination *to = &s->otherwise;

    if (!target)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--hash: the TARGET is missing: part-{n}.ndjson, say");
    s->hash = tp_stage_compile(stage, "--hash", tp_str_of(s->hash_text), err);
    if (!s->hash)
        return -1;
    to->name = tp_template_parse(tp_str_of(target), true, err);
    if (!to->name)
        return -1;
    if (!tp_template_is_numbered(to->name))
        return tp_err_set(err, TP_FAULT_USAGE, "--hash: no {n} in the TARGET \"%s\"", target);
    if (check_kept(stage, to->name, tp_str_of(target), err) < 0 ||
        want_members(stage, to->name, err) < 0 || tp_router_check(to->name, err) < 0)
        return -1;
    return tp_template_members(to->name) == 0 ? open_parts(s, err) : 0;
}

static int
open_else(struct sroute *s, struct tp_stage *stage, struct tp_err *err)
{
    if (!s->else_text)
        return 0;
    return open_destination(s, stage, "--else", tp_str_of(s->else_text), &s->otherwise, err);
}

static int
sroute_open(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sroute *s = self;

    s->stage = stage;
    if (check_options(s, err) < 0 || open_router(s, stage, err) < 0)
        return -1;
    if (open_rules(s, stage, err) < 0)
        return -1;
    if ((s->hash_text ? open_hash(s, stage, err) : open_else(s, stage, err)) < 0)
        return -1;
    if (s->on_fail)
        tp_router_skip_failed(s->router, skip_target, s);
    return 0;
}

/* --- records -----------------------------------------------------------------------------------*/

static bool
is_standard_output(const struct destination *to)
{
    return !to->name || (!to->route && tp_template_kind(to->name) == TP_TEMPLATE_STDOUT);
}

/* Notes that the record goes to TO, under the name that it gives it there. */
static int
plan(struct sroute *s, const struct destination *to, const struct tp_record *r, uint64_t number,
     struct tp_err *err)
{
    struct delivery *delivery = &s->delivery[s->deliveries++];

    *delivery = (struct delivery){.to = to, .name = s->names.len};
    if (to->route || is_standard_output(to))
        return 0;
    if (tp_template_write(to->name, r->slot, number, &s->names, err) < 0)
        return -1;
    delivery->name_len = s->names.len - delivery->name;
    return 0;
}

/* SQL's hash(EXPR) % N, NULL to part 0: what everyone who splits by hash here does. */
static int
plan_part(struct sroute *s, const struct tp_record *r, struct tp_err *err)
{
    struct tp_value value;
    int64_t hash;
    uint64_t number;

    if (tp_expr_eval(s->hash, r->slot, &value, err) < 0)
        return -1;
    hash = tp_expr_hash(value, &s->scratch);
    number = hash < 0 ? 0 : (uint64_t)hash % s->parts;
    if (!s->part)
        return plan(s, &s->otherwise, r, number, err);
    s->delivery[s->deliveries++] = (struct delivery){.to = &s->otherwise, .part = s->part[number]};
    return 0;
}

/* All that can fail for the record's own sake comes first: a bad one goes nowhere. */
static int
plan_all(struct sroute *s, const struct tp_record *r, struct tp_err *err)
{
    s->deliveries = 0;
    tp_buf_clear(&s->names);
    for (size_t i = 0; i < s->rules; i++) {
        int wanted = tp_expr_test(s->rule[i].when, r->slot, err);

        if (wanted < 0 || (wanted && plan(s, &s->rule[i].to, r, 0, err) < 0))
            return -1;
        if (wanted && !s->all)
            return 0;
    }
    if (s->deliveries > 0)
        return 0;
    return s->hash ? plan_part(s, r, err) : plan(s, &s->otherwise, r, 0, err);
}

static struct tp_route *
find_route(struct sroute *s, const struct delivery *delivery, struct tp_err *err)
{
    struct tp_str name = {s->names.ptr + delivery->name, delivery->name_len};

    if (delivery->part)
        return delivery->part;
    if (delivery->to->route)
        return delivery->to->route;
    return tp_router_find(s->router, delivery->to->name, name, err);
}

/* The line with its newline, which stands behind it in the block. */
static struct tp_str
whole_line(const struct tp_record *r)
{
    return (struct tp_str){r->line.ptr, r->line.len + 1};
}

static int
copy_out(struct tp_stage *stage, const struct tp_record *r, struct tp_err *err)
{
    struct tp_buf *to = tp_stage_row(stage, err);

    if (!to)
        return -1;
    tp_buf_put_str(to, whole_line(r));
    return tp_stage_row_end(stage, err);
}

/* The record was planned for a dead target. Where it goes on as well, that has to be done here. */
static enum tp_verdict
reject_undelivered(struct sroute *s, struct tp_stage *stage, const struct tp_record *r,
                   const struct tp_route *dead, bool goes_on)
{
    struct tp_str name = tp_route_name(s->router, dead);
    struct tp_err err;

    if (goes_on && copy_out(stage, r, &err) < 0)
        return tp_stage_fail(stage, &err);
    return tp_stage_reject(stage, -1, "its target has failed: %.*s", (int)name.len, name.ptr);
}

static enum tp_verdict
sroute_record(void *self, struct tp_stage *stage, const struct tp_record *r)
{
    struct sroute *s = self;
    const struct tp_route *dead = NULL;
    bool goes_on = false;
    struct tp_err err;

    err.at = -1;
    if (plan_all(s, r, &err) < 0)
        return tp_stage_fail(stage, &err);
    for (size_t i = 0; i < s->deliveries; i++) {
        struct tp_route *route;

        if (is_standard_output(s->delivery[i].to)) {
            goes_on = true;
            continue;
        }
        route = find_route(s, &s->delivery[i], &err);
        if (!route || tp_router_pass(s->router, route, whole_line(r), &err) < 0)
            return tp_stage_fail(stage, &err);
        if (tp_route_is_dead(route))
            dead = route;
    }
    if (dead)
        return reject_undelivered(s, stage, r, dead, goes_on);
    return goes_on ? TP_PASS : TP_USED;
}

/* --- the rest ----------------------------------------------------------------------------------*/

static int
sroute_control(void *self, struct tp_stage *stage, const struct tp_control *control,
               struct tp_str line, struct tp_err *err)
{
    struct sroute *s = self;

    (void)stage;
    return line.len > 0 ? tp_router_say(s->router, control->kind, line, err) : 0;
}

static int
sroute_settle(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sroute *s = self;

    (void)stage;
    return tp_router_settle(s->router, err);
}

static int
sroute_quiet(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sroute *s = self;

    (void)stage;
    return tp_router_flush(s->router, err);
}

static int
sroute_shut(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sroute *s = self;

    (void)stage;
    return tp_router_close(s->router, report_another, s, err);
}

static void
sroute_close(void *self)
{
    struct sroute *s = self;

    tp_router_free(s->router);
    for (size_t i = 0; i < s->rules; i++) {
        tp_expr_free(s->rule[i].when);
        tp_template_free(s->rule[i].to.name);
    }
    tp_template_free(s->otherwise.name);
    tp_expr_free(s->hash);
    tp_texts_release(&s->rules_text);
    tp_buf_release(&s->names);
    tp_buf_release(&s->scratch);
    free(s->rule);
    free(s->part);
    free(s->delivery);
}

static const struct tp_operator sroute = {
    .name = "sroute",
    .purpose = "sends records to several targets, by rules or by hash",
    .synopsis = "-r RULE ... [--all] [--else TARGET] [FILE ...]\n"
                "[-r RULE ...] --hash EXPR --parts N TARGET [FILE ...]",
    .example = "  sroute -r 'status >= 500 => errors.ndjson' -r \"method = 'POST' => | gzip "
               ">posts.gz\" access.ndjson",
    .options = options,
    .operands = sroute_operands,
    .open = sroute_open,
    .record = sroute_record,
    .control = sroute_control,
    .settle = sroute_settle,
    .quiet = sroute_quiet,
    .shut = sroute_shut,
    .close = sroute_close,
};

int
main(int argc, char **argv)
{
    struct sroute self = {.max_open = MAX_OPEN};

    return tp_transform_main(&sroute, &self, argc, argv);
}
