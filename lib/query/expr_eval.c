#include "query/expr_eval.h"

#include <stdarg.h>
#include <stdio.h>

#include "query/expr_cast.h"
#include "query/expr_func.h"
#include "value/num.h"
#include "value/text.h"

int
tp_run_fail(struct tp_run *run, const struct tp_node *node, const char *format, ...)
{
    char reason[400];
    struct tp_str name = {run->source.ptr + node->at, node->len};
    const char *more = "";
    va_list args;

    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    if (name.len > 60) {
        for (name.len = 57; name.len && ((unsigned char)name.ptr[name.len] & 0xC0) == 0x80;)
            name.len--;
        more = "…";
    }
    return tp_err_set(run->err, TP_FAULT_RECORD, "%.*s%s: %s", (int)name.len, name.ptr, more,
                      reason);
}

int
tp_run_finish_text(struct tp_run *run, const struct tp_node *node, struct tp_value *out)
{
    if (tp_buf_failed(&run->temp))
        return tp_err_memory(run->err);
    if (run->temp.len > TP_EXPR_TEXT_MAX)
        return tp_run_fail(run, node, "more than %u MiB of text", TP_EXPR_TEXT_MAX >> 20);
    if (tp_arena_size(&run->arena) > TP_EXPR_ARENA_MAX)
        return tp_run_fail(run, node, "more than %u MiB of text", TP_EXPR_ARENA_MAX >> 20);
    run->used = true;
    *out = tp_text(tp_arena_copy(&run->arena, tp_buf_str(&run->temp)));
    return out->text.ptr ? 0 : tp_err_memory(run->err);
}

int
tp_eval_constant(const struct tp_node *node, struct tp_run *run, struct tp_value *out)
{
    (void)run;
    *out = node->value;
    return 0;
}

static int
eval_escaped(const struct tp_slot *slot, struct tp_run *run, struct tp_value *out)
{
    tp_buf_clear(&run->temp);
    tp_text_unescape((struct tp_str){slot->ptr, slot->len}, &run->temp);
    if (tp_buf_failed(&run->temp))
        return tp_err_memory(run->err);
    run->used = true;
    *out = tp_text(tp_arena_copy(&run->arena, tp_buf_str(&run->temp)));
    return out->text.ptr ? 0 : tp_err_memory(run->err);
}

/* Plain text and numbers, which most members are, without the way through tp_slot_value. */
int
tp_eval_member(const struct tp_node *node, struct tp_run *run, struct tp_value *out)
{
    const struct tp_slot *slot = tp_slot_of(node, run);

    if (slot->kind == TP_SLOT_TEXT) {
        out->kind = TP_TEXT;
        out->text = (struct tp_str){slot->ptr, slot->len};
        return 0;
    }
    if (tp_slot_short_integer(slot, &out->integer)) {
        out->kind = TP_INT;
        return 0;
    }
    if (slot->kind == TP_SLOT_REAL) {
        tp_num_read_into((struct tp_str){slot->ptr, slot->len}, out);
        return 0;
    }
    if (slot->kind == TP_SLOT_ESCAPED)
        return eval_escaped(slot, run, out);
    *out = tp_slot_value(slot, NULL);
    return 0;
}

int
tp_eval_concat(const struct tp_node *node, struct tp_run *run, struct tp_value *out)
{
    struct tp_value a, b;

    if (node->arg[0]->eval(node->arg[0], run, &a) < 0 ||
        node->arg[1]->eval(node->arg[1], run, &b) < 0)
        return -1;
    if (a.kind == TP_NULL || b.kind == TP_NULL) {
        *out = tp_null();
        return 0;
    }
    tp_buf_clear(&run->temp);
    tp_put_printed(&run->temp, a);
    tp_put_printed(&run->temp, b);
    return tp_run_finish_text(run, node, out);
}

int
tp_eval_case(const struct tp_node *node, struct tp_run *run, struct tp_value *out)
{
    const struct tp_node *chosen;
    size_t i;
    int truth;

    for (i = 0; i + 1 < node->count; i += 2) {
        truth = node->arg[i]->test(node->arg[i], run);
        if (truth < 0)
            return -1;
        if (truth == TP_TRUE)
            return node->arg[i + 1]->eval(node->arg[i + 1], run, out);
    }
    chosen = node->arg[node->count - 1];
    return chosen->eval(chosen, run, out);
}

int
tp_eval_case_of(const struct tp_node *node, struct tp_run *run, struct tp_value *out)
{
    const struct tp_node *subject = node->arg[0], *chosen;
    struct tp_value value, a, b;
    int equal;
    size_t i;

    if (subject->eval(subject, run, &value) < 0)
        return -1;
    for (i = 1; i + 1 < node->count; i += 2) {
        if (node->arg[i]->eval(node->arg[i], run, &b) < 0)
            return -1;
        if (value.kind == TP_NULL || b.kind == TP_NULL)
            continue;
        a = value;
        equal = tp_equal(run, subject, node->arg[i], &a, &b);
        if (equal < 0)
            return -1;
        if (equal)
            return node->arg[i + 1]->eval(node->arg[i + 1], run, out);
    }
    chosen = node->arg[node->count - 1];
    return chosen->eval(chosen, run, out);
}

int
tp_eval_cast(const struct tp_node *node, struct tp_run *run, struct tp_value *out)
{
    if (node->arg[0]->eval(node->arg[0], run, out) < 0)
        return -1;
    return out->kind == TP_NULL ? 0 : tp_cast(run, node->arg[0], node->cast, out);
}

/* Only what the cast itself refuses is NULL; a failure of its operand stays one. */
int
tp_eval_try_cast(const struct tp_node *node, struct tp_run *run, struct tp_value *out)
{
    struct tp_err *err = run->err, ignored = {0};
    int done;

    if (node->arg[0]->eval(node->arg[0], run, out) < 0)
        return -1;
    if (out->kind == TP_NULL)
        return 0;
    run->err = &ignored;
    done = tp_cast(run, node->arg[0], node->cast, out);
    run->err = err;
    if (done < 0 && ignored.fault == TP_FAULT_MACHINE)
        return tp_err_memory(err);
    if (done < 0)
        *out = tp_null();
    return 0;
}

static bool
member_against(const struct tp_node *node, enum tp_kind kind)
{
    const struct tp_node *right = node->arg[1];

    return node->arg[0]->op == TP_OP_MEMBER && !node->arg[0]->is_row_time &&
           tp_is_constant(right) && right->value.kind == kind;
}

static tp_test_fn *
choose_comparison(const struct tp_node *node)
{
    if (member_against(node, TP_INT))
        return tp_test_compare_int;
    if (member_against(node, TP_REAL))
        return tp_test_compare_number;
    if ((node->op == TP_OP_EQUAL || node->op == TP_OP_DIFFERENT) && member_against(node, TP_TEXT))
        return tp_test_equal_text;
    return tp_test_compare;
}

static tp_test_fn *
choose_test(const struct tp_node *node)
{
    switch (node->op) {
    case TP_OP_OR:
        return tp_test_or;
    case TP_OP_AND:
        return tp_test_and;
    case TP_OP_NOT:
        return tp_test_not;
    case TP_OP_EQUAL:
    case TP_OP_DIFFERENT:
    case TP_OP_LESS:
    case TP_OP_LESS_EQUAL:
    case TP_OP_GREATER:
    case TP_OP_GREATER_EQUAL:
        return choose_comparison(node);
    case TP_OP_DISTINCT:
        return tp_test_distinct;
    case TP_OP_IS_NULL:
        return node->arg[0]->op == TP_OP_MEMBER ? tp_test_member_is_null : tp_test_is_null;
    case TP_OP_IS_TRUE:
    case TP_OP_IS_FALSE:
        return tp_test_is_truth;
    case TP_OP_IN:
        return tp_test_in;
    case TP_OP_BETWEEN:
        return tp_test_between;
    case TP_OP_LIKE:
    case TP_OP_ILIKE:
        return tp_test_like;
    case TP_OP_MATCH:
    case TP_OP_MATCH_NOCASE:
        return tp_test_match;
    default:
        return NULL;
    }
}

static tp_eval_fn *
choose_eval(const struct tp_node *node)
{
    switch (node->op) {
    case TP_OP_CONSTANT:
        return tp_eval_constant;
    case TP_OP_MEMBER:
        return tp_eval_member;
    case TP_OP_CONCAT:
        return tp_eval_concat;
    case TP_OP_NEGATE:
        return tp_eval_negate;
    case TP_OP_CASE:
        return tp_eval_case;
    case TP_OP_CASE_OF:
        return tp_eval_case_of;
    case TP_OP_CAST:
        return tp_eval_cast;
    case TP_OP_TRY_CAST:
        return tp_eval_try_cast;
    case TP_OP_CALL:
        return node->function->eval ? node->function->eval : tp_eval_call;
    default:
        return tp_eval_arithmetic;
    }
}

/* What tp_test_compare_int needs of its two operands. */
static void
put_at_hand(struct tp_node *node)
{
    const struct tp_node *member = node->arg[0];

    node->against.source = member->member.source;
    node->against.slot = member->member.slot;
    node->against.integer = node->arg[1]->value.integer;
}

void
tp_eval_choose(struct tp_node *node)
{
    node->test = choose_test(node);
    if (node->test == tp_test_compare_int)
        put_at_hand(node);
    node->eval = node->test ? tp_eval_test : choose_eval(node);
    if (!node->test)
        node->test = tp_test_value;
}
