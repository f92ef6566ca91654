/* Operators that yield truth values. */
#include "query/expr_cast.h"
#include "query/expr_eval.h"
#include "query/expr_like.h"
#include "value/num.h"
#include "value/text.h"

static int
eval(const struct tp_node *node, size_t i, struct tp_run *run, struct tp_value *out)
{
    return node->arg[i]->eval(node->arg[i], run, out);
}

static int
test(const struct tp_node *node, size_t i, struct tp_run *run)
{
    return node->arg[i]->test(node->arg[i], run);
}

/* Any node as a condition. */
int
tp_test_value(const struct tp_node *node, struct tp_run *run)
{
    struct tp_value value;

    if (node->eval(node, run, &value) < 0)
        return -1;
    if (value.kind == TP_BOOL)
        return value.boolean;
    if (value.kind == TP_NULL)
        return TP_UNKNOWN;
    return tp_run_fail(run, node, "is %s, not a boolean", tp_kind_name(value.kind));
}

/* Any condition as a value. */
int
tp_eval_test(const struct tp_node *node, struct tp_run *run, struct tp_value *out)
{
    int truth = node->test(node, run);

    if (truth < 0)
        return -1;
    *out = truth == TP_UNKNOWN ? tp_null() : tp_bool(truth == TP_TRUE);
    return 0;
}

int
tp_test_or(const struct tp_node *node, struct tp_run *run)
{
    int result = TP_FALSE, truth;
    size_t i;

    for (i = 0; i < node->count; i++) {
        truth = test(node, i, run);
        if (truth < 0 || truth == TP_TRUE)
            return truth;
        result |= truth;
    }
    return result;
}

int
tp_test_and(const struct tp_node *node, struct tp_run *run)
{
    int result = TP_TRUE, truth;
    size_t i;

    for (i = 0; i < node->count; i++) {
        truth = test(node, i, run);
        if (truth <= TP_FALSE)
            return truth;
        if (truth == TP_UNKNOWN)
            result = TP_UNKNOWN;
    }
    return result;
}

static int
negate(int truth)
{
    return truth == TP_TRUE ? TP_FALSE : truth == TP_FALSE ? TP_TRUE : truth;
}

static int
negate_if(const struct tp_node *node, int truth)
{
    return node->negated ? negate(truth) : truth;
}

int
tp_test_not(const struct tp_node *node, struct tp_run *run)
{
    return negate(test(node, 0, run));
}

/* An operator is the set of orders that it takes: less, equal, greater from the lowest bit on. */
static inline int
holds(enum tp_op op, int order)
{
    static const uint8_t takes[] = {
        [TP_OP_EQUAL] = 2,      [TP_OP_DIFFERENT] = 5, [TP_OP_LESS] = 1,
        [TP_OP_LESS_EQUAL] = 3, [TP_OP_GREATER] = 4,   [TP_OP_GREATER_EQUAL] = 6,
    };

    return takes[op] >> (1 + (order > 0) - (order < 0)) & 1;
}

/* A and B, which the nodes LEFT and RIGHT yielded, under OP. They may be changed on the way. */
static int
compare(struct tp_run *run, enum tp_op op, const struct tp_node *left, const struct tp_node *right,
        struct tp_value *a, struct tp_value *b)
{
    int order;

    if (a->kind == TP_NULL || b->kind == TP_NULL)
        return TP_UNKNOWN;
    if (op == TP_OP_EQUAL)
        return tp_equal(run, left, right, a, b);
    if (tp_compare(run, left, right, a, b, &order) < 0)
        return -1;
    return holds(op, order);
}

int
tp_test_compare(const struct tp_node *node, struct tp_run *run)
{
    struct tp_value a, b;

    if (eval(node, 0, run, &a) < 0 || eval(node, 1, run, &b) < 0)
        return -1;
    return compare(run, node->op, node->arg[0], node->arg[1], &a, &b);
}

static inline int
holds_against(const struct tp_node *node, int64_t left)
{
    int64_t right = node->against.integer;

    return holds(node->op, (left > right) - (left < right));
}

/* A member against an integer constant. */
int
tp_test_compare_int(const struct tp_node *node, struct tp_run *run)
{
    const struct tp_slot *slot = &run->record[node->against.source][node->against.slot];
    int64_t left;

    if (!tp_slot_short_integer(slot, &left))
        return tp_test_compare_number(node, run);
    return holds_against(node, left);
}

/* Is ROOT, of an expression over SLOTS, about an integer that can be read in place? It is kept for
 * the next one: *INTEGER is that of slot *READ. */
static inline bool
read_integer(const struct tp_node *root, const struct tp_slot *slots, size_t *read,
             int64_t *integer)
{
    size_t slot = root->against.slot;

    if (root->test != tp_test_compare_int)
        return false;
    if (slot == *read)
        return true;
    *read = slot;
    if (tp_slot_short_integer(&slots[slot], integer))
        return true;
    *read = SIZE_MAX;
    return false;
}

long
tp_expr_first(struct tp_expr *const *expr, size_t count, const struct tp_slot *slots,
              struct tp_err *err)
{
    size_t read = SIZE_MAX;
    int64_t integer = 0;

    for (size_t i = 0; i < count; i++) {
        const struct tp_node *root = expr[i]->root;
        int truth;

        if (read_integer(root, slots, &read, &integer))
            truth = holds_against(root, integer);
        else
            truth = tp_expr_test(expr[i], slots, err);
        if (truth != 0)
            return truth < 0 ? -1 : (long)i;
    }
    return (long)count;
}

/* A member against a number. As doubles they are in order, as rounding keeps it; only where these
 * are equal the digits have to be looked at. */
int
tp_test_compare_number(const struct tp_node *node, struct tp_run *run)
{
    const struct tp_slot *slot = tp_slot_of(node->arg[0], run);
    const struct tp_value *right = &node->arg[1]->value;
    struct tp_value left;
    double a, b;

    if (slot->kind != TP_SLOT_REAL && slot->kind != TP_SLOT_INTEGER)
        return tp_test_compare(node, run);
    tp_num_read_into((struct tp_str){slot->ptr, slot->len}, &left);
    a = tp_as_real(left);
    b = tp_as_real(*right);
    return holds(node->op, a < b ? -1 : a > b ? 1 : tp_num_compare(left, *right));
}

/* A member against a text constant, = or <>. */
int
tp_test_equal_text(const struct tp_node *node, struct tp_run *run)
{
    const struct tp_slot *slot = tp_slot_of(node->arg[0], run);
    struct tp_str text = node->arg[1]->value.text;
    bool equal;

    if (slot->kind != TP_SLOT_TEXT)
        return tp_test_compare(node, run);
    equal = slot->len == text.len && memcmp(slot->ptr, text.ptr, text.len) == 0;
    return equal == (node->op == TP_OP_EQUAL);
}

int
tp_test_distinct(const struct tp_node *node, struct tp_run *run)
{
    struct tp_value a, b;
    int truth;

    if (eval(node, 0, run, &a) < 0 || eval(node, 1, run, &b) < 0)
        return -1;
    if (a.kind == TP_NULL || b.kind == TP_NULL)
        return negate_if(node, a.kind != b.kind);
    truth = tp_equal(run, node->arg[0], node->arg[1], &a, &b);
    return truth < 0 ? -1 : negate_if(node, !truth);
}

int
tp_test_is_null(const struct tp_node *node, struct tp_run *run)
{
    struct tp_value value;

    if (eval(node, 0, run, &value) < 0)
        return -1;
    return (value.kind == TP_NULL) != node->negated;
}

int
tp_test_member_is_null(const struct tp_node *node, struct tp_run *run)
{
    enum tp_slot_kind kind = tp_slot_of(node->arg[0], run)->kind;

    return (kind == TP_SLOT_MISSING || kind == TP_SLOT_NULL) != node->negated;
}

/* IS TRUE, IS FALSE: never NULL. */
int
tp_test_is_truth(const struct tp_node *node, struct tp_run *run)
{
    int truth = test(node, 0, run);

    if (truth < 0)
        return -1;
    return (truth == (node->op == TP_OP_IS_TRUE ? TP_TRUE : TP_FALSE)) != node->negated;
}

int
tp_test_in(const struct tp_node *node, struct tp_run *run)
{
    int result = TP_FALSE, truth;
    struct tp_value value, a, b;
    size_t i;

    if (eval(node, 0, run, &value) < 0)
        return -1;
    for (i = 1; i < node->count; i++) {
        if (eval(node, i, run, &b) < 0)
            return -1;
        a = value;
        truth = compare(run, TP_OP_EQUAL, node->arg[0], node->arg[i], &a, &b);
        if (truth < 0)
            return -1;
        if (truth == TP_TRUE)
            return negate_if(node, TP_TRUE);
        result |= truth;
    }
    return negate_if(node, result);
}

/* x BETWEEN a AND b is x >= a AND x <= b, with x evaluated once. */
int
tp_test_between(const struct tp_node *node, struct tp_run *run)
{
    struct tp_value value, again, low, high;
    int above, below;

    if (eval(node, 0, run, &value) < 0 || eval(node, 1, run, &low) < 0)
        return -1;
    again = value;
    above = compare(run, TP_OP_GREATER_EQUAL, node->arg[0], node->arg[1], &value, &low);
    if (above < 0)
        return -1;
    if (above == TP_FALSE)
        return negate_if(node, TP_FALSE);
    if (eval(node, 2, run, &high) < 0)
        return -1;
    below = compare(run, TP_OP_LESS_EQUAL, node->arg[0], node->arg[2], &again, &high);
    if (below < 0)
        return -1;
    if (below == TP_FALSE)
        return negate_if(node, TP_FALSE);
    return negate_if(node, above == TP_TRUE && below == TP_TRUE ? TP_TRUE : TP_UNKNOWN);
}

/* The operand I of NODE, which has to be text: 1, or 0 when it is NULL, -1 when it is neither. */
static int
text_operand(const struct tp_node *node, size_t i, struct tp_run *run, struct tp_str *text)
{
    const struct tp_node *operand = node->arg[i];
    const struct tp_slot *slot = operand->op == TP_OP_MEMBER ? tp_slot_of(operand, run) : NULL;
    struct tp_value value;

    if (slot && slot->kind == TP_SLOT_TEXT) {
        *text = (struct tp_str){slot->ptr, slot->len};
        return 1;
    }
    if (eval(node, i, run, &value) < 0)
        return -1;
    if (value.kind == TP_NULL)
        return 0;
    if (value.kind != TP_TEXT)
        return tp_run_fail(run, operand, "is %s, not a string; use CAST", tp_kind_name(value.kind));
    *text = value.text;
    return 1;
}

/* A pattern that is not constant is made ready for each record. */
static const struct tp_like *
ready_like(const struct tp_node *node, struct tp_run *run, struct tp_str pattern,
           struct tp_str escape)
{
    const char *reason;
    const struct tp_like *like;
    size_t at = 0;
    uint32_t code = escape.len ? tp_text_next(escape, &at) : 0;

    if (at < escape.len) {
        tp_run_fail(run, node, "the escape of LIKE is one character");
        return NULL;
    }
    if (pattern.len > TP_EXPR_LIKE_MAX) {
        tp_run_fail(run, node, "a pattern of more than %d bytes", TP_EXPR_LIKE_MAX);
        return NULL;
    }
    run->used = true;
    like = tp_like_new(&run->arena, pattern, code, &reason);
    if (!like && reason)
        tp_run_fail(run, node, "%s", reason);
    else if (!like)
        tp_err_memory(run->err);
    return like;
}

int
tp_test_like(const struct tp_node *node, struct tp_run *run)
{
    const struct tp_like *like = node->like;
    struct tp_str text = {"", 0}, pattern = {"", 0}, escape = {"", 0};
    int found = text_operand(node, 0, run, &text);
    bool matches;

    if (found > 0 && !like)
        found = text_operand(node, 1, run, &pattern);
    if (found > 0 && !like && node->count == 3)
        found = text_operand(node, 2, run, &escape);
    if (found <= 0)
        return found < 0 ? -1 : TP_UNKNOWN;
    if (!like && !(like = ready_like(node, run, pattern, escape)))
        return -1;
    matches = node->op == TP_OP_LIKE ? tp_like_test(like, text)
                                     : tp_like_test_nocase(like, text, run->locale);
    return matches != node->negated;
}

int
tp_test_match(const struct tp_node *node, struct tp_run *run)
{
    struct tp_str text = {"", 0};
    struct tp_err reason;
    int found = text_operand(node, 0, run, &text);

    if (found <= 0 || !node->aux)
        return found < 0 ? -1 : TP_UNKNOWN;
    found = tp_regex_test(node->aux->regex, text, &reason);
    if (found < 0)
        return tp_run_fail(run, node->arg[0], "%s", reason.text);
    return found != node->negated;
}
