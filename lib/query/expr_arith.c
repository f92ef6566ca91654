#include <math.h>

#include "query/expr_cast.h"
#include "query/expr_eval.h"
#include "value/num.h"

/* What one pair of kinds gives, as a set; the table of tidepipe-expr.7. */
static unsigned
pair_kinds(enum tp_op op, enum tp_kind a, enum tp_kind b)
{
    bool a_time = a == TP_TIME || a == TP_TEXT, b_time = b == TP_TIME || b == TP_TEXT;

    if (tp_is_number(a) && tp_is_number(b))
        return a == TP_INT && b == TP_INT ? TP_SET_INT : TP_SET_REAL;
    switch (op) {
    case TP_OP_ADD:
        if ((a_time && b == TP_DURATION) || (a == TP_DURATION && b_time))
            return TP_SET_TIME;
        return a == TP_DURATION && b == TP_DURATION ? TP_SET_DURATION : 0;
    case TP_OP_SUBTRACT:
        if (a_time && b == TP_DURATION)
            return TP_SET_TIME;
        if (a_time && b_time && (a == TP_TIME || b == TP_TIME))
            return TP_SET_DURATION;
        return a == TP_DURATION && b == TP_DURATION ? TP_SET_DURATION : 0;
    case TP_OP_MULTIPLY:
        return (a == TP_DURATION && tp_is_number(b)) || (tp_is_number(a) && b == TP_DURATION)
                   ? TP_SET_DURATION
                   : 0;
    case TP_OP_DIVIDE:
        if (a == TP_DURATION && b == TP_DURATION)
            return TP_SET_REAL;
        return a == TP_DURATION && tp_is_number(b) ? TP_SET_DURATION : 0;
    case TP_OP_MODULO:
        return a == TP_DURATION && b == TP_DURATION ? TP_SET_DURATION : 0;
    default:
        return 0;
    }
}

unsigned
tp_arithmetic_kinds(enum tp_op op, unsigned left, unsigned right)
{
    unsigned kinds = 0;
    enum tp_kind a, b;

    for (a = TP_NULL; a <= TP_JSON; a++)
        for (b = TP_NULL; b <= TP_JSON; b++)
            if ((left & TP_SET(a)) && (right & TP_SET(b)))
                kinds |= pair_kinds(op, a, b);
    return kinds;
}

static const char *
verb(enum tp_op op)
{
    switch (op) {
    case TP_OP_ADD:
        return "add";
    case TP_OP_SUBTRACT:
        return "subtract";
    case TP_OP_MULTIPLY:
        return "multiply";
    case TP_OP_DIVIDE:
        return "divide";
    default:
        return "take the remainder of";
    }
}

static int
overflow(const struct tp_node *node, struct tp_run *run, const char *what)
{
    return tp_run_fail(run, node, "%s overflow", what);
}

static int
integers(const struct tp_node *node, struct tp_run *run, int64_t a, int64_t b, struct tp_value *out)
{
    bool over = false;

    out->kind = TP_INT;
    switch (node->op) {
    case TP_OP_ADD:
        over = __builtin_add_overflow(a, b, &out->integer);
        break;
    case TP_OP_SUBTRACT:
        over = __builtin_sub_overflow(a, b, &out->integer);
        break;
    case TP_OP_MULTIPLY:
        over = __builtin_mul_overflow(a, b, &out->integer);
        break;
    case TP_OP_DIVIDE:
        if (b == 0)
            return tp_run_fail(run, node, "division by zero");
        over = a == INT64_MIN && b == -1;
        out->integer = over ? 0 : a / b;
        break;
    default:
        if (b == 0)
            return tp_run_fail(run, node, "division by zero");
        out->integer = b == -1 ? 0 : a % b;
        break;
    }
    return over ? overflow(node, run, "integer") : 0;
}

/* The decimals of a number that is one: mantissa / 10^scale. */
static bool
as_decimal(const struct tp_value *value, int64_t *mantissa, int *scale)
{
    *mantissa = value->kind == TP_INT ? value->integer : value->mantissa;
    *scale = value->kind == TP_INT ? 0 : value->scale;
    return value->kind == TP_INT || value->scale != TP_NO_SCALE;
}

/* Sums, differences and products of short decimals are exact, as SQL's DECIMAL, so that 0.1 + 0.2
 * is 0.3. A mantissa up to 2^53 and a power of ten up to 10^18 are doubles, so one division rounds
 * correctly; what is longer is left to binary arithmetic. */
static bool
decimals(enum tp_op op, const struct tp_value *left, const struct tp_value *right,
         struct tp_value *out)
{
    int64_t a, b, result;
    int a_scale, b_scale, scale;
    bool over;

    if (!as_decimal(left, &a, &a_scale) || !as_decimal(right, &b, &b_scale))
        return false;
    for (scale = a_scale; op != TP_OP_MULTIPLY && scale < b_scale; scale++)
        if (__builtin_mul_overflow(a, 10, &a))
            return false;
    for (; op != TP_OP_MULTIPLY && b_scale < scale; b_scale++)
        if (__builtin_mul_overflow(b, 10, &b))
            return false;
    over = op == TP_OP_ADD        ? __builtin_add_overflow(a, b, &result)
           : op == TP_OP_SUBTRACT ? __builtin_sub_overflow(a, b, &result)
                                  : __builtin_mul_overflow(a, b, &result);
    scale = op == TP_OP_MULTIPLY ? a_scale + b_scale : scale;
    /* Zero is left to binary arithmetic, too, which knows its sign. */
    if (over || result == 0 || scale > 18 || result > INT64_C(1) << 53 ||
        result < -(INT64_C(1) << 53))
        return false;
    out->kind = TP_REAL;
    out->scale = scale;
    out->real = (double)result / (double)(int64_t)tp_ten_table[scale];
    out->mantissa = result;
    return true;
}

/* IEEE 754, as Flink's DOUBLE: 1.0 / 0 is infinite. */
static int
reals(const struct tp_node *node, const struct tp_value *left, const struct tp_value *right,
      struct tp_value *out)
{
    double a = tp_as_real(*left), b = tp_as_real(*right);

    switch (node->op) {
    case TP_OP_ADD:
        if (!decimals(node->op, left, right, out))
            *out = tp_real(a + b);
        return 0;
    case TP_OP_SUBTRACT:
        if (!decimals(node->op, left, right, out))
            *out = tp_real(a - b);
        return 0;
    case TP_OP_MULTIPLY:
        if (!decimals(node->op, left, right, out))
            *out = tp_real(a * b);
        return 0;
    case TP_OP_DIVIDE:
        *out = tp_real(a / b);
        return 0;
    default:
        *out = tp_real(fmod(a, b));
        return 0;
    }
}

static int
put_duration(const struct tp_node *node, struct tp_run *run, __int128 ns, struct tp_value *out)
{
    if (ns > INT64_MAX || ns < -(__int128)INT64_MAX)
        return overflow(node, run, "duration");
    *out = (struct tp_value){.kind = TP_DURATION, .duration = (tp_duration)ns};
    return 0;
}

static int
put_real_duration(const struct tp_node *node, struct tp_run *run, long double ns,
                  struct tp_value *out)
{
    ns = roundl(ns);
    if (!(fabsl(ns) < TP_INT64_LIMIT))
        return overflow(node, run, "duration");
    return put_duration(node, run, (__int128)ns, out);
}

static int
scale_duration(const struct tp_node *node, struct tp_run *run, tp_duration duration,
               struct tp_value by, struct tp_value *out)
{
    bool divide = node->op == TP_OP_DIVIDE;

    if (by.kind == TP_REAL)
        return put_real_duration(node, run,
                                 divide ? (long double)duration / (long double)by.real
                                        : (long double)duration * (long double)by.real,
                                 out);
    if (!divide)
        return put_duration(node, run, (__int128)duration * by.integer, out);
    if (by.integer == 0)
        return tp_run_fail(run, node, "division by zero");
    return put_duration(node, run, (__int128)duration / by.integer, out);
}

static int
durations(const struct tp_node *node, struct tp_run *run, tp_duration a, tp_duration b,
          struct tp_value *out)
{
    switch (node->op) {
    case TP_OP_ADD:
        return put_duration(node, run, (__int128)a + b, out);
    case TP_OP_SUBTRACT:
        return put_duration(node, run, (__int128)a - b, out);
    default:
        if (b == 0)
            return tp_run_fail(run, node, "division by zero");
        if (node->op == TP_OP_MODULO)
            return put_duration(node, run, b == -1 ? 0 : a % b, out);
        *out = tp_real((double)a / (double)b);
        return 0;
    }
}

static int
move_time(const struct tp_node *node, struct tp_run *run, const struct tp_node *time_node,
          struct tp_value time, tp_duration by, struct tp_value *out)
{
    bool fits;

    if (tp_want_time(run, time_node, &time) < 0)
        return -1;
    out->kind = TP_TIME;
    fits = node->op == TP_OP_ADD ? tp_time_add(time.time, by, &out->time)
                                 : tp_time_subtract(time.time, by, &out->time);
    return fits ? 0 : overflow(node, run, "timestamp");
}

/* The event time is a time wherever the other operand is about time, and as text always. */
static int
read_row_time(struct tp_run *run, const struct tp_node *node, struct tp_value *value,
              enum tp_kind other)
{
    bool about_time = other == TP_TIME || other == TP_DURATION;

    if (!node->is_row_time ||
        !(value->kind == TP_TEXT || (tp_is_number(value->kind) && about_time)))
        return 0;
    return tp_want_time(run, node, value);
}

static int
times(const struct tp_node *node, struct tp_run *run, struct tp_value a, struct tp_value b,
      struct tp_value *out)
{
    const struct tp_node *left = node->arg[0], *right = node->arg[1];
    unsigned kinds;

    if (read_row_time(run, left, &a, b.kind) < 0 || read_row_time(run, right, &b, a.kind) < 0)
        return -1;
    kinds = pair_kinds(node->op, a.kind, b.kind);
    if (!kinds)
        return tp_run_fail(run, node, "cannot %s %s and %s%s", verb(node->op), tp_kind_name(a.kind),
                           tp_kind_name(b.kind),
                           a.kind == TP_TEXT || b.kind == TP_TEXT ? "; use CAST" : "");
    if (a.kind == TP_DURATION && b.kind == TP_DURATION)
        return durations(node, run, a.duration, b.duration, out);
    if (kinds == TP_SET_TIME)
        return b.kind == TP_DURATION ? move_time(node, run, left, a, b.duration, out)
                                     : move_time(node, run, right, b, a.duration, out);
    if (a.kind == TP_DURATION)
        return scale_duration(node, run, a.duration, b, out);
    if (b.kind == TP_DURATION)
        return scale_duration(node, run, b.duration, a, out);
    if (tp_want_time(run, left, &a) < 0 || tp_want_time(run, right, &b) < 0)
        return -1;
    return put_duration(node, run, (__int128)a.time - b.time, out);
}

int
tp_eval_arithmetic(const struct tp_node *node, struct tp_run *run, struct tp_value *out)
{
    struct tp_value a, b;

    if (node->arg[0]->eval(node->arg[0], run, &a) < 0 ||
        node->arg[1]->eval(node->arg[1], run, &b) < 0)
        return -1;
    if (a.kind == TP_INT && b.kind == TP_INT)
        return integers(node, run, a.integer, b.integer, out);
    if (a.kind == TP_NULL || b.kind == TP_NULL) {
        *out = tp_null();
        return 0;
    }
    if (tp_is_number(a.kind) && tp_is_number(b.kind))
        return reals(node, &a, &b, out);
    return times(node, run, a, b, out);
}

int
tp_eval_negate(const struct tp_node *node, struct tp_run *run, struct tp_value *out)
{
    if (node->arg[0]->eval(node->arg[0], run, out) < 0)
        return -1;
    switch (out->kind) {
    case TP_NULL:
        return 0;
    case TP_INT:
        if (out->integer == INT64_MIN)
            return overflow(node, run, "integer");
        out->integer = -out->integer;
        return 0;
    case TP_REAL:
        out->real = -out->real;
        out->mantissa = -out->mantissa;
        return 0;
    case TP_DURATION:
        return put_duration(node, run, -(__int128)out->duration, out);
    default:
        return tp_run_fail(run, node, "cannot negate %s", tp_kind_name(out->kind));
    }
}
