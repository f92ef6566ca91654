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
#include "sroute/destination.h"
#include "stream/router.h"
#include "stream/template.h"

enum {
    MAX_OPEN = 256,
    MAX_PARTS = 65536,
};

/* --all: one copy of the record at hand. */
struct delivery {
    const struct destination *to;
    size_t name, name_len; /* into sroute.names, for a template */
};

struct sroute {
    struct tp_texts rules_text;
    bool all;
    const char *else_text, *hash_text, *on_fail;
    uint64_t parts, max_open;

    struct tp_expr **when;  /* by rule: its condition ... */
    struct destination *to; /* ... and where it sends records */
    size_t rules;
    struct destination otherwise; /* --else, or the parts of --hash; no name: standard output */
    struct tp_expr *hash;

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
open_rule(struct sroute *s, struct tp_stage *stage, struct tp_str text, size_t rule,
          struct tp_err *err)
{
    struct tp_rule sides;
    struct tp_err why;

    if (tp_rule_parse(text, &sides, &why) < 0)
        return tp_err_set(err, why.fault, "-r: %s", why.text);
    s->when[rule] = tp_stage_condition(stage, "-r", sides.when, err);
    if (!s->when[rule])
        return -1;
    return destination_open(&s->to[rule], stage, s->router, "-r", sides.target, err);
}

static int
open_rules(struct sroute *s, struct tp_stage *stage, struct tp_err *err)
{
    s->when = calloc(s->rules_text.count + 1, sizeof(struct tp_expr *));
    s->to = calloc(s->rules_text.count + 1, sizeof *s->to);
    s->delivery = calloc(s->rules_text.count + 1, sizeof *s->delivery);
    if (!s->when || !s->to || !s->delivery)
        return tp_err_memory(err);
    for (size_t i = 0; i < s->rules_text.count; i++) {
        s->rules++;
        if (open_rule(s, stage, tp_str_of(s->rules_text.text[i]), i, err) < 0)
            return -1;
    }
    return 0;
}

static int
open_hash(struct sroute *s, struct tp_stage *stage, struct tp_err *err)
{
    const char *target = tp_stage_operand(stage, 0);

    if (!target)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--hash: the TARGET is missing: part-{n}.ndjson, say");
    s->hash = tp_stage_compile(stage, "--hash", tp_str_of(s->hash_text), err);
    if (!s->hash)
        return -1;
    return destination_open_parts(&s->otherwise, stage, s->router, tp_str_of(target), s->parts,
                                  err);
}

static int
open_else(struct sroute *s, struct tp_stage *stage, struct tp_err *err)
{
    s->otherwise.goes_on = !s->else_text;
    if (!s->else_text)
        return 0;
    return destination_open(&s->otherwise, stage, s->router, "--else", tp_str_of(s->else_text),
                            err);
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

/* SQL's hash(EXPR) % N, NULL to part 0: what everyone who splits by hash here does. */
static int
number_of(struct sroute *s, const struct tp_record *r, uint64_t *number, struct tp_err *err)
{
    struct tp_value value;
    int64_t hash;

    if (tp_expr_eval(s->hash, r->slot, &value, err) < 0)
        return -1;
    hash = tp_expr_hash(value, &s->scratch);
    *number = hash < 0 ? 0 : (uint64_t)hash % s->parts;
    return 0;
}

/* The line with its newline, which stands behind it in the block. */
static struct tp_str
whole_line(const struct tp_record *r)
{
    return (struct tp_str){r->line.ptr, r->line.len + 1};
}

static enum tp_verdict
reject_undelivered(struct sroute *s, struct tp_stage *stage, const struct tp_route *dead)
{
    struct tp_str name = tp_route_name(s->router, dead);

    return tp_stage_reject(stage, -1, "its target has failed: %.*s", (int)name.len, name.ptr);
}

/* Where a record goes that goes to TO alone; NULL when its values say none. */
static struct tp_route *
route_of(struct sroute *s, const struct destination *to, const struct tp_record *r,
         struct tp_err *err)
{
    uint64_t number = 0;

    if (to->route)
        return to->route;
    if (s->hash && to == &s->otherwise && number_of(s, r, &number, err) < 0)
        return NULL;
    if (to->part)
        return to->part[number];
    tp_buf_clear(&s->names);
    if (tp_template_write(to->name, r->slot, number, &s->names, err) < 0)
        return NULL;
    return tp_router_find(s->router, to->name, tp_buf_str(&s->names), err);
}

static enum tp_verdict
deliver(struct sroute *s, struct tp_stage *stage, const struct destination *to,
        const struct tp_record *r)
{
    struct tp_route *route;
    struct tp_err err;

    if (to->goes_on)
        return TP_PASS;
    err.at = -1;
    route = route_of(s, to, r, &err);
    if (!route || tp_router_pass(s->router, route, whole_line(r), &err) < 0)
        return tp_stage_fail(stage, &err);
    return tp_route_is_dead(route) ? reject_undelivered(s, stage, route) : TP_USED;
}

/* To the first whose rule is true. */
static enum tp_verdict
deliver_to_first(struct sroute *s, struct tp_stage *stage, const struct tp_record *r)
{
    struct tp_err err;
    long first;

    err.at = -1;
    first = tp_expr_first(s->when, s->rules, r->slot, &err);
    if (first < 0)
        return tp_stage_fail(stage, &err);
    return deliver(s, stage, (size_t)first < s->rules ? &s->to[first] : &s->otherwise, r);
}

/* Notes that the record goes to TO, under the name that it gives it there. */
static int
plan(struct sroute *s, const struct destination *to, const struct tp_record *r, struct tp_err *err)
{
    struct delivery *delivery = &s->delivery[s->deliveries++];

    *delivery = (struct delivery){.to = to, .name = s->names.len};
    if (to->route || to->goes_on)
        return 0;
    if (tp_template_write(to->name, r->slot, 0, &s->names, err) < 0)
        return -1;
    delivery->name_len = s->names.len - delivery->name;
    return 0;
}

/* All that can fail for the record's own sake comes first: a bad one goes nowhere. */
static int
plan_all(struct sroute *s, const struct tp_record *r, struct tp_err *err)
{
    s->deliveries = 0;
    tp_buf_clear(&s->names);
    for (size_t i = 0; i < s->rules; i++) {
        int wanted = tp_expr_test(s->when[i], r->slot, err);

        if (wanted < 0 || (wanted && plan(s, &s->to[i], r, err) < 0))
            return -1;
    }
    return 0;
}

static struct tp_route *
find_route(struct sroute *s, const struct delivery *delivery, struct tp_err *err)
{
    struct tp_str name = {s->names.ptr + delivery->name, delivery->name_len};

    if (delivery->to->route)
        return delivery->to->route;
    return tp_router_find(s->router, delivery->to->name, name, err);
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

/* --all: to every one whose rule is true. */
static enum tp_verdict
deliver_to_all(struct sroute *s, struct tp_stage *stage, const struct tp_record *r)
{
    const struct tp_route *dead = NULL;
    bool goes_on = false;
    struct tp_err err;

    err.at = -1;
    if (plan_all(s, r, &err) < 0)
        return tp_stage_fail(stage, &err);
    if (s->deliveries == 0)
        return deliver(s, stage, &s->otherwise, r);
    for (size_t i = 0; i < s->deliveries; i++) {
        struct tp_route *route;

        if (s->delivery[i].to->goes_on) {
            goes_on = true;
            continue;
        }
        route = find_route(s, &s->delivery[i], &err);
        if (!route || tp_router_pass(s->router, route, whole_line(r), &err) < 0)
            return tp_stage_fail(stage, &err);
        if (tp_route_is_dead(route))
            dead = route;
    }
    if (!dead)
        return goes_on ? TP_PASS : TP_USED;
    /* It is rejected; where it goes on as well, that has to be done here. */
    if (goes_on && copy_out(stage, r, &err) < 0)
        return tp_stage_fail(stage, &err);
    return reject_undelivered(s, stage, dead);
}

static enum tp_verdict
sroute_record(void *self, struct tp_stage *stage, const struct tp_record *r)
{
    struct sroute *s = self;

    return s->all ? deliver_to_all(s, stage, r) : deliver_to_first(s, stage, r);
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
        tp_expr_free(s->when[i]);
        destination_release(&s->to[i]);
    }
    destination_release(&s->otherwise);
    tp_expr_free(s->hash);
    tp_texts_release(&s->rules_text);
    tp_buf_release(&s->names);
    tp_buf_release(&s->scratch);
    free(s->when);
    free(s->to);
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
