#include "query/expr_check.h"

#include "query/expr_cast.h"
#include "query/expr_eval.h"
#include "query/expr_func.h"
#include "query/expr_like.h"
#include "value/text.h"

const char *
tp_kinds_name(unsigned kinds)
{
    enum tp_kind kind;

    if (kinds == TP_SET_NUMBER)
        return "a number";
    if (kinds & (kinds - 1))
        return "a value of several types";
    for (kind = TP_NULL; kind <= TP_JSON; kind++)
        if (kinds == TP_SET(kind))
            return tp_kind_name(kind);
    return tp_kind_name(TP_NULL);
}

/* Can ARG be of these kinds (or NULL)? */
static int
want(struct tp_compile *c, const struct tp_node *arg, unsigned kinds, const char *what)
{
    if (arg->kinds == 0 || (arg->kinds & kinds))
        return 0;
    return tp_compile_fail(c, arg->at, "this is %s, not %s%s", tp_kinds_name(arg->kinds), what,
                           kinds == TP_SET_BOOL ? "" : "; use CAST");
}

typedef int want_fn(struct tp_run *run, const struct tp_node *node, struct tp_value *value);

/* Turns a constant into what is wanted of it, once instead of for each record. */
static int
convert(struct tp_compile *c, struct tp_node *node, want_fn *to)
{
    struct tp_err reason = {0}, *outer = c->expr->run.err;
    int done;

    if (!tp_is_constant(node) || node->value.kind == TP_NULL)
        return 0;
    c->expr->run.err = &reason;
    done = to(&c->expr->run, node, &node->value);
    c->expr->run.err = outer;
    if (done < 0)
        return tp_err_at(c->err, reason.fault == TP_FAULT_MACHINE ? reason.fault : TP_FAULT_USAGE,
                         (long)node->at, "%s", reason.text);
    node->kinds = TP_SET(node->value.kind);
    return 0;
}

/* The constant NODE is compared with OTHER. Text against the event time is a time, too. */
static int
adapt(struct tp_compile *c, struct tp_node *node, const struct tp_node *other)
{
    if (other->kinds == TP_SET_TIME && (node->kinds & (TP_SET_TEXT | TP_SET_NUMBER)))
        return convert(c, node, tp_want_time);
    if (other->is_row_time && node->kinds == TP_SET_TEXT)
        return convert(c, node, tp_want_time);
    if (other->kinds == TP_SET_DURATION && node->kinds == TP_SET_TEXT)
        return convert(c, node, tp_want_duration);
    return 0;
}

static int
check_pair(struct tp_compile *c, struct tp_node *left, struct tp_node *right)
{
    if (adapt(c, left, right) < 0 || adapt(c, right, left) < 0)
        return -1;
    if (!left->kinds || !right->kinds || (tp_comparable(left->kinds) & right->kinds))
        return 0;
    return tp_compile_fail(c, right->at, "cannot compare %s with %s%s", tp_kinds_name(left->kinds),
                           tp_kinds_name(right->kinds),
                           (left->kinds | right->kinds) & TP_SET_TEXT ? "; use CAST" : "");
}

static int
check_pairs(struct tp_compile *c, struct tp_node *node)
{
    size_t i;

    for (i = 1; i < node->count; i++)
        if (check_pair(c, node->arg[0], node->arg[i]) < 0)
            return -1;
    return 0;
}

static int
check_conditions(struct tp_compile *c, struct tp_node *node)
{
    size_t i;

    for (i = 0; i < node->count; i++)
        if (want(c, node->arg[i], TP_SET_BOOL, "a boolean") < 0)
            return -1;
    return 0;
}

/* A constant pattern, and no escape or a constant one: made ready now. */
static int
check_like(struct tp_compile *c, struct tp_node *node)
{
    const struct tp_node *pattern = node->arg[1], *escape = node->count > 2 ? node->arg[2] : NULL;
    const char *reason;
    uint32_t code = 0;
    size_t at = 0, i;

    for (i = 0; i < node->count; i++)
        if (want(c, node->arg[i], TP_SET_TEXT, "a string") < 0)
            return -1;
    if (escape && tp_is_constant(escape) && escape->value.kind == TP_TEXT) {
        if (escape->value.text.len)
            code = tp_text_next(escape->value.text, &at);
        if (at == 0 || at < escape->value.text.len)
            return tp_compile_fail(c, escape->at, "the escape of LIKE is one character");
    }
    if (pattern->kinds != TP_SET_TEXT || !tp_is_constant(pattern) || (escape && !code) ||
        node->like)
        return 0;
    node->like = tp_like_new(&c->expr->nodes, pattern->value.text, code, &reason);
    if (node->like)
        return 0;
    return reason ? tp_compile_fail(c, pattern->at, "%s", reason) : tp_err_memory(c->err);
}

static int
check_match(struct tp_compile *c, struct tp_node *node)
{
    if (want(c, node->arg[0], TP_SET_TEXT, "a string") < 0 ||
        want(c, node->arg[1], TP_SET_TEXT, "a string") < 0)
        return -1;
    if (!tp_is_constant(node->arg[1]))
        return tp_compile_fail(c, node->arg[1]->at,
                               "a regular expression has to be constant; is it a '…' string?");
    return tp_prepare_regexp(c, node);
}

static const char *
verb(enum tp_op op)
{
    static const char *const verbs[] = {"add", "subtract", "multiply", "divide",
                                        "take the remainder of"};

    return verbs[op - TP_OP_ADD];
}

static int
check_arithmetic(struct tp_compile *c, struct tp_node *node)
{
    unsigned left = node->arg[0]->kinds, right = node->arg[1]->kinds;

    node->kinds = tp_arithmetic_kinds(node->op, left, right);
    /* The event time may be read as a time; what it gives then is known when it runs. */
    if (node->arg[0]->is_row_time || node->arg[1]->is_row_time)
        node->kinds |=
            tp_arithmetic_kinds(node->op, left | (node->arg[0]->is_row_time ? TP_SET_TIME : 0),
                                right | (node->arg[1]->is_row_time ? TP_SET_TIME : 0));
    if (node->kinds || !left || !right)
        return 0;
    return tp_compile_fail(c, node->at, "cannot %s %s and %s%s", verb(node->op),
                           tp_kinds_name(left), tp_kinds_name(right),
                           (left | right) & TP_SET_TEXT ? "; use CAST" : "");
}

static int
check_case(struct tp_compile *c, struct tp_node *node)
{
    size_t first = node->op == TP_OP_CASE_OF, i;

    for (i = first; i + 1 < node->count; i += 2) {
        if (first ? check_pair(c, node->arg[0], node->arg[i]) < 0
                  : want(c, node->arg[i], TP_SET_BOOL, "a boolean") < 0)
            return -1;
        node->kinds |= node->arg[i + 1]->kinds;
    }
    node->kinds |= node->arg[node->count - 1]->kinds;
    return 0;
}

/* Casts that no value survives; TRY_CAST would be NULL for ever. */
static int
check_cast(struct tp_compile *c, struct tp_node *node)
{
    static const unsigned takes[TP_CASTS] = {
        [TP_CAST_BIGINT] = TP_SET_BOOL | TP_SET_NUMBER | TP_SET_TEXT,
        [TP_CAST_INTEGER] = TP_SET_BOOL | TP_SET_NUMBER | TP_SET_TEXT,
        [TP_CAST_SMALLINT] = TP_SET_BOOL | TP_SET_NUMBER | TP_SET_TEXT,
        [TP_CAST_TINYINT] = TP_SET_BOOL | TP_SET_NUMBER | TP_SET_TEXT,
        [TP_CAST_DOUBLE] = TP_SET_BOOL | TP_SET_NUMBER | TP_SET_TEXT,
        [TP_CAST_VARCHAR] = ~0u,
        [TP_CAST_BOOLEAN] = TP_SET_BOOL | TP_SET_NUMBER | TP_SET_TEXT,
        [TP_CAST_TIMESTAMP] = TP_SET_TIME | TP_SET_NUMBER | TP_SET_TEXT,
        [TP_CAST_INTERVAL] = TP_SET_DURATION | TP_SET_TEXT,
    };
    const struct tp_node *from = node->arg[0];

    node->kinds = tp_cast_gives(node->cast);
    if (!from->kinds || (from->kinds & takes[node->cast]))
        return 0;
    return tp_compile_fail(c, from->at, "%s cannot become %s%s", tp_kinds_name(from->kinds),
                           tp_cast_name(node->cast),
                           from->kinds == TP_SET_TIME       ? "; use epoch_ms(…)"
                           : from->kinds == TP_SET_DURATION ? "; divide it by INTERVAL '1s'"
                                                            : "");
}

static int
check_argument(struct tp_compile *c, struct tp_node *arg, enum tp_param param)
{
    switch (param) {
    case TP_PARAM_TEXT:
        return want(c, arg, TP_SET_TEXT, "a string");
    case TP_PARAM_CONSTANT_TEXT:
        if (tp_is_constant(arg))
            return want(c, arg, TP_SET_TEXT, "a string");
        return tp_compile_fail(c, arg->at, "this has to be a constant string '…'");
    case TP_PARAM_NUMBER:
    case TP_PARAM_INTEGER:
        return want(c, arg, TP_SET_NUMBER, "a number");
    case TP_PARAM_TIME:
        if (want(c, arg, TP_SET_TIME | TP_SET_TEXT | TP_SET_NUMBER, "a timestamp") < 0)
            return -1;
        return convert(c, arg, tp_want_time);
    case TP_PARAM_DURATION:
        if (want(c, arg, TP_SET_DURATION | TP_SET_TEXT, "a duration") < 0)
            return -1;
        return convert(c, arg, tp_want_duration);
    default:
        return 0;
    }
}

/* What all arguments of GREATEST, LEAST and NULLIF must be: comparable. */
static bool
compares(const struct tp_function *function)
{
    return function->call == tp_call_greatest || function->call == tp_call_least ||
           function->call == tp_call_nullif;
}

static int
check_call(struct tp_compile *c, struct tp_node *node)
{
    const struct tp_function *function = node->function;
    size_t i;

    for (i = 0; i < node->count; i++) {
        if (check_argument(c, node->arg[i], tp_function_param(function, i)) < 0)
            return -1;
        node->kinds |= node->arg[i]->kinds;
    }
    if (compares(function) && check_pairs(c, node) < 0)
        return -1;
    if (function->gives)
        node->kinds = function->gives;
    return function->prepare ? function->prepare(c, node) : 0;
}

static int
check_negate(struct tp_compile *c, struct tp_node *node)
{
    unsigned kinds = TP_SET_NUMBER | TP_SET_DURATION;

    node->kinds = node->arg[0]->kinds & kinds;
    return want(c, node->arg[0], kinds, "a number");
}

static int
check_operator(struct tp_compile *c, struct tp_node *node)
{
    switch (node->op) {
    case TP_OP_CONSTANT:
        node->kinds = node->value.kind == TP_NULL ? 0 : TP_SET(node->value.kind);
        return 0;
    case TP_OP_MEMBER:
        node->kinds = TP_SET_MEMBER;
        return 0;
    case TP_OP_CONCAT:
        node->kinds = TP_SET_TEXT;
        return 0;
    case TP_OP_ADD:
    case TP_OP_SUBTRACT:
    case TP_OP_MULTIPLY:
    case TP_OP_DIVIDE:
    case TP_OP_MODULO:
        return check_arithmetic(c, node);
    case TP_OP_NEGATE:
        return check_negate(c, node);
    case TP_OP_CASE:
    case TP_OP_CASE_OF:
        return check_case(c, node);
    case TP_OP_CAST:
    case TP_OP_TRY_CAST:
        return check_cast(c, node);
    case TP_OP_CALL:
        return check_call(c, node);
    default:
        break;
    }
    node->kinds = TP_SET_BOOL;
    switch (node->op) {
    case TP_OP_LIKE:
    case TP_OP_ILIKE:
        return check_like(c, node);
    case TP_OP_MATCH:
    case TP_OP_MATCH_NOCASE:
        return check_match(c, node);
    case TP_OP_IS_NULL:
        return 0;
    case TP_OP_OR:
    case TP_OP_AND:
    case TP_OP_NOT:
    case TP_OP_IS_TRUE:
    case TP_OP_IS_FALSE:
        return check_conditions(c, node);
    default:
        return check_pairs(c, node);
    }
}

static bool
all_constant(const struct tp_node *node)
{
    size_t i;

    for (i = 0; i < node->count; i++)
        if (!tp_is_constant(node->arg[i]))
            return false;
    return node->count > 0;
}

/* May argument I of NODE be left unevaluated? Then its failure is no reason to refuse. */
static bool
is_lazy(const struct tp_node *node, size_t i)
{
    switch (node->op) {
    case TP_OP_OR:
    case TP_OP_AND:
    case TP_OP_CASE:
        return i > 0;
    case TP_OP_CASE_OF:
    case TP_OP_IN:
    case TP_OP_BETWEEN:
        return i > 1;
    case TP_OP_CALL:
        return i > 0;
    default:
        return false;
    }
}

static int
keep_constant(struct tp_compile *c, struct tp_node *node, struct tp_value value)
{
    if (value.kind == TP_TEXT || value.kind == TP_JSON) {
        value.text = tp_arena_copy(&c->expr->nodes, value.text);
        if (!value.text.ptr)
            return tp_err_memory(c->err);
    }
    node->op = TP_OP_CONSTANT;
    node->value = value;
    node->count = 0;
    node->height = 1;
    node->negated = false;
    node->kinds = value.kind == TP_NULL ? 0 : TP_SET(value.kind);
    tp_eval_choose(node);
    return 0;
}

/* A constant that fails is an error now, unless it may never be reached: then it fails when it
 * is. */
static int
fold(struct tp_compile *c, struct tp_node *node)
{
    struct tp_run *run = &c->expr->run;
    struct tp_err reason = {0};
    struct tp_value value;
    int done;

    if (tp_is_constant(node) || !all_constant(node))
        return 0;
    run->err = &reason;
    done = node->eval(node, run, &value);
    run->err = NULL;
    if (done == 0)
        return keep_constant(c, node, value);
    if (reason.fault == TP_FAULT_MACHINE) {
        *c->err = reason;
        return -1;
    }
    return c->lazy ? 0 : tp_compile_fail(c, node->at, "%s", reason.text);
}

/* FALSE AND x, TRUE OR x: x is never looked at. */
static int
fold_logic(struct tp_compile *c, struct tp_node *node)
{
    const struct tp_node *first;

    if (node->op != TP_OP_AND && node->op != TP_OP_OR)
        return 0;
    first = node->arg[0];
    if (!tp_is_constant(first) || first->value.kind != TP_BOOL ||
        first->value.boolean != (node->op == TP_OP_OR))
        return 0;
    return keep_constant(c, node, first->value);
}

int
tp_check(struct tp_compile *c, struct tp_node *node)
{
    size_t i;
    int done;

    for (i = 0; i < node->count; i++) {
        bool lazy = is_lazy(node, i);

        c->lazy += lazy;
        done = tp_check(c, node->arg[i]);
        c->lazy -= lazy;
        if (done < 0)
            return -1;
    }
    if (check_operator(c, node) < 0)
        return -1;
    tp_eval_choose(node);
    return fold_logic(c, node) < 0 ? -1 : fold(c, node);
}
