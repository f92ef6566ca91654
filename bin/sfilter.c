/*
 * sfilter: passes the records that meet a condition.
 *
 * Input: any records, in any order; none is looked at together with another.
 * State: none. A record whose condition cannot be evaluated (overflow, a string compared with a
 * number) is rejected; late ones are not this filter's business.
 * Output: the lines, byte for byte, in their order; watermarks as they come. In a changelog an
 * `upsert` that fails the condition goes on as `delete`: its key may have met it before, and must
 * not stay behind with the old values.
 */
#include "filter/operator.h"
#include "query/expr.h"

struct sfilter {
    const char *file; /* -f */
    bool invert, count, explain;
    uint64_t limit, selected;

    struct tp_buf text; /* of the file */
    struct tp_expr *condition;
    int change; /* slot of `@op` */
    struct tp_buf scratch;
};

#define FIELD(name) offsetof(struct sfilter, name)

static const struct tp_option options[] = {
    {'f', "file", "FILE", "read the condition from FILE", TP_OPTION_TEXT, FIELD(file)},
    {'v', "invert", NULL, "pass the records that do not meet the condition", TP_OPTION_FLAG,
     FIELD(invert)},
    {'c', "count", NULL, "print only how many records passed", TP_OPTION_FLAG, FIELD(count)},
    {'m', "max", "N", "stop after N records have passed", TP_OPTION_COUNT, FIELD(limit)},
    {0, "explain", NULL, "print how the condition is understood, and stop", TP_OPTION_FLAG,
     FIELD(explain)},
    {0},
};

/* --- opening -----------------------------------------------------------------------------------*/

static int
sfilter_operands(void *self, struct tp_stage *stage)
{
    struct sfilter *f = self;

    if (f->explain || f->limit == 0)
        tp_stage_stop(stage);
    return f->file ? 0 : 1;
}

static int
open_condition(struct sfilter *f, struct tp_stage *stage, struct tp_err *err)
{
    const char *operand = tp_stage_operand(stage, 0);

    if (f->file) {
        if (tp_read_text_file(f->file, &f->text, err) < 0)
            return -1;
        f->condition = tp_stage_condition(stage, f->file, tp_buf_str(&f->text), err);
    } else if (operand) {
        f->condition = tp_stage_condition(stage, NULL, tp_str_of(operand), err);
    } else {
        return tp_err_set(err, TP_FAULT_USAGE, "which records? a condition is missing");
    }
    return f->condition ? 0 : -1;
}

static int
sfilter_open(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sfilter *f = self;
    struct tp_path op;

    if (open_condition(f, stage, err) < 0 || tp_path_parse(&op, TP_STR("@op"), err) < 0)
        return -1;
    f->change = tp_scan_want(tp_stage_scan(stage), &op, err);
    tp_path_release(&op);
    if (f->count || f->explain)
        tp_stage_mute(stage);
    return f->change < 0 ? -1 : 0;
}

/* --- records -----------------------------------------------------------------------------------*/

static bool
is_upsert(struct sfilter *f, const struct tp_slot *change)
{
    struct tp_value value;

    if (change->kind <= TP_SLOT_NULL)
        return false;
    tp_buf_clear(&f->scratch);
    value = tp_slot_value(change, &f->scratch);
    return value.kind == TP_TEXT && tp_str_equal(value.text, TP_STR("upsert"));
}

/* The line with the text of its `@op` made `delete`. */
static enum tp_verdict
delete_key(struct tp_stage *stage, const struct tp_record *r, const struct tp_slot *change)
{
    struct tp_err err;
    struct tp_buf *to = tp_stage_row(stage, &err);
    const char *behind = change->ptr + change->len, *end = r->line.ptr + r->line.len;

    if (!to)
        return tp_stage_fail(stage, &err);
    tp_buf_put(to, r->line.ptr, (size_t)(change->ptr - r->line.ptr));
    TP_BUF_PUT(to, "delete");
    tp_buf_put(to, behind, (size_t)(end - behind));
    tp_buf_put_char(to, '\n');
    return tp_stage_row_end(stage, &err) < 0 ? tp_stage_fail(stage, &err) : TP_USED;
}

static enum tp_verdict
sfilter_record(void *self, struct tp_stage *stage, const struct tp_record *r)
{
    struct sfilter *f = self;
    const struct tp_slot *change = &r->slot[f->change];
    struct tp_err err;
    int met = tp_expr_test(f->condition, r->slot, &err);

    if (met < 0)
        return tp_stage_fail(stage, &err);
    if (met == f->invert)
        return !f->count && is_upsert(f, change) ? delete_key(stage, r, change) : TP_FILTERED;
    f->selected++;
    if (f->selected == f->limit)
        tp_stage_stop(stage);
    return f->count ? TP_USED : TP_PASS;
}

/* --- the end -----------------------------------------------------------------------------------*/

static int
sfilter_finish(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sfilter *f = self;
    struct tp_buf *to;

    if (!f->explain && !f->count)
        return 0;
    to = tp_stage_row(stage, err);
    if (!to)
        return -1;
    if (f->explain) {
        tp_expr_write_sql(f->condition, to);
        TP_BUF_PUT(to, "\n\n");
        tp_expr_write_plan(f->condition, to);
    } else {
        tp_buf_printf(to, "%llu\n", (unsigned long long)f->selected);
    }
    return tp_stage_row_end(stage, err);
}

static void
sfilter_close(void *self)
{
    struct sfilter *f = self;

    tp_expr_free(f->condition);
    tp_buf_release(&f->text);
    tp_buf_release(&f->scratch);
}

static const struct tp_operator sfilter = {
    .name = "sfilter",
    .purpose = "passes the records that meet a condition",
    .synopsis = "[-v] [-c] [-m N] [--explain] [-t FIELD] CONDITION [FILE ...]\n"
                "[-v] [-c] [-m N] [--explain] [-t FIELD] -f FILE [FILE ...]",
    .example = "  sfilter \"status >= 500 AND path ~ '^/api/'\" access.ndjson",
    .options = options,
    .traits = TP_TIME_NAMED,
    .operands = sfilter_operands,
    .open = sfilter_open,
    .record = sfilter_record,
    .finish = sfilter_finish,
    .close = sfilter_close,
};

int
main(int argc, char **argv)
{
    struct sfilter self = {.limit = UINT64_MAX};

    return tp_transform_main(&sfilter, &self, argc, argv);
}
