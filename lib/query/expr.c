#include "query/expr.h"

#include <stdlib.h>

#include "base/hash.h"
#include "query/expr_cast.h"
#include "query/expr_check.h"
#include "query/expr_parse.h"
#include "value/num.h"
#include "value/text.h"

void
tp_expr_free(struct tp_expr *expr)
{
    struct tp_aux *aux;
    size_t i;

    if (!expr)
        return;
    for (aux = expr->aux; aux; aux = aux->next_aux) {
        tp_regex_free(aux->regex);
        tp_stamp_free(aux->stamp);
        if (aux->zone)
            tp_zone_close(aux->zone);
    }
    for (i = 0; i < expr->members; i++)
        tp_path_release(&expr->member[i].path);
    free(expr->member);
    tp_stamp_free(expr->run.stamp);
    tp_buf_release(&expr->run.temp);
    tp_arena_release(&expr->run.arena);
    tp_arena_release(&expr->nodes);
    if (expr->run.locale)
        freelocale(expr->run.locale);
    free(expr);
}

static struct tp_expr *
new_expr(struct tp_str text, const struct tp_expr_context *context, struct tp_err *err)
{
    struct tp_expr *expr = calloc(1, sizeof *expr);

    if (!expr) {
        tp_err_memory(err);
        return NULL;
    }
    expr->text = tp_arena_copy(&expr->nodes, text);
    expr->run.source = expr->text;
    expr->run.row_time = context->stamp;
    /* Debian's libc-bin brings C.UTF-8; without it only ASCII has cases. */
    expr->run.locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (expr->text.ptr)
        return expr;
    tp_err_memory(err);
    tp_expr_free(expr);
    return NULL;
}

static int
build(struct tp_compile *c)
{
    struct tp_str time_name = c->context->time_name;

    if (!time_name.len)
        time_name = TP_STR("@timestamp");
    if (tp_path_parse(&c->row_time, time_name, c->err) < 0)
        return -1;
    c->expr->root = tp_parse_expr(c);
    if (!c->expr->root)
        return -1;
    if (c->expr->root->op == TP_OP_MEMBER)
        c->expr->member[0].maybe_text = false;
    return tp_check(c, c->expr->root);
}

struct tp_expr *
tp_expr_compile_part(struct tp_lex *lex, const struct tp_expr_context *context, struct tp_err *err)
{
    struct tp_expr *expr = new_expr(lex->text, context, err);
    struct tp_compile c = {.expr = expr, .lex = lex, .context = context, .err = err};
    int built;

    if (!expr)
        return NULL;
    built = build(&c);
    tp_path_release(&c.row_time);
    if (built == 0)
        return expr;
    tp_expr_free(expr);
    return NULL;
}

/* The first byte that is not UTF-8 is worth pointing at. */
static long
utf8_fault(struct tp_str text)
{
    size_t low = 0, high = text.len;

    while (low < high) {
        size_t middle = low + (high - low + 1) / 2;

        if (tp_text_is_utf8((struct tp_str){text.ptr, middle}))
            low = middle;
        else
            high = middle - 1;
    }
    return (long)low;
}

struct tp_expr *
tp_expr_compile(struct tp_str text, const struct tp_expr_context *context, struct tp_err *err)
{
    struct tp_err unheard = {0};
    struct tp_lex lex;
    struct tp_expr *expr;

    err = err ? err : &unheard;
    if (!tp_text_is_utf8(text)) {
        tp_err_at(err, TP_FAULT_USAGE, utf8_fault(text), "not UTF-8");
        return NULL;
    }
    if (tp_lex_open(&lex, text, 0, err) < 0)
        return NULL;
    if (lex.token.kind == TP_TOKEN_END) {
        tp_err_at(err, TP_FAULT_USAGE, 0, "an empty expression");
        return NULL;
    }
    expr = tp_expr_compile_part(&lex, context, err);
    if (!expr || lex.token.kind == TP_TOKEN_END)
        return expr;
    tp_expr_refuse_rest(&lex, err);
    tp_expr_free(expr);
    return NULL;
}

static void
begin(struct tp_expr *expr, const struct tp_slot *slots, struct tp_err *err)
{
    struct tp_run *run = &expr->run;

    run->record[0] = slots;
    run->err = err;
    if (run->used) {
        tp_arena_clear(&run->arena);
        run->used = false;
    }
}

int
tp_expr_eval(struct tp_expr *expr, const struct tp_slot *slots, struct tp_value *out,
             struct tp_err *err)
{
    begin(expr, slots, err);
    return expr->root->eval(expr->root, &expr->run, out);
}

int
tp_expr_test(struct tp_expr *expr, const struct tp_slot *slots, struct tp_err *err)
{
    int truth;

    begin(expr, slots, err);
    truth = expr->root->test(expr->root, &expr->run);
    return truth == TP_UNKNOWN ? 0 : truth;
}

const struct tp_path *
tp_expr_path(const struct tp_expr *expr, size_t *slot)
{
    if (expr->root->op != TP_OP_MEMBER)
        return NULL;
    if (slot)
        *slot = expr->root->member.slot;
    return &expr->member[expr->root->member.index].path;
}

static bool
is_column_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (unsigned char)c > 127;
}

void
tp_expr_column(const struct tp_expr *expr, struct tp_buf *to)
{
    const struct tp_path *path = tp_expr_path(expr, NULL);
    size_t at = expr->root->at, end = at + expr->root->len, start = to->len;
    bool gap = false;

    if (path) {
        tp_path_column(path, to);
        return;
    }
    for (; at < end; at++) {
        char c = expr->text.ptr[at];

        if (!is_column_byte(c)) {
            gap = true;
            continue;
        }
        if (gap && to->len > start)
            tp_buf_put_char(to, '_');
        tp_buf_put_char(to, c);
        gap = false;
    }
    if (to->len == start)
        TP_BUF_PUT(to, "value");
}

int
tp_expr_want_boolean(const struct tp_expr *expr, struct tp_err *err)
{
    unsigned kinds = expr->root->kinds;

    if (!kinds || (kinds & TP_SET_BOOL))
        return 0;
    return tp_err_at(err, TP_FAULT_USAGE, (long)expr->root->at,
                     "expected a condition, but this is %s", tp_kinds_name(kinds));
}

const struct tp_expr_member *
tp_expr_members(const struct tp_expr *expr, size_t *count)
{
    *count = expr->members;
    return expr->member;
}

const struct tp_expr_member *
tp_expr_suspicious_name(const struct tp_expr *expr, size_t *index)
{
    while (*index < expr->members) {
        const struct tp_expr_member *member = &expr->member[(*index)++];

        if (member->maybe_text)
            return member;
    }
    return NULL;
}

int64_t
tp_expr_hash(struct tp_value value, struct tp_buf *scratch)
{
    if (value.kind == TP_NULL)
        return -1;
    tp_buf_clear(scratch);
    if (value.kind == TP_INT || value.kind == TP_REAL) {
        char text[TP_NUM_MAX + 16] = "";
        size_t len = value.kind == TP_INT ? tp_num_write_int(text, value.integer)
                                          : tp_num_write_real(text, value.real);

        tp_num_canonical((struct tp_str){text, len}, scratch);
        return (int64_t)(tp_hash(0, scratch->ptr, scratch->len) >> 1);
    }
    if (value.kind == TP_TEXT || value.kind == TP_JSON)
        return (int64_t)(tp_hash(0, value.text.ptr, value.text.len) >> 1);
    tp_put_printed(scratch, value);
    return (int64_t)(tp_hash(0, scratch->ptr, scratch->len) >> 1);
}
