/* Prints a tree as SQL and as a plan. */
#include <math.h>
#include <stdio.h>

#include "query/expr_cast.h"
#include "query/expr_check.h"
#include "query/expr_func.h"
#include "query/expr_lex.h"
#include "value/num.h"
#include "value/text.h"

/* How tightly an operator binds, as expr_parse.h lists them. */
enum {
    BINDS_OR,
    BINDS_AND,
    BINDS_NOT,
    BINDS_TEST,
    BINDS_CONCAT,
    BINDS_TERM,
    BINDS_FACTOR,
    BINDS_SIGN,
    BINDS_PRIMARY
};

static const struct {
    const char *sign;
    int binds;
} operators[] = {
    [TP_OP_CONSTANT] = {"constant", BINDS_PRIMARY},
    [TP_OP_MEMBER] = {"member", BINDS_PRIMARY},
    [TP_OP_OR] = {"OR", BINDS_OR},
    [TP_OP_AND] = {"AND", BINDS_AND},
    [TP_OP_NOT] = {"NOT", BINDS_NOT},
    [TP_OP_EQUAL] = {"=", BINDS_TEST},
    [TP_OP_DIFFERENT] = {"<>", BINDS_TEST},
    [TP_OP_LESS] = {"<", BINDS_TEST},
    [TP_OP_LESS_EQUAL] = {"<=", BINDS_TEST},
    [TP_OP_GREATER] = {">", BINDS_TEST},
    [TP_OP_GREATER_EQUAL] = {">=", BINDS_TEST},
    [TP_OP_DISTINCT] = {"IS DISTINCT FROM", BINDS_TEST},
    [TP_OP_IS_NULL] = {"IS NULL", BINDS_TEST},
    [TP_OP_IS_TRUE] = {"IS TRUE", BINDS_TEST},
    [TP_OP_IS_FALSE] = {"IS FALSE", BINDS_TEST},
    [TP_OP_IN] = {"IN", BINDS_TEST},
    [TP_OP_BETWEEN] = {"BETWEEN", BINDS_TEST},
    [TP_OP_LIKE] = {"LIKE", BINDS_TEST},
    [TP_OP_ILIKE] = {"ILIKE", BINDS_TEST},
    [TP_OP_MATCH] = {"~", BINDS_TEST},
    [TP_OP_MATCH_NOCASE] = {"~*", BINDS_TEST},
    [TP_OP_CONCAT] = {"||", BINDS_CONCAT},
    [TP_OP_ADD] = {"+", BINDS_TERM},
    [TP_OP_SUBTRACT] = {"-", BINDS_TERM},
    [TP_OP_MULTIPLY] = {"*", BINDS_FACTOR},
    [TP_OP_DIVIDE] = {"/", BINDS_FACTOR},
    [TP_OP_MODULO] = {"%", BINDS_FACTOR},
    [TP_OP_NEGATE] = {"-", BINDS_SIGN},
    [TP_OP_CASE] = {"CASE", BINDS_PRIMARY},
    [TP_OP_CASE_OF] = {"CASE", BINDS_PRIMARY},
    [TP_OP_CAST] = {"CAST", BINDS_PRIMARY},
    [TP_OP_TRY_CAST] = {"TRY_CAST", BINDS_PRIMARY},
    [TP_OP_CALL] = {"call", BINDS_PRIMARY},
};

static void
put_quoted(struct tp_buf *to, struct tp_str text)
{
    size_t i;

    tp_buf_put_char(to, '\'');
    for (i = 0; i < text.len; i++) {
        tp_buf_put_char(to, text.ptr[i]);
        if (text.ptr[i] == '\'')
            tp_buf_put_char(to, '\'');
    }
    tp_buf_put_char(to, '\'');
}

/* mantissa / 10^scale, with all its digits. */
static void
put_decimal(struct tp_buf *to, int64_t mantissa, int scale)
{
    char digits[TP_NUM_MAX];
    int len = snprintf(digits, sizeof digits, "%0*lld", scale + 1,
                       (long long)(mantissa < 0 ? -mantissa : mantissa));

    tp_buf_printf(to, "%s%.*s.%s", mantissa < 0 ? "-" : "", len - scale, digits,
                  scale ? digits + len - scale : "0");
}

/* As SQL tells them apart, and so that they mean the same when read again: an exact decimal has a
 * point (3.0 / 2 is not 3 / 2), a double an exponent. */
static void
put_real(struct tp_buf *to, struct tp_value value)
{
    char text[TP_NUM_MAX];
    size_t len;

    if (!isfinite(value.real)) {
        TP_BUF_PUT(to, "CAST('");
        tp_put_printed(to, value);
        TP_BUF_PUT(to, "' AS DOUBLE)");
        return;
    }
    if (value.scale != TP_NO_SCALE && value.mantissa != 0) {
        put_decimal(to, value.mantissa, value.scale);
        return;
    }
    len = tp_num_write_real(text, value.real);
    tp_buf_put(to, text, len);
    if (!memchr(text, 'e', len) && !memchr(text, 'E', len))
        TP_BUF_PUT(to, "e0");
}

static void
put_constant(struct tp_buf *to, struct tp_value value)
{
    switch (value.kind) {
    case TP_NULL:
        TP_BUF_PUT(to, "NULL");
        break;
    case TP_BOOL:
        tp_buf_put_str(to, value.boolean ? TP_STR("TRUE") : TP_STR("FALSE"));
        break;
    case TP_REAL:
        put_real(to, value);
        break;
    case TP_TEXT:
    case TP_JSON:
        put_quoted(to, value.text);
        break;
    case TP_TIME:
    case TP_DURATION:
        tp_buf_put_str(to, value.kind == TP_TIME ? TP_STR("TIMESTAMP '") : TP_STR("INTERVAL '"));
        tp_put_printed(to, value);
        tp_buf_put_char(to, '\'');
        break;
    default:
        tp_put_printed(to, value);
        break;
    }
}

static bool
is_plain_name(struct tp_str name, bool first)
{
    size_t i;

    if (name.len == 0 || (first && name.ptr[0] >= '0' && name.ptr[0] <= '9'))
        return false;
    for (i = 0; i < name.len; i++)
        if (!tp_lex_is_name_byte(name.ptr[i]))
            return false;
    return !first || !tp_lex_is_reserved(name);
}

static void
put_path(struct tp_buf *to, const struct tp_path *path)
{
    size_t i;

    for (i = 0; i < path->count; i++) {
        const struct tp_step *step = &path->step[i];

        if (step->is_index) {
            tp_buf_printf(to, "[%zu]", step->index);
            continue;
        }
        if (i > 0)
            tp_buf_put_char(to, '.');
        if (is_plain_name(step->name, i == 0))
            tp_buf_put_str(to, step->name);
        else
            tp_text_quote(step->name, to);
    }
}

static void put_node(struct tp_buf *to, const struct tp_expr *expr, const struct tp_node *node);

/* A negative constant begins with a sign. */
static int
binds(const struct tp_node *node)
{
    bool negative =
        tp_is_constant(node) &&
        ((node->value.kind == TP_INT && node->value.integer < 0) ||
         (node->value.kind == TP_REAL && signbit(node->value.real) && isfinite(node->value.real)));

    return negative ? BINDS_SIGN : operators[node->op].binds;
}

/* In parentheses unless it binds at least as tightly as LEAST. */
static void
put_operand(struct tp_buf *to, const struct tp_expr *expr, const struct tp_node *node, int least)
{
    bool parentheses = binds(node) < least;

    if (parentheses)
        tp_buf_put_char(to, '(');
    put_node(to, expr, node);
    if (parentheses)
        tp_buf_put_char(to, ')');
}

static void
put_sign(struct tp_buf *to, const struct tp_node *node)
{
    const char *sign = operators[node->op].sign;

    if ((node->op == TP_OP_MATCH || node->op == TP_OP_MATCH_NOCASE) && node->negated)
        tp_buf_printf(to, " !%s", sign);
    else if (strncmp(sign, "IS ", 3) == 0)
        tp_buf_printf(to, " IS%s%s", node->negated ? " NOT " : " ", sign + 3);
    else
        tp_buf_printf(to, "%s %s", node->negated ? " NOT" : "", sign);
}

static void
put_list(struct tp_buf *to, const struct tp_expr *expr, const struct tp_node *node, size_t from)
{
    size_t i;

    for (i = from; i < node->count; i++) {
        if (i > from)
            TP_BUF_PUT(to, ", ");
        put_node(to, expr, node->arg[i]);
    }
}

/* Comparisons and all that binds like them: operands are at least concatenations. */
static void
put_test(struct tp_buf *to, const struct tp_expr *expr, const struct tp_node *node)
{
    put_operand(to, expr, node->arg[0], BINDS_CONCAT);
    put_sign(to, node);
    if (node->op == TP_OP_IN) {
        TP_BUF_PUT(to, " (");
        put_list(to, expr, node, 1);
        tp_buf_put_char(to, ')');
        return;
    }
    if (node->count > 1) {
        tp_buf_put_char(to, ' ');
        put_operand(to, expr, node->arg[1], BINDS_CONCAT);
    }
    if (node->count > 2) {
        tp_buf_put_str(to, node->op == TP_OP_BETWEEN ? TP_STR(" AND ") : TP_STR(" ESCAPE "));
        put_operand(to, expr, node->arg[2], BINDS_CONCAT);
    }
}

static void
put_case(struct tp_buf *to, const struct tp_expr *expr, const struct tp_node *node)
{
    size_t i = 0;

    TP_BUF_PUT(to, "CASE");
    if (node->op == TP_OP_CASE_OF) {
        tp_buf_put_char(to, ' ');
        put_node(to, expr, node->arg[i++]);
    }
    for (; i + 1 < node->count; i += 2) {
        TP_BUF_PUT(to, " WHEN ");
        put_node(to, expr, node->arg[i]);
        TP_BUF_PUT(to, " THEN ");
        put_node(to, expr, node->arg[i + 1]);
    }
    TP_BUF_PUT(to, " ELSE ");
    put_node(to, expr, node->arg[i]);
    TP_BUF_PUT(to, " END");
}

static void
put_call(struct tp_buf *to, const struct tp_expr *expr, const struct tp_node *node)
{
    tp_buf_printf(to, "%s(", node->function->name);
    if (node->function->call == tp_call_position) {
        put_operand(to, expr, node->arg[0], BINDS_CONCAT);
        TP_BUF_PUT(to, " IN ");
        put_operand(to, expr, node->arg[1], BINDS_CONCAT);
    } else {
        put_list(to, expr, node, 0);
    }
    tp_buf_put_char(to, ')');
}

static void
put_node(struct tp_buf *to, const struct tp_expr *expr, const struct tp_node *node)
{
    int level = operators[node->op].binds;
    size_t i;

    switch (node->op) {
    case TP_OP_CONSTANT:
        put_constant(to, node->value);
        break;
    case TP_OP_MEMBER:
        put_path(to, &expr->member[node->member.index].path);
        break;
    case TP_OP_NOT:
        TP_BUF_PUT(to, "NOT ");
        put_operand(to, expr, node->arg[0], BINDS_NOT);
        break;
    case TP_OP_NEGATE:
        /* `--` would start a comment. */
        tp_buf_put_char(to, '-');
        put_operand(to, expr, node->arg[0], BINDS_PRIMARY);
        break;
    case TP_OP_CASE:
    case TP_OP_CASE_OF:
        put_case(to, expr, node);
        break;
    case TP_OP_CAST:
    case TP_OP_TRY_CAST:
        tp_buf_printf(to, "%s(", operators[node->op].sign);
        put_node(to, expr, node->arg[0]);
        tp_buf_printf(to, " AS %s)", tp_cast_name(node->cast));
        break;
    case TP_OP_CALL:
        put_call(to, expr, node);
        break;
    default:
        if (level == BINDS_TEST) {
            put_test(to, expr, node);
            break;
        }
        /* To the left: what stands on the right has to bind more tightly. */
        put_operand(to, expr, node->arg[0], level + (level <= BINDS_AND));
        for (i = 1; i < node->count; i++) {
            put_sign(to, node);
            tp_buf_put_char(to, ' ');
            put_operand(to, expr, node->arg[i], level + 1);
        }
        break;
    }
}

void
tp_expr_write_sql(const struct tp_expr *expr, struct tp_buf *to)
{
    put_node(to, expr, expr->root);
}

static void
put_plan(struct tp_buf *to, const struct tp_expr *expr, const struct tp_node *node, int depth)
{
    size_t i;

    tp_buf_printf(to, "%*s", 2 * depth, "");
    switch (node->op) {
    case TP_OP_CONSTANT:
        TP_BUF_PUT(to, "constant ");
        put_constant(to, node->value);
        break;
    case TP_OP_MEMBER:
        TP_BUF_PUT(to, "member ");
        put_path(to, &expr->member[node->member.index].path);
        if (node->is_row_time)
            TP_BUF_PUT(to, " (event time)");
        break;
    case TP_OP_CALL:
        tp_buf_printf(to, "call %s", node->function->name);
        break;
    case TP_OP_CAST:
    case TP_OP_TRY_CAST:
        tp_buf_printf(to, "%s AS %s", operators[node->op].sign, tp_cast_name(node->cast));
        break;
    default:
        tp_buf_printf(to, "%s%s", node->negated ? "NOT " : "", operators[node->op].sign);
        break;
    }
    if (node->op != TP_OP_MEMBER && node->op != TP_OP_CONSTANT)
        tp_buf_printf(to, ": %s", tp_kinds_name(node->kinds));
    tp_buf_put_char(to, '\n');
    for (i = 0; i < node->count; i++)
        put_plan(to, expr, node->arg[i], depth + 1);
}

void
tp_expr_write_plan(const struct tp_expr *expr, struct tp_buf *to)
{
    put_plan(to, expr, expr->root, 0);
}

/* The part of a long line that is shown, in terminal columns. */
enum { CARET_BEFORE = 50, CARET_AFTER = 25 };

void
tp_expr_write_caret(struct tp_str text, long at, struct tp_buf *to)
{
    size_t place, start, end, i;

    if (at < 0)
        return;
    if (!text.ptr) /* of an empty file; no arithmetic on NULL */
        text = TP_STR("");
    place = (size_t)at < text.len ? (size_t)at : text.len;
    for (start = place; start > 0 && text.ptr[start - 1] != '\n';)
        start--;
    for (end = place; end < text.len && text.ptr[end] != '\n';)
        end++;
    while (tp_text_width((struct tp_str){text.ptr + start, place - start}) > CARET_BEFORE)
        tp_text_next(text, &start);
    end = place + tp_text_fit((struct tp_str){text.ptr + place, end - place}, CARET_AFTER);
    tp_buf_put(to, text.ptr + start, end - start);
    tp_buf_put_char(to, '\n');
    /* Tabs stay tabs, so that the caret stands right whatever their width. */
    for (i = start; i < place;) {
        struct tp_str character = {text.ptr + i, 0};
        size_t before = i, columns;

        tp_text_next(text, &i);
        character.len = i - before;
        columns = tp_text_width(character);
        if (text.ptr[before] == '\t')
            tp_buf_put_char(to, '\t');
        while (columns-- > 0)
            tp_buf_put_char(to, ' ');
    }
    TP_BUF_PUT(to, "^\n");
}
